//! Invitations: with one, its invitee joins by a commit of their own, so that nobody has to be online.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{InvitePolicy, Standing, UnknownKeys, UnverifiedRequest, history::NotHere};
use crate::{
    event::KeysetChange,
    identity::{AccountWrapKey, IdentityKeys, WRAPPED_BYTES, WrapKey},
    ids::{AccountId, CommitHash, Fingerprint, InvitationHash, Millis, RoomId, WrapNumber},
    limits::{CLOCK_SKEW, INVITATION_BYTES, INVITATION_HOLDS},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock},
};

const LABEL: Label = Label(b"sealwire/v1/invitation\0");

/// What its inviter decides about an invitation.
#[derive(Clone, Copy)]
pub struct InvitationDraft<'a> {
    /// The room.
    pub room: RoomId,
    /// Whose keys sign it.
    pub inviter: AccountId,
    /// Who is invited.
    pub invitee: AccountId,
    /// The invitee's keys.
    pub invitee_fingerprint: Fingerprint,
    /// The newest commit that the inviter knows.
    pub commit: CommitHash,
    /// Now, by the inviter's clock.
    pub made_at: Millis,
    /// When it ends, at most [`INVITATION_HOLDS`] later.
    pub expires_at: Millis,
    /// The room's name; one space where there is none.
    pub name: &'a str,
    /// The invitee's newest wrap key.
    pub wrap: &'a WrapKey,
}

impl fmt::Debug for InvitationDraft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvitationDraft")
            .field("room", &self.room)
            .field("inviter", &self.inviter)
            .field("invitee", &self.invitee)
            .finish_non_exhaustive()
    }
}

/// Why an invitation lets nobody in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// It is into another room.
    #[error("an invitation into room {0}")]
    OtherRoom(RoomId),
    /// It is for another account, or for other keys.
    #[error("an invitation for account {0}, or for other keys of it")]
    OtherInvitee(AccountId),
    /// The commit it names is not in the chain.
    #[error("an invitation at a commit that is not in the chain")]
    UnknownCommit,
    /// What it is judged by is older than what is known of the chain.
    #[error("an invitation that is judged by commits before those known here")]
    Older,
    /// Its invitee came or went since: it lets somebody in once, and nobody back who was removed.
    #[error("an invitation from before account {0} came or went")]
    Used(AccountId),
    /// Its inviter is not in the room, or was out of it since.
    #[error("an invitation by account {0}, which was not a member all the while")]
    NotMember(AccountId),
    /// Its inviter is in the room with other keys, which no rotation led to.
    #[error("an invitation by other keys of the inviter: {0}")]
    InviterKeys(Fingerprint),
    /// It was made after the commit, by more than two clocks may differ.
    #[error("an invitation of {0}, which is after the commit")]
    Early(Millis),
    /// Its inviter may not invite, or could not at some time since.
    #[error("an invitation by account {0}, whose role did not allow it all the while")]
    Role(AccountId),
    /// It ended before the commit.
    #[error("an invitation that ended at {0}")]
    Expired(Millis),
    /// The inviter's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("an invitation's signature is refused")]
    Signature(#[from] OpenError),
}

impl From<NotHere> for InvitationError {
    fn from(not_here: NotHere) -> Self {
        match not_here {
            NotHere::Unknown => Self::UnknownCommit,
            NotHere::Older => Self::Older,
        }
    }
}

/// An invitation with the right layout; whether it lets anybody in depends on the commit.
#[derive(Clone, Debug)]
pub struct UnverifiedInvitation {
    bytes: Bytes,
    signed: Bytes,
    hash: InvitationHash,
    room: RoomId,
    inviter: AccountId,
    inviter_fingerprint: Fingerprint,
    invitee: AccountId,
    invitee_fingerprint: Fingerprint,
    commit: CommitHash,
    made_at: Millis,
    expires_at: Millis,
    wrap: WrapNumber,
    sealed_name: [u8; WRAPPED_BYTES],
    block: SignatureBlock,
}

impl UnverifiedInvitation {
    /// Reads the layout; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::INVITATION, INVITATION_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let inviter = AccountId::from_bytes(record.array()?);
        let inviter_fingerprint = Fingerprint::from_bytes(record.array()?);
        let invitee = AccountId::from_bytes(record.array()?);
        let invitee_fingerprint = Fingerprint::from_bytes(record.array()?);
        let commit = CommitHash::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let expires_at = Millis::new(record.u64()?);
        if !holds(made_at, expires_at) {
            return Err(OpenError::Field(Field::Time));
        }
        let wrap = WrapNumber::new(record.counted(Field::Number)?);
        let sealed_name = record.array()?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            hash: InvitationHash::from_bytes(LABEL.hash(&signed)),
            signed,
            room,
            inviter,
            inviter_fingerprint,
            invitee,
            invitee_fingerprint,
            commit,
            made_at,
            expires_at,
            wrap,
            sealed_name,
            block,
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What `rooms.decline` names it by.
    pub fn hash(&self) -> InvitationHash {
        self.hash
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Who it claims to be by.
    pub fn inviter(&self) -> AccountId {
        self.inviter
    }

    /// The keys that it claims to be by.
    pub fn inviter_fingerprint(&self) -> Fingerprint {
        self.inviter_fingerprint
    }

    /// Who is invited.
    pub fn invitee(&self) -> AccountId {
        self.invitee
    }

    /// The keys that are invited.
    pub fn invitee_fingerprint(&self) -> Fingerprint {
        self.invitee_fingerprint
    }

    /// The newest commit that its inviter knew.
    pub fn commit(&self) -> CommitHash {
        self.commit
    }

    /// When it was made, by its inviter's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// When it ends.
    pub fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// The invitee's wrap key that the room's name is sealed to.
    pub fn wrap(&self) -> WrapNumber {
        self.wrap
    }

    /// Opens the room's name; a conversation without one has one space.
    ///
    /// # Errors
    /// [`OpenError::Share`], whatever is wrong with it.
    pub fn open_name<R: CryptoRng + ?Sized>(
        &self,
        key: &AccountWrapKey,
        rng: &mut R,
    ) -> Result<String, OpenError> {
        key.open_room_name(&self.sealed_name, rng)
    }

    /// Checks both signatures by the inviter's keys, as an invitee does who cannot see the chain yet.
    ///
    /// # Errors
    /// [`InvitationError::UnknownKeys`] or [`InvitationError::Signature`].
    pub fn check_signatures(&self, keysets: &dyn super::Keysets) -> Result<(), InvitationError> {
        let keyset = super::keys::keyset(keysets, self.inviter, self.inviter_fingerprint)?;
        Ok(keyset.keys().verify(LABEL, &self.signed, &self.block)?)
    }

    /// Checks that it lets in who asks for it, in the order of the document.
    pub(super) fn check(
        &self,
        request: &UnverifiedRequest,
        standing: &Standing<'_>,
    ) -> Result<(), InvitationError> {
        self.check_standing(request, standing)?;
        self.check_signatures(standing.keysets)
    }

    /// Checks the same, save signatures.
    pub(super) fn check_standing(
        &self,
        request: &UnverifiedRequest,
        standing: &Standing<'_>,
    ) -> Result<(), InvitationError> {
        if self.room != standing.room {
            return Err(InvitationError::OtherRoom(self.room));
        }
        let invitee = (self.invitee, self.invitee_fingerprint);
        if invitee != (request.account(), request.fingerprint()) {
            return Err(InvitationError::OtherInvitee(self.invitee));
        }
        let since = standing.history.position(self.commit)?;
        if standing.history.came_or_went(since, self.invitee) {
            return Err(InvitationError::Used(self.invitee));
        }
        let member = standing
            .record
            .member(self.inviter)
            .filter(|_| !standing.history.came_or_went(since, self.inviter))
            .ok_or(InvitationError::NotMember(self.inviter))?;
        if member.fingerprint != self.inviter_fingerprint {
            let led_to = super::keys::change(
                standing.keysets,
                self.inviter,
                self.inviter_fingerprint,
                member.fingerprint,
            )?;
            if led_to != Some(KeysetChange::Rotated) {
                return Err(InvitationError::InviterKeys(self.inviter_fingerprint));
            }
        }
        if standing.record.policy().invite == InvitePolicy::OwnersAndAdmins {
            let history = standing.history;
            if !history.is_over_members_since(since, self.inviter) {
                return Err(InvitationError::Role(self.inviter));
            }
        }
        let ahead = self
            .made_at
            .value()
            .saturating_sub(standing.made_at.value());
        if u128::from(ahead) > CLOCK_SKEW.as_millis() {
            return Err(InvitationError::Early(self.made_at));
        }
        if self.expires_at <= standing.made_at {
            return Err(InvitationError::Expired(self.expires_at));
        }
        Ok(())
    }
}

/// Whether an invitation may end then.
fn holds(made_at: Millis, expires_at: Millis) -> bool {
    expires_at
        .value()
        .checked_sub(made_at.value())
        .is_some_and(|length| length > 0 && u128::from(length) <= INVITATION_HOLDS.as_millis())
}

impl IdentityKeys {
    /// Invites somebody into a room.
    ///
    /// # Errors
    /// [`SealError::Field`] for a name of another length than 1 to 256 bytes, a wrap key that is not
    /// by the invitee's keys, or an end that is not after the beginning and within [`INVITATION_HOLDS`];
    /// [`SealError::KeyOperation`] if wrapping or signing failed.
    pub fn sign_invitation<R: CryptoRng + ?Sized>(
        &self,
        draft: &InvitationDraft<'_>,
        rng: &mut R,
    ) -> Result<UnverifiedInvitation, SealError> {
        if draft.wrap.account() != draft.invitee {
            return Err(SealError::Field(Field::Account));
        }
        if draft.wrap.fingerprint() != draft.invitee_fingerprint {
            return Err(SealError::Field(Field::WrapKey));
        }
        if !holds(draft.made_at, draft.expires_at) {
            return Err(SealError::Field(Field::Time));
        }
        let sealed_name = draft.wrap.wrap_room_name(draft.name, rng)?;
        let mut record = BytesMut::with_capacity(INVITATION_BYTES);
        record.put_slice(&[record::VERSION, record::INVITATION]);
        record.put_slice(draft.room.as_bytes());
        record.put_slice(draft.inviter.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_slice(draft.invitee.as_bytes());
        record.put_slice(draft.invitee_fingerprint.as_bytes());
        record.put_slice(draft.commit.as_bytes());
        record.put_u64(draft.made_at.value());
        record.put_u64(draft.expires_at.value());
        record.put_u64(draft.wrap.number().value());
        record.put_slice(&sealed_name);
        self.signing().append(LABEL, &mut record, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        let invitation =
            UnverifiedInvitation::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &invitation.signed, &invitation.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(invitation)
    }
}
