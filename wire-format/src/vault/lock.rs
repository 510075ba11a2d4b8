//! What seals a vault's roots: the vault key, and its two wraps.

use std::fmt;

use bytes::{BufMut, BytesMut};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{KeyBytes, RootContent, VaultRoot, root};
use crate::{
    derive::derive,
    ids::{AccountId, RootNumber, VaultKeyId},
    open_error::{Field, OpenError, SealError},
    passwords::{RecoveryVault, VaultHalf},
    record::{self, Record},
    seal::{self, IV_BYTES, KEY_BYTES, TAG_BYTES},
};

/// The first byte of what is wrapped.
const VERSION: u8 = 0x01;
const PLAIN_BYTES: usize = 1 + KEY_BYTES;
const CIPHERTEXT_BYTES: usize = seal::ciphertext_bytes(PLAIN_BYTES);
/// Bytes of a wrap: IV, ciphertext, tag.
pub(super) const WRAP_BYTES: usize = IV_BYTES + CIPHERTEXT_BYTES + TAG_BYTES;

/// Whose half opens a wrap.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Opener {
    Password = 0x01,
    Recovery = 0x02,
}

/// The vault key as it is wrapped under one half.
#[derive(Clone, Debug)]
pub(super) struct KeyWrap([u8; WRAP_BYTES]);

impl KeyWrap {
    pub(super) fn read(record: &mut Record) -> Result<Self, OpenError> {
        record.array().map(Self)
    }

    fn new(
        key: &KeyBytes<KEY_BYTES>,
        half: &[u8; KEY_BYTES],
        bound_to: &[u8],
        iv: &[u8; IV_BYTES],
    ) -> Result<Self, SealError> {
        let mut plain = Zeroizing::new([VERSION; PLAIN_BYTES]);
        plain[1..].copy_from_slice(key.as_bytes());
        let (ciphertext, tag) = seal::seal(half, iv, bound_to, plain.as_ref())?;
        let mut wrap = [0; WRAP_BYTES];
        let (iv_place, rest) = wrap.split_at_mut(IV_BYTES);
        let (ciphertext_place, tag_place) = rest.split_at_mut(CIPHERTEXT_BYTES);
        iv_place.copy_from_slice(iv);
        ciphertext_place.copy_from_slice(&ciphertext);
        tag_place.copy_from_slice(&tag);
        Ok(Self(wrap))
    }

    fn open(
        &self,
        half: &[u8; KEY_BYTES],
        bound_to: &[u8],
    ) -> Result<KeyBytes<KEY_BYTES>, OpenError> {
        let (Some(iv), Some(tag)) = (self.0.first_chunk(), self.0.last_chunk()) else {
            return Err(OpenError::Truncated);
        };
        let ciphertext = &self.0[IV_BYTES..IV_BYTES + CIPHERTEXT_BYTES];
        let plain = Zeroizing::new(seal::open(half, iv, bound_to, ciphertext, tag)?);
        let Some((&VERSION, key)) = plain.split_first() else {
            return Err(OpenError::VaultKey);
        };
        let key = key.try_into().map_err(|_| OpenError::VaultKey)?;
        Ok(KeyBytes::from_bytes(key))
    }
}

/// What a device keeps of a vault key, so that it opens the vault without password and code.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeptVaultKey {
    id: VaultKeyId,
    key: KeyBytes<KEY_BYTES>,
}

impl KeptVaultKey {
    /// A key for what a device seals for itself beside the vault, one a purpose; nobody else ever opens
    /// that.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the derivation failed.
    pub fn local_key(
        &self,
        account: AccountId,
        purpose: &str,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
        let info: [&[u8]; 2] = [b"sealwire/v1/local\0", purpose.as_bytes()];
        derive(self.key.as_bytes(), account.as_bytes(), &info)
    }
}

/// The vault key and its two wraps: what replaces a root without password and recovery code.
#[derive(Clone)]
pub struct VaultLock {
    account: AccountId,
    key_id: VaultKeyId,
    key: KeyBytes<KEY_BYTES>,
    password: KeyWrap,
    recovery: KeyWrap,
}

impl VaultLock {
    /// Draws a new vault key and wraps it: at registration, and when the password changes.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if sealing failed.
    pub fn new<R: CryptoRng + ?Sized>(
        account: AccountId,
        password: &VaultHalf,
        recovery: &RecoveryVault,
        rng: &mut R,
    ) -> Result<Self, SealError> {
        let key = KeyBytes::generate(rng);
        let mut key_id = [0; VaultKeyId::LEN];
        rng.fill_bytes(&mut key_id);
        let key_id = VaultKeyId::from_bytes(key_id);
        let mut wrap = |half: &[u8; KEY_BYTES], opener| {
            let mut iv = [0; IV_BYTES];
            rng.fill_bytes(&mut iv);
            KeyWrap::new(&key, half, &bound_to(account, key_id, opener), &iv)
        };
        let password = wrap(password.as_bytes(), Opener::Password)?;
        let recovery = wrap(recovery.as_bytes(), Opener::Recovery)?;
        Ok(Self {
            account,
            key_id,
            key,
            password,
            recovery,
        })
    }

    /// Seals a root; `iv` is random and used once.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above [`VAULT_ROOT_BYTES`](crate::limits::VAULT_ROOT_BYTES),
    /// [`SealError::Field`] for the number 0.
    pub fn seal_root(
        &self,
        number: RootNumber,
        content: &RootContent,
        iv: &[u8; IV_BYTES],
    ) -> Result<VaultRoot, SealError> {
        if number.value() == 0 {
            return Err(SealError::Field(Field::Number));
        }
        let mut record = BytesMut::new();
        record.put_slice(&[record::VERSION, record::VAULT_ROOT]);
        record.put_slice(self.account.as_bytes());
        record.put_u64(number.value());
        record.put_slice(self.key_id.as_bytes());
        record.put_slice(&self.password.0);
        record.put_slice(&self.recovery.0);
        root::seal(record, &self.key, &content.encode()?, iv)
    }

    /// Opens the key of a root with one of its halves.
    pub(super) fn open(
        root: &VaultRoot,
        opener: Opener,
        half: &[u8; KEY_BYTES],
    ) -> Result<Self, OpenError> {
        let (account, key_id) = (root.account(), root.key_id());
        let wrap = match opener {
            Opener::Password => root.password_wrap(),
            Opener::Recovery => root.recovery_wrap(),
        };
        Ok(Self {
            account,
            key_id,
            key: wrap.open(half, &bound_to(account, key_id, opener))?,
            password: root.password_wrap().clone(),
            recovery: root.recovery_wrap().clone(),
        })
    }

    /// What a device keeps of it.
    pub fn to_kept(&self) -> KeptVaultKey {
        KeptVaultKey {
            id: self.key_id,
            key: self.key.clone(),
        }
    }

    /// Takes a kept key up again, with the wraps that a root brings.
    pub(super) fn of_kept(root: &VaultRoot, kept: &KeptVaultKey) -> Result<Self, OpenError> {
        if root.key_id() != kept.id {
            return Err(OpenError::Tag);
        }
        Ok(Self {
            account: root.account(),
            key_id: kept.id,
            key: kept.key.clone(),
            password: root.password_wrap().clone(),
            recovery: root.recovery_wrap().clone(),
        })
    }

    /// The same key, with the wraps that a root brings.
    pub(super) fn with_wraps_of(&self, root: &VaultRoot) -> Self {
        Self {
            password: root.password_wrap().clone(),
            recovery: root.recovery_wrap().clone(),
            ..self.clone()
        }
    }

    /// The id of the vault key.
    pub fn key_id(&self) -> VaultKeyId {
        self.key_id
    }

    /// Whose vault it is.
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub(super) fn key(&self) -> &KeyBytes<KEY_BYTES> {
        &self.key
    }
}

impl fmt::Debug for VaultLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultLock({})", self.key_id)
    }
}

/// The associated data of a wrap: version, type and account, then key id, then whose it is. The root's
/// number is not in it, so that a root can be replaced without password and code.
fn bound_to(account: AccountId, key_id: VaultKeyId, opener: Opener) -> Vec<u8> {
    [
        &[record::VERSION, record::VAULT_ROOT][..],
        account.as_bytes(),
        key_id.as_bytes(),
        &[opener as u8],
    ]
    .concat()
}
