//! `auth.recover`.

use wire_format::{Refusal, command::auth::Recover};

use super::{
    begin::{self, Beginner},
    credentials::{self, Secret},
};
use crate::{
    command::{Turn, errand::Errand},
    store::sessions::Proof,
};

/// Begins a session with the recovery code, in which the password may be changed. A name that nobody
/// has costs the same work and gets the same answer as a wrong code.
///
/// A dropped future leaves what one of `auth.login` leaves.
pub(super) async fn run(
    errand: Errand,
    client: Box<str>,
    recover: Recover,
) -> Result<Turn, Refusal> {
    let claim = credentials::claim(&errand, &recover.name).await?;
    let secret = Secret::RecoveryCode(recover.recovery);
    let account = claim.verify(&errand, secret).await?;
    let beginner = Beginner::of(&account, client, Proof::Recovery)?;
    begin::run(errand, beginner).await
}
