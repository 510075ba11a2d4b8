//! Requests: what an account asks of a room, and a commit by any member does for it.

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{
    InvitationError, JoinPolicy, RoomKind, Standing, UnknownKeys, UnverifiedInvitation,
    history::NotHere, keys,
};
use crate::{
    event::KeysetChange,
    identity::{IdentityKeys, Keyset},
    ids::{AccountId, CommitHash, Fingerprint, Millis, RequestHash, RoomId},
    limits::{REQUEST_BYTES, ROOM_MEMBERS},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock},
};

const LABEL: Label = Label(b"sealwire/v1/request\0");

byte_enum! {
    /// What is asked for.
    Action {
        /// To be in the room.
        Join = 1,
        /// To be out of it.
        Leave = 2,
    }
}

/// What an account decides about its request.
#[derive(Clone, Copy, Debug)]
pub struct RequestDraft<'a> {
    /// The room.
    pub room: RoomId,
    /// What is asked for.
    pub action: Action,
    /// Whose keys sign it.
    pub account: AccountId,
    /// A commit of this room, the newest that is known.
    pub commit: CommitHash,
    /// Now, by the account's clock.
    pub made_at: Millis,
    /// What lets it join a room that is not open.
    pub invitation: Option<&'a UnverifiedInvitation>,
}

/// Why a commit may not take a request in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It is about another room.
    #[error("a request about room {0}")]
    OtherRoom(RoomId),
    /// Nobody joins a direct conversation.
    #[error("this kind of room takes nobody in")]
    RoomKind,
    /// The account may not come back.
    #[error("account {0} is banned")]
    Banned(AccountId),
    /// The account is in the room, and no reset led to the keys that ask.
    #[error("account {0} is a member")]
    Member(AccountId),
    /// As many are in the room as may be.
    #[error("the room is full")]
    Full,
    /// The account is not in the room with these keys.
    #[error("account {0} is not a member with these keys")]
    NotMember(AccountId),
    /// Other keys than those of the account's chain head.
    #[error("a request by the keys {0}, which are not the chain head's")]
    OtherKeys(Fingerprint),
    /// The commit it names is not in the chain.
    #[error("a request at a commit that is not in the chain")]
    UnknownCommit,
    /// The commit it names is before those that are known of the chain, or not in it.
    #[error("a request at a commit before those known here")]
    Older,
    /// The account came or went since: an old request, played again.
    #[error("a request from before account {0} came or went")]
    Replayed(AccountId),
    /// The account's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("a request's signature is refused")]
    Signature(#[from] OpenError),
    /// The room is not open, and there is no invitation.
    #[error("a join without the invitation that this room asks for")]
    NotInvited,
    /// The invitation lets nobody in.
    #[error("a join by an invitation that does not hold")]
    Invitation(#[from] InvitationError),
}

impl From<NotHere> for RequestError {
    fn from(not_here: NotHere) -> Self {
        match not_here {
            NotHere::Unknown => Self::UnknownCommit,
            NotHere::Older => Self::Older,
        }
    }
}

impl RequestError {
    /// The keys to read before it can be judged.
    pub const fn unknown_keys(&self) -> Option<UnknownKeys> {
        match self {
            Self::UnknownKeys(keys) | Self::Invitation(InvitationError::UnknownKeys(keys)) => {
                Some(*keys)
            }
            _ => None,
        }
    }

    /// Whether older commits of the chain are to be read before it can be judged.
    pub const fn is_older(&self) -> bool {
        matches!(self, Self::Older | Self::Invitation(InvitationError::Older))
    }
}

/// A request with the right layout; whether it is valid depends on the commit that takes it in.
#[derive(Clone, Debug)]
pub struct UnverifiedRequest {
    bytes: Bytes,
    signed: Bytes,
    hash: RequestHash,
    room: RoomId,
    action: Action,
    account: AccountId,
    fingerprint: Fingerprint,
    commit: CommitHash,
    made_at: Millis,
    invitation: Option<UnverifiedInvitation>,
    block: SignatureBlock,
}

impl UnverifiedRequest {
    /// Reads the layout, that of the invitation included; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::REQUEST, REQUEST_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let action = Action::from_byte(record.u8()?).ok_or(OpenError::Field(Field::Action))?;
        let account = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let commit = CommitHash::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let invitation = match usize::from(record.u16()?) {
            0 => None,
            _ if action == Action::Leave => return Err(OpenError::Field(Field::Invitation)),
            length => Some(UnverifiedInvitation::parse(record.bytes(length)?)?),
        };
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            hash: RequestHash::from_bytes(LABEL.hash(&signed)),
            signed,
            room,
            action,
            account,
            fingerprint,
            commit,
            made_at,
            invitation,
            block,
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 over label ‖ everything above its own signature block.
    pub fn hash(&self) -> RequestHash {
        self.hash
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// What is asked for.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Who it claims to be by.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The keys that it claims to be by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The commit that the account knew.
    pub fn commit(&self) -> CommitHash {
        self.commit
    }

    /// When it was made, by the account's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// What lets the account join.
    pub fn invitation(&self) -> Option<&UnverifiedInvitation> {
        self.invitation.as_ref()
    }

    /// Checks that a commit may take it in here, in the order of the document.
    ///
    /// # Errors
    /// The typed cause.
    pub fn check(&self, standing: &Standing<'_>) -> Result<(), RequestError> {
        let keyset = self.check_own(standing)?;
        keyset.keys().verify(LABEL, &self.signed, &self.block)?;
        match self.needed_invitation(standing)? {
            Some(invitation) => Ok(invitation.check(self, standing)?),
            None => Ok(()),
        }
    }

    /// Checks the same, save signatures.
    pub(super) fn check_standing(&self, standing: &Standing<'_>) -> Result<(), RequestError> {
        self.check_own(standing)?;
        match self.needed_invitation(standing)? {
            Some(invitation) => Ok(invitation.check_standing(self, standing)?),
            None => Ok(()),
        }
    }

    /// What comes before the signatures; gives the keys that must have signed.
    fn check_own<'a>(&self, standing: &Standing<'a>) -> Result<&'a Keyset, RequestError> {
        if self.room != standing.room {
            return Err(RequestError::OtherRoom(self.room));
        }
        match self.action {
            Action::Join => self.check_join(standing),
            Action::Leave => self.check_leave(standing),
        }
    }

    fn check_join<'a>(&self, standing: &Standing<'a>) -> Result<&'a Keyset, RequestError> {
        let record = standing.record;
        if record.policy().kind == RoomKind::Direct {
            return Err(RequestError::RoomKind);
        }
        if record.is_banned(self.account) {
            return Err(RequestError::Banned(self.account));
        }
        match record.member(self.account) {
            Some(member) => {
                let keysets = standing.keysets;
                let listed = member.fingerprint;
                let led_to = keys::change(keysets, self.account, listed, self.fingerprint)?;
                if led_to != Some(KeysetChange::Reset) {
                    return Err(RequestError::Member(self.account));
                }
            }
            None if record.members().len() >= ROOM_MEMBERS => return Err(RequestError::Full),
            None => {}
        }
        let keyset = standing
            .newcomer(self.account, self.fingerprint)?
            .ok_or(RequestError::OtherKeys(self.fingerprint))?;
        self.is_new(standing)?;
        Ok(keyset)
    }

    fn check_leave<'a>(&self, standing: &Standing<'a>) -> Result<&'a Keyset, RequestError> {
        let member = standing.record.member(self.account);
        if member.is_none_or(|member| member.fingerprint != self.fingerprint) {
            return Err(RequestError::NotMember(self.account));
        }
        // It is a member: what came after can only be its last coming.
        self.is_new(standing)?;
        let keyset = keys::keyset(standing.keysets, self.account, self.fingerprint)?;
        Ok(keyset)
    }

    /// Whether its account has neither come nor gone since the commit that it names.
    fn is_new(&self, standing: &Standing<'_>) -> Result<(), RequestError> {
        let since = standing.history.position(self.commit)?;
        if standing.history.came_or_went(since, self.account) {
            return Err(RequestError::Replayed(self.account));
        }
        Ok(())
    }

    /// The invitation that it takes to let this in; `None` where it takes none.
    fn needed_invitation(
        &self,
        standing: &Standing<'_>,
    ) -> Result<Option<&UnverifiedInvitation>, RequestError> {
        let is_open = standing.record.policy().join == JoinPolicy::Open;
        if self.action == Action::Leave || is_open {
            return Ok(None);
        }
        let invitation = self.invitation.as_ref();
        invitation.map(Some).ok_or(RequestError::NotInvited)
    }
}

impl IdentityKeys {
    /// Asks to join or to leave a room, for the tail of `rooms.request`.
    ///
    /// # Errors
    /// [`SealError::Field`] for a leave with an invitation; [`SealError::KeyOperation`] if signing
    /// failed.
    pub fn sign_request<R: CryptoRng + ?Sized>(
        &self,
        draft: &RequestDraft<'_>,
        rng: &mut R,
    ) -> Result<UnverifiedRequest, SealError> {
        if draft.action == Action::Leave && draft.invitation.is_some() {
            return Err(SealError::Field(Field::Invitation));
        }
        let invitation = draft
            .invitation
            .map_or_else(Bytes::new, |invitation| invitation.bytes().clone());
        // An invitation has at most 4 KiB.
        let length = u16::try_from(invitation.len()).map_err(|_| SealError::KeyOperation)?;
        let mut record = BytesMut::with_capacity(REQUEST_BYTES);
        record.put_slice(&[record::VERSION, record::REQUEST]);
        record.put_slice(draft.room.as_bytes());
        record.put_u8(draft.action.byte());
        record.put_slice(draft.account.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_slice(draft.commit.as_bytes());
        record.put_u64(draft.made_at.value());
        record.put_u16(length);
        record.put_slice(&invitation);
        self.signing().append(LABEL, &mut record, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        let request =
            UnverifiedRequest::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &request.signed, &request.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(request)
    }
}
