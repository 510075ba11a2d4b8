//! Room settings: name, topics, channels and pins of a room, as an owner or admin signed them. A room
//! state carries them along, whoever seals it anew (docs/protocol.md#1414-room-state).

use bytes::{BufMut, Bytes, BytesMut};
use rand::CryptoRng;

use super::{Keysets, RoomChain, UnknownKeys, history::NotHere, keys};
use crate::{
    identity::IdentityKeys,
    ids::{
        AccountId, CommitHash, EpochNumber, Fingerprint, Millis, RoomId, SettingsHash,
        SettingsNumber,
    },
    limits::{EPOCH_NUMBER, ROOM_SETTINGS_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    signature::{Label, SignatureBlock},
};

mod content;

pub use content::{Pin, RoomSettingsContent, StateChannel};

const LABEL: Label = Label(b"sealwire/v1/room-settings\0");

/// What their author decides about room settings.
#[derive(Clone, Copy, Debug)]
pub struct RoomSettingsDraft<'a> {
    /// Whose keys sign them: an owner's or admin's.
    pub author: AccountId,
    /// That of [`KnownSettings::next`].
    pub number: SettingsNumber,
    /// Now, by the author's clock.
    pub made_at: Millis,
    /// What they say.
    pub content: &'a RoomSettingsContent,
}

/// Why room settings are not taken, in the order of docs/protocol.md#1414-room-state. What else a room
/// state holds counts all the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RoomSettingsError {
    /// The record cannot be read.
    #[error("room settings are refused")]
    Record(#[from] OpenError),
    /// They are of another room.
    #[error("room settings of room {0}")]
    OtherRoom(RoomId),
    /// The commit that they name is not in the chain.
    #[error("room settings at a commit that is not in the chain")]
    UnknownCommit,
    /// The commit that they name is before those that are known of the chain.
    #[error("room settings at a commit before those known here")]
    OlderCommit,
    /// They are not newer than the known ones, and other ones: signed after an earlier commit, or after
    /// the same one with no higher number.
    #[error("room settings {found} after {known} are known")]
    Older {
        /// The number that came.
        found: SettingsNumber,
        /// The number of the known ones.
        known: SettingsNumber,
    },
    /// Their author was no owner or admin at some time since, is none, or is one with keys that no
    /// rotation led to: an owner or admin signs the same anew, and until then who knows them already
    /// goes on with them.
    #[error("room settings by account {0}, for which nobody stands in any more")]
    NotConfirmed(AccountId),
    /// The author's keys are not known here: read its chain, and try again.
    #[error(transparent)]
    UnknownKeys(#[from] UnknownKeys),
    /// A signature does not verify.
    #[error("a signature of room settings is refused")]
    Signature(#[source] OpenError),
    /// They do not say what they should.
    #[error("room settings cannot be read")]
    Content(#[source] OpenError),
}

/// Which settings of a room were taken last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownSettings {
    /// The number of the commit that they name.
    pub n: EpochNumber,
    /// Their number.
    pub number: SettingsNumber,
    /// Their hash.
    pub hash: SettingsHash,
}

impl KnownSettings {
    /// The number of those that follow the known ones at the chain's head: the first after each commit
    /// has 1, so that a number that was used up binds nobody after the next.
    pub fn next(known: Option<Self>, chain: &RoomChain) -> SettingsNumber {
        let here = known.filter(|known| known.n >= chain.head().n());
        here.map_or(SettingsNumber::new(1), |known| known.number.next())
    }
}

/// Room settings with the right layout that nobody has looked at.
#[derive(Clone, Debug)]
pub struct UnverifiedRoomSettings {
    bytes: Bytes,
    signed: Bytes,
    hash: SettingsHash,
    room: RoomId,
    number: SettingsNumber,
    author: AccountId,
    fingerprint: Fingerprint,
    commit: CommitHash,
    made_at: Millis,
    content: Bytes,
    block: SignatureBlock,
}

/// Room settings that an owner or admin stands in for.
#[derive(Clone, Debug)]
pub struct RoomSettings {
    record: UnverifiedRoomSettings,
    content: RoomSettingsContent,
}

impl UnverifiedRoomSettings {
    /// Reads the layout; cheap.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::ROOM_SETTINGS, ROOM_SETTINGS_BYTES)?;
        let room = RoomId::from_bytes(record.array()?);
        let number = SettingsNumber::new(record.bounded(Field::Number)?);
        let author = AccountId::from_bytes(record.array()?);
        let fingerprint = Fingerprint::from_bytes(record.array()?);
        let commit = CommitHash::from_bytes(record.array()?);
        let made_at = Millis::new(record.u64()?);
        let length = usize::try_from(record.u32()?).map_err(|_| OpenError::Truncated)?;
        let content = record.bytes(length)?;
        let signed = record.so_far();
        let block = SignatureBlock::read_accepted(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            hash: SettingsHash::from_bytes(LABEL.hash(&signed)),
            signed,
            room,
            number,
            author,
            fingerprint,
            commit,
            made_at,
            content,
            block,
        })
    }

    /// The record as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Which they are, once they are taken.
    ///
    /// # Errors
    /// [`RoomSettingsError::UnknownCommit`], [`RoomSettingsError::OlderCommit`].
    pub fn known(&self, chain: &RoomChain) -> Result<KnownSettings, RoomSettingsError> {
        Ok(KnownSettings {
            n: self.position(chain)?,
            number: self.number,
            hash: self.hash,
        })
    }

    /// The room.
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Their number, by their author's word.
    pub fn number(&self) -> SettingsNumber {
        self.number
    }

    /// Who claims to have made them.
    pub fn author(&self) -> AccountId {
        self.author
    }

    /// When they were made, by their author's clock.
    pub fn made_at(&self) -> Millis {
        self.made_at
    }

    /// Takes them: those that are known, or newer ones that an owner or admin stands in for.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn verify(
        self,
        chain: &RoomChain,
        keysets: &dyn Keysets,
        known: Option<KnownSettings>,
    ) -> Result<RoomSettings, RoomSettingsError> {
        if known.is_none_or(|known| known.hash != self.hash) {
            self.check(chain, keysets, known)?;
        }
        let content = RoomSettingsContent::parse(&self.content);
        Ok(RoomSettings {
            content: content.map_err(RoomSettingsError::Content)?,
            record: self,
        })
    }

    /// Checks that they were those of an owner or admin when they were signed, by the commit that they
    /// name: whoever does not take them carries such along for those who know them, and no others.
    ///
    /// # Errors
    /// The typed cause.
    pub fn check_once_held(
        &self,
        chain: &RoomChain,
        keysets: &dyn Keysets,
    ) -> Result<(), RoomSettingsError> {
        if self.room != chain.room() {
            return Err(RoomSettingsError::OtherRoom(self.room));
        }
        let since = self.position(chain)?;
        let member = chain.history().member(since, self.author).ok().flatten();
        member
            .filter(|member| {
                member.role.is_over_members() && member.fingerprint == self.fingerprint
            })
            .ok_or(RoomSettingsError::NotConfirmed(self.author))?;
        self.check_signature(keysets)
    }

    fn position(&self, chain: &RoomChain) -> Result<EpochNumber, RoomSettingsError> {
        let position = chain.history().position(self.commit);
        position.map_err(|error| match error {
            NotHere::Unknown => RoomSettingsError::UnknownCommit,
            NotHere::Older => RoomSettingsError::OlderCommit,
        })
    }

    fn check(
        &self,
        chain: &RoomChain,
        keysets: &dyn Keysets,
        known: Option<KnownSettings>,
    ) -> Result<(), RoomSettingsError> {
        if self.room != chain.room() {
            return Err(RoomSettingsError::OtherRoom(self.room));
        }
        let since = self.position(chain)?;
        if let Some(known) = known
            && (since, self.number) <= (known.n, known.number)
        {
            return Err(RoomSettingsError::Older {
                found: self.number,
                known: known.number,
            });
        }
        let not_confirmed = RoomSettingsError::NotConfirmed(self.author);
        let member = chain.record().member(self.author).ok_or(not_confirmed)?;
        let history = chain.history();
        if !history.is_over_members_since(since, self.author)
            || history.came_or_went(since, self.author)
        {
            return Err(not_confirmed);
        }
        if !keys::led_to(keysets, self.author, self.fingerprint, member.fingerprint)? {
            return Err(not_confirmed);
        }
        self.check_signature(keysets)
    }

    fn check_signature(&self, keysets: &dyn Keysets) -> Result<(), RoomSettingsError> {
        keys::keyset(keysets, self.author, self.fingerprint)?
            .keys()
            .verify(LABEL, &self.signed, &self.block)
            .map_err(RoomSettingsError::Signature)
    }
}

impl RoomSettings {
    /// What they say.
    pub fn content(&self) -> &RoomSettingsContent {
        &self.content
    }

    /// The record that a room state carries along.
    pub fn record(&self) -> &UnverifiedRoomSettings {
        &self.record
    }
}

impl IdentityKeys {
    /// Signs settings of a room, for the next room state.
    ///
    /// # Errors
    /// [`SealError::Field`] for a number that is 0 or above 2^53 − 1, or a content that nobody would
    /// read; [`SealError::TooLarge`] for one that does not fit; [`SealError::KeyOperation`] if signing
    /// failed.
    pub fn sign_room_settings<R: CryptoRng + ?Sized>(
        &self,
        chain: &RoomChain,
        draft: &RoomSettingsDraft<'_>,
        rng: &mut R,
    ) -> Result<UnverifiedRoomSettings, SealError> {
        if !(1..=EPOCH_NUMBER).contains(&draft.number.value()) {
            return Err(SealError::Field(Field::Number));
        }
        let content = draft.content.encode()?;
        let mut record = BytesMut::new();
        record.put_slice(&[record::VERSION, record::ROOM_SETTINGS]);
        record.put_slice(chain.room().as_bytes());
        record.put_u64(draft.number.value());
        record.put_slice(draft.author.as_bytes());
        record.put_slice(self.fingerprint().as_bytes());
        record.put_slice(chain.head().hash().as_bytes());
        record.put_u64(draft.made_at.value());
        record.put_u32(u32::try_from(content.len()).map_err(|_| SealError::KeyOperation)?);
        record.put_slice(&content);
        self.signing().append(LABEL, &mut record, rng)?;
        let length = record.len();
        if length > ROOM_SETTINGS_BYTES {
            return Err(SealError::TooLarge {
                length,
                limit: ROOM_SETTINGS_BYTES,
            });
        }
        // A signature made by a fault must not leave: it could give the key away.
        let read =
            UnverifiedRoomSettings::parse(record.freeze()).map_err(|_| SealError::KeyOperation)?;
        self.verifying()
            .verify(LABEL, &read.signed, &read.block)
            .map_err(|_| SealError::KeyOperation)?;
        Ok(read)
    }
}
