//! How long to wait before connecting again.

use std::time::Duration;

use rand::{Rng, RngExt};

/// Doubling waits with full jitter: a wait is drawn between zero and a ceiling that doubles from
/// 0.25 s to 15 s, so that a server that comes back is not met by everyone at once.
#[derive(Clone, Debug)]
pub struct Backoff {
    ceiling: Duration,
}

impl Backoff {
    /// The ceiling of the first wait.
    pub const FIRST: Duration = Duration::from_millis(250);
    /// The ceiling that is not exceeded.
    pub const LAST: Duration = Duration::from_secs(15);

    /// Starts with the shortest waits.
    pub const fn new() -> Self {
        Self {
            ceiling: Self::FIRST,
        }
    }

    /// The next wait.
    pub fn next<R: Rng + ?Sized>(&mut self, rng: &mut R) -> Duration {
        let wait = self.ceiling.mul_f64(rng.random::<f64>());
        self.ceiling = (self.ceiling * 2).min(Self::LAST);
        wait
    }

    /// Begins again with the shortest waits, after a connection that held.
    pub const fn reset(&mut self) {
        self.ceiling = Self::FIRST;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn waits_stay_below_a_doubling_ceiling() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut backoff = Backoff::new();
        let mut ceiling = Backoff::FIRST;
        for _ in 0..20 {
            assert!(backoff.next(&mut rng) <= ceiling);
            ceiling = (ceiling * 2).min(Backoff::LAST);
        }
        backoff.reset();
        assert!(backoff.next(&mut rng) <= Backoff::FIRST);
    }

    #[test]
    fn two_clients_do_not_wait_alike() {
        let waits = |seed| {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut backoff = Backoff::new();
            [(); 4].map(|()| backoff.next(&mut rng))
        };
        assert_ne!(waits(1), waits(2));
    }
}
