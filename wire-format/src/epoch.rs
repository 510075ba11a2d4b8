//! Epochs of proxy-sealed rooms: a secret that members hold, and the signed record that starts it
//! (docs/protocol.md#8-epochs-of-proxy-sealed-rooms).

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    announcement::Announcement,
    event::EpochReason,
    ids::{CommitHash, Commitment, EpochNumber, Fingerprint, MemberId, Millis, RoomId},
    keyset::SessionKeys,
    limits::{EPOCH_NUMBER, EPOCH_START_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    rsa_keys::SESSION_MODULUS_BYTES,
    signature::{Label, SESSION_BLOCK_BYTES, SignatureBlock, VerifyingPair},
};

mod bundle;

pub use bundle::{Bundle, UnverifiedBundle, bundle_of};

const LABEL: Label = Label(b"sealwire/v1/epoch\0");
/// Bytes of an epoch start in front of its signature block.
const SIGNED_BYTES: usize = 2 + 16 + 8 + 32 + 16 + 32 + 1 + 8;

/// What members of a room hold and its server does not: 32 random bytes, erased when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EpochSecret([u8; Self::LEN]);

impl EpochSecret {
    /// Size in bytes.
    pub const LEN: usize = 32;

    /// Draws a new secret.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut secret = Self([0; Self::LEN]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Takes the bytes as they are.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// What an epoch start says about its secret without telling it.
    pub fn commitment(&self, room: RoomId, n: EpochNumber) -> Commitment {
        let hash = Sha256::new()
            .chain_update(b"sealwire/v1/epoch-secret\0")
            .chain_update(room.as_bytes())
            .chain_update(n.value().to_be_bytes())
            .chain_update(self.0)
            .finalize();
        Commitment::from_bytes(hash.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Debug for EpochSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochSecret(..)")
    }
}

/// What its starter decides about an epoch.
#[derive(Clone, Copy, Debug)]
pub struct EpochDraft {
    /// The room.
    pub room: RoomId,
    /// Its number: one more than the room's last.
    pub n: EpochNumber,
    /// Why it is started.
    pub reason: EpochReason,
    /// Who starts it: the member id of the session whose keys sign.
    pub starter: MemberId,
    /// Now, by the starter's clock.
    pub started_at: Millis,
}

/// An epoch start with the right layout whose signatures nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedEpochStart {
    start: EpochStart,
    signed: Bytes,
    block: SignatureBlock,
}

impl UnverifiedEpochStart {
    /// Reads the layout; cheap, and enough for a server.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::EPOCH_START, EPOCH_START_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let n = record.epoch_number()?;
        let commitment = Commitment::from_bytes(record.array()?);
        let starter = MemberId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let reason =
            EpochReason::from_byte(record.u8()?).ok_or(OpenError::Field(Field::EpochReason))?;
        let started_at = Millis::new(record.u64()?);
        let signed = record.so_far();
        let block = SignatureBlock::read(&mut record, SESSION_MODULUS_BYTES)?;
        let bytes = record.finish()?;
        let commit_hash = CommitHash::from_bytes(LABEL.hash(&signed));
        let start = EpochStart {
            bytes,
            room,
            n,
            commitment,
            starter,
            fingerprint,
            reason,
            started_at,
            commit_hash,
        };
        Ok(Self {
            start,
            signed,
            block,
        })
    }

    /// The room it claims to be for.
    pub fn room(&self) -> RoomId {
        self.start.room
    }

    /// Its number.
    pub fn n(&self) -> EpochNumber {
        self.start.n
    }

    /// Who claims to have started it.
    pub fn starter(&self) -> MemberId {
        self.start.starter
    }

    /// The keys that claim to have signed it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.start.fingerprint
    }

    /// Why it was started.
    pub fn reason(&self) -> EpochReason {
        self.start.reason
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.start.bytes
    }

    /// Checks both signatures by the starter's keys, and that it is the starter's. Whether room and
    /// number are the expected ones is for the caller to compare.
    ///
    /// # Errors
    /// The typed cause.
    pub fn verify(self, starter: &Announcement) -> Result<EpochStart, OpenError> {
        let start = self.signed_by(starter.keys())?;
        if start.starter != starter.member() || start.fingerprint != starter.fingerprint() {
            return Err(OpenError::NotTheStarter);
        }
        Ok(start)
    }

    /// Checks both signatures by these keys.
    pub(crate) fn signed_by(self, keys: &VerifyingPair) -> Result<EpochStart, OpenError> {
        keys.verify(LABEL, &self.signed, &self.block)?;
        Ok(self.start)
    }
}

/// The start of an epoch, both signatures verified.
#[derive(Clone, Debug)]
pub struct EpochStart {
    bytes: Bytes,
    room: RoomId,
    n: EpochNumber,
    commitment: Commitment,
    starter: MemberId,
    fingerprint: Fingerprint,
    reason: EpochReason,
    started_at: Millis,
    commit_hash: CommitHash,
}

impl EpochStart {
    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// The number of the epoch.
    pub fn n(&self) -> EpochNumber {
        self.n
    }

    /// What a share's secret must match.
    pub fn commitment(&self) -> Commitment {
        self.commitment
    }

    /// Who started it.
    pub fn starter(&self) -> MemberId {
        self.starter
    }

    /// The starter's keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Why it was started.
    pub fn reason(&self) -> EpochReason {
        self.reason
    }

    /// When it was started, by the starter's clock.
    pub fn started_at(&self) -> Millis {
        self.started_at
    }

    /// SHA-256 over label ‖ everything signed: what envelopes name.
    pub fn commit_hash(&self) -> CommitHash {
        self.commit_hash
    }

    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Writes and signs an epoch start.
pub(crate) fn write<R: CryptoRng + ?Sized>(
    keys: &SessionKeys,
    draft: &EpochDraft,
    secret: &EpochSecret,
    rng: &mut R,
) -> Result<Bytes, SealError> {
    if !(1..=EPOCH_NUMBER).contains(&draft.n.value()) {
        return Err(SealError::Field(Field::EpochNumber));
    }
    let mut record = BytesMut::with_capacity(SIGNED_BYTES + SESSION_BLOCK_BYTES);
    record.put_slice(&[record::VERSION, record::EPOCH_START]);
    record.put_slice(draft.room.as_bytes());
    record.put_u64(draft.n.value());
    record.put_slice(secret.commitment(draft.room, draft.n).as_bytes());
    record.put_slice(draft.starter.as_bytes());
    record.put_slice(keys.fingerprint().as_bytes());
    record.put_u8(draft.reason.byte());
    record.put_u64(draft.started_at.value());
    keys.signing.append(LABEL, &mut record, rng)?;
    Ok(record.freeze())
}
