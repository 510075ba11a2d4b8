//! What every way of signing an account in ends with: a session, its token and its challenge.

use std::sync::{Arc, atomic::AtomicBool};

use wire_format::{
    AccountId, Challenge, ErrorCode, Millis, Name, Refusal, SessionId,
    command::auth::SignedInAccount,
};

use crate::{
    account::{AccountSession, Presence, address_text, stored},
    command::{Turn, errand::Errand},
    phase::{Phase, Unproven},
    store::sessions::{Proof, StartSession},
    wall_clock,
};

/// Who begins a session, having shown who they are.
pub(super) struct Beginner {
    pub(super) account: AccountId,
    pub(super) name: Name,
    pub(super) client: Box<str>,
}

/// Begins a session. A dropped future leaves at most one that nobody has the token of.
pub(super) async fn run(errand: Errand, beginner: Beginner) -> Result<Turn, Refusal> {
    let limits = &errand.accounts.limits;
    let now = wall_clock::now();
    let most = u64::try_from(limits.session_most.as_millis()).unwrap_or(u64::MAX);
    let expires_at = Millis::new(now.value().saturating_add(most));
    let session = AccountSession {
        id: SessionId::from_bytes(rand::random()),
        account: beginner.account,
        name: beginner.name,
        expires_at,
        outbox: Arc::clone(&errand.outbox),
        is_kept: AtomicBool::new(false),
    };
    // Connected first: who ends the session meanwhile ends this connection, too.
    let presence = errand.accounts.online.enter(session);
    let session = Arc::clone(presence.session());
    let start = StartSession {
        session: stored(session.id),
        account: session.member(),
        proof: Proof::Password,
        client: beginner.client.into(),
        address: address_text(errand.client),
        idle_ms: u64::from(idle_ms(&errand)),
        expires_at,
        most: SESSIONS_OF_AN_ACCOUNT,
        now,
    };
    let ended = errand.write(start).await?;
    errand.accounts.end(&ended);
    let token = errand.accounts.tokens.issue(session.id, expires_at);
    let token = token.ok_or(ErrorCode::Internal)?;
    Ok(enter(&errand, presence, Some(token)))
}

/// The phase of a session whose keys are asked, and what its client is told.
pub(super) fn enter(
    errand: &Errand,
    presence: Presence,
    token: Option<wire_format::SessionToken>,
) -> Turn {
    let challenge = Challenge::from_bytes(rand::random());
    let session = presence.session();
    session.kept();
    let signed_in = SignedInAccount {
        account: session.account,
        name: session.name.as_str().to_owned(),
        session: session.id,
        challenge,
        token,
        idle_ms: idle_ms(errand),
        expires_at: session.expires_at,
    };
    let unproven = Unproven {
        presence,
        challenge: Some(challenge),
    };
    errand.node.figures.signed_in();
    Turn::Enter(
        Phase::Unproven(Box::new(unproven)),
        errand.reply(&signed_in),
    )
}

/// How long a session may be idle, as it travels.
fn idle_ms(errand: &Errand) -> u32 {
    let idle = errand.accounts.limits.session_idle.as_millis();
    u32::try_from(idle).unwrap_or(u32::MAX)
}

/// Sessions of one account: more devices than anybody has; the least seen ends for a new one.
const SESSIONS_OF_AN_ACCOUNT: u32 = 100;
