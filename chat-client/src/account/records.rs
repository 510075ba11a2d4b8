//! Making the keys of an account, and the records that publish them.

use bytes::Bytes;
use wire_format::{
    AccountId, KeysetNumber, LoginHalf, Millis, RecoveryLogin, RootNumber, Salt, SealError,
    WrapNumber,
    identity::{AccountWrapKey, Chain, IdentityKeys, WrapKeyDraft},
    passwords::{Password, RecoveryCode, Rounds, ServerName},
    record_list,
    vault::{IdentityEntry, ItemKeyEntry, OpenedRoot, RootContent, VaultLock, WrapEntry},
};

/// What a new account is made of.
pub(super) struct Draft {
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) server: ServerName,
    pub(super) now: Millis,
}

/// A new account, ready to be registered.
pub(super) struct Made {
    pub(super) keys: IdentityKeys,
    pub(super) chain: Chain,
    pub(super) root: OpenedRoot,
    pub(super) secrets: NewSecrets,
    /// Keyset 1, wrap key 1, root 1.
    pub(super) records: Bytes,
}

/// What a password and a recovery code are split into: what the server gets, and a lock for what it
/// does not open.
pub(super) struct NewSecrets {
    pub(super) salt: Salt,
    pub(super) rounds: Rounds,
    pub(super) login: LoginHalf,
    pub(super) recovery: RecoveryLogin,
    pub(super) lock: VaultLock,
}

impl NewSecrets {
    /// Stretches the password with a new salt and draws a vault key; takes a few tenths of a second.
    pub(super) fn make(
        account: AccountId,
        server: &ServerName,
        password: &Password,
        code: &RecoveryCode,
    ) -> Result<Self, SealError> {
        let (salt, rounds) = (Salt::from_bytes(rand::random()), Rounds::NEW);
        let halves = password.halves(&salt, rounds, server)?;
        let recovery = code.halves(account, server)?;
        let lock = VaultLock::new(account, &halves.vault, &recovery.vault, &mut rand::rng())?;
        Ok(Self {
            salt,
            rounds,
            login: halves.login,
            recovery: recovery.login,
            lock,
        })
    }
}

impl Draft {
    /// Makes all of it; takes seconds.
    pub(super) fn make(self, password: &Password, code: &RecoveryCode) -> Result<Made, SealError> {
        let rng = &mut rand::rng();
        let secrets = NewSecrets::make(self.account, &self.server, password, code)?;
        let keys = IdentityKeys::generate(rng)?;
        let keyset = keys.first_keyset(self.account, &self.name, self.now, rng)?;
        let (wrap, wrap_record) = wrap_key(&keys, self.account, WrapNumber::new(1), self.now)?;
        let content = RootContent::new(
            IdentityEntry::of(KeysetNumber::new(1), &keys)?,
            WrapEntry::of(&wrap)?,
            ItemKeyEntry::generate(rng),
        );
        let number = RootNumber::new(1);
        let root = secrets.lock.seal_root(number, &content, &rand::random())?;
        let records = [keyset.bytes().clone(), wrap_record, root.bytes().clone()];
        let chain = Chain::first(self.account, Some(&self.name), keyset.bytes().clone());
        Ok(Made {
            keys,
            chain: chain.map_err(|_| SealError::KeyOperation)?,
            root: OpenedRoot {
                number,
                content,
                lock: secrets.lock.clone(),
            },
            secrets,
            records: record_list::encode(&records)?,
        })
    }
}

/// Makes and signs a wrap key; takes seconds.
pub(super) fn wrap_key(
    keys: &IdentityKeys,
    account: AccountId,
    number: WrapNumber,
    now: Millis,
) -> Result<(AccountWrapKey, Bytes), SealError> {
    let rng = &mut rand::rng();
    let key = AccountWrapKey::generate(number, rng)?;
    let draft = WrapKeyDraft {
        account,
        number,
        made_at: now,
        key: key.key(),
    };
    let record = keys.sign_wrap_key(&draft, rng)?.bytes().clone();
    Ok((key, record))
}
