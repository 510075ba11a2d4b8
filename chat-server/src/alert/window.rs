//! How often one kind was seen, and when it was told.

use std::time::Duration;

use tokio::time::Instant;
use wire_format::Millis;

use super::Rule;

/// The count of one kind since it was last told.
#[derive(Default)]
pub(super) struct Window {
    seen: u64,
    since: Option<(Instant, Millis)>,
    told: Option<Instant>,
}

impl Window {
    /// Counts one; gives count and beginning if that is to be told.
    pub(super) fn count(
        &mut self,
        rule: &Rule,
        quiet: Duration,
        (now, time): (Instant, Millis),
    ) -> Option<(u64, Millis)> {
        let is_over = |(since, _): (Instant, Millis)| now - since > rule.within;
        if self.seen < rule.threshold && self.since.is_some_and(is_over) {
            // Too few in their time.
            (self.seen, self.since) = (0, None);
        }
        self.seen += 1;
        self.since.get_or_insert((now, time));
        self.due(rule, quiet, now)
    }

    /// Gives what waits to be told, if it may be told again.
    pub(super) fn due(
        &mut self,
        rule: &Rule,
        quiet: Duration,
        now: Instant,
    ) -> Option<(u64, Millis)> {
        let is_quiet = self.told.is_some_and(|told| now - told < quiet);
        if self.seen < rule.threshold || is_quiet {
            return None;
        }
        self.told = Some(now);
        let seen = std::mem::take(&mut self.seen);
        self.since.take().map(|(_, since)| (seen, since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        threshold: 3,
        within: Duration::from_secs(60),
    };
    const QUIET: Duration = Duration::from_secs(600);

    /// A window and a clock that begins with it.
    struct Clocked(Window, Instant);

    impl Clocked {
        fn new() -> Self {
            Self(Window::default(), Instant::now())
        }

        fn count_at(&mut self, second: u64) -> Option<(u64, Millis)> {
            let now = self.1 + Duration::from_secs(second);
            self.0.count(&RULE, QUIET, (now, Millis::new(second)))
        }

        fn due_at(&mut self, second: u64) -> Option<(u64, Millis)> {
            let now = self.1 + Duration::from_secs(second);
            self.0.due(&RULE, QUIET, now)
        }
    }

    #[test]
    fn so_many_within_the_time_are_told_and_one_less_is_not() {
        let mut window = Clocked::new();
        assert_eq!(window.count_at(0), None);
        assert_eq!(window.count_at(59), None);
        assert_eq!(window.count_at(60), Some((3, Millis::new(0))));
        let mut slow = Clocked::new();
        assert_eq!(slow.count_at(0), None);
        assert_eq!(slow.count_at(1), None);
        assert_eq!(slow.count_at(61), None, "a new window begins");
        assert_eq!(slow.count_at(62), None);
        assert_eq!(slow.count_at(63), Some((3, Millis::new(61))));
    }

    #[test]
    fn it_is_told_once_an_interval_with_all_that_happened_meanwhile() {
        let mut window = Clocked::new();
        let told: Vec<_> = (0..100)
            .filter_map(|second| window.count_at(second))
            .collect();
        assert_eq!(told, [(3, Millis::new(0))]);
        assert_eq!(window.due_at(601), None);
        assert_eq!(window.due_at(602), Some((97, Millis::new(3))));
        assert_eq!(window.due_at(10_000), None, "nothing happened");
    }
}
