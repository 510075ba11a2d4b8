//! `auth.password`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Refusal, command::auth::Password, passwords::Rounds, vault::VaultRoot,
};

use super::credentials;
use crate::{
    account::{AccountSession, hashed, stored},
    command::{Turn, errand::Errand, unreadable},
    store::{accounts::ChangePassword, sessions::Means},
    wall_clock,
};

/// Replaces password, recovery code and vault root together, and ends the account's other sessions.
/// A session that was begun with the password shows the old one again; one that was begun without
/// has none to show.
///
/// A dropped future leaves all of it changed or nothing; if it is changed, the other sessions are
/// over.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    change: Password,
) -> Result<Turn, Refusal> {
    Rounds::try_from(change.rounds).map_err(|_| ErrorCode::Malformed)?;
    let root = VaultRoot::parse(errand.tail.clone()).map_err(|error| unreadable(&error))?;
    if root.account() != own.account || root.number() != change.expected.next() {
        return Err(ErrorCode::Malformed.into());
    }
    match (own.means, change.login) {
        (Means::Password, Some(login)) => credentials::own(&errand, &own, login).await?,
        (Means::Recovery | Means::Fresh, None) => errand.count_attempt(&own)?,
        _ => return Err(ErrorCode::Malformed.into()),
    }
    let (salt, rounds) = (*change.salt.as_bytes(), change.rounds);
    let (login, recovery) = (change.new_login, change.recovery);
    let hashes = move || hashed(salt, rounds, &login, &recovery);
    let password = errand.accounts.work.run(hashes).await?;
    let change = ChangePassword {
        account: own.member(),
        session: stored(own.id),
        password: password.ok_or(ErrorCode::Busy)?,
        expected: change.expected.value(),
        vault_root: root.bytes().to_vec(),
        now: wall_clock::now(),
    };
    errand.write_and_end(&own, change).await?;
    errand.done()
}
