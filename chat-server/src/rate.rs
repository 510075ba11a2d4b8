//! A token bucket of sixteen bytes, one a connection and purpose.

use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Rate;

/// Counts what one connection does against a [`Rate`] (the generic cell rate algorithm: all it
/// keeps is the instant at which the bucket would be full again).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) const fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes so many tokens, or says after how long there will be as many. More than the burst
    /// count as the burst: a full bucket is enough for everything.
    pub(crate) fn take(&mut self, rate: Rate, tokens: u32, now: Instant) -> Result<(), Duration> {
        if rate.every.is_zero() {
            return Ok(());
        }
        let full_at = self.full_at.max(now);
        let cost = rate.every.saturating_mul(tokens.min(rate.burst));
        let most = rate.every.saturating_mul(rate.burst);
        let missing = full_at
            .duration_since(now)
            .saturating_add(cost)
            .saturating_sub(most);
        if missing.is_zero() {
            self.full_at = full_at + cost;
            Ok(())
        } else {
            Err(missing)
        }
    }
}

/// A waiting time as replies carry it: rounded up, so that whoever waits so long succeeds.
pub(crate) fn retry_after_ms(wait: Duration) -> u32 {
    let millis = wait.as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_token_at_a_time() {
        let now = Instant::now();
        let rate = Rate::per_second(10, 3);
        let mut bucket = Bucket::full(now);
        for _ in 0..3 {
            assert_eq!(bucket.take(rate, 1, now), Ok(()));
        }
        assert_eq!(bucket.take(rate, 1, now), Err(Duration::from_millis(100)));
        let later = now + Duration::from_millis(99);
        assert_eq!(bucket.take(rate, 1, later), Err(Duration::from_millis(1)));
        let later = now + Duration::from_millis(100);
        assert_eq!(bucket.take(rate, 1, later), Ok(()));
        assert!(bucket.take(rate, 1, later).is_err());
    }

    #[test]
    fn rest_saves_no_more_than_the_burst() {
        let now = Instant::now();
        let rate = Rate::per_second(1, 2);
        let mut bucket = Bucket::full(now);
        let later = now + Duration::from_secs(3600);
        assert_eq!(bucket.take(rate, 1, later), Ok(()));
        assert_eq!(bucket.take(rate, 1, later), Ok(()));
        assert!(bucket.take(rate, 1, later).is_err());
    }

    #[test]
    fn several_tokens_are_taken_at_once_or_not_at_all() {
        let now = Instant::now();
        let rate = Rate::per_second(10, 10);
        let mut bucket = Bucket::full(now);
        assert_eq!(bucket.take(rate, 7, now), Ok(()));
        assert_eq!(bucket.take(rate, 7, now), Err(Duration::from_millis(400)));
        assert_eq!(bucket.take(rate, 3, now), Ok(()));
        assert_eq!(bucket.take(rate, 1, now), Err(Duration::from_millis(100)));
    }

    #[test]
    fn a_full_bucket_is_enough_for_everything() {
        let now = Instant::now();
        let rate = Rate::per_second(10, 10);
        let mut bucket = Bucket::full(now);
        assert_eq!(bucket.take(rate, 33, now), Ok(()));
        assert_eq!(bucket.take(rate, 33, now), Err(Duration::from_secs(1)));
        let later = now + Duration::from_secs(1);
        assert_eq!(bucket.take(rate, 33, later), Ok(()));
    }

    #[test]
    fn no_limit_is_no_limit() {
        let now = Instant::now();
        let mut bucket = Bucket::full(now);
        assert!((0..10_000).all(|_| bucket.take(Rate::UNLIMITED, 1, now).is_ok()));
    }

    #[test]
    fn a_wait_is_rounded_up() {
        assert_eq!(retry_after_ms(Duration::from_micros(1)), 1);
        assert_eq!(retry_after_ms(Duration::from_millis(7)), 7);
        assert_eq!(retry_after_ms(Duration::MAX), u32::MAX);
    }
}
