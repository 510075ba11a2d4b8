//! The commit: the signed record that starts an epoch and says who is in the room from then on.

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;
use subtle::ConstantTimeEq;

use super::Change;
use crate::{
    epoch::EpochSecret,
    identity::{IdentityKeys, Keyset},
    ids::{
        AccountId, CommitHash, Commitment, EpochNumber, Fingerprint, MembersHash, Millis, RoomId,
    },
    limits::{COMMIT_BYTES, COMMIT_CHANGES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock},
};

const LABEL: Label = Label(b"sealwire/v1/commit\0");

byte_enum! {
    /// Why a commit was made.
    CommitReason {
        /// The room is made.
        First = 1,
        /// Somebody comes or goes.
        Membership = 2,
        /// The epoch was a week old.
        Age = 3,
        /// The epoch had 1 000 messages.
        Count = 4,
        /// Somebody asked for it.
        OnDemand = 5,
        /// A member's share did not open.
        BadShare = 6,
        /// Roles or policy change.
        RolesOrPolicy = 7,
        /// A member has new keys.
        Rekeyed = 8,
    }
}

/// What the first commit names as the one before it.
pub(super) const NONE: CommitHash = CommitHash::from_bytes([0; CommitHash::LEN]);

/// Everything that a commit says, save what it results in.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) room: RoomId,
    pub(super) n: EpochNumber,
    pub(super) previous: CommitHash,
    pub(super) author: AccountId,
    pub(super) fingerprint: Fingerprint,
    pub(super) made_at: Millis,
    pub(super) reason: CommitReason,
    pub(super) commitment: Commitment,
    pub(super) changes: Vec<Change>,
}

/// A commit with the right layout that nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedCommit {
    pub(super) body: Body,
    /// What it says that the room's record hashes to.
    pub(super) members: MembersHash,
    bytes: Bytes,
    signed: Bytes,
    hash: CommitHash,
    block: SignatureBlock,
}

impl UnverifiedCommit {
    /// Reads the layout, that of the records in its changes included.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::COMMIT, COMMIT_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let n = record.epoch_number()?;
        let previous = CommitHash::from_bytes(record.array()?);
        let author = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let reason =
            CommitReason::from_byte(record.u8()?).ok_or(OpenError::Field(Field::EpochReason))?;
        let commitment = Commitment::from_bytes(record.array()?);
        let members = MembersHash::from_bytes(record.array()?);
        let count = usize::from(record.u16()?);
        if count > COMMIT_CHANGES {
            return Err(OpenError::Field(Field::Count));
        }
        let changes = (0..count)
            .map(|_| Change::read(&mut record))
            .collect::<Result<_, _>>()?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            hash: CommitHash::from_bytes(LABEL.hash(&signed)),
            signed,
            block,
            members,
            body: Body {
                room,
                n,
                previous,
                author,
                fingerprint,
                made_at,
                reason,
                commitment,
                changes,
            },
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// SHA-256 over label ‖ everything above its own signature block.
    pub fn hash(&self) -> CommitHash {
        self.hash
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.body.room
    }

    /// The number of the epoch that it starts.
    pub fn n(&self) -> EpochNumber {
        self.body.n
    }

    /// The commit that it claims to follow.
    pub fn previous(&self) -> CommitHash {
        self.body.previous
    }

    /// Who claims to have made it.
    pub fn author(&self) -> AccountId {
        self.body.author
    }

    /// The keys that it claims to be by.
    pub fn fingerprint(&self) -> Fingerprint {
        self.body.fingerprint
    }

    /// When it was made, by its author's clock.
    pub fn made_at(&self) -> Millis {
        self.body.made_at
    }

    /// Why it was made.
    pub fn reason(&self) -> CommitReason {
        self.body.reason
    }

    /// What it changes, in the order in which it is applied.
    pub fn changes(&self) -> &[Change] {
        &self.body.changes
    }

    /// Whether it starts the epoch with this secret.
    pub(super) fn commits_to(&self, secret: &EpochSecret) -> bool {
        let commitment = secret.commitment(self.body.room, self.body.n);
        commitment
            .as_bytes()
            .ct_eq(self.body.commitment.as_bytes())
            .into()
    }

    /// Checks both signatures by these keys.
    pub(super) fn signed_by(&self, keyset: &Keyset) -> Result<(), OpenError> {
        keyset.keys().verify(LABEL, &self.signed, &self.block)
    }
}

/// Writes and signs a commit.
pub(super) fn write<R: CryptoRng + ?Sized>(
    keys: &IdentityKeys,
    body: &Body,
    members: MembersHash,
    rng: &mut R,
) -> Result<UnverifiedCommit, SealError> {
    let count = u16::try_from(body.changes.len())
        .ok()
        .filter(|&count| usize::from(count) <= COMMIT_CHANGES)
        .ok_or(SealError::Field(Field::Count))?;
    let mut record = BytesMut::new();
    record.put_slice(&[record::VERSION, record::COMMIT]);
    record.put_slice(body.room.as_bytes());
    record.put_u64(body.n.value());
    record.put_slice(body.previous.as_bytes());
    record.put_slice(body.author.as_bytes());
    record.put_slice(body.fingerprint.as_bytes());
    record.put_u64(body.made_at.value());
    record.put_u8(body.reason.byte());
    record.put_slice(body.commitment.as_bytes());
    record.put_slice(members.as_bytes());
    record.put_u16(count);
    for change in &body.changes {
        change.write(&mut record);
    }
    keys.signing().append(LABEL, &mut record, rng)?;
    if record.len() > COMMIT_BYTES {
        return Err(SealError::TooLarge {
            length: record.len(),
            limit: COMMIT_BYTES,
        });
    }
    // A signature made by a fault must not leave: it could give the key away.
    let commit = UnverifiedCommit::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
    keys.verifying()
        .verify(LABEL, &commit.signed, &commit.block)
        .map_err(|_| SealError::KeyOperation)?;
    Ok(commit)
}
