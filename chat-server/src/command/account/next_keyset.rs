//! The next keyset of an account's chain, for `keys.rotate` and `keys.reset`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    ErrorCode, KeysetNumber, Refusal, WrapNumber,
    event::KeysetChange,
    identity::{Chain, UnverifiedWrapKey, WrapKey},
    record_list,
    vault::VaultRoot,
};

use super::{head, tell};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    store::keys::{AppendKeyset, Link},
    wall_clock,
};

/// Appends a keyset that follows the chain head as this command says, with its wrap key and the root
/// that holds the private halves, and tells those who have to do with the account. A dropped future
/// leaves the three taken in together, or none of them.
pub(super) async fn append(
    errand: Errand,
    own: Arc<AccountSession>,
    expected: KeysetNumber,
    change: KeysetChange,
) -> Result<Turn, Refusal> {
    // Every keyset is verified here, so there are not more of them than sign-ins.
    errand.count_attempt(&own)?;
    let records = record_list::parse_exactly::<3>(errand.tail.clone());
    let [keyset, wrap_key, root] = records.map_err(|error| unreadable(&error))?;
    let chain = head::run(&errand, own.account).await?;
    if chain.head().number() != expected {
        return Err(ErrorCode::KeysConflict.into());
    }
    if expected.value() >= errand.accounts.limits.keysets {
        return Err(ErrorCode::OverQuota.into());
    }
    let record = keyset.clone();
    let checked = errand
        .accounts
        .work
        .run(move || follow(chain, change, record, wrap_key))
        .await?;
    let wrap_key = checked.ok_or(ErrorCode::Malformed)?;
    let root = VaultRoot::parse(root).map_err(|error| unreadable(&error))?;
    if root.account() != own.account {
        return Err(ErrorCode::Malformed.into());
    }
    let append = AppendKeyset {
        account: own.member(),
        expected: expected.value(),
        link: match change {
            KeysetChange::Rotated => Link::Rotated,
            KeysetChange::Reset => Link::Reset,
        },
        keyset: keyset.to_vec(),
        wrap_number: wrap_key.number().value(),
        wrap_key: wrap_key.bytes().to_vec(),
        root_number: root.number().value(),
        vault_root: root.bytes().to_vec(),
        now: wall_clock::now(),
    };
    errand.write_in(&own, append).await?;
    tell::vault_changed(&errand, &own).await;
    tell::keys_changed(&errand, &own, expected.next(), change).await;
    errand.done()
}

/// The wrap key, if the keyset follows the chain's head in this way and its keys signed the wrap key.
fn follow(
    mut chain: Chain,
    change: KeysetChange,
    keyset: Bytes,
    wrap_key: Bytes,
) -> Option<WrapKey> {
    let found = chain.extend(keyset).ok()?;
    if found != change {
        return None;
    }
    let wrap_key = UnverifiedWrapKey::parse(wrap_key).ok()?;
    // Whether it is the next one is for the store to say.
    wrap_key.verify(chain.head(), WrapNumber::new(0)).ok()
}
