//! Key requests: a member asks the others for the secrets of epochs it cannot open.

use std::ops::RangeInclusive;

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{HistoryPolicy, Keysets, RoomChain, UnknownKeys, history::NotHere, keys};
use crate::{
    identity::IdentityKeys,
    ids::{
        AccountId, CommitHash, EpochNumber, Fingerprint, KeyRequestHash, Millis, RoomId, WrapNumber,
    },
    limits::{EPOCHS_ASKED, KEY_REQUEST_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock},
};

const LABEL: Label = Label(b"sealwire/v1/key-request\0");

/// What its asker decides about a key request.
#[derive(Clone, Copy, Debug)]
pub struct KeyRequestDraft {
    /// The room.
    pub room: RoomId,
    /// Whose keys sign it.
    pub account: AccountId,
    /// The newest commit that the asker knows.
    pub commit: CommitHash,
    /// The first epoch that is asked for.
    pub from: EpochNumber,
    /// The last one, at most [`EPOCHS_ASKED`] in all.
    pub to: EpochNumber,
    /// The asker's newest wrap key.
    pub wrap: WrapNumber,
    /// Now, by the asker's clock.
    pub made_at: Millis,
}

/// Why a key request is not answered, in the order of docs/protocol.md#1413-history-key-requests-and-grants.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRequestError {
    /// The record cannot be read.
    #[error("a key request is refused")]
    Record(#[from] OpenError),
    /// It is about another room.
    #[error("a key request about room {0}")]
    OtherRoom(RoomId),
    /// The asker is not in the room with these keys, or ones that led to them.
    #[error("a key request by account {0}, which is not in the room with these keys")]
    NotMember(AccountId),
    /// The asker's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("a key request's signature is refused")]
    Signature(#[source] OpenError),
    /// Another wrap key than the asker's newest.
    #[error("a key request to the wrap key {found}, where the newest is {newest}")]
    OtherWrapKey {
        /// The number that it names.
        found: WrapNumber,
        /// The newest number.
        newest: WrapNumber,
    },
    /// The commit that it names is not in the chain, which is known from its beginning: once the chain
    /// was read to its end, an alarm.
    #[error("a key request at the commit {0}, which is not in the chain")]
    Fork(CommitHash),
    /// The commit that it names is before those that are known of the chain, or not in it.
    #[error("a key request at a commit before those known here")]
    Older,
}

impl KeyRequestError {
    /// Whether another history of the room was shown to the asker: nothing is sent until the user
    /// decides.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::Fork(_))
    }

    /// Whether older commits of the chain are to be read before it can be judged.
    pub const fn is_older(self) -> bool {
        matches!(self, Self::Older)
    }
}

/// Why it cannot be said whether an asker may have an epoch's secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The asker's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// The epoch is before those that are known of the chain.
    #[error("epoch {0} is before those known here")]
    Older(EpochNumber),
}

/// Why an asker is given an epoch's secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Claim {
    /// It was in the room then, with these keys: a share was lost.
    Always,
    /// The room shares its history.
    SharedHistory,
    /// It is for an owner or admin to decide.
    Decision,
}

/// A key request with the right layout that nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedKeyRequest {
    request: KeyRequest,
    signed: Bytes,
    block: SignatureBlock,
}

/// A key request by a member, both signatures verified.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    bytes: Bytes,
    hash: KeyRequestHash,
    room: RoomId,
    account: AccountId,
    fingerprint: Fingerprint,
    commit: CommitHash,
    from: EpochNumber,
    to: EpochNumber,
    wrap: WrapNumber,
    made_at: Millis,
}

impl UnverifiedKeyRequest {
    /// Reads the layout; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::KEY_REQUEST, KEY_REQUEST_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let account = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let commit = CommitHash::from_bytes(record.array()?);
        let from = record.epoch_number()?;
        let to = record.epoch_number()?;
        if !is_range(from, to) {
            return Err(OpenError::Field(Field::Epochs));
        }
        let wrap = WrapNumber::new(record.counted(Field::Number)?);
        let made_at = Millis::new(record.u64()?);
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        let request = KeyRequest {
            bytes: record.finish()?,
            hash: KeyRequestHash::from_bytes(LABEL.hash(&signed)),
            room,
            account,
            fingerprint,
            commit,
            from,
            to,
            wrap,
            made_at,
        };
        Ok(Self {
            request,
            signed,
            block,
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.request.bytes
    }

    /// What a grant names it by.
    pub fn hash(&self) -> KeyRequestHash {
        self.request.hash
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.request.room
    }

    /// Who claims to ask.
    pub fn account(&self) -> AccountId {
        self.request.account
    }

    /// What it says, whoever signed it.
    pub(super) fn unsigned(&self) -> &KeyRequest {
        &self.request
    }

    /// Checks that a member asks, to be answered to its newest wrap key.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn verify(
        self,
        chain: &RoomChain,
        keysets: &dyn Keysets,
        newest: WrapNumber,
    ) -> Result<KeyRequest, KeyRequestError> {
        let request = &self.request;
        if request.room != chain.room() {
            return Err(KeyRequestError::OtherRoom(request.room));
        }
        if !keys::is_member_with(
            chain.record(),
            keysets,
            request.account,
            request.fingerprint,
        )? {
            return Err(KeyRequestError::NotMember(request.account));
        }
        keys::keyset(keysets, request.account, request.fingerprint)?
            .keys()
            .verify(LABEL, &self.signed, &self.block)
            .map_err(KeyRequestError::Signature)?;
        match chain.history().position(request.commit) {
            Ok(_) => {}
            Err(NotHere::Unknown) => return Err(KeyRequestError::Fork(request.commit)),
            Err(NotHere::Older) => return Err(KeyRequestError::Older),
        }
        if request.wrap != newest {
            return Err(KeyRequestError::OtherWrapKey {
                found: request.wrap,
                newest,
            });
        }
        Ok(self.request)
    }
}

impl KeyRequest {
    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What a grant names it by.
    pub fn hash(&self) -> KeyRequestHash {
        self.hash
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Who asks.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The newest commit that the asker knew.
    pub fn commit(&self) -> CommitHash {
        self.commit
    }

    /// The first and the last epoch that are asked for.
    pub fn epochs(&self) -> RangeInclusive<EpochNumber> {
        self.from..=self.to
    }

    /// The wrap key to answer to.
    pub fn wrap(&self) -> WrapNumber {
        self.wrap
    }

    /// When it was made, by the asker's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// By what the asker may have the secret of an epoch; `None` for one that was not asked for, or is
    /// not in the chain.
    ///
    /// # Errors
    /// Where the asker's chain, or the room's, is to be read first.
    pub fn claim(
        &self,
        n: EpochNumber,
        chain: &RoomChain,
        keysets: &dyn Keysets,
    ) -> Result<Option<Claim>, ClaimError> {
        if !self.epochs().contains(&n) {
            return Ok(None);
        }
        let was_in = match chain.history().member(n, self.account) {
            Ok(Some(member)) => {
                keys::are_those_of(member, keysets, self.account, self.fingerprint)?
            }
            Ok(None) => false,
            Err(NotHere::Unknown) => return Ok(None),
            Err(NotHere::Older) => return Err(ClaimError::Older(n)),
        };
        let policy = chain.record().policy();
        Ok(Some(match policy.history {
            _ if was_in => Claim::Always,
            HistoryPolicy::Shared => Claim::SharedHistory,
            HistoryPolicy::FromJoining => Claim::Decision,
        }))
    }
}

/// Whether these are few enough epochs, in their order.
fn is_range(from: EpochNumber, to: EpochNumber) -> bool {
    let apart = to.value().checked_sub(from.value());
    apart.is_some_and(|apart| apart < EPOCHS_ASKED)
}

impl IdentityKeys {
    /// Asks for the secrets of epochs, for the tail of `epochs.request_keys`.
    ///
    /// # Errors
    /// [`SealError::Field`] for epochs that are not a range of 1 to [`EPOCHS_ASKED`], or the wrap key
    /// 0; [`SealError::KeyOperation`] if signing failed.
    pub fn sign_key_request<R: CryptoRng + ?Sized>(
        &self,
        draft: &KeyRequestDraft,
        rng: &mut R,
    ) -> Result<KeyRequest, SealError> {
        if draft.from.value() == 0 || !is_range(draft.from, draft.to) {
            return Err(SealError::Field(Field::Epochs));
        }
        if draft.wrap.value() == 0 {
            return Err(SealError::Field(Field::Number));
        }
        let mut record = BytesMut::with_capacity(KEY_REQUEST_BYTES);
        record.put_slice(&[record::VERSION, record::KEY_REQUEST]);
        record.put_slice(draft.room.as_bytes());
        record.put_slice(draft.account.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_slice(draft.commit.as_bytes());
        record.put_u64(draft.from.value());
        record.put_u64(draft.to.value());
        record.put_u64(draft.wrap.value());
        record.put_u64(draft.made_at.value());
        self.signing().append(LABEL, &mut record, rng)?;
        // A signature made by a fault must not leave: it could give the key away.
        let read =
            UnverifiedKeyRequest::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &read.signed, &read.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(read.request)
    }
}
