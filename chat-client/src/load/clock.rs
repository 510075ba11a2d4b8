//! Time since a run began.

use std::time::{Duration, Instant};

/// A clock that starts at zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Nanoseconds since the start.
    pub(super) fn now(self) -> u64 {
        nanos(self.0.elapsed())
    }

    /// When it shows `at` nanoseconds.
    pub(super) fn instant(self, at: u64) -> tokio::time::Instant {
        (self.0 + Duration::from_nanos(at)).into()
    }
}

/// A span in nanoseconds; centuries are cut off.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
