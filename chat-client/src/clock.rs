//! The two clocks of a session: one that never jumps for deadlines, one that people read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;
use wire_format::Millis;

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Since an arbitrary start; never goes back. Deadlines are in it.
    pub at: Duration,
    /// By the calendar; may jump.
    pub wall: Millis,
}

/// Reads the clocks for a driver; a test makes [`Now`] by hand instead.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts counting.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// This moment.
    pub fn now(&self) -> Now {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            });
        Now {
            at: self.start.elapsed(),
            wall: Millis::new(wall),
        }
    }

    /// The instant of a deadline.
    pub fn instant(&self, at: Duration) -> Instant {
        self.start + at
    }
}
