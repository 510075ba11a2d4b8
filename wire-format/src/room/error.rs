//! Why a commit is refused.

use super::{RequestError, UnknownKeys};
use crate::{
    identity::ChainError,
    ids::{AccountId, EpochNumber, Fingerprint, Millis, RoomId},
    open_error::{OpenError, SealError},
};

/// Why a commit does not continue a room's chain, in the order of docs/protocol.md#149-commits.
/// Nothing has changed when it is returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Step 1: the record cannot be read.
    #[error("a commit is refused")]
    Record(#[from] OpenError),
    /// Step 1: of another room.
    #[error("a commit of room {0}")]
    OtherRoom(RoomId),
    /// Step 2: commits are missing before it: read the chain first.
    #[error("commit {found} where {expected} follows")]
    Gap {
        /// The number that follows.
        expected: EpochNumber,
        /// The number that came.
        found: EpochNumber,
    },
    /// Step 2: another commit of this number is in the chain, and who signed this one could have
    /// written it: an alarm.
    #[error("two commits with the number {0}")]
    Fork(EpochNumber),
    /// Step 2: it follows another commit than the head, and who signed it could have written it: an
    /// alarm.
    #[error("a commit that follows another one than the head")]
    Previous,
    /// Step 2: it is before those that are known of the chain, so that it cannot be compared.
    #[error("commit {0} is before those known here")]
    Older(EpochNumber),
    /// Step 3: its author is neither in the list with these keys, nor joined by it with them.
    #[error("a commit by account {0}, which is not in the room with these keys")]
    Author(AccountId),
    /// Step 3: a first commit by other keys than those of its author's chain head.
    #[error("a first commit by the keys {0}, which are not the chain head's")]
    AuthorKeys(Fingerprint),
    /// Step 4: the author's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// Step 4: a signature does not verify.
    #[error("a commit's signature is refused")]
    Signature(#[source] OpenError),
    /// Step 5: older than the commit before it.
    #[error("a commit of {found} after one of {before}")]
    Time {
        /// When the one before it was made.
        before: Millis,
        /// When it says that it was made.
        found: Millis,
    },
    /// Step 6: the change at this place does not come after the one before it.
    #[error("change {0} is out of order")]
    Order(usize),
    /// Step 6: the change at this place is not allowed to the author, or not valid.
    #[error("change {at} is refused")]
    Change {
        /// Its place, from 0.
        at: usize,
        /// Why.
        #[source]
        cause: ChangeError,
    },
    /// Step 7: its author is not in the list that results.
    #[error("a commit by account {0}, which is not in the room after it")]
    AuthorGone(AccountId),
    /// Step 7: nobody, or too many, are in the room after it; or not two in a direct conversation
    /// that begins.
    #[error("{0} members are not allowed")]
    MemberCount(usize),
    /// Step 7: what results is not what it says.
    #[error("the members hash is another one")]
    MembersHash,
}

impl CommitError {
    /// Whether two histories of one room were shown: nothing is sent until the user decides.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Fork(_) | Self::Previous)
    }

    /// The keys to read before it can be judged.
    pub const fn unknown_keys(&self) -> Option<UnknownKeys> {
        match self {
            Self::UnknownKeys(keys) => Some(*keys),
            Self::Change { cause, .. } => match cause {
                ChangeError::UnknownKeys(keys) => Some(*keys),
                ChangeError::Request(error) => error.unknown_keys(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether older commits of the chain are to be read before it can be judged
    /// ([`RoomChain::reread`](super::RoomChain::reread)).
    pub const fn is_older(&self) -> bool {
        match self {
            Self::Older(_) => true,
            Self::Change {
                cause: ChangeError::Request(error),
                ..
            } => error.is_older(),
            _ => false,
        }
    }
}

/// Why a change is not allowed, or not valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A first commit that makes no room, or a later one that does.
    #[error("a room is made by its first commit, once")]
    Founded,
    /// A change that no commit of this kind of room may have at this place of its chain.
    #[error("this kind of room has no such change here")]
    RoomKind,
    /// The author's role does not allow it.
    #[error("the author's role does not allow it")]
    NotAllowed,
    /// About somebody who is not in the room.
    #[error("account {0} is not a member")]
    NotMember(AccountId),
    /// Somebody is placed who is in the room.
    #[error("account {0} is a member")]
    Member(AccountId),
    /// Somebody is banned who is banned.
    #[error("account {0} is banned already")]
    Banned(AccountId),
    /// Somebody is unbanned who is not banned.
    #[error("account {0} is not banned")]
    NotBanned(AccountId),
    /// More accounts would be banned than may be.
    #[error("too many accounts are banned")]
    BannedFull,
    /// Somebody is placed with other keys than those of the chain head.
    #[error("the keys {0} are not the chain head's")]
    OtherKeys(Fingerprint),
    /// The account's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A request is not valid.
    #[error("a request is refused")]
    Request(#[from] RequestError),
    /// A keyset does not follow the one in the list.
    #[error("a keyset is refused")]
    Keyset(#[from] ChainError),
}

/// Why a commit of one's own was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// It could not be written, signed or wrapped.
    #[error("a commit could not be made")]
    Seal(#[from] SealError),
    /// Nobody would accept it.
    #[error("a commit that nobody would accept")]
    Refused(#[from] CommitError),
    /// A member's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
}

/// Why a chain is not taken up again at the head that was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TakeUpError {
    /// A record cannot be read.
    #[error("a kept head or a commit of it is refused")]
    Record(#[from] OpenError),
    /// The commit that came is not the head that was kept, or does not lead to it: an alarm.
    #[error("commit {0} is not in the chain that was kept")]
    NotKept(EpochNumber),
    /// The kept record is not the one that the head results in.
    #[error("the kept record is not the head's")]
    MembersHash,
}
