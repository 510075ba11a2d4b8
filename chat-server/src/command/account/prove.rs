//! `auth.prove`.

use std::sync::Arc;

use wire_format::{
    Challenge, ErrorCode, Refusal,
    command::Done,
    identity::{ProofDraft, UnverifiedProof},
};

use super::head;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    wall_clock,
};

/// Checks the proof by the keys of the chain head. A challenge serves once, whatever comes of it.
///
/// A dropped future leaves the session unproven, without a challenge.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    challenge: Option<Challenge>,
) -> Result<Turn, Refusal> {
    let challenge = challenge.ok_or(ErrorCode::NotAsked)?;
    let proof = UnverifiedProof::parse(errand.tail.clone()).map_err(|error| unreadable(&error))?;
    let head = head::run(&errand, own.account).await?;
    let server = errand.accounts.server.clone();
    let (account, session) = (own.account, own.id);
    let checked = errand.accounts.work.run(move || {
        let expected = ProofDraft {
            account,
            session,
            challenge,
            server: &server,
            now: wall_clock::now(),
        };
        proof.verify(&expected, head.head())
    });
    checked.await?.map_err(|error| {
        errand.node.alerts.proof(&error);
        ErrorCode::NotAllowed
    })?;
    Ok(Turn::Proven(errand.reply(&Done {})))
}
