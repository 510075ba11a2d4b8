//! Whose keys are whose: what a room's records are judged by beside its chain.

use std::collections::{BTreeMap, HashMap, hash_map::RandomState};

use super::{Member, RoomRecord};
use crate::{
    event::KeysetChange,
    identity::{Chain, Keyset},
    ids::{AccountId, Fingerprint},
};

/// The keyset chains that were read and verified (docs/protocol.md#143-identity-the-keyset-chain).
///
/// A chain that was taken up at its pinned head may lack the keyset that a record was signed by; the
/// record is then refused for [`UnknownKeys`], and judged again when the chain was read from its
/// beginning.
pub trait Keysets {
    /// The chain of this account, as far as it was read.
    fn chain(&self, account: AccountId) -> Option<&Chain>;
}

impl Keysets for BTreeMap<AccountId, Chain> {
    fn chain(&self, account: AccountId) -> Option<&Chain> {
        self.get(&account)
    }
}

impl Keysets for HashMap<AccountId, Chain, RandomState> {
    fn chain(&self, account: AccountId) -> Option<&Chain> {
        self.get(&account)
    }
}

/// Keys that a record names, and that the account's chain does not have, as far as it was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the keys {fingerprint} of account {account} are not known here")]
pub struct UnknownKeys {
    /// Whose keys.
    pub account: AccountId,
    /// Which keys.
    pub fingerprint: Fingerprint,
}

/// Which keys somebody who comes into a room must have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Newcomers {
    /// Those of the chain head, as the server asks: it knows the newest.
    AtTheirHead,
    /// Any of the chain, as receivers take it: what they read may be older than the newest keys, and
    /// all of them must come to the same result.
    AnyOfTheirs,
}

/// The keyset of an account with this fingerprint.
pub(super) fn keyset(
    keysets: &dyn Keysets,
    account: AccountId,
    fingerprint: Fingerprint,
) -> Result<&Keyset, UnknownKeys> {
    keysets
        .chain(account)
        .and_then(|chain| chain.with_fingerprint(fingerprint))
        .ok_or(UnknownKeys {
            account,
            fingerprint,
        })
}

/// How the later keys of an account came after the earlier ones; `None` if they did not.
pub(super) fn change(
    keysets: &dyn Keysets,
    account: AccountId,
    earlier: Fingerprint,
    later: Fingerprint,
) -> Result<Option<KeysetChange>, UnknownKeys> {
    let unknown = |fingerprint| UnknownKeys {
        account,
        fingerprint,
    };
    let chain = keysets.chain(account).ok_or(unknown(later))?;
    for fingerprint in [earlier, later] {
        if chain.with_fingerprint(fingerprint).is_none() {
            return Err(unknown(fingerprint));
        }
    }
    Ok(chain.change_between(earlier, later))
}

/// Whether an account is in a list with these keys, or with ones that rotations led from to them.
pub(super) fn is_member_with(
    record: &RoomRecord,
    keysets: &dyn Keysets,
    account: AccountId,
    fingerprint: Fingerprint,
) -> Result<bool, UnknownKeys> {
    match record.member(account) {
        None => Ok(false),
        Some(member) => are_those_of(member, keysets, account, fingerprint),
    }
}

/// Whether these are the listed keys of a member, or ones that rotations alone led to from them. Only
/// to such ones something is wrapped, and only such ones speak for the member.
pub(super) fn are_those_of(
    member: Member,
    keysets: &dyn Keysets,
    account: AccountId,
    fingerprint: Fingerprint,
) -> Result<bool, UnknownKeys> {
    led_to(keysets, account, member.fingerprint, fingerprint)
}

/// Whether the later keys of an account are the earlier ones, or came after them by rotations alone.
pub(super) fn led_to(
    keysets: &dyn Keysets,
    account: AccountId,
    earlier: Fingerprint,
    later: Fingerprint,
) -> Result<bool, UnknownKeys> {
    if earlier == later {
        return Ok(true);
    }
    Ok(change(keysets, account, earlier, later)? == Some(KeysetChange::Rotated))
}
