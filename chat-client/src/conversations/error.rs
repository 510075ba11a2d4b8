//! Why something about conversations did not come about.

use wire_format::{
    AccountId, ErrorCode, OpenError, ResourceId, RoomId, SealError, Sequence,
    room::{CommitError, DraftError, InvitationError, KeyRequestError, RoomKind, TakeUpError},
};

use crate::{
    account::{AccountError, PeerFault},
    conversation::{Cause, SealFault},
    error::Ended,
};

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConversationError {
    /// The account's connection or the server did not do its part.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// This account is in no such conversation.
    #[error("this account is in no such conversation: {0}")]
    NoSuchRoom(RoomId),
    /// This account is in no conversation with this name, or with this person.
    #[error("this account has no conversation called {0}")]
    NoSuchName(String),
    /// Several conversations have this name.
    #[error("several conversations are called {0}")]
    Ambiguous(String),
    /// This account is not in the room any more.
    #[error("this account is not in the room")]
    NotMember,
    /// Somebody else is not in the room.
    #[error("account {0} is not in the room")]
    NotInRoom(AccountId),
    /// Somebody is in the room.
    #[error("account {0} is in the room")]
    InRoom(AccountId),
    /// This kind of conversation does not do that.
    #[error("a conversation of this kind ({0:?}) does not do that")]
    Kind(RoomKind),
    /// A message is not sealed.
    #[error("{0}")]
    Seal(#[from] SealFault),
    /// The keys of somebody who was verified were reset, and this account's user has not taken note.
    #[error(
        "the keys of account {0} are new, and the ones that were verified did not sign them: nothing is sent"
    )]
    Blocked(AccountId),
    /// The chain of the room does not hold.
    #[error("the room's commits do not hold: {0}")]
    Commit(#[from] CommitError),
    /// The chain does not lead to the commit that the vault kept.
    #[error("the room's commits are not those that were seen: {0}")]
    TakeUp(#[from] TakeUpError),
    /// A commit could not be made.
    #[error("a commit was not made: {0}")]
    Draft(#[from] DraftError),
    /// Others kept committing.
    #[error("others kept changing the room")]
    Contended,
    /// The private keys that the room's list has are not in the vault any more.
    #[error("the keys by which this account is in the room are not in its vault")]
    KeysGone,
    /// An invitation does not hold.
    #[error("the invitation does not hold: {0}")]
    Invitation(#[from] InvitationError),
    /// No such invitation waits.
    #[error("no such invitation waits")]
    NotInvited,
    /// A key request is not answered.
    #[error("the key request is not answered: {0}")]
    KeyRequest(#[from] KeyRequestError),
    /// No such key request is pending.
    #[error("no such key request is pending")]
    NotAsked,
    /// Nothing of what was asked for is held here, or may be given by this account.
    #[error("nothing of it can be granted by this account")]
    NothingToGrant,
    /// Every key is here.
    #[error("every key of the room is here")]
    NothingToAsk,
    /// It could not be sealed for other programs.
    #[error("it could not be sealed for other programs: {0}")]
    Export(#[from] crate::jwe::JweError),
    /// The room is not open to whoever wants to come in.
    #[error("one comes into this room by invitation")]
    ByInvitation,
    /// This account was banned from the room.
    #[error("this account was banned from the room")]
    Banned,
    /// Somebody is not banned.
    #[error("account {0} is not banned from the room")]
    NotBanned(AccountId),
    /// A name, topic or title is too long or too short, or has what turns or hides the text around it.
    #[error(
        "{what} has {least} to {most} bytes, without control characters and marks of direction"
    )]
    Words {
        /// What was to be called so.
        what: &'static str,
        /// Its least length, in bytes.
        least: usize,
        /// Its greatest length, in bytes.
        most: usize,
    },
    /// A link leads to no page.
    #[error("a link begins with https:// or http://, has no spaces, and at most 2048 bytes")]
    Link,
    /// The room has no channel that is called so.
    #[error("the room has no channel called {0}")]
    NoSuchChannel(String),
    /// Another channel of the room is called so.
    #[error("another channel of the room is called {0}")]
    ChannelTaken(String),
    /// Slow mode has at most an hour.
    #[error("members wait for an hour at most between two messages")]
    Slow,
    /// The room has no such resource.
    #[error("the room has no resource {0}")]
    NoSuchResource(ResourceId),
    /// No message stands at a place.
    #[error("no message stands at {0}")]
    NoMessage(Sequence),
    /// A message proves nothing to others.
    #[error("the message proves nothing: {0}")]
    Unprovable(Cause),
    /// Only owners and admins do that.
    #[error("only owners and admins of the room do that")]
    Role,
}

impl ConversationError {
    /// Whether the connection is over, and another one may bring the result.
    pub const fn is_lost(&self) -> bool {
        matches!(
            self,
            Self::Account(
                AccountError::Ended(_) | AccountError::TimedOut | AccountError::Connect(_)
            )
        )
    }

    /// Whether the connection is over in a way that another one does not bring back.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Account(AccountError::Ended(ended)) if ended.is_final())
    }

    /// The code of a refusal.
    pub const fn refusal(&self) -> Option<ErrorCode> {
        match self {
            Self::Account(AccountError::Refused { refusal, .. }) => Some(refusal.code),
            _ => None,
        }
    }

    /// Whether the server refused what it may take a moment later.
    pub fn is_passing(&self) -> bool {
        let passing = [
            ErrorCode::RateLimited,
            ErrorCode::Busy,
            ErrorCode::Unavailable,
        ];
        self.refusal().is_some_and(|code| passing.contains(&code))
    }

    /// A word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::NoSuchRoom(_) | Self::NoSuchName(_) => "no_such_room",
            Self::Ambiguous(_) => "ambiguous",
            Self::NotMember => "not_in_room",
            Self::NotInRoom(_) => "no_such_member",
            Self::InRoom(_) => "in_room_already",
            Self::Kind(_) => "not_allowed",
            Self::Seal(SealFault::Unkeyed) => "waiting_for_key",
            Self::Seal(SealFault::Muted) => "muted",
            Self::Seal(SealFault::Forked) => "fork",
            Self::Seal(SealFault::NotMember) => "not_in_room",
            Self::Seal(SealFault::NoSuchChannel) | Self::NoSuchChannel(_) => "no_such_channel",
            Self::Seal(_) => "not_sealed",
            Self::Blocked(_) => "keys_reset",
            Self::Commit(_) => "commit_refused",
            Self::TakeUp(_) => "room_rolled_back",
            Self::Draft(_) => "commit_invalid",
            Self::Contended => "commit_conflict",
            Self::KeysGone => "keys_gone",
            Self::Invitation(_) | Self::NotInvited => "request_invalid",
            Self::KeyRequest(_) | Self::NotAsked => "not_asked",
            Self::NothingToGrant => "nothing_to_grant",
            Self::NothingToAsk => "nothing_to_ask",
            Self::Export(_) => "not_sealed",
            Self::NoMessage(_) => "no_such_message",
            Self::Unprovable(cause) => cause.code(),
            Self::Role => "not_allowed",
            Self::ByInvitation => "by_invitation",
            Self::Banned => "banned",
            Self::NotBanned(_) => "not_banned",
            Self::Words { .. } => "name_invalid",
            Self::Link => "link_invalid",
            Self::ChannelTaken(_) => "name_taken",
            Self::Slow => "malformed",
            Self::NoSuchResource(_) => "no_such_resource",
        }
    }

    /// Whether the server, or somebody in the room, cannot be believed.
    pub const fn is_unbelieved(&self) -> bool {
        matches!(
            self,
            Self::Blocked(_) | Self::Commit(_) | Self::TakeUp(_) | Self::Seal(SealFault::Forked)
        )
    }
}

impl ConversationError {
    /// Whether the cause lies in one room, or with somebody in it: it is named as an alarm there, and
    /// other rooms go on.
    pub const fn is_of_one_room(&self) -> bool {
        self.is_unbelieved()
            || matches!(
                self,
                Self::Account(AccountError::Peer(
                    PeerFault::Chain(_) | PeerFault::ChainPages
                ))
            )
    }

    /// Whether a room or somebody's account was there a moment ago and is not there any more for this
    /// account: other rooms go on.
    pub fn is_gone(&self) -> bool {
        let gone = [ErrorCode::NoSuchRoom, ErrorCode::NoSuchAccount];
        matches!(self, Self::NoSuchRoom(_))
            || self.refusal().is_some_and(|code| gone.contains(&code))
    }
}

impl From<Ended> for ConversationError {
    fn from(ended: Ended) -> Self {
        Self::Account(ended.into())
    }
}

impl From<PeerFault> for ConversationError {
    fn from(fault: PeerFault) -> Self {
        Self::Account(fault.into())
    }
}

impl From<OpenError> for ConversationError {
    fn from(error: OpenError) -> Self {
        Self::Account(error.into())
    }
}

impl From<SealError> for ConversationError {
    fn from(error: SealError) -> Self {
        Self::Account(error.into())
    }
}
