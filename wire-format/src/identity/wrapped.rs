//! What is wrapped to an account: a first byte says what it is, so that nothing serves as another.

use std::fmt;

use bytes::Bytes;
use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::wrap_key::{KEY_SIZE, WrapKey};
use crate::{
    epoch::EpochSecret,
    ids::WrapNumber,
    limits::ROOM_NAME_BYTES,
    open_error::{Field, OpenError, SealError},
    rsa_keys::{ACCOUNT_MODULUS_BYTES, RsaKeyError, WrapPrivateKey},
};

/// Bytes of everything that is wrapped to an account.
pub const WRAPPED_BYTES: usize = ACCOUNT_MODULUS_BYTES;

const EPOCH_SECRET: u8 = 0x01;
const ROOM_NAME: u8 = 0x02;
const GRANT_KEY: u8 = 0x03;

/// The key of a grant: 32 random bytes, erased from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct GrantKey([u8; Self::LEN]);

impl GrantKey {
    /// Size in bytes.
    pub const LEN: usize = 32;

    /// Draws a new key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Self([0; Self::LEN]);
        rng.fill_bytes(&mut key.0);
        key
    }

    /// Takes the bytes as they are.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes that the grant's own key is derived from.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Debug for GrantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrantKey(..)")
    }
}

impl WrapKey {
    /// Wraps an epoch's secret: a share.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the encryption failed.
    pub fn wrap_secret<R: CryptoRng + ?Sized>(
        &self,
        secret: &EpochSecret,
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        self.wrap(EPOCH_SECRET, secret.as_bytes(), rng)
    }

    /// Wraps a room's name; a conversation without one has one space.
    ///
    /// # Errors
    /// [`SealError::Field`] for a name of another length than 1 to 256 bytes;
    /// [`SealError::KeyOperation`] if the encryption failed.
    pub fn wrap_room_name<R: CryptoRng + ?Sized>(
        &self,
        name: &str,
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        if !(1..=ROOM_NAME_BYTES).contains(&name.len()) {
            return Err(SealError::Field(Field::Name));
        }
        self.wrap(ROOM_NAME, name.as_bytes(), rng)
    }

    /// Wraps the key of a grant.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the encryption failed.
    pub fn wrap_grant_key<R: CryptoRng + ?Sized>(
        &self,
        key: &GrantKey,
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        self.wrap(GRANT_KEY, key.as_bytes(), rng)
    }

    fn wrap<R: CryptoRng + ?Sized>(
        &self,
        kind: u8,
        content: &[u8],
        rng: &mut R,
    ) -> Result<Bytes, SealError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(1 + content.len()));
        plain.push(kind);
        plain.extend_from_slice(content);
        self.key.wrap(&plain, rng).map(Bytes::from)
    }
}

/// The private half of a wrap key; erased from memory when dropped.
pub struct AccountWrapKey {
    number: WrapNumber,
    key: WrapPrivateKey,
}

impl AccountWrapKey {
    /// Makes a key; takes hundreds of milliseconds to seconds.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no key could be made.
    pub fn generate<R: CryptoRng + ?Sized>(
        number: WrapNumber,
        rng: &mut R,
    ) -> Result<Self, SealError> {
        let key = WrapPrivateKey::generate_for_account(rng)?;
        Ok(Self { number, key })
    }

    /// Reads a PKCS #8 key, as a vault keeps it.
    ///
    /// # Errors
    /// [`RsaKeyError`] if it is not an RSA key of exactly 3072 bits.
    pub fn from_pkcs8(number: WrapNumber, der: &[u8]) -> Result<Self, RsaKeyError> {
        let key = WrapPrivateKey::from_pkcs8(der, KEY_SIZE)?;
        Ok(Self { number, key })
    }

    /// Its number over the account's life.
    pub fn number(&self) -> WrapNumber {
        self.number
    }

    /// The key itself.
    pub fn key(&self) -> &WrapPrivateKey {
        &self.key
    }

    /// Opens a share. Whether the secret is the epoch's is for the caller to compare.
    ///
    /// # Errors
    /// [`OpenError::Share`], whatever is wrong with it.
    pub fn open_secret<R: CryptoRng + ?Sized>(
        &self,
        wrapped: &[u8],
        rng: &mut R,
    ) -> Result<EpochSecret, OpenError> {
        let content = self.open(EPOCH_SECRET, wrapped, rng)?;
        let bytes = content.get(1..).and_then(|secret| secret.try_into().ok());
        bytes.map(EpochSecret::from_bytes).ok_or(OpenError::Share)
    }

    /// Opens a room's name.
    ///
    /// # Errors
    /// [`OpenError::Share`], whatever is wrong with it.
    pub fn open_room_name<R: CryptoRng + ?Sized>(
        &self,
        wrapped: &[u8],
        rng: &mut R,
    ) -> Result<String, OpenError> {
        let content = self.open(ROOM_NAME, wrapped, rng)?;
        let name = content.get(1..).unwrap_or_default();
        if !(1..=ROOM_NAME_BYTES).contains(&name.len()) {
            return Err(OpenError::Share);
        }
        let name = str::from_utf8(name).map_err(|_| OpenError::Share)?;
        Ok(name.to_owned())
    }

    /// Opens the key of a grant.
    ///
    /// # Errors
    /// [`OpenError::Share`], whatever is wrong with it.
    pub fn open_grant_key<R: CryptoRng + ?Sized>(
        &self,
        wrapped: &[u8],
        rng: &mut R,
    ) -> Result<GrantKey, OpenError> {
        let content = self.open(GRANT_KEY, wrapped, rng)?;
        let bytes = content.get(1..).and_then(|key| key.try_into().ok());
        bytes.map(GrantKey::from_bytes).ok_or(OpenError::Share)
    }

    /// Decrypts, and checks the first byte, which stays in front.
    fn open<R: CryptoRng + ?Sized>(
        &self,
        kind: u8,
        wrapped: &[u8],
        rng: &mut R,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let plain = self.key.unwrap(wrapped, rng)?;
        match plain.first() {
            Some(&found) if found == kind => Ok(plain),
            _ => Err(OpenError::Share),
        }
    }
}

impl fmt::Debug for AccountWrapKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountWrapKey({})", self.number)
    }
}
