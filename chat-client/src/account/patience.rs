//! Waiting where a server asks for it: what it refuses for going too fast, or because it is busy, was
//! not done, and is done a moment later.

use std::time::Duration;

use tokio::time::sleep;
use wire_format::{ErrorCode, Refusal};

/// How long one call has waited so far.
#[derive(Debug, Default)]
pub(super) struct Patience {
    waited: Duration,
}

impl Patience {
    /// Waits as long as a refusal asks for, if it does; false if the refusal is the answer.
    pub(super) async fn waits(&mut self, refusal: &Refusal) -> bool {
        let Some(wait) = self.take(refusal) else {
            return false;
        };
        sleep(wait).await;
        true
    }

    fn take(&mut self, refusal: &Refusal) -> Option<Duration> {
        if !is_passing(refusal) {
            return None;
        }
        let wait = Duration::from_millis(refusal.retry_after_ms?.into()).max(LEAST_WAIT);
        let waited = self.waited.saturating_add(wait);
        (waited <= MOST_WAITED).then(|| {
            self.waited = waited;
            wait
        })
    }
}

/// Whether a server refuses what it may take a moment later.
pub(super) const fn is_passing(refusal: &Refusal) -> bool {
    matches!(refusal.code, ErrorCode::RateLimited | ErrorCode::Busy)
}

/// A server that asks for no time at all is not asked in a circle.
const LEAST_WAIT: Duration = Duration::from_millis(20);
/// How long one call waits in all: in this time a connection's budget of commands is full again
/// (docs/protocol.md#12-limits). Who is to wait longer has used up something else, and is told.
const MOST_WAITED: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_passes_soon_is_waited_for_and_nothing_else() {
        let take = |refusal| Patience::default().take(&refusal);
        let soon = Refusal::retry_after(ErrorCode::RateLimited, 1_000);
        assert_eq!(take(soon), Some(SECOND));
        let busy = Refusal::retry_after(ErrorCode::Busy, 1_000);
        assert_eq!(take(busy), Some(SECOND));
        assert_eq!(take(ErrorCode::Busy.into()), None);
        let late = Refusal::retry_after(ErrorCode::RateLimited, 10_001);
        assert_eq!(take(late), None);
        let other = Refusal::retry_after(ErrorCode::EpochTooSoon, 1_000);
        assert_eq!(take(other), None);
    }

    #[test]
    fn patience_ends_whatever_the_server_asks_for() {
        for asked in [0, 1, 3_000] {
            let refusal = Refusal::retry_after(ErrorCode::RateLimited, asked);
            let mut patience = Patience::default();
            let waits = std::iter::from_fn(|| patience.take(&refusal));
            let waited: Duration = waits.sum();
            assert!(waited > MOST_WAITED / 2 && waited <= MOST_WAITED);
        }
    }
}
