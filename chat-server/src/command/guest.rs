//! `auth.guest`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, GuestToken, Name, Refusal,
    command::auth::{Guest, SignedIn},
};

use super::{
    Call, Turn,
    errand::{Errand, too_often},
};
use crate::{
    names,
    phase::Phase,
    session::Session,
    store::accounts::{AccountName, IsNameHeld},
};

/// Signs a guest in where there are no accounts.
pub(super) fn run(call: &Call<'_>, guest: &Guest) -> Result<Arc<Session>, Refusal> {
    let node = call.node;
    if node.stopping.is_cancelled() {
        return Err(ErrorCode::Busy.into());
    }
    node.sign_ins.check(*call.client).map_err(too_often)?;
    let (token, name) = prepare(guest)?;
    let session = node
        .directory
        .sign_in(token.member(), name, Arc::clone(call.outbox))?;
    node.figures.signed_in();
    node.count_sessions();
    Ok(session)
}

/// Signs a guest in under a name that no account has. A dropped future leaves nothing behind.
pub(super) async fn run_beside_accounts(errand: Errand, guest: Guest) -> Result<Turn, Refusal> {
    errand.may_sign_in()?;
    let (token, name) = prepare(&guest)?;
    let member = token.member();
    let held = errand.node.directory.hold(name.as_str(), Some(member))?;
    let asked = AccountName::prepare(name.as_str()).ok_or(ErrorCode::NameInvalid)?;
    if errand.read(IsNameHeld { name: asked }).await? {
        return Err(ErrorCode::NameTaken.into());
    }
    let session = held.sign_in(member, name, Arc::clone(&errand.outbox))?;
    errand.node.figures.signed_in();
    let reply = errand.reply(&signed_in(&session));
    Ok(Turn::Enter(Phase::SignedIn(session), reply))
}

/// What the guest is told.
pub(super) fn signed_in(session: &Session) -> SignedIn {
    SignedIn {
        member: session.member(),
        name: session.name().as_str().to_owned(),
    }
}

fn prepare(guest: &Guest) -> Result<(&GuestToken, Name), Refusal> {
    let token = guest.token.as_ref().ok_or(ErrorCode::Malformed)?;
    let name = names::prepare_person(&guest.name).ok_or(ErrorCode::NameInvalid)?;
    Ok((token, name))
}
