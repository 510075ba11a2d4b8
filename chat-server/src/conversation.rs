//! End-to-end rooms as the server knows them: their chain, who follows them, and what it tells
//! (docs/protocol.md#147-rooms-roles-and-policy).
//!
//! ```text
//!  command ─▶ turn ─▶ store ─▶ state ─▶ stream ─flush─▶ seats ─▶ outboxes
//!                    (durable) (chain)  (pending)
//! ```
//!
//! A conversation is loaded when somebody needs it, from what the store keeps, and goes again when
//! nobody follows it and others need the space. Whoever changes what the store keeps of a room takes
//! the room's *turn* first, and holds it until the change is told: so what is told has the order of
//! what is kept. A member that is let out, or asks to be, has no seat from that moment on.

mod channel;
mod due;
mod flush;
mod follow;
mod load;
mod registry;
mod take;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use tokio::sync::{Mutex as Turns, MutexGuard as Turn, Notify};
use wire_format::{
    AccountId, ChannelId, CommitHash, Deliver, EpochNumber, ErrorCode, Refusal, RoomId,
    event::CommitDue,
    room::{Role, RoomChain},
};

use self::channel::Channel;
pub(crate) use self::{
    follow::Follower,
    registry::Conversations,
    take::{Share, Taken},
};
use crate::{
    room::{Seat, Stream},
    store::rooms::Face,
};

/// An end-to-end room with its channels; those of kinds 3 and 4 have one.
pub(crate) struct Conversation {
    id: RoomId,
    /// The channel that it began with.
    main: ChannelId,
    /// Its other channels, so that a publish finds its room without waiting for the state. Held for one
    /// look or one change, never across an await.
    others: RwLock<BTreeSet<ChannelId>>,
    /// Held by one who changes what is kept of the room, until that is told; across awaits.
    turn: Turns<()>,
    /// Held for one look or one change, never across an await.
    state: Mutex<State>,
    /// Tells the room's task that there is something to flush.
    work: Notify,
    /// Tells those who wait that the pending bytes were taken.
    taken: Notify,
}

pub(super) struct State {
    chain: Arc<RoomChain>,
    /// What it is called, and whether it is written in.
    face: Face,
    channels: BTreeMap<ChannelId, Channel>,
    /// Why a commit is due, beside what is computed.
    due: Option<CommitDue>,
    /// Whether the followers were told that the epoch has reached its age.
    is_aged_told: bool,
    /// Whether there is a request to join, valid or not.
    has_joins: bool,
    /// Members whose requests to leave are pending: nothing more is delivered to them.
    leaving: BTreeSet<AccountId>,
    /// Members that were placed and have not written yet.
    unanswered: BTreeSet<AccountId>,
    /// Members to whom nothing is told: in a direct conversation who has blocked the other one, in a
    /// group who was placed by somebody whom they block and has not written yet.
    deaf: BTreeSet<AccountId>,
    stream: Stream,
    followers: BTreeMap<u64, Follower>,
    /// The seats as the next flush meets them; made again after somebody came or went.
    seats: Option<Arc<[Arc<Seat>]>>,
    /// A chunk is on its way through the seats.
    flushing: bool,
    /// A task flushes; it ends when nobody follows.
    has_task: bool,
    /// A change may stand in the store that is not here: see [`Conversations::give_up`].
    is_given_up: bool,
}

/// How an account stands to a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// It is in.
    Member(Role),
    /// It is in, and asks to be out: nothing more of the room is for it.
    Leaving,
    /// It is not in.
    Outside,
}

impl Conversation {
    /// The room.
    pub(crate) fn id(&self) -> RoomId {
        self.id
    }

    /// The channel that it began with.
    pub(crate) fn main(&self) -> ChannelId {
        self.main
    }

    /// Waits until nobody else changes what is kept of the room. May be dropped.
    ///
    /// # Errors
    /// `busy` if the room was given up meanwhile: it is to be looked for again.
    pub(crate) async fn turn(&self) -> Result<Turn<'_, ()>, Refusal> {
        let turn = self.turn.lock().await;
        if self.is_given_up() {
            return Err(Refusal::retry_after(ErrorCode::Busy, RETRY_MS));
        }
        Ok(turn)
    }

    /// Whether nobody knows any more if this is what the store has.
    pub(crate) fn is_given_up(&self) -> bool {
        self.lock().is_given_up
    }

    /// Its commits; what is judged by them may be old when the turn comes.
    pub(crate) fn chain(&self) -> Arc<RoomChain> {
        Arc::clone(&self.lock().chain)
    }

    /// The newest epoch and its commit.
    pub(crate) fn head(&self) -> (EpochNumber, CommitHash) {
        let state = self.lock();
        let head = state.chain.head();
        (head.n(), head.hash())
    }

    /// How an account stands to the room.
    pub(crate) fn standing(&self, account: AccountId) -> Standing {
        self.lock().standing(account)
    }

    /// Whether somebody asks to join or to leave, perhaps in vain.
    pub(crate) fn is_asked(&self) -> bool {
        let state = self.lock();
        state.has_joins || !state.leaving.is_empty()
    }

    /// Which of these accounts the others may know to be there: who was placed here and has not
    /// written yet shows itself to nobody, nor does who asks to be out.
    pub(crate) fn shown<'a>(
        &self,
        accounts: impl Iterator<Item = &'a AccountId>,
    ) -> Vec<AccountId> {
        let state = self.lock();
        let shown = accounts.filter(|account| {
            let is_in = matches!(state.standing(**account), Standing::Member(_));
            is_in && !state.unanswered.contains(account)
        });
        shown.copied().collect()
    }

    /// Whether an account was placed here and has not written yet.
    pub(crate) fn is_unanswered(&self, account: AccountId) -> bool {
        self.lock().unanswered.contains(&account)
    }

    /// Takes note that an account that was placed here has written, as the store has it by now.
    pub(crate) fn answered(&self, account: AccountId) {
        self.lock().unanswered.remove(&account);
    }

    /// Delivers what is kept by now, numbered by the store, in its order; the turn is held.
    pub(crate) fn deliver_stored(&self, deliveries: &[Deliver]) {
        let mut state = self.lock();
        let before = state.count();
        for deliver in deliveries {
            if let Some(channel) = state.channels.get_mut(&deliver.channel) {
                channel.sequence = deliver.sequence;
            }
            if !state.followers.is_empty() {
                state.stream.append_as_it_is(deliver);
            }
        }
        self.tell_if_counted(&mut state, before);
        self.rings(&state);
    }

    /// Delivers what is not kept, without a number.
    pub(crate) fn deliver_unstored(&self, deliver: &Deliver) {
        let mut state = self.lock();
        if !state.followers.is_empty() {
            state.stream.append_as_it_is(deliver);
        }
        self.rings(&state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the task that flushes; without followers there is none, and nobody to tell.
    fn rings(&self, state: &State) {
        if state.has_task {
            self.work.notify_one();
        }
    }
}

impl State {
    fn standing(&self, account: AccountId) -> Standing {
        match self.chain.record().member(account) {
            None => Standing::Outside,
            Some(_) if self.leaving.contains(&account) => Standing::Leaving,
            Some(member) => Standing::Member(member.role),
        }
    }
}

/// When a room that was given up is there again.
const RETRY_MS: u32 = 1_000;
