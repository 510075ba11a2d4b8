//! The way to the first administrator.

use wire_format::{Millis, OneTimeToken};

use crate::{
    store::{
        Database, Store as _, StoreError, TokenHash,
        accounts::CountAdmins,
        audit::Actor,
        tokens::{IssueToken, Purpose},
    },
    wall_clock,
};

/// Issues a token that makes an administrator's account, in place of an earlier one, unless there is
/// an administrator. Only its hash is kept; who calls shows it once.
pub(crate) async fn issue_setup_token(
    store: &Database,
) -> Result<Option<OneTimeToken>, StoreError> {
    if store.read(CountAdmins).await? > 0 {
        return Ok(None);
    }
    let token = OneTimeToken::from_bytes(rand::random());
    let now = wall_clock::now();
    let issue = IssueToken {
        hash: TokenHash::of(&token),
        purpose: Purpose::Setup,
        expires_at: Millis::new(now.value() + SETUP_MS),
        actor: Actor::Server,
        now,
    };
    let issued = store.write(issue).await?;
    Ok(issued.ok().map(|()| token))
}

/// How long the first administrator may take: a week. A later start makes a new token.
const SETUP_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
