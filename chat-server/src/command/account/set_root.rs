//! `vault.set_root`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::vault::SetRoot, vault::VaultRoot};

use super::tell;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    store::vault::ReplaceRoot,
};

/// Replaces the root by the next one, if nobody was first, and tells the account's other sessions.
/// A dropped future leaves it replaced or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    set: SetRoot,
) -> Result<Turn, Refusal> {
    let root = VaultRoot::parse(errand.tail.clone()).map_err(|error| unreadable(&error))?;
    if root.account() != own.account || root.number() != set.expected.next() {
        return Err(ErrorCode::Malformed.into());
    }
    let replace = ReplaceRoot {
        account: own.member(),
        expected: set.expected.value(),
        record: root.bytes().to_vec(),
    };
    errand.write(replace).await?;
    tell::vault_changed(&errand, &own).await;
    errand.done()
}
