//! `auth.login`.

use wire_format::{ErrorCode, LoginHalf, Millis, Refusal, command::auth::Login};

use super::begin::{self, Beginner};
use crate::{
    account::{account_id, matches, name_of},
    admission::AddressKey,
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    names,
    store::{
        PasswordHash,
        accounts::{Account, AccountName, FindAccount, FindCredentials},
        sessions::ListSessions,
    },
    wall_clock,
};

/// Begins a session with the password. A name that nobody has costs the same work and gets the same
/// answer as a wrong password.
///
/// A dropped future leaves at most a session that nobody has the token of, which ends when it was
/// idle for too long.
pub(super) async fn run(errand: Errand, client: Box<str>, login: Login) -> Result<Turn, Refusal> {
    errand.may_sign_in()?;
    let Some(name) = AccountName::prepare(&login.name) else {
        // No name that anybody could have.
        return Err(ErrorCode::LoginFailed.into());
    };
    let folded = names::fold(name.name().as_str());
    let attempts = &errand.accounts.attempts;
    attempts
        .sign_in(&folded, errand.client)
        .map_err(too_often)?;
    let of = FindAccount::ByName(name);
    let found = errand.read(FindCredentials { of }).await?;
    if !has_session_here(&errand, found.as_ref().map(|(account, _)| account)).await? {
        attempts.elsewhere(&folded).map_err(too_often)?;
    }
    let (account, hash) = match found {
        Some((account, password)) => (Some(account), password.login),
        None => (None, errand.accounts.decoys.hash().clone()),
    };
    let is_right = verify(&errand, login.login, hash).await?;
    let Some(account) = account.filter(|_| is_right) else {
        return Err(ErrorCode::LoginFailed.into());
    };
    let beginner = Beginner {
        account: account_id(account.account),
        name: name_of(&account)?,
        client,
    };
    begin::run(errand, beginner).await
}

/// Whether the account has a session that was begun from where this attempt comes from. It is asked
/// for names that nobody has, too, so that both take as long.
async fn has_session_here(errand: &Errand, account: Option<&Account>) -> Result<bool, Refusal> {
    let nobody = wire_format::MemberId::from_bytes([0; 16]);
    let now: Millis = wall_clock::now();
    let account = account.map_or(nobody, |account| account.account);
    let sessions = errand.read(ListSessions { account, now }).await?;
    let here = AddressKey::from(errand.client);
    let mut addresses = sessions
        .iter()
        .filter_map(|session| session.address.parse().ok());
    Ok(addresses.any(|address: std::net::IpAddr| AddressKey::from(address) == here))
}

async fn verify(errand: &Errand, half: LoginHalf, hash: PasswordHash) -> Result<bool, Refusal> {
    let check = move || matches(half.as_bytes(), &hash);
    errand.accounts.work.run(check).await
}
