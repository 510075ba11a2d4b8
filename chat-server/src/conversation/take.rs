//! What becomes of a conversation when a commit, a request or a state of it is kept.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use wire_format::{
    AccountId, ChannelId, Deliver, DeliverFlags, Event, Millis, Name, Sequence, WrapNumber,
    event::CommitDue,
    room::{Action, AdmissionError, Admitted},
};

use super::{Conversation, State};
use crate::{outbox::Places, room::event_with};

/// A member's share of an epoch's secret, as it came.
#[derive(Clone)]
pub(crate) struct Share {
    pub(crate) wrap: WrapNumber,
    pub(crate) share: Bytes,
}

/// A commit that is kept by now.
pub(crate) struct Taken {
    pub(crate) admitted: Admitted,
    /// When the server took it.
    pub(crate) at: Millis,
    /// Its places, ascending by channel.
    pub(crate) places: Vec<(ChannelId, Sequence)>,
    /// The author's name.
    pub(crate) name: Name,
    pub(crate) shares: HashMap<AccountId, Share>,
    /// Whether requests to join are left.
    pub(crate) has_joins: bool,
    /// Whose requests to leave are left.
    pub(crate) leaving: Vec<AccountId>,
}

impl Conversation {
    /// Takes a commit up that the store has by now, and tells it: each follower its own share first;
    /// who is let out gets nothing more, the commit included. The turn is held.
    ///
    /// # Errors
    /// [`AdmissionError::Conflict`] if it does not follow the head.
    pub(crate) fn take(&self, taken: Taken) -> Result<(), AdmissionError> {
        let mut state = self.lock();
        let deliver = Deliver {
            channel: self.main,
            sequence: Sequence::default(),
            time: taken.at,
            flags: DeliverFlags::Commit,
            sender: taken.admitted.entry().author().into(),
            name: taken.name,
            payload: taken.admitted.commit().bytes().clone(),
        };
        Arc::make_mut(&mut state.chain).take(taken.admitted)?;
        state.due = None;
        state.is_aged_told = false;
        state.has_joins = taken.has_joins;
        state.leaving = taken.leaving.into_iter().collect();
        self.let_gone_out(&mut state);
        self.hand_out(&state, &taken.shares);
        for (channel, sequence) in &taken.places {
            state.committed(*channel, *sequence);
        }
        if !state.followers.is_empty() {
            let places = Places::of(deliver, taken.places);
            state.stream.append_places(places);
        }
        if let Some(reason @ (CommitDue::Left | CommitDue::Joined)) = state.due() {
            // More than one commit takes in.
            self.tell_due_locked(&mut state, reason, None);
        }
        self.rings(&state);
        Ok(())
    }

    /// Takes note of a request that the store has by now, and tells it to who may take it in.
    pub(crate) fn asked(&self, account: AccountId, action: Action, record: Bytes) {
        let mut state = self.lock();
        match action {
            Action::Join => state.has_joins = true,
            Action::Leave => {
                state.leaving.insert(account);
                self.lets_out(&mut state, account);
            }
        }
        let event = Event::RoomRequested { room: self.id };
        self.tell_locked(&mut state, &event_with(&event, record), None);
        let reason = match action {
            Action::Join => CommitDue::Joined,
            Action::Leave => CommitDue::Left,
        };
        self.tell_due_locked(&mut state, reason, None);
    }

    /// Takes note of which requests the store has left.
    pub(crate) fn left_pending(&self, has_joins: bool, leaving: Vec<AccountId>) {
        let mut state = self.lock();
        state.has_joins = has_joins;
        state.leaving = leaving.into_iter().collect();
    }

    fn let_gone_out(&self, state: &mut State) {
        let chain = Arc::clone(&state.chain);
        let record = chain.record();
        let gone: Vec<_> = state.followers.values().map(|one| one.account).collect();
        for account in gone {
            if record.member(account).is_none() {
                self.lets_out(state, account);
            }
        }
        let is_in = |account: &AccountId| record.member(*account).is_some();
        state.unanswered.retain(is_in);
        state.deaf.retain(is_in);
        for channel in state.channels.values_mut() {
            channel.forget_but(is_in);
        }
    }

    /// Puts each follower's share in front of what is appended next.
    fn hand_out(&self, state: &State, shares: &HashMap<AccountId, Share>) {
        let position = state.stream.end();
        for follower in state.followers.values() {
            let Some(share) = shares.get(&follower.account) else {
                continue;
            };
            let committed = Event::EpochCommitted {
                room: self.id,
                n: state.chain.head().n(),
                wrap: share.wrap,
            };
            let frame = event_with(&committed, share.share.clone());
            follower.seat.insert(position, frame);
        }
    }
}
