//! The room state: what the members of a room see of it beside its messages, sealed for them.

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{Keysets, RoomChain, UnknownKeys, UnverifiedRoomSettings, history::NotHere};
use crate::{
    derive::derive,
    epoch::EpochSecret,
    identity::IdentityKeys,
    ids::{AccountId, CommitHash, EpochNumber, Fingerprint, Millis, RoomId, StateNumber},
    limits::{EPOCH_NUMBER, ROOM_STATE_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    seal::{IV_BYTES, KEY_BYTES},
    sealed_part::{self, SealedPart},
    signature::{Label, SignatureBlock},
};

mod content;

pub use content::{Resource, RoomStateContent};

const LABEL: Label = Label(b"sealwire/v1/room-state\0");

/// What its author decides about a room state.
#[derive(Clone, Copy, Debug)]
pub struct RoomStateDraft<'a> {
    /// Whose keys sign it.
    pub author: AccountId,
    /// One more than the last.
    pub number: StateNumber,
    /// Now, by the author's clock.
    pub made_at: Millis,
    /// The settings that it carries along as they came, confirmed or not.
    pub settings: Option<&'a UnverifiedRoomSettings>,
    /// What it says beside them.
    pub content: &'a RoomStateContent,
    /// The secret of the newest epoch.
    pub secret: &'a EpochSecret,
    /// Random, used once.
    pub iv: &'a [u8; IV_BYTES],
}

/// Why a room state is not taken, in the order of docs/protocol.md#1414-room-state.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomStateError {
    /// The record cannot be read.
    #[error("a room state is refused")]
    Record(#[from] OpenError),
    /// It is of another room.
    #[error("a room state of room {0}")]
    OtherRoom(RoomId),
    /// Its epoch or commit is not in the chain, as far as it is known.
    #[error("a room state of epoch {0}, which is not in the chain")]
    UnknownEpoch(EpochNumber),
    /// Its epoch is before those that are known of the chain.
    #[error("a room state of epoch {0}, which is before those known here")]
    OlderEpoch(EpochNumber),
    /// It is not newer than the last one, or of an epoch before that one's.
    #[error("room state {found} after {seen} was seen")]
    Older {
        /// The number that came.
        found: StateNumber,
        /// The number that was taken last.
        seen: StateNumber,
    },
    /// The author was not in the room with these keys in the epoch of the state.
    #[error("a room state by account {0}, which was not in the room with these keys")]
    NotMember(AccountId),
    /// The author's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("a room state's signature is refused")]
    Signature(#[source] OpenError),
    /// It does not open, or does not hold what it should.
    #[error("a room state does not open")]
    Open(#[source] OpenError),
}

/// Which room state was taken last; 0 and 0 before the first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SeenState {
    /// Its number.
    pub number: StateNumber,
    /// The epoch that it is sealed for.
    pub n: EpochNumber,
}

/// A room state with the right layout that nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedRoomState {
    state: RoomState,
    signed: Bytes,
    block: SignatureBlock,
}

/// A room state that a member signed, and that nobody has opened.
#[derive(Clone, Debug)]
pub struct RoomState {
    bytes: Bytes,
    room: RoomId,
    n: EpochNumber,
    commit: CommitHash,
    number: StateNumber,
    author: AccountId,
    fingerprint: Fingerprint,
    made_at: Millis,
    sealed: SealedPart,
}

/// What a room state holds.
#[derive(Clone, Debug)]
pub struct OpenedRoomState {
    /// The settings that it carries along, to be [verified](UnverifiedRoomSettings::verify) on their
    /// own; none before the first.
    pub settings: Option<UnverifiedRoomSettings>,
    /// What any member changes.
    pub content: RoomStateContent,
}

impl UnverifiedRoomState {
    /// Reads the layout; cheap, and enough for a server.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::ROOM_STATE, ROOM_STATE_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let n = record.epoch_number()?;
        let commit = CommitHash::from_bytes(record.array()?);
        let number = StateNumber::new(record.bounded(Field::Number)?);
        let author = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let sealed = SealedPart::read(&mut record)?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        let state = RoomState {
            bytes: record.finish()?,
            room,
            n,
            commit,
            number,
            author,
            fingerprint,
            made_at,
            sealed,
        };
        Ok(Self {
            state,
            signed,
            block,
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.state.bytes
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.state.room
    }

    /// Its number.
    pub fn number(&self) -> StateNumber {
        self.state.number
    }

    /// The epoch whose secret opens it.
    pub fn n(&self) -> EpochNumber {
        self.state.n
    }

    /// Who claims to have made it.
    pub fn author(&self) -> AccountId {
        self.state.author
    }

    /// Checks that somebody who was a member in its epoch made it, after the one that was taken last.
    /// Who has left since vouches for it all the same: nobody who comes later could read it otherwise.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn verify(
        self,
        chain: &RoomChain,
        keysets: &dyn Keysets,
        seen: SeenState,
    ) -> Result<RoomState, RoomStateError> {
        let state = self.state;
        if state.room != chain.room() {
            return Err(RoomStateError::OtherRoom(state.room));
        }
        let history = chain.history();
        match history.entry(state.n) {
            Ok(entry) if entry.hash() == state.commit => {}
            Ok(_) | Err(NotHere::Unknown) => return Err(RoomStateError::UnknownEpoch(state.n)),
            Err(NotHere::Older) => return Err(RoomStateError::OlderEpoch(state.n)),
        }
        if state.number <= seen.number || state.n < seen.n {
            return Err(RoomStateError::Older {
                found: state.number,
                seen: seen.number,
            });
        }
        let member = history.member(state.n, state.author).ok().flatten();
        if member.is_none_or(|member| member.fingerprint != state.fingerprint) {
            return Err(RoomStateError::NotMember(state.author));
        }
        super::keys::keyset(keysets, state.author, state.fingerprint)?
            .keys()
            .verify(LABEL, &self.signed, &self.block)
            .map_err(RoomStateError::Signature)?;
        Ok(state)
    }
}

impl RoomState {
    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Its number.
    pub fn number(&self) -> StateNumber {
        self.number
    }

    /// The epoch whose secret opens it.
    pub fn n(&self) -> EpochNumber {
        self.n
    }

    /// Who made it.
    pub fn author(&self) -> AccountId {
        self.author
    }

    /// When it was made, by its author's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// Opens it with the secret of its epoch.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn open(&self, secret: &EpochSecret) -> Result<OpenedRoomState, RoomStateError> {
        self.read(secret).map_err(RoomStateError::Open)
    }

    fn read(&self, secret: &EpochSecret) -> Result<OpenedRoomState, OpenError> {
        let key = sealing_key(
            secret,
            self.commit,
            self.room,
            self.n,
            self.number,
            self.author,
        )
        .map_err(|_| OpenError::Tag)?;
        let plain = self.sealed.open(&key)?;
        let (length, plain) = plain
            .split_first_chunk::<LENGTH_BYTES>()
            .ok_or(OpenError::Truncated)?;
        let length =
            usize::try_from(u32::from_be_bytes(*length)).map_err(|_| OpenError::Truncated)?;
        let (settings, content) = plain.split_at_checked(length).ok_or(OpenError::Truncated)?;
        if str::from_utf8(content).is_err() {
            return Err(OpenError::NotUtf8);
        }
        let settings = match settings {
            [] => None,
            settings => Some(UnverifiedRoomSettings::parse(Bytes::copy_from_slice(
                settings,
            ))?),
        };
        Ok(OpenedRoomState {
            settings,
            content: RoomStateContent::parse(content)?,
        })
    }
}

const LENGTH_BYTES: usize = 4;

/// `settings_length u32 | room settings | JSON`.
fn plain(draft: &RoomStateDraft<'_>) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let settings = draft.settings.map(|settings| settings.bytes().as_ref());
    let settings = settings.unwrap_or_default();
    let content = draft.content.encode()?;
    let bytes = LENGTH_BYTES + settings.len() + content.len();
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes));
    // At most 144 KiB.
    let length = u32::try_from(settings.len()).map_err(|_| SealError::KeyOperation)?;
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(settings);
    plain.extend_from_slice(&content);
    Ok(plain)
}

fn sealing_key(
    secret: &EpochSecret,
    commit: CommitHash,
    room: RoomId,
    n: EpochNumber,
    number: StateNumber,
    author: AccountId,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let info: [&[u8]; 5] = [
        b"sealwire/v1/room-state-key\0",
        room.as_bytes(),
        &n.value().to_be_bytes(),
        &number.value().to_be_bytes(),
        author.as_bytes(),
    ];
    derive(secret.as_bytes(), commit.as_bytes(), &info)
}

impl IdentityKeys {
    /// Seals and signs a room state for the newest epoch, for the tail of `rooms.set_state`.
    ///
    /// # Errors
    /// [`SealError::Field`] for a number that is 0 or above 2^53 − 1, or another secret than the newest
    /// epoch's; [`SealError::TooLarge`] for a content that does not fit; [`SealError::KeyOperation`] if
    /// sealing or signing failed.
    pub fn sign_room_state<R: CryptoRng + ?Sized>(
        &self,
        chain: &RoomChain,
        draft: &RoomStateDraft<'_>,
        rng: &mut R,
    ) -> Result<UnverifiedRoomState, SealError> {
        let head = chain.head();
        if !(1..=EPOCH_NUMBER).contains(&draft.number.value()) {
            return Err(SealError::Field(Field::Number));
        }
        head.check_secret(draft.secret)
            .map_err(|_| SealError::Field(Field::Secret))?;
        let content = plain(draft)?;
        let mut record = BytesMut::new();
        record.put_slice(&[record::VERSION, record::ROOM_STATE]);
        record.put_slice(chain.room().as_bytes());
        record.put_u64(head.n().value());
        record.put_slice(head.hash().as_bytes());
        record.put_u64(draft.number.value());
        record.put_slice(draft.author.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_u64(draft.made_at.value());
        let key = sealing_key(
            draft.secret,
            head.hash(),
            chain.room(),
            head.n(),
            draft.number,
            draft.author,
        )?;
        sealed_part::append(&mut record, &key, draft.iv, &content, ROOM_STATE_BYTES)?;
        self.signing().append(LABEL, &mut record, rng)?;
        let length = record.len();
        if length > ROOM_STATE_BYTES {
            return Err(SealError::TooLarge {
                length,
                limit: ROOM_STATE_BYTES,
            });
        }
        // A signature made by a fault must not leave: it could give the key away.
        let read =
            UnverifiedRoomState::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &read.signed, &read.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(read)
    }
}
