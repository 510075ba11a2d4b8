//! What a root holds.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyBytes, Rest, StoredBytes};
use crate::{
    dsa::{DsaPrivateKey, PRIVATE_KEY_BYTES},
    identity::{AccountWrapKey, IdentityKeys},
    ids::{ItemKeyId, KeysetNumber, Millis, WrapNumber},
    json,
    open_error::{OpenError, SealError},
    rsa_keys::{ModulusSize, PssPrivateKey},
    seal::KEY_BYTES,
};

/// The private keys of an account, and the keys of its vault's items.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RootContent {
    /// Ascending; the newest is the chain head's, older ones stay while a room needs them.
    pub identity: Vec<IdentityEntry>,
    /// Ascending; the newest is the published one.
    pub wraps: Vec<WrapEntry>,
    /// The last one seals new items.
    pub item_keys: Vec<ItemKeyEntry>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl RootContent {
    /// The content of an account's first root.
    pub fn new(identity: IdentityEntry, wrap: WrapEntry, item_key: ItemKeyEntry) -> Self {
        Self {
            identity: vec![identity],
            wraps: vec![wrap],
            item_keys: vec![item_key],
            rest: Rest::default(),
        }
    }

    /// Reads the JSON of a root.
    ///
    /// # Errors
    /// [`OpenError::Content`] for anything but one object with these lists, none of them empty,
    /// numbers ascending and ids that stand once.
    pub fn parse(text: &[u8]) -> Result<Self, OpenError> {
        let content: Self = json::object(text).map_err(|_| OpenError::Content)?;
        if content.is_in_order() {
            Ok(content)
        } else {
            Err(OpenError::Content)
        }
    }

    /// Writes the JSON of a root.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if it cannot be written.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let text = serde_json::to_vec(self).map_err(|_| SealError::KeyOperation)?;
        Ok(Zeroizing::new(text))
    }

    /// The key that seals new items.
    pub fn newest_item_key(&self) -> Option<&ItemKeyEntry> {
        self.item_keys.last()
    }

    /// The key with this id.
    pub fn item_key(&self, id: ItemKeyId) -> Option<&ItemKeyEntry> {
        self.item_keys.iter().find(|entry| entry.id == id)
    }

    fn is_in_order(&self) -> bool {
        let identity = self.identity.iter().map(|entry| entry.number.value());
        let wraps = self.wraps.iter().map(|entry| entry.number.value());
        let mut ids: Vec<ItemKeyId> = self.item_keys.iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        identity.is_sorted_by(|a, b| a < b)
            && wraps.is_sorted_by(|a, b| a < b)
            && ids.is_sorted_by(|a, b| a < b)
            && !(self.identity.is_empty() || self.wraps.is_empty() || ids.is_empty())
    }
}

/// The private halves of a keyset.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct IdentityEntry {
    /// The keyset's number.
    pub number: KeysetNumber,
    /// PKCS #8 of the PSS key.
    pub pss: StoredBytes,
    /// x of the DSA key.
    pub dsa: KeyBytes<PRIVATE_KEY_BYTES>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl IdentityEntry {
    /// Writes keys down.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if a key cannot be encoded.
    pub fn of(number: KeysetNumber, keys: &IdentityKeys) -> Result<Self, SealError> {
        Ok(Self {
            number,
            pss: StoredBytes::from_bytes(keys.pss().to_pkcs8()?),
            dsa: KeyBytes::from_bytes(*keys.dsa().private_bytes()),
            rest: Rest::default(),
        })
    }

    /// Takes the keys up again. Whether their fingerprint is the keyset's is for the caller to
    /// compare.
    ///
    /// # Errors
    /// [`OpenError::RsaKey`] or [`OpenError::DsaKey`] if they are not keys that a peer would accept.
    pub fn keys(&self) -> Result<IdentityKeys, OpenError> {
        let pss = PssPrivateKey::from_pkcs8(self.pss.as_bytes(), ModulusSize::Accepted)?;
        let dsa = DsaPrivateKey::from_private_bytes(self.dsa.as_bytes())?;
        IdentityKeys::from_parts(pss, dsa).map_err(|_| OpenError::DsaKey)
    }
}

/// The private half of a wrap key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WrapEntry {
    /// The wrap key's number.
    pub number: WrapNumber,
    /// PKCS #8 of the key.
    pub key: StoredBytes,
    /// When its successor was published.
    pub superseded_at: Option<Millis>,
    /// When it was published itself, where that is known: else when the one before it was superseded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Millis>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl WrapEntry {
    /// Writes down a key that has no successor.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the key cannot be encoded.
    pub fn of(key: &AccountWrapKey) -> Result<Self, SealError> {
        Ok(Self {
            number: key.number(),
            key: StoredBytes::from_bytes(key.key().to_pkcs8()?),
            superseded_at: None,
            made_at: None,
            rest: Rest::default(),
        })
    }

    /// Takes the key up again.
    ///
    /// # Errors
    /// [`OpenError::RsaKey`] if it is not an RSA key of exactly 3072 bits.
    pub fn key(&self) -> Result<AccountWrapKey, OpenError> {
        Ok(AccountWrapKey::from_pkcs8(
            self.number,
            self.key.as_bytes(),
        )?)
    }
}

/// A key that items are sealed under.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ItemKeyEntry {
    /// What items name it by.
    pub id: ItemKeyId,
    /// The key.
    pub key: KeyBytes<KEY_BYTES>,
    /// What a newer version wrote.
    #[serde(flatten)]
    pub rest: Rest,
}

impl ItemKeyEntry {
    /// Draws a new key and its id.
    pub fn generate<R: rand::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut id = [0; ItemKeyId::LEN];
        rng.fill_bytes(&mut id);
        Self {
            id: ItemKeyId::from_bytes(id),
            key: KeyBytes::generate(rng),
            rest: Rest::default(),
        }
    }
}
