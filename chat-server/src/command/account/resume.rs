//! `auth.resume`.

use std::sync::{Arc, atomic::AtomicBool};

use wire_format::{ErrorCode, Refusal, command::auth::Resume};

use super::begin;
use crate::{
    account::{AccountSession, PutPlaces, account_id, name_of, stored},
    command::{Turn, errand::Errand},
    store::sessions::FindSession,
    wall_clock,
};

/// Continues a session on this connection; the one that it had is closed with `replaced`. Tokens
/// that are forged, expired or revoked are not told apart.
///
/// A dropped future leaves the session as it was, or seen a moment ago.
pub(super) async fn run(errand: Errand, resume: Resume) -> Result<Turn, Refusal> {
    errand.may_sign_in()?;
    let token = resume.token.ok_or(ErrorCode::Malformed)?;
    let id = errand.accounts.tokens.open(&token);
    let id = id.map_err(|unopened| {
        errand.node.alerts.token(unopened);
        ErrorCode::LoginFailed
    })?;
    let find = || FindSession {
        session: stored(id),
        now: wall_clock::now(),
    };
    let (row, account) = errand.read(find()).await?.ok_or(ErrorCode::LoginFailed)?;
    let presence = errand.accounts.online.enter(AccountSession {
        id,
        account: account_id(account.account),
        name: name_of(&account)?,
        means: row.means,
        expires_at: row.expires_at,
        outbox: Arc::clone(&errand.outbox),
        is_kept: AtomicBool::new(true),
        puts: PutPlaces::default(),
    });
    errand.accounts.touch(&[id]).await;
    // Whoever ended it before it was among the connected ones did not see it there.
    errand.read(find()).await?.ok_or(ErrorCode::LoginFailed)?;
    Ok(begin::enter(&errand, presence, None))
}
