//! `auth.delete`.

use std::sync::Arc;

use wire_format::{
    CloseCode, Refusal,
    command::{Done, auth::Delete},
};

use super::credentials;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::{accounts::DeleteAccount, audit::Actor},
    wall_clock,
};

/// Deletes the account with everything that is kept for it, after its password was shown again; all
/// its sessions end, this one after the reply. Its name is free once they have left their rooms. The
/// last administrator stays.
///
/// A dropped future leaves the account whole or gone.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    delete: Delete,
) -> Result<Turn, Refusal> {
    credentials::own(&errand, &own, delete.login).await?;
    let delete = DeleteAccount {
        account: own.member(),
        actor: Actor::Account(own.member()),
        now: wall_clock::now(),
    };
    errand.write_and_end(&own, delete).await?;
    errand.accounts.online.sign_out(own.id);
    Ok(Turn::Last(errand.reply(&Done {}), CloseCode::Done))
}
