//! `auth.login`.

use wire_format::{Refusal, command::auth::Login};

use super::{
    begin::{self, Beginner},
    credentials::{self, Secret},
};
use crate::{
    command::{Turn, errand::Errand},
    store::sessions::Proof,
};

/// Begins a session with the password. A name that nobody has costs the same work and gets the same
/// answer as a wrong password.
///
/// A dropped future leaves at most a session that nobody has the token of, which ends when it was
/// idle for too long.
pub(super) async fn run(errand: Errand, client: Box<str>, login: Login) -> Result<Turn, Refusal> {
    let claim = credentials::claim(&errand, &login.name).await?;
    let secret = Secret::Password(login.login);
    let account = claim.verify(&errand, secret).await?;
    let beginner = Beginner::of(&account, client, Proof::Password)?;
    begin::run(errand, beginner).await
}
