//! `auth.revoke`.

use std::sync::Arc;

use wire_format::{
    CloseCode, Refusal,
    command::{Done, auth::Revoke},
};

use crate::{
    account::{AccountSession, refused, store_failed, stored},
    command::{Turn, errand::Errand},
    store::{self, Store as _, audit::Actor, sessions::RevokeSession},
    wall_clock,
};

/// Ends one of the account's sessions, with its connection; one that is not there is ended already.
///
/// A dropped future leaves it ended or not; its connection ends within a minute then, when its
/// session is looked for.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    revoke: Revoke,
) -> Result<Turn, Refusal> {
    let change = RevokeSession {
        account: own.member(),
        session: stored(revoke.session),
        actor: Actor::Account(own.member()),
        now: wall_clock::now(),
    };
    match errand.accounts.store.write(change).await {
        Ok(Ok(()) | Err(store::Refusal::NoSuchSession)) => {}
        Ok(Err(refusal)) => return Err(refused(refusal)),
        Err(error) => return Err(store_failed(error)),
    }
    if revoke.session == own.id {
        errand.accounts.online.sign_out(own.id);
        return Ok(Turn::Last(errand.reply(&Done {}), CloseCode::Revoked));
    }
    let others = errand.accounts.online.others(&own);
    if others.iter().any(|other| other.id == revoke.session) {
        errand.accounts.end(&[stored(revoke.session)]);
    }
    errand.done()
}
