//! A secret that somebody tries: every attempt is counted, and one at a name that nobody has costs
//! the same work and gets the same answer.

use std::net::IpAddr;

use wire_format::{ErrorCode, LoginHalf, MemberId, Name, RecoveryLogin, Refusal};

use crate::{
    account::{AccountSession, matches},
    admission::AddressKey,
    command::errand::{Errand, too_often},
    names,
    store::{
        accounts::{Account, AccountName, FindAccount, FindCredentials, Password},
        sessions::ListSessions,
    },
    wall_clock,
};

/// What shows that somebody has a name.
pub(super) enum Secret {
    Password(LoginHalf),
    RecoveryCode(RecoveryLogin),
}

/// A name that somebody says is theirs.
pub(super) struct Claim {
    /// As prepared.
    pub(super) name: Name,
    /// Who has it.
    pub(super) account: Option<Account>,
    password: Option<Password>,
}

/// Counts an attempt at a name, known or not, and finds who has it. A dropped future leaves it
/// counted.
pub(super) async fn claim(errand: &Errand, typed: &str) -> Result<Claim, Refusal> {
    errand.may_sign_in()?;
    // Otherwise no name that anybody could have.
    let prepared = AccountName::prepare(typed).ok_or(ErrorCode::LoginFailed)?;
    let name = prepared.name().clone();
    let folded = names::fold(name.as_str());
    let attempts = &errand.accounts.attempts;
    attempts
        .sign_in(&folded, errand.client)
        .map_err(too_often)?;
    let of = FindAccount::ByName(prepared);
    let (account, password) = errand.read(FindCredentials { of }).await?.unzip();
    if !has_session_here(errand, account.as_ref()).await? {
        attempts.elsewhere(&folded).map_err(too_often)?;
    }
    Ok(Claim {
        name,
        account,
        password,
    })
}

/// Checks the password of a session's own account, like a sign-in. A dropped future leaves the
/// attempt counted.
pub(super) async fn own(
    errand: &Errand,
    own: &AccountSession,
    login: LoginHalf,
) -> Result<(), Refusal> {
    let claim = claim(errand, own.name.as_str()).await?;
    let account = claim.verify(errand, Secret::Password(login)).await?;
    if account.account != own.member() {
        // The account is gone, and another one has its name.
        return Err(ErrorCode::LoginFailed.into());
    }
    Ok(())
}

impl Claim {
    /// Who has the name, if the secret is theirs. A dropped future leaves nothing behind.
    pub(super) async fn verify(self, errand: &Errand, secret: Secret) -> Result<Account, Refusal> {
        let nobody = errand.accounts.decoys.hash();
        let hash = match (self.password, &secret) {
            (None, _) => nobody.clone(),
            (Some(password), Secret::Password(_)) => password.login,
            (Some(password), Secret::RecoveryCode(_)) => password.recovery,
        };
        let check = move || match &secret {
            Secret::Password(half) => matches(half.as_bytes(), &hash),
            Secret::RecoveryCode(half) => matches(half.as_bytes(), &hash),
        };
        let is_right = errand.accounts.work.run(check).await?;
        let account = self.account.filter(|_| is_right);
        if account.is_none() {
            errand.node.alerts.bad_login();
        }
        account.ok_or(ErrorCode::LoginFailed.into())
    }
}

/// Whether the account has a session that was begun from where this attempt comes from. It is asked
/// for names that nobody has, too, so that both take as long.
async fn has_session_here(errand: &Errand, account: Option<&Account>) -> Result<bool, Refusal> {
    let nobody = MemberId::from_bytes([0; 16]);
    let account = account.map_or(nobody, |account| account.account);
    let now = wall_clock::now();
    let sessions = errand.read(ListSessions { account, now }).await?;
    let here = AddressKey::from(errand.client);
    let mut addresses = sessions
        .iter()
        .filter_map(|session| session.address.parse().ok());
    Ok(addresses.any(|address: IpAddr| AddressKey::from(address) == here))
}
