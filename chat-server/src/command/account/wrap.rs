//! `keys.wrap`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Refusal, WrapNumber, identity::UnverifiedWrapKey, record_list, vault::VaultRoot,
};

use super::{head, tell};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    store::keys::AppendWrapKey,
};

/// Takes the next wrap key, signed by the keys of the chain head, together with the root that holds
/// its private half, and tells the account's other sessions. A dropped future leaves both or neither.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let records = record_list::parse_exactly::<2>(errand.tail.clone());
    let [wrap_key, root] = records.map_err(|error| unreadable(&error))?;
    let key = UnverifiedWrapKey::parse(wrap_key).map_err(|error| unreadable(&error))?;
    let root = VaultRoot::parse(root).map_err(|error| unreadable(&error))?;
    if root.account() != own.account {
        return Err(ErrorCode::Malformed.into());
    }
    let head = head::run(&errand, own.account).await?;
    let verified = errand
        .accounts
        .work
        .run(move || key.verify(head.head(), WrapNumber::new(0)))
        .await?;
    let key = verified.map_err(|_| ErrorCode::Malformed)?;
    let append = AppendWrapKey {
        account: own.member(),
        number: key.number().value(),
        wrap_key: key.bytes().to_vec(),
        root_number: root.number().value(),
        vault_root: root.bytes().to_vec(),
    };
    errand.write(append).await?;
    tell::vault_changed(&errand, &own).await;
    errand.done()
}
