//! One end-to-end conversation, as a member has it: who is in it, what opens its messages, what was
//! seen of them (docs/protocol.md#14-end-to-end-rooms).
//!
//! ```text
//!  commits ──▶ RoomChain ──┐
//!  shares, vault ──▶ Epochs ┴▶ Conversation ──receive──▶ Received, Alarm
//!                                  └──seal──▶ Sealed   └──changes, Asked──▶ commits, grants
//! ```
//!
//! No socket, no vault and no clock is here: [`Conversations`](crate::conversations::Conversations)
//! brings records and takes what is to be sent. Nothing is taken on a server's word, and whatever
//! fails changes nothing.

mod alarm;
mod asking;
mod cause;
mod changing;
mod channel;
mod epochs;
mod evidence;
mod forgetting;
mod fork;
mod originals;
mod received;
mod receiving;
mod sealing;

use std::collections::BTreeMap;

use bytes::Bytes;
use wire_format::{
    AccountId, ChannelId, EpochNumber, EpochSecret, InstanceId, RoomId,
    room::{Extended, Keysets, Role, RoomChain, RoomKind, RoomRecord, UnverifiedCommit},
};

pub(crate) use self::changing::reason_of;
pub use self::{
    alarm::Alarm,
    asking::Asked,
    cause::{Cause, Wanted},
    epochs::ShareFault,
    evidence::Evidence,
    fork::Fork,
    originals::{ContentFault, Effect},
    received::{Committed, Erasure, Message, Received, Unreadable},
    receiving::Arrived,
    sealing::{SealFault, Sealed},
};
use self::{channel::Channel, epochs::Epochs};

/// A conversation that this account is in, or was: with one channel, or a room with several.
#[derive(Debug)]
pub struct Conversation {
    me: AccountId,
    /// Known from commit 1.
    chain: RoomChain,
    epochs: Epochs,
    /// The main channel, and those that were opened.
    channels: BTreeMap<ChannelId, Channel>,
    /// Under which this process numbers what it sends.
    instance: InstanceId,
    alarms: Vec<Alarm>,
    fork: Fork,
}

impl Conversation {
    /// Begins with a chain that was read and verified from commit 1. `instance` is random, drawn by
    /// this process.
    pub fn new(me: AccountId, chain: RoomChain, instance: InstanceId) -> Self {
        let room = chain.room();
        let main = ChannelId::main_of(room);
        let main = (main, Channel::new(main, room, instance));
        Self {
            me,
            chain,
            epochs: Epochs::default(),
            channels: BTreeMap::from([main]),
            instance,
            alarms: Vec::new(),
            fork: Fork::default(),
        }
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.chain.room()
    }

    /// The commits that were verified.
    pub fn chain(&self) -> &RoomChain {
        &self.chain
    }

    /// Who is in it, and what it allows, by the newest commit.
    pub fn record(&self) -> &RoomRecord {
        self.chain.record()
    }

    /// Whether it is of two or of several, or a room.
    pub fn kind(&self) -> RoomKind {
        self.record().policy().kind
    }

    /// The own role by the newest commit; `None` for who is out.
    pub fn role(&self) -> Option<Role> {
        self.record().member(self.me).map(|member| member.role)
    }

    /// The other one of a direct conversation.
    pub fn peer(&self) -> Option<AccountId> {
        if self.kind() != RoomKind::Direct {
            return None;
        }
        let mut members = self.record().members().map(|(account, _)| account);
        members.find(|&account| account != self.me)
    }

    /// What came to light since this was last asked.
    pub fn take_alarms(&mut self) -> Vec<Alarm> {
        std::mem::take(&mut self.alarms)
    }

    /// Takes the next commit. Where more is to be read first, [`Cause::wanted`] says what.
    ///
    /// # Errors
    /// Why it is refused; the chain stays where it was, and what an honest server does not send is
    /// among the alarms.
    pub fn commit(&mut self, record: Bytes, keysets: &dyn Keysets) -> Result<Extended, Cause> {
        let commit = UnverifiedCommit::parse(record.clone());
        let error = match self.chain.extend(record, keysets) {
            Ok(extended) => return Ok(extended),
            Err(error) => error,
        };
        let cause = Cause::Commit(error);
        if cause.wanted().is_none() {
            match commit {
                Ok(other) if error.is_alarm() => self.forked(other.n(), other.hash()),
                commit => {
                    let n = commit.map_or_else(|_| EpochNumber::default(), |commit| commit.n());
                    self.alarms.push(Alarm::Commit { n, error });
                }
            }
        }
        Err(cause)
    }

    /// Holds the secret of an epoch that a vault kept or somebody granted.
    ///
    /// # Errors
    /// [`wire_format::OpenError::ShareCommitment`] if it is not that epoch's.
    pub fn hold(
        &mut self,
        n: EpochNumber,
        secret: EpochSecret,
    ) -> Result<(), wire_format::OpenError> {
        self.epochs.hold(&self.chain, n, secret)
    }

    /// The epochs that this account was in and whose secret is not held, apart from those whose
    /// share is known to be none.
    pub fn missing(&self) -> Vec<EpochNumber> {
        self.epochs.missing(&self.chain, self.me)
    }

    /// Whether the newest epoch's secret is held: messages can be sealed.
    pub fn is_keyed(&self) -> bool {
        self.epochs.keys(self.chain.head().n()).is_some()
    }
}
