//! When what was said in a room is due to be forgotten (docs/protocol.md#1416-forgetting).

use std::time::Duration;

use super::{KeepDays, Policy, RoomChain};
use crate::{
    ids::{EpochNumber, Millis},
    limits::COMMIT_AGE,
};

impl KeepDays {
    /// How long messages are kept; `None` is for ever.
    pub const fn duration(self) -> Option<Duration> {
        match self.days() {
            0 => None,
            days => Some(Duration::from_secs(days as u64 * DAY_SECONDS)),
        }
    }

    /// At which age an epoch is over: the next who wants to send commits first. In a room that forgets
    /// sooner than [`COMMIT_AGE`] it is over as soon, so that its secret can be forgotten.
    pub fn epoch_age(self) -> Duration {
        self.duration()
            .map_or(COMMIT_AGE, |keep| keep.min(COMMIT_AGE))
    }
}

impl RoomChain {
    /// How long messages of an epoch are kept: as its policy says, or any since that is shorter. `None`
    /// is for ever, also for an epoch that is not known.
    pub fn keep(&self, n: EpochNumber) -> Option<Duration> {
        self.entry(n)?;
        shortest(self.history().policies(), n)
    }

    /// When a message of an epoch that the server took at a time is due; `None` is never.
    pub fn message_due(&self, n: EpochNumber, at: Millis) -> Option<Millis> {
        Some(later(at, self.keep(n)?))
    }

    /// When an epoch's secret is due, with its shares, its grants, and the wrap keys that open one of
    /// them: as long after its end as its last message is kept. `None` is never.
    pub fn secret_due(&self, n: EpochNumber) -> Option<Millis> {
        let keep = self.keep(n)?;
        Some(later(self.epoch_end(n)?, keep))
    }

    /// When an epoch ended, or ends at the latest in a room that forgets: nothing is sealed for it
    /// afterwards. `None` for the newest epoch of a room that keeps everything.
    pub fn epoch_end(&self, n: EpochNumber) -> Option<Millis> {
        if let Some(next) = self.entry(n.next()) {
            return Some(next.made_at());
        }
        let keep = self.record().policy().keep;
        keep.duration()?;
        Some(later(self.entry(n)?.made_at(), keep.epoch_age()))
    }

    /// Whether the newest epoch of a room that forgets is over by its age: a commit comes first.
    pub fn is_over(&self, now: Millis) -> bool {
        let end = self.epoch_end(self.head().n());
        end.is_some_and(|end| end <= now)
    }
}

/// The shortest time that counts for an epoch: that of the policy in force, and of every later one.
fn shortest(policies: &[(EpochNumber, Policy)], n: EpochNumber) -> Option<Duration> {
    let later = policies.partition_point(|&(from, _)| from <= n);
    let counts = policies.get(later.saturating_sub(1)..).unwrap_or_default();
    let keeps = counts.iter();
    keeps.filter_map(|(_, policy)| policy.keep.duration()).min()
}

fn later(at: Millis, by: Duration) -> Millis {
    let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    Millis::new(at.value().saturating_add(by))
}

const DAY_SECONDS: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::RoomKind;

    const DAY: Duration = Duration::from_secs(DAY_SECONDS);

    fn policies(keeps: &[(u64, KeepDays)]) -> Vec<(EpochNumber, Policy)> {
        let policy = |keep| Policy {
            keep,
            ..Policy::new(RoomKind::Group)
        };
        let policies = keeps.iter();
        policies
            .map(|&(n, keep)| (EpochNumber::new(n), policy(keep)))
            .collect()
    }

    #[test]
    fn a_shorter_policy_holds_for_what_is_there_and_a_longer_one_does_not() {
        use KeepDays::{Forever, Ninety, One, Seven, Thirty};
        let changes = policies(&[(1, Thirty), (4, Seven), (6, Ninety), (9, Forever)]);
        for (n, days) in [
            (1, Some(7)),
            (3, Some(7)),
            (4, Some(7)),
            (5, Some(7)),
            (6, Some(90)),
            (8, Some(90)),
            (9, None),
            (12, None),
        ] {
            let keep = shortest(&changes, EpochNumber::new(n));
            assert_eq!(keep, days.map(|days| days * DAY), "{n}");
        }
        let late = policies(&[(1, Forever), (3, One)]);
        assert_eq!(shortest(&late, EpochNumber::new(1)), Some(DAY));
        assert_eq!(shortest(&[], EpochNumber::new(1)), None);
    }

    #[test]
    fn an_epoch_is_over_as_soon_as_its_room_forgets() {
        use KeepDays::{Forever, Ninety, One, Seven, Thirty};
        for (keep, days) in [(Forever, 7), (One, 1), (Seven, 7), (Thirty, 7), (Ninety, 7)] {
            assert_eq!(keep.epoch_age(), days * DAY, "{keep:?}");
        }
        assert_eq!(later(Millis::new(u64::MAX), DAY), Millis::new(u64::MAX));
    }
}
