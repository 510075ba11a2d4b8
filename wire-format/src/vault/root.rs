//! The root: two wraps of the vault key, and what is sealed under it.

use bytes::{Bytes, BytesMut};

use super::{
    KeptVaultKey, KeyBytes, RootContent, VaultLock,
    lock::{KeyWrap, Opener},
};
use crate::{
    ids::{AccountId, RootNumber, VaultKeyId},
    limits::VAULT_ROOT_BYTES,
    open_error::{Field, OpenError, SealError},
    passwords::{RecoveryVault, VaultHalf},
    record::{self, Record},
    seal::{IV_BYTES, KEY_BYTES},
    sealed_part::{self, SealedPart},
};

/// A root with the right layout that nobody has opened.
#[derive(Clone, Debug)]
pub struct VaultRoot {
    bytes: Bytes,
    account: AccountId,
    number: RootNumber,
    key_id: VaultKeyId,
    password: KeyWrap,
    recovery: KeyWrap,
    part: SealedPart,
}

/// A root that was opened: what it holds, and what seals the next one.
#[derive(Clone, Debug)]
pub struct OpenedRoot {
    /// Its number.
    pub number: RootNumber,
    /// What it holds.
    pub content: RootContent,
    /// What seals the next one.
    pub lock: VaultLock,
}

impl VaultRoot {
    /// Reads the layout; all that a server can.
    ///
    /// # Errors
    /// The typed cause.
    pub fn parse(bytes: Bytes) -> Result<Self, OpenError> {
        let mut record = Record::open(bytes, record::VAULT_ROOT, VAULT_ROOT_BYTES)?;
        let account = AccountId::from_bytes(record.array()?);
        let number = RootNumber::new(record.counted(Field::Number)?);
        let key_id = VaultKeyId::from_bytes(record.array()?);
        let password = KeyWrap::read(&mut record)?;
        let recovery = KeyWrap::read(&mut record)?;
        let part = SealedPart::read(&mut record)?;
        Ok(Self {
            bytes: record.finish()?,
            account,
            number,
            key_id,
            password,
            recovery,
            part,
        })
    }

    /// Opens it with the password's vault half. Whether account and number are the expected ones is
    /// for the caller to compare.
    ///
    /// # Errors
    /// [`OpenError::Tag`] for another password; other causes if its writer broke the protocol.
    pub fn open_with_password(&self, half: &VaultHalf) -> Result<OpenedRoot, OpenError> {
        let lock = VaultLock::open(self, Opener::Password, half.as_bytes())?;
        self.open(lock)
    }

    /// Opens it with the recovery code's vault half.
    ///
    /// # Errors
    /// As [`VaultRoot::open_with_password`].
    pub fn open_with_recovery(&self, half: &RecoveryVault) -> Result<OpenedRoot, OpenError> {
        let lock = VaultLock::open(self, Opener::Recovery, half.as_bytes())?;
        self.open(lock)
    }

    /// Opens a root that another session sealed under the same vault key.
    ///
    /// # Errors
    /// [`OpenError::Tag`] if it has another vault key: the password was changed.
    pub fn open_with_lock(&self, lock: &VaultLock) -> Result<OpenedRoot, OpenError> {
        if (self.account, self.key_id) != (lock.account(), lock.key_id()) {
            return Err(OpenError::Tag);
        }
        self.open(lock.with_wraps_of(self))
    }

    /// Opens it with the key that this device kept.
    ///
    /// # Errors
    /// [`OpenError::Tag`] if it has another vault key: the password was changed.
    pub fn open_with_kept(&self, kept: &KeptVaultKey) -> Result<OpenedRoot, OpenError> {
        self.open(VaultLock::of_kept(self, kept)?)
    }

    fn open(&self, lock: VaultLock) -> Result<OpenedRoot, OpenError> {
        let content = self.part.open(lock.key().as_bytes())?;
        Ok(OpenedRoot {
            number: self.number,
            content: RootContent::parse(&content)?,
            lock,
        })
    }

    /// Whose vault it claims to be of.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its number.
    pub fn number(&self) -> RootNumber {
        self.number
    }

    /// The id of its vault key.
    pub fn key_id(&self) -> VaultKeyId {
        self.key_id
    }

    /// The record as it travels.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn password_wrap(&self) -> &KeyWrap {
        &self.password
    }

    pub(super) fn recovery_wrap(&self) -> &KeyWrap {
        &self.recovery
    }
}

/// Seals the content behind what stands above it.
pub(super) fn seal(
    mut above: BytesMut,
    key: &KeyBytes<KEY_BYTES>,
    content: &[u8],
    iv: &[u8; IV_BYTES],
) -> Result<VaultRoot, SealError> {
    sealed_part::append(&mut above, key.as_bytes(), iv, content, VAULT_ROOT_BYTES)?;
    VaultRoot::parse(above.freeze()).map_err(|_| SealError::KeyOperation)
}
