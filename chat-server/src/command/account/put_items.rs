//! `vault.put`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Millis, Refusal, Revision, command::vault::PutState, record_list, vault,
};

use super::tell;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    store::vault::{PutItems, VaultItem},
};

/// Takes all items or none, and tells the account's other sessions. A dropped future leaves them
/// taken or not.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let records = record_list::parse(errand.tail.clone(), ITEMS_AT_ONCE);
    let records = records.map_err(|error| unreadable(&error))?;
    let items = records.into_iter().map(|record| {
        let item = vault::VaultItem::parse(record).map_err(|error| unreadable(&error))?;
        if item.account() != own.account {
            return Err(ErrorCode::Malformed.into());
        }
        Ok(stored(&item))
    });
    let put = PutItems {
        account: own.member(),
        items: items.collect::<Result<_, Refusal>>()?,
        most: ITEMS_OF_AN_ACCOUNT,
    };
    let revision = Revision::new(errand.write(put).await?);
    tell::vault_changed(&errand, &own).await;
    errand.ok(&PutState { revision })
}

fn stored(item: &vault::VaultItem) -> VaultItem {
    VaultItem {
        kind: item.name().kind().byte(),
        name: item.name().bytes(),
        number: item.number(),
        forget_at: item.forget_at().unwrap_or(Millis::new(0)),
        record: item.bytes().to_vec(),
    }
}

/// Items of one command: they are one transaction, which must not hold others up.
const ITEMS_AT_ONCE: usize = 1_024;
/// Items of an account (docs/protocol.md#1418-limits-and-codes).
const ITEMS_OF_AN_ACCOUNT: u64 = 1_000_000;
