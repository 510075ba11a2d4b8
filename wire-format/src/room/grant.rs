//! Grants: a member answers a key request with secrets, sealed to who asked.

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{DraftError, KeyRequest, Keysets, RoomChain, UnknownKeys, history::NotHere, keys};
use crate::{
    derive::derive,
    epoch::EpochSecret,
    identity::{AccountWrapKey, GrantKey, IdentityKeys, WRAPPED_BYTES, WrapKey},
    ids::{
        AccountId, CommitHash, EpochNumber, Fingerprint, KeyRequestHash, Millis, RoomId, WrapNumber,
    },
    limits::GRANT_BYTES,
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    seal::{IV_BYTES, KEY_BYTES},
    sealed_part::{self, SealedPart},
    signature::{Label, SignatureBlock},
};

mod plain;
mod secrets;

pub use secrets::Granted;

const LABEL: Label = Label(b"sealwire/v1/grant\0");

/// What its granter decides about a grant.
#[derive(Clone, Copy, Debug)]
pub struct GrantDraft<'a> {
    /// What it answers.
    pub request: &'a KeyRequest,
    /// Whose keys sign it.
    pub granter: AccountId,
    /// Now, by the granter's clock.
    pub made_at: Millis,
    /// The wrap key that the request names.
    pub wrap: &'a WrapKey,
    /// The secrets, ascending by the numbers of their epochs.
    pub secrets: &'a [(EpochNumber, EpochSecret)],
    /// Drawn for this grant.
    pub key: &'a GrantKey,
    /// Random, used once.
    pub iv: &'a [u8; IV_BYTES],
}

/// Why a grant is not accepted, in the order of docs/protocol.md#1413-history-key-requests-and-grants.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The record cannot be read.
    #[error("a grant is refused")]
    Record(#[from] OpenError),
    /// It answers another request, or one of somebody else.
    #[error("a grant for another request")]
    OtherRequest,
    /// The granter is not in the room with these keys, or ones that led to them.
    #[error("a grant by account {0}, which is not in the room with these keys")]
    NotMember(AccountId),
    /// The granter's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("a grant's signature is refused")]
    Signature(#[source] OpenError),
    /// The commit that it names is not in the chain, which is known from its beginning: once the chain
    /// was read to its end, an alarm.
    #[error("a grant at the commit {0}, which is not in the chain")]
    Fork(CommitHash),
    /// It is judged by commits before those that are known of the chain.
    #[error("a grant that is judged by commits before those known here")]
    Older,
    /// It is sealed to another wrap key than the request names.
    #[error("a grant to the wrap key {found}, where the request names {asked}")]
    OtherWrapKey {
        /// The number that it names.
        found: WrapNumber,
        /// The number that the request names.
        asked: WrapNumber,
    },
    /// Only owners and admins decide on what was asked for.
    #[error("a grant by account {0}, to whom the decision does not belong")]
    NotAllowed(AccountId),
    /// It does not open.
    #[error("a grant does not open")]
    Open(#[source] OpenError),
}

impl GrantError {
    /// Whether another history of the room was shown to the granter: nothing is sent until the user
    /// decides.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Fork(_))
    }

    /// Whether older commits of the chain are to be read before it can be judged.
    pub const fn is_older(self) -> bool {
        matches!(self, Self::Older)
    }
}

/// A grant with the right layout that nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedGrant {
    bytes: Bytes,
    signed: Bytes,
    room: RoomId,
    request: KeyRequestHash,
    granter: AccountId,
    fingerprint: Fingerprint,
    asker: AccountId,
    commit: CommitHash,
    made_at: Millis,
    wrap: WrapNumber,
    share: [u8; WRAPPED_BYTES],
    sealed: SealedPart,
    block: SignatureBlock,
}

impl UnverifiedGrant {
    /// Reads the layout; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::GRANT, GRANT_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let request = KeyRequestHash::from_bytes(record.array()?);
        let granter = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let asker = AccountId::from_bytes(record.array()?);
        let commit = CommitHash::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let wrap = WrapNumber::new(record.counted(Field::Number)?);
        let share = record.array()?;
        let sealed = SealedPart::read(&mut record)?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            signed,
            room,
            request,
            granter,
            fingerprint,
            asker,
            commit,
            made_at,
            wrap,
            share,
            sealed,
            block,
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The request that it answers.
    pub fn request(&self) -> KeyRequestHash {
        self.request
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Who claims to grant.
    pub fn granter(&self) -> AccountId {
        self.granter
    }

    /// Who asked.
    pub fn asker(&self) -> AccountId {
        self.asker
    }

    /// The newest commit that the granter knew.
    pub fn commit(&self) -> CommitHash {
        self.commit
    }

    /// When it was made, by the granter's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// The asker's wrap key that opens it.
    pub fn wrap(&self) -> WrapNumber {
        self.wrap
    }

    /// Accepts what a member answered to an own request that is pending, and checks each secret
    /// against the commit of its epoch. Of those that are not asked for or do not match it gives the
    /// number and why; the others stand.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn accept<R: CryptoRng + ?Sized>(
        self,
        pending: &KeyRequest,
        key: &AccountWrapKey,
        chain: &RoomChain,
        keysets: &dyn Keysets,
        rng: &mut R,
    ) -> Result<Granted, GrantError> {
        let own = (pending.room(), pending.hash(), pending.account());
        if (self.room, self.request, self.asker) != own || self.room != chain.room() {
            return Err(GrantError::OtherRequest);
        }
        if !keys::is_member_with(chain.record(), keysets, self.granter, self.fingerprint)? {
            return Err(GrantError::NotMember(self.granter));
        }
        keys::keyset(keysets, self.granter, self.fingerprint)?
            .keys()
            .verify(LABEL, &self.signed, &self.block)
            .map_err(GrantError::Signature)?;
        self.check_place(pending, chain)?;
        let plain = self.open(key, rng).map_err(GrantError::Open)?;
        let secrets = secrets::read(&plain).map_err(GrantError::Open)?;
        Ok(Granted::check(secrets, pending, chain))
    }

    /// Whether the chain has the commit that it names, and the epochs that were asked for.
    fn check_place(&self, pending: &KeyRequest, chain: &RoomChain) -> Result<(), GrantError> {
        match chain.history().position(self.commit) {
            Ok(_) => {}
            Err(NotHere::Unknown) => return Err(GrantError::Fork(self.commit)),
            Err(NotHere::Older) => return Err(GrantError::Older),
        }
        match chain.history().entry(*pending.epochs().start()) {
            Err(NotHere::Older) => Err(GrantError::Older),
            Ok(_) | Err(NotHere::Unknown) => Ok(()),
        }
    }

    fn open<R: CryptoRng + ?Sized>(
        &self,
        key: &AccountWrapKey,
        rng: &mut R,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        if key.number() != self.wrap {
            return Err(OpenError::Share);
        }
        let grant_key = key.open_grant_key(&self.share, rng)?;
        let key = sealing_key(
            &grant_key,
            self.request,
            self.room,
            self.granter,
            self.asker,
        )
        .map_err(|_| OpenError::Tag)?;
        self.sealed.open(&key)
    }
}

fn sealing_key(
    key: &GrantKey,
    request: KeyRequestHash,
    room: RoomId,
    granter: AccountId,
    asker: AccountId,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let info: [&[u8]; 4] = [
        b"sealwire/v1/grant-key\0",
        room.as_bytes(),
        granter.as_bytes(),
        asker.as_bytes(),
    ];
    derive(key.as_bytes(), request.as_bytes(), &info)
}

impl IdentityKeys {
    /// Answers a key request, for the tail of `epochs.grant`.
    ///
    /// # Errors
    /// [`SealError::Field`] for secrets that are none, too many or out of order, another wrap key than
    /// the request names, or one that is not by the asker's keys in the newest list or by ones that
    /// rotations led to; [`DraftError::UnknownKeys`] where the asker's chain is to be read first;
    /// [`SealError::KeyOperation`] if wrapping, sealing or signing failed.
    pub fn sign_grant<R: CryptoRng + ?Sized>(
        &self,
        chain: &RoomChain,
        draft: &GrantDraft<'_>,
        keysets: &dyn Keysets,
        rng: &mut R,
    ) -> Result<UnverifiedGrant, DraftError> {
        let request = draft.request;
        let (asker, wrap) = (request.account(), draft.wrap);
        if (wrap.account(), wrap.number()) != (asker, request.wrap()) {
            return Err(SealError::Field(Field::Number).into());
        }
        if !keys::is_member_with(chain.record(), keysets, asker, wrap.fingerprint())? {
            return Err(SealError::Field(Field::WrapKey).into());
        }
        let plain = secrets::write(draft.secrets)?;
        let share = draft.wrap.wrap_grant_key(draft.key, rng)?;
        let mut record = BytesMut::new();
        record.put_slice(&[record::VERSION, record::GRANT]);
        record.put_slice(request.room().as_bytes());
        record.put_slice(request.hash().as_bytes());
        record.put_slice(draft.granter.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_slice(request.account().as_bytes());
        record.put_slice(chain.head().hash().as_bytes());
        record.put_u64(draft.made_at.value());
        record.put_u64(request.wrap().value());
        record.put_slice(&share);
        let key = sealing_key(
            draft.key,
            request.hash(),
            request.room(),
            draft.granter,
            request.account(),
        )?;
        sealed_part::append(&mut record, &key, draft.iv, &plain, GRANT_BYTES)?;
        self.signing().append(LABEL, &mut record, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        let grant = UnverifiedGrant::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &grant.signed, &grant.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(grant)
    }
}
