//! `accounts.find`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Refusal,
    command::accounts::{Find, Found},
};

use crate::{
    account::{AccountSession, account_id},
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    store::accounts::{AccountName, FindAccount, Standing},
};

/// Finds the account with exactly this name, in any case. Names that nobody has and those of disabled
/// accounts are not told apart, and nobody's blocks are asked: somebody who is blocked finds what they
/// found before. Every search counts, so that names cannot be walked through.
///
/// A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    find: Find,
) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts
        .find(own.account, errand.client)
        .map_err(too_often)?;
    // Nobody has a name that nobody may have.
    let name = AccountName::prepare(&find.name).ok_or(ErrorCode::NoSuchAccount)?;
    let found = errand.read(FindAccount::ByName(name)).await?;
    let found = found.filter(|account| account.standing == Standing::Active);
    let found = found.ok_or(ErrorCode::NoSuchAccount)?;
    errand.ok(&Found {
        account: account_id(found.account),
        name: found.name,
        display: found.display,
    })
}
