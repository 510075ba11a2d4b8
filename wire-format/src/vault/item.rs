//! Items: one secret, mark, pin or preference each, sealed under an item key.

use bytes::{BufMut, Bytes, BytesMut};
use zeroize::Zeroizing;

use super::{ItemContent, ItemKeyEntry};
use crate::{
    derive::derive,
    ids::{AccountId, ChannelId, EpochNumber, ItemKeyId, Millis, RoomId},
    limits::{EPOCH_NUMBER, PREFERENCE_NAME_BYTES, ROOM_HEAD_ITEM_BYTES, VAULT_ITEM_BYTES},
    open_error::{Field, OpenError, SealError},
    record::{self, Record},
    seal::{IV_BYTES, KEY_BYTES},
    sealed_part::{self, SealedPart},
};

/// What an item is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum ItemKind {
    /// An epoch's secret.
    EpochSecret = 1,
    /// How far a channel was read.
    ReadMark = 2,
    /// What is remembered of another account's chain.
    Pin = 3,
    /// The newest verified commit of a room.
    RoomHead = 4,
    /// A setting.
    Preference = 5,
}

impl ItemKind {
    /// The kind with this byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::EpochSecret,
            2 => Self::ReadMark,
            3 => Self::Pin,
            4 => Self::RoomHead,
            5 => Self::Preference,
            _ => return None,
        })
    }

    /// The byte in an item, and the number in `vault.items`.
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Largest item of this kind, in bytes.
    pub const fn most_bytes(self) -> usize {
        match self {
            Self::RoomHead => ROOM_HEAD_ITEM_BYTES,
            _ => VAULT_ITEM_BYTES,
        }
    }
}

/// Which item it is; an account has one of each name.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum ItemName {
    /// The secret of one epoch.
    EpochSecret(RoomId, EpochNumber),
    /// The read mark of a channel.
    ReadMark(ChannelId),
    /// The pin of an account.
    Pin(AccountId),
    /// The head of a room.
    RoomHead(RoomId),
    /// A preference.
    Preference(PreferenceName),
}

/// The name of a preference: 1–32 visible ASCII characters.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct PreferenceName(String);

impl PreferenceName {
    /// Takes a name as it is.
    ///
    /// # Errors
    /// [`OpenError::Field`].
    pub fn parse(name: &[u8]) -> Result<Self, OpenError> {
        let fits = (1..=PREFERENCE_NAME_BYTES).contains(&name.len());
        match str::from_utf8(name) {
            Ok(text) if fits && name.iter().all(u8::is_ascii_graphic) => Ok(Self(text.to_owned())),
            _ => Err(OpenError::Field(Field::ItemName)),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ItemName {
    /// Which kind of item has this name.
    pub const fn kind(&self) -> ItemKind {
        match self {
            Self::EpochSecret(..) => ItemKind::EpochSecret,
            Self::ReadMark(_) => ItemKind::ReadMark,
            Self::Pin(_) => ItemKind::Pin,
            Self::RoomHead(_) => ItemKind::RoomHead,
            Self::Preference(_) => ItemKind::Preference,
        }
    }

    /// The name as it stands in the item; unique within its kind.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::EpochSecret(room, n) => [&room.as_bytes()[..], &n.value().to_be_bytes()].concat(),
            Self::ReadMark(channel) => channel.as_bytes().to_vec(),
            Self::Pin(account) => account.as_bytes().to_vec(),
            Self::RoomHead(room) => room.as_bytes().to_vec(),
            Self::Preference(name) => name.0.as_bytes().to_vec(),
        }
    }

    fn parse(kind: ItemKind, name: &[u8]) -> Result<Self, OpenError> {
        const REFUSED: OpenError = OpenError::Field(Field::ItemName);
        let id = || name.try_into().map_err(|_| REFUSED);
        Ok(match kind {
            ItemKind::EpochSecret => {
                let (Some(room), 24) = (name.first_chunk(), name.len()) else {
                    return Err(REFUSED);
                };
                let n = name.last_chunk().map_or(0, |n| u64::from_be_bytes(*n));
                if !(1..=EPOCH_NUMBER).contains(&n) {
                    return Err(REFUSED);
                }
                Self::EpochSecret(RoomId::from_bytes(*room), EpochNumber::new(n))
            }
            ItemKind::ReadMark => Self::ReadMark(ChannelId::from_bytes(id()?)),
            ItemKind::Pin => Self::Pin(AccountId::from_bytes(id()?)),
            ItemKind::RoomHead => Self::RoomHead(RoomId::from_bytes(id()?)),
            ItemKind::Preference => Self::Preference(PreferenceName::parse(name)?),
        })
    }
}

/// What its writer decides about an item.
#[derive(Clone, Copy, Debug)]
pub struct ItemDraft<'a> {
    /// Whose vault it goes into.
    pub account: AccountId,
    /// Which item it is.
    pub name: &'a ItemName,
    /// One more than the item that it replaces; an epoch's secret replaces only one that does not open.
    pub number: u64,
    /// When everybody is to delete it.
    pub forget_at: Option<Millis>,
    /// What it holds, of the kind of its name.
    pub content: &'a ItemContent,
}

/// An item with the right layout that nobody has opened.
#[derive(Clone, Debug)]
pub struct VaultItem {
    bytes: Bytes,
    account: AccountId,
    item_key: ItemKeyId,
    name: ItemName,
    number: u64,
    forget_at: Option<Millis>,
    part: SealedPart,
}

impl VaultItem {
    /// Reads the layout; all that a server can.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let length = bytes.len();
        let mut record = Record::open(bytes, record::VAULT_ITEM, ROOM_HEAD_ITEM_BYTES)?;
        let account = AccountId::from_bytes(record.array()?);
        let item_key = ItemKeyId::from_bytes(record.array()?);
        let kind = ItemKind::from_byte(record.u8()?).ok_or(OpenError::Field(Field::ItemKind))?;
        let limit = kind.most_bytes();
        if length > limit {
            return Err(OpenError::TooLarge { length, limit });
        }
        let name_length = usize::from(record.u8()?);
        let name = ItemName::parse(kind, &record.bytes(name_length)?)?;
        let number = record.counted(Field::Number)?;
        let forget_at = match record.u64()? {
            0 => None,
            time => Some(Millis::new(time)),
        };
        let part = SealedPart::read(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            account,
            item_key,
            name,
            number,
            forget_at,
            part,
        })
    }

    /// Opens it with the item key that it names. Whether account and number are the expected ones is
    /// for the caller to compare.
    ///
    /// # Errors
    /// [`OpenError::OtherItemKey`] for another key than the one it names; the typed cause otherwise.
    pub fn open(&self, key: &ItemKeyEntry) -> Result<ItemContent, OpenError> {
        if key.id != self.item_key {
            return Err(OpenError::OtherItemKey);
        }
        let key = item_key(key, self.account, &self.name, self.number)
            .map_err(|_| OpenError::OtherItemKey)?;
        ItemContent::parse(self.name.kind(), &self.part.open(&key)?)
    }

    /// Whose vault it claims to be of.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The key it names.
    pub fn item_key(&self) -> ItemKeyId {
        self.item_key
    }

    /// Which item it is.
    pub fn name(&self) -> &ItemName {
        &self.name
    }

    /// Its number: it replaces an item of the same name with a lower one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When everybody is to delete it.
    pub fn forget_at(&self) -> Option<Millis> {
        self.forget_at
    }

    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl ItemKeyEntry {
    /// Seals an item; `iv` is random and used once.
    ///
    /// # Errors
    /// [`SealError::Field`] for the number 0, a content of another kind than the name or a time to forget
    /// at of 0; [`SealError::TooLarge`] above [`ItemKind::most_bytes`].
    pub fn seal_item(
        &self,
        draft: &ItemDraft<'_>,
        iv: &[u8; IV_BYTES],
    ) -> Result<VaultItem, SealError> {
        let kind = draft.name.kind();
        if draft.content.kind() != kind {
            return Err(SealError::Field(Field::ItemKind));
        }
        if draft.number == 0 || draft.forget_at == Some(Millis::new(0)) {
            return Err(SealError::Field(Field::Number));
        }
        let name = draft.name.bytes();
        let mut record = BytesMut::new();
        record.put_slice(&[record::VERSION, record::VAULT_ITEM]);
        record.put_slice(draft.account.as_bytes());
        record.put_slice(self.id.as_bytes());
        record.put_u8(kind.byte());
        record.put_u8(u8::try_from(name.len()).map_err(|_| SealError::Field(Field::ItemName))?);
        record.put_slice(&name);
        record.put_u64(draft.number);
        record.put_u64(draft.forget_at.map_or(0, Millis::value));
        let key = item_key(self, draft.account, draft.name, draft.number)?;
        let content = draft.content.encode()?;
        sealed_part::append(&mut record, &key, iv, &content, kind.most_bytes())?;
        // An epoch number outside its range would be refused by every reader.
        VaultItem::parse(record.freeze()).map_err(|_| SealError::Field(Field::ItemName))
    }
}

/// The key of one item at one number.
fn item_key(
    key: &ItemKeyEntry,
    account: AccountId,
    name: &ItemName,
    number: u64,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let kind = name.kind().byte();
    let name = name.bytes();
    let length = u8::try_from(name.len()).map_err(|_| SealError::Field(Field::ItemName))?;
    let info: [&[u8]; 4] = [
        b"sealwire/v1/vault-item\0",
        &[kind, length],
        &name,
        &number.to_be_bytes(),
    ];
    derive(key.key.as_bytes(), account.as_bytes(), &info)
}
