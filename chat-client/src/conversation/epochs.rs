//! The secrets of epochs that are held.

use std::collections::{BTreeMap, BTreeSet};

use rand::CryptoRng;
use wire_format::{
    AccountId, EpochKeys, EpochNumber, EpochSecret, OpenError, WrapNumber,
    identity::AccountWrapKey, room::RoomChain,
};

use super::Conversation;

/// Why a share gives no secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareFault {
    /// A placeholder stands in its place: this account's keys were reset. It is to be let in anew.
    #[error("no share of epoch {0}: the list does not know this account's present keys")]
    Placeholder(EpochNumber),
    /// It does not open, or is not the epoch's: say `epochs.bad_share`, and ask for the secret.
    #[error("the share of epoch {n} is bad: {error}")]
    Bad {
        /// Which epoch.
        n: EpochNumber,
        /// What is wrong.
        error: OpenError,
    },
}

#[derive(Debug, Default)]
pub(super) struct Epochs {
    held: BTreeMap<EpochNumber, Held>,
    /// Epochs whose share is a placeholder, or for keys that were given up.
    placeholders: BTreeSet<EpochNumber>,
    /// The newest one whose secret is due, and none is held up to it; 0 for none.
    forgotten: EpochNumber,
}

#[derive(Debug)]
struct Held {
    secret: EpochSecret,
    keys: EpochKeys,
}

impl Epochs {
    pub(super) fn hold(
        &mut self,
        chain: &RoomChain,
        n: EpochNumber,
        secret: EpochSecret,
    ) -> Result<(), OpenError> {
        let entry = chain.entry(n).ok_or(OpenError::OtherEpoch(n))?;
        let keys = EpochKeys::of_commit(&secret, entry)?;
        if n <= self.forgotten {
            return Ok(());
        }
        self.held.insert(n, Held { secret, keys });
        self.placeholders.remove(&n);
        Ok(())
    }

    pub(super) fn keys(&self, n: EpochNumber) -> Option<&EpochKeys> {
        self.held.get(&n).map(|held| &held.keys)
    }

    pub(super) fn secret(&self, n: EpochNumber) -> Option<&EpochSecret> {
        self.held.get(&n).map(|held| &held.secret)
    }

    pub(super) fn is_placeholder(&self, n: EpochNumber) -> bool {
        self.placeholders.contains(&n)
    }

    /// Drops all secrets up to an epoch.
    pub(super) fn forget(&mut self, newest: EpochNumber) {
        self.forgotten = self.forgotten.max(newest);
        let forgotten = self.forgotten;
        self.held.retain(|&n, _| n > forgotten);
        self.placeholders.retain(|&n| n > forgotten);
    }

    /// The newest epoch whose secret is forgotten; 0 for none.
    pub(super) fn forgotten(&self) -> EpochNumber {
        self.forgotten
    }

    pub(super) fn missing(&self, chain: &RoomChain, me: AccountId) -> Vec<EpochNumber> {
        let first = self.forgotten.value().saturating_add(1);
        let all = (first..=chain.head().n().value()).map(EpochNumber::new);
        all.filter(|n| !self.held.contains_key(n) && !self.placeholders.contains(n))
            .filter(|&n| was_in(chain, n, me))
            .collect()
    }
}

/// Whether an account was in an epoch's list.
pub(super) fn was_in(chain: &RoomChain, n: EpochNumber, account: AccountId) -> bool {
    chain.member_in(n, account).is_some()
}

impl Conversation {
    /// Opens the own share of an epoch by the wrap key that it is for (`wrap` as the server names it;
    /// 0 says that a placeholder stands there), and holds its secret.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn share<R: CryptoRng + ?Sized>(
        &mut self,
        n: EpochNumber,
        wrap: WrapNumber,
        key: Option<&AccountWrapKey>,
        share: &[u8],
        rng: &mut R,
    ) -> Result<EpochSecret, ShareFault> {
        if wrap.value() == 0 {
            self.epochs.placeholders.insert(n);
            return Err(ShareFault::Placeholder(n));
        }
        let bad = |error| ShareFault::Bad { n, error };
        let entry = self.chain.entry(n).ok_or(bad(OpenError::OtherEpoch(n)))?;
        let key = key.ok_or(bad(OpenError::Share))?;
        let opened = entry.open_share(share, key, rng);
        if matches!(opened, Err(OpenError::Placeholder)) {
            self.epochs.placeholders.insert(n);
            return Err(ShareFault::Placeholder(n));
        }
        let secret = opened.map_err(bad)?;
        self.hold(n, secret.clone()).map_err(bad)?;
        Ok(secret)
    }

    /// The own share of an epoch is for keys that this account has no more: it began anew with others.
    pub fn lost_keys_of(&mut self, n: EpochNumber) {
        self.epochs.placeholders.insert(n);
    }

    /// The secret of an epoch, if it is held.
    pub fn secret(&self, n: EpochNumber) -> Option<&EpochSecret> {
        self.epochs.secret(n)
    }
}
