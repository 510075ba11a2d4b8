//! `auth.params`.

use wire_format::{
    ErrorCode, Refusal, Salt,
    command::auth::{Params, SignInParams},
};

use crate::{
    account::account_id,
    command::{Turn, errand::Errand},
    names,
    store::accounts::{AccountName, FindAccount, FindCredentials},
};

/// Tells what the password of a name is stretched with; a name that nobody has gets a decoy, always
/// the same. A dropped future leaves nothing behind.
pub(super) async fn run(errand: Errand, params: Params) -> Result<Turn, Refusal> {
    errand.may_sign_in()?;
    let name = AccountName::prepare(&params.name).ok_or(ErrorCode::NameInvalid)?;
    let folded = names::fold(name.name().as_str());
    let server = errand.accounts.server.as_str();
    let of = FindAccount::ByName(name);
    let found = errand.read(FindCredentials { of }).await?;
    let params = match found {
        None => errand.accounts.decoys.params(server, &folded),
        Some((account, password)) => SignInParams {
            server: server.to_owned(),
            account: account_id(account.account),
            salt: Salt::from_bytes(password.salt),
            rounds: password.rounds,
        },
    };
    errand.ok(&params)
}
