//! `auth.guest`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Refusal,
    command::auth::{Guest, SignedIn},
};

use super::Call;
use crate::{names, phase::Greeted, rate::retry_after_ms, session::Session};

/// Signs a guest in.
pub(super) fn run(_: Greeted, call: &Call<'_>, guest: &Guest) -> Result<Arc<Session>, Refusal> {
    let node = call.node;
    if node.stopping.is_cancelled() {
        return Err(ErrorCode::Busy.into());
    }
    if let Err(wait) = node.sign_ins.check(*call.client) {
        let wait = retry_after_ms(wait);
        return Err(Refusal::retry_after(ErrorCode::RateLimited, wait));
    }
    let token = guest.token.as_ref().ok_or(ErrorCode::Malformed)?;
    let name = names::prepare_person(&guest.name).ok_or(ErrorCode::NameInvalid)?;
    let session = node
        .directory
        .sign_in(token.member(), name, Arc::clone(call.outbox))?;
    node.figures.signed_in();
    node.figures.sessions(node.directory.len());
    Ok(session)
}

/// What the guest is told.
pub(super) fn signed_in(session: &Session) -> SignedIn {
    SignedIn {
        member: session.member(),
        name: session.name().as_str().to_owned(),
    }
}
