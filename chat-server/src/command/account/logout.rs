//! `auth.logout` of an account.

use std::sync::Arc;

use wire_format::{CloseCode, Refusal, command::Done};

use crate::{
    account::{AccountSession, store_failed, stored},
    command::{Turn, errand::Errand},
    store::{Store as _, audit::Actor, sessions::RevokeSession},
    wall_clock,
};

/// Ends the session for good; it has left its rooms before the reply, and its connection ends after
/// it. A dropped future leaves it ended
/// or not.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let revoke = RevokeSession {
        account: own.member(),
        session: stored(own.id),
        actor: Actor::Account(own.member()),
        now: wall_clock::now(),
    };
    let ended = errand.accounts.store.write(revoke).await;
    // One that is not there any more has ended, too.
    let _ = ended.map_err(store_failed)?;
    errand.accounts.online.sign_out(own.id);
    Ok(Turn::Last(errand.reply(&Done {}), CloseCode::Done))
}
