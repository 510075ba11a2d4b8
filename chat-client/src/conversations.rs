//! The end-to-end conversations of an account, over its connection
//! (docs/protocol.md#14-end-to-end-rooms).
//!
//! ```text
//!  Account: calls, vault, chains of keys ──▶ Conversations ──▶ Conversation, one a room
//!     rooms.mine … chain … share … follow … fetch ──▶ News, in order, once each
//!     send ──▶ commit what is due ──▶ seal ──▶ publish ──▶ acknowledged
//! ```
//!
//! After a cut the caller signs in again and gives the account to [`Conversations::resume`]: what was
//! missed is fetched, what was shown is not shown again. Who is in a room is computed from commits
//! that were verified, the newest of them is kept in the vault, and so are the secrets. What an honest
//! server does not do is among the [`News`] as an alarm, and changes nothing.
//!
//! Calls wait for their replies one after the other; opening and signing take milliseconds each and
//! happen where the caller waits.

mod channels;
mod committing;
mod deciding;
mod error;
mod exporting;
mod faces;
mod fetching;
mod files;
mod following;
mod forgetting;
mod granted;
mod granting;
mod inviting;
mod keeping;
mod making;
mod managing;
mod naming;
mod news;
mod people;
mod place;
mod reporting;
mod requested;
mod resources;
mod rooms;
mod sending;
mod settings;
mod state;
mod syncing;
mod versions;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use wire_format::{
    ChannelId, EpochNumber, Millis, RoomId, WrapNumber, event::CommitDue, identity::IdentityKeys,
    room::KeyRequest,
};

pub use self::{
    channels::ChannelChange,
    deciding::{Histories, Reached},
    error::ConversationError,
    faces::{ChannelInfo, RoomInfo},
    fetching::Page,
    files::{FileError, Progress, Sink, Source},
    following::Stands,
    granted::Came,
    inviting::{Invitation, Invited},
    naming::Overview,
    news::News,
    place::Place,
    rooms::Sight,
    versions::Version,
};
use self::{faces::Face, keeping::Vaulted, people::People, state::State};
use crate::{
    account::Account,
    clock::Clock,
    conversation::{Alarm, Conversation, Fork},
};

/// The conversations of an account.
pub struct Conversations {
    account: Account,
    people: People,
    vaulted: Vaulted,
    rooms: BTreeMap<RoomId, Room>,
    /// What came to light and was not told yet.
    alarms: Vec<(Option<RoomId>, Alarm)>,
    /// What happened and was not told yet.
    news: Vec<News>,
    /// Rooms are read so that wrap keys can be dropped: that is done once for all of them.
    is_forgetting: bool,
    /// Before then keys that are to go are not tried again, since a room could not be read to its end.
    keys_stay_until: Option<Millis>,
}

/// A conversation that was read, and what the server says of it.
struct Room {
    conversation: Conversation,
    /// Why the next who sends commits first.
    due: Option<CommitDue>,
    is_followed: bool,
    /// What this account asked for and nobody has granted yet.
    asked: Option<KeyRequest>,
    /// Epochs whose own share does not open: said once, and asked for.
    bad: BTreeSet<EpochNumber>,
    /// The stop after a fork, as the vault has it.
    kept_fork: Option<Fork>,
    /// Shares that came ahead of their commits.
    shares: BTreeMap<EpochNumber, (WrapNumber, bytes::Bytes)>,
    state: State,
    /// What the server showed of it as it was followed, and since.
    face: Face,
    /// Channels that it has and that the server did not show: said once.
    withheld: BTreeSet<ChannelId>,
    /// An epoch that a newcomer began, and for which nobody may have sealed the state yet.
    unsealed: Option<EpochNumber>,
}

impl Room {
    fn of(conversation: Conversation) -> Self {
        Self {
            conversation,
            due: None,
            is_followed: false,
            asked: None,
            bad: BTreeSet::new(),
            kept_fork: None,
            shares: BTreeMap::new(),
            state: State::default(),
            face: Face::default(),
            withheld: BTreeSet::new(),
            unsealed: None,
        }
    }
}

impl Conversations {
    /// Reads what the vault keeps of conversations; nothing of them is asked yet. From now on what
    /// arrives is kept for [`Conversations::arrival`].
    ///
    /// # Errors
    /// The typed cause.
    pub async fn begin(mut account: Account) -> Result<Self, ConversationError> {
        account.listen();
        let vaulted = Vaulted::read(&mut account).await?;
        Ok(Self {
            account,
            people: People::default(),
            vaulted,
            rooms: BTreeMap::new(),
            alarms: Vec::new(),
            news: Vec::new(),
            is_forgetting: false,
            keys_stay_until: None,
        })
    }

    /// Goes on over another connection. What is followed is to be followed again
    /// ([`Conversations::follow`]).
    ///
    /// # Errors
    /// The typed cause.
    pub async fn resume(&mut self, mut account: Account) -> Result<(), ConversationError> {
        account.listen();
        self.account = account;
        self.people.read_anew();
        for room in self.rooms.values_mut() {
            room.is_followed = false;
        }
        self.vaulted.read_on(&mut self.account).await?;
        Ok(())
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The account, for what is no matter of conversations.
    pub fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    /// Ends: the account goes on alone.
    pub fn into_account(self) -> Account {
        self.account
    }

    /// A conversation that was read.
    pub fn conversation(&self, room: RoomId) -> Option<&Conversation> {
        self.rooms.get(&room).map(|room| &room.conversation)
    }

    /// What came to light since this was last asked, and where.
    pub fn take_alarms(&mut self) -> Vec<(Option<RoomId>, Alarm)> {
        for (id, room) in &mut self.rooms {
            let alarms = room.conversation.take_alarms();
            self.alarms
                .extend(alarms.into_iter().map(|alarm| (Some(*id), alarm)));
        }
        std::mem::take(&mut self.alarms)
    }

    /// What happened, in order, since this was last asked: also what a call that failed had taken by
    /// then. It does not come again.
    pub fn take_news(&mut self) -> Vec<News> {
        self.tell_alarms();
        std::mem::take(&mut self.news)
    }

    fn tell_alarms(&mut self) {
        let alarms = self.take_alarms().into_iter();
        let alarms = alarms.map(|(room, alarm)| News::Alarm { room, alarm });
        self.news.extend(alarms);
    }

    fn room(&mut self, id: RoomId) -> Result<&mut Room, ConversationError> {
        self.rooms
            .get_mut(&id)
            .ok_or(ConversationError::NoSuchRoom(id))
    }

    /// The keys that a room's list has of this account.
    async fn own_keys(&mut self, id: RoomId) -> Result<Arc<IdentityKeys>, ConversationError> {
        let me = self.account.id();
        let member = self.room(id)?.conversation.record().member(me);
        let member = member.ok_or(ConversationError::NotMember)?;
        let keys = self.account.keys_of(member.fingerprint).await?;
        keys.ok_or(ConversationError::KeysGone)
    }
}

impl std::fmt::Debug for Conversations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Conversations({} of {:?})",
            self.rooms.len(),
            self.account
        )
    }
}

/// Now, by the calendar.
fn now() -> Millis {
    Clock::start().now().wall
}
