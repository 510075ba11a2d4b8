//! The vault's root: reading it, and replacing it by compare-and-swap.

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, RootNumber,
    command::vault::{Root, SetRoot},
    passwords::{RecoveryVault, VaultHalf},
    vault::{KeptVaultKey, OpenedRoot, RootContent, VaultLock, VaultRoot, merge},
};

use super::{
    Account,
    error::{AccountError, PeerFault},
    line::Line,
};

/// What opens a root.
pub(super) enum Opener {
    Password(VaultHalf),
    Recovery(RecoveryVault),
    Kept(KeptVaultKey),
}

impl Opener {
    pub(super) fn open(&self, root: &VaultRoot) -> Result<OpenedRoot, PeerFault> {
        match self {
            Self::Password(half) => root.open_with_password(half).map_err(PeerFault::Root),
            Self::Recovery(half) => root.open_with_recovery(half).map_err(PeerFault::Root),
            Self::Kept(key) => root.open_with_kept(key).map_err(PeerFault::KeptKey),
        }
    }
}

/// Reads the root that the server has, which is not older than one that was seen.
pub(super) async fn read(
    line: &mut Line,
    account: AccountId,
    seen: RootNumber,
) -> Result<VaultRoot, AccountError> {
    let (state, tail) = line.call(&Root {}, Bytes::new()).await?;
    let root = VaultRoot::parse(tail)?;
    if root.account() != account {
        let (expected, found) = (account, root.account());
        return Err(PeerFault::OtherAccount { expected, found }.into());
    }
    if root.number() != state.number {
        return Err(PeerFault::OtherRoot.into());
    }
    if root.number() < seen {
        let found = root.number();
        return Err(PeerFault::OlderRoot { found, seen }.into());
    }
    Ok(root)
}

impl Account {
    /// Reads the root again, as another device may have replaced it. A dropped future leaves the
    /// root as it was known.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn refresh(&mut self) -> Result<(), AccountError> {
        let newer = self.newer_root().await?;
        self.take(newer);
        Ok(())
    }

    /// Changes the root's content and replaces it on the server, merging with what other devices
    /// wrote meanwhile. A dropped future leaves it replaced or not.
    ///
    /// # Errors
    /// [`AccountError::Contended`] after eight conflicts; the typed cause otherwise.
    pub async fn set_root(
        &mut self,
        change: impl FnOnce(&mut RootContent),
    ) -> Result<(), AccountError> {
        let mut mine = self.root.content.clone();
        change(&mut mine);
        for _ in 0..ATTEMPTS {
            let next = self.seal_next(&self.root.lock, &mine)?;
            let set = SetRoot {
                expected: self.root.number,
            };
            match self.line.call(&set, next.bytes().clone()).await {
                Ok(_) => {
                    let (number, lock) = (next.number(), self.root.lock.clone());
                    self.take(OpenedRoot {
                        number,
                        content: mine,
                        lock,
                    });
                    return Ok(());
                }
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(error),
            }
            let theirs = self.newer_root().await?;
            mine = merge(&self.root.content, &mine, &theirs.content);
            self.take(theirs);
        }
        Err(AccountError::Contended)
    }

    /// The root that follows the one that is known, with this content.
    pub(super) fn seal_next(
        &self,
        lock: &VaultLock,
        content: &RootContent,
    ) -> Result<VaultRoot, AccountError> {
        let number = self.root.number.next();
        Ok(lock.seal_root(number, content, &rand::random())?)
    }

    /// Takes note of a root that the server has.
    pub(super) fn take(&mut self, root: OpenedRoot) {
        self.seen.root = self.seen.root.max(root.number);
        self.root = root;
    }

    /// The root that the server has, opened by the vault key that is known.
    pub(super) async fn newer_root(&mut self) -> Result<OpenedRoot, AccountError> {
        let root = read(&mut self.line, self.who.account, self.seen.root).await?;
        let opened = root.open_with_lock(&self.root.lock);
        Ok(opened.map_err(PeerFault::Root)?)
    }
}

/// Whether another device was first.
pub(crate) fn is_conflict(error: &AccountError) -> bool {
    matches!(
        error,
        AccountError::Refused { refusal, .. }
            if matches!(refusal.code, ErrorCode::VaultConflict | ErrorCode::KeysConflict)
    )
}

/// How often a compare-and-swap is tried: more devices than change one root at a time.
pub(super) const ATTEMPTS: usize = 8;
