//! `auth.fresh`.

use wire_format::{Refusal, command::auth::Fresh};

use super::{
    begin::{self, Beginner},
    credentials,
};
use crate::{
    command::{Turn, errand::Errand},
    names,
    store::{TokenHash, sessions::Proof},
};

/// Begins a session with a one-time token, in which the account may start with new keys and a new
/// password. The token is used up if the session is begun. A name that nobody has costs the same
/// work and gets the same answer as a wrong token.
///
/// A dropped future leaves the token as it was, or used up for a session that nobody has the token
/// of.
pub(super) async fn run(errand: Errand, client: Box<str>, fresh: Fresh) -> Result<Turn, Refusal> {
    let claim = credentials::claim(&errand, &fresh.name).await?;
    let proof = Proof::Fresh(TokenHash::of(&fresh.token));
    let beginner = match &claim.account {
        Some(account) => Beginner::of(account, client, proof)?,
        // It is refused where a token that is not this account's is.
        None => Beginner {
            account: decoy(&errand, claim.name.as_str()),
            name: claim.name,
            client,
            proof,
        },
    };
    begin::run(errand, beginner).await
}

fn decoy(errand: &Errand, name: &str) -> wire_format::AccountId {
    let server = errand.accounts.server.as_str();
    let params = errand.accounts.decoys.params(server, &names::fold(name));
    params.account
}
