//! Two histories of one room: what was shown beside the one that is known, and what its user decided.

use std::collections::BTreeSet;

use wire_format::{CommitHash, EpochNumber};

use super::{Alarm, Conversation};

/// Whether two histories of a room were shown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fork {
    /// Since when nothing is sent; `None` while nothing waits for a decision.
    stop: Option<Stop>,
    /// Newest commits of other histories against which the user decided: they stop nothing any more.
    decided: BTreeSet<CommitHash>,
}

/// A stop, and what is known of the other histories.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Stop {
    /// Commits of them, the newest one shown last; none where another device saw them.
    others: Vec<CommitHash>,
}

impl Fork {
    /// What a vault has of it.
    pub fn kept(
        is_stopped: bool,
        other: Option<CommitHash>,
        decided: impl IntoIterator<Item = CommitHash>,
    ) -> Self {
        Self {
            stop: is_stopped.then(|| Stop {
                others: other.into_iter().collect(),
            }),
            decided: decided.into_iter().collect(),
        }
    }

    /// Whether nothing is sent until the user decides.
    pub const fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// A commit of the other history that was shown last, while the user has not decided.
    pub fn other(&self) -> Option<CommitHash> {
        self.others().last().copied()
    }

    /// Commits of the other histories that were shown, the newest one shown last, while the user has
    /// not decided.
    pub fn others(&self) -> &[CommitHash] {
        self.stop.as_ref().map_or(&[], |stop| &stop.others)
    }

    /// The commits of other histories against which the user decided.
    pub fn decided(&self) -> impl Iterator<Item = CommitHash> {
        self.decided.iter().copied()
    }

    /// Another history was shown; whether that is new.
    fn shown(&mut self, other: CommitHash) -> bool {
        if self.decided.contains(&other) {
            return false;
        }
        let is_new = self.stop.is_none();
        let others = &mut self.stop.get_or_insert_default().others;
        if !others.contains(&other) {
            if others.len() >= MOST_SHOWN {
                others.remove(0);
            }
            others.push(other);
        }
        is_new
    }

    /// The user goes on with what is known here.
    fn decide(&mut self) {
        let stop = self.stop.take().unwrap_or_default();
        self.decided.extend(stop.others);
    }
}

impl Conversation {
    /// Whether two histories were shown, so that nothing is sent.
    pub fn is_forked(&self) -> bool {
        self.fork.is_stopped()
    }

    /// What is known of another history.
    pub fn fork(&self) -> &Fork {
        &self.fork
    }

    /// Takes up what a vault has of another history.
    pub fn take_up_fork(&mut self, fork: Fork) {
        self.fork = fork;
    }

    /// Nothing is sent until the user decides: what the vault kept of the room is lost.
    pub fn stop(&mut self) {
        self.fork.stop.get_or_insert_default();
    }

    /// A member signed for a commit that the chain does not have: it was shown another history.
    pub fn forks(&mut self, other: CommitHash) {
        self.forked(self.chain.head().n(), other);
    }

    /// Two commits of one number, or one that follows another head.
    pub(super) fn forked(&mut self, n: EpochNumber, other: CommitHash) {
        if self.fork.shown(other) {
            self.alarms.push(Alarm::Fork(n));
        }
    }

    /// The user goes on with the history that is known here.
    pub fn decide(&mut self) {
        self.fork.decide();
    }
}

/// As many other histories as are decided about at once; an older one is named again when it is shown
/// again.
const MOST_SHOWN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: CommitHash = CommitHash::from_bytes([1; 32]);
    const THIRD: CommitHash = CommitHash::from_bytes([2; 32]);

    #[test]
    fn a_history_that_was_decided_against_stops_nothing_again_and_another_does() {
        let mut fork = Fork::default();
        assert!(fork.shown(OTHER) && fork.is_stopped());
        assert_eq!(fork.other(), Some(OTHER));
        assert!(!fork.shown(OTHER));
        fork.decide();
        assert!(!fork.is_stopped() && !fork.shown(OTHER) && !fork.is_stopped());
        assert!(fork.shown(THIRD) && fork.is_stopped());
        assert_eq!(fork.other(), Some(THIRD));
    }

    #[test]
    fn every_history_that_was_shown_is_decided_about() {
        let hash = |byte| CommitHash::from_bytes([byte; 32]);
        let mut fork = Fork::default();
        assert!(fork.shown(OTHER) && !fork.shown(THIRD) && !fork.shown(OTHER));
        assert_eq!(fork.others(), [OTHER, THIRD]);
        fork.decide();
        assert!(!fork.shown(OTHER) && !fork.shown(THIRD) && !fork.is_stopped());
        for byte in 3..=20 {
            fork.shown(hash(byte));
        }
        assert_eq!(fork.others().len(), MOST_SHOWN);
        assert_eq!(fork.other(), Some(hash(20)));
    }

    #[test]
    fn what_another_device_saw_is_named_when_it_is_shown_here() {
        let mut fork = Fork::kept(true, None, [THIRD]);
        assert!(fork.is_stopped() && fork.other().is_none());
        assert!(!fork.shown(THIRD) && !fork.shown(OTHER));
        assert_eq!(fork.other(), Some(OTHER));
    }
}
