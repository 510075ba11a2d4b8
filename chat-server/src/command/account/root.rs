//! `vault.root`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, RootNumber, command::vault::RootState};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::vault::ReadRoot,
};

/// Gives the account's root. A dropped future leaves nothing behind.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let account = own.member();
    let root = errand.read(ReadRoot { account }).await?;
    let root = root.ok_or(ErrorCode::NoSuchAccount)?;
    let number = RootNumber::new(root.number);
    errand.ok_with(&RootState { number }, root.record.into())
}
