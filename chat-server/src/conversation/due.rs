//! Why the next who wants to send commits first (docs/protocol.md#149-commits).

use wire_format::{Event, Millis, event::CommitDue, limits::COMMIT_MESSAGES};

use super::{Conversation, State, channel::Channel};
use crate::{room::event_with, wall_clock};

impl Conversation {
    /// Takes note of a reason that the store has by now, and tells it.
    pub(crate) fn becomes_due(&self, reason: CommitDue, but: Option<u64>) {
        let mut state = self.lock();
        state.due = Some(reason);
        self.tell_due_locked(&mut state, reason, but);
    }

    /// Tells the followers once an epoch has reached its age.
    pub(super) fn tell_age(&self, now: Millis) {
        let mut state = self.lock();
        if !state.followers.is_empty() && !state.is_aged_told && state.is_aged(now) {
            state.is_aged_told = true;
            self.tell_due_locked(&mut state, CommitDue::Age, None);
        }
    }

    /// Whether the epoch is over by its age, in a room that forgets: nothing is sealed for it any more.
    pub(crate) fn is_over(&self, now: Millis) -> bool {
        self.lock().chain.is_over(now)
    }

    /// Tells the followers that what was said before a time is gone.
    pub(crate) fn forgot(&self, before: Millis) {
        let room = self.id;
        let forgot = event_with(&Event::RoomForgot { room, before }, bytes::Bytes::new());
        self.tell(&forgot, None);
    }

    pub(super) fn tell_if_counted(&self, state: &mut State, before: u64) {
        if before < COMMIT_MESSAGES && state.count() >= COMMIT_MESSAGES {
            self.tell_due_locked(state, CommitDue::Count, None);
        }
    }

    pub(super) fn tell_due_locked(&self, state: &mut State, reason: CommitDue, but: Option<u64>) {
        let n = state.chain.head().n();
        let room = self.id;
        let due = event_with(&Event::CommitDue { room, n, reason }, bytes::Bytes::new());
        self.tell_locked(state, &due, but);
    }
}

impl State {
    /// Deliveries that are kept since the newest commit, in all channels.
    pub(super) fn count(&self) -> u64 {
        self.channels.values().map(Channel::count).sum()
    }

    /// Why a commit is due now, if one is.
    pub(super) fn due(&self) -> Option<CommitDue> {
        if !self.leaving.is_empty() {
            return Some(CommitDue::Left);
        }
        // Nobody comes into what is only read.
        if self.has_joins && !self.face.archived {
            return Some(CommitDue::Joined);
        }
        let counted = (self.count() >= COMMIT_MESSAGES).then_some(CommitDue::Count);
        let aged = || self.is_aged(wall_clock::now()).then_some(CommitDue::Age);
        self.due.or(counted).or_else(aged)
    }

    fn is_aged(&self, now: Millis) -> bool {
        let made_at = self.chain.head().made_at().value();
        let age = self.chain.record().policy().keep.epoch_age();
        u128::from(now.value().saturating_sub(made_at)) >= age.as_millis()
    }
}
