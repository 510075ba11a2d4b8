//! What every way of signing an account in ends with: a session, its token and its challenge.

use std::sync::{Arc, atomic::AtomicBool};

use wire_format::{
    AccountId, Challenge, ErrorCode, Millis, Name, Refusal, SessionId,
    command::auth::SignedInAccount,
};

use crate::{
    account::{
        AccountSession, Presence, PutPlaces, account_id, address_text, name_of, refused,
        store_failed, stored,
    },
    command::{Turn, errand::Errand},
    phase::{Phase, Unproven},
    store::{
        self, Store as _,
        accounts::Account,
        sessions::{Proof, StartSession},
    },
    wall_clock,
};

/// Who begins a session, having shown who they are.
pub(super) struct Beginner {
    pub(super) account: AccountId,
    pub(super) name: Name,
    pub(super) client: Box<str>,
    pub(super) proof: Proof,
}

impl Beginner {
    /// Somebody who has shown that this account is theirs.
    pub(super) fn of(account: &Account, client: Box<str>, proof: Proof) -> Result<Self, Refusal> {
        Ok(Self {
            account: account_id(account.account),
            name: name_of(account)?,
            client,
            proof,
        })
    }
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
        means: beginner.proof.means(),
        expires_at,
        outbox: Arc::clone(&errand.outbox),
        is_kept: AtomicBool::new(false),
        puts: PutPlaces::default(),
    };
    // Connected first: who ends the session meanwhile ends this connection, too.
    let presence = errand.accounts.online.enter(session);
    let session = Arc::clone(presence.session());
    let start = StartSession {
        session: stored(session.id),
        account: session.member(),
        proof: beginner.proof,
        client: beginner.client.into(),
        address: address_text(errand.client),
        idle_ms: u64::from(idle_ms(&errand)),
        expires_at,
        most: SESSIONS_OF_AN_ACCOUNT,
        now,
    };
    let started = errand.accounts.store.write(start).await;
    let ended = started.map_err(store_failed)?.map_err(not_begun)?;
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

/// An account that is gone meanwhile, or never was, is told from a wrong secret by nothing.
fn not_begun(refusal: store::Refusal) -> Refusal {
    match refusal {
        store::Refusal::NoSuchAccount => ErrorCode::LoginFailed.into(),
        refusal => refused(refusal),
    }
}

/// How long a session may be idle, as it travels.
fn idle_ms(errand: &Errand) -> u32 {
    let idle = errand.accounts.limits.session_idle.as_millis();
    u32::try_from(idle).unwrap_or(u32::MAX)
}

/// Sessions of one account: more devices than anybody has; the least seen ends for a new one.
const SESSIONS_OF_AN_ACCOUNT: u32 = 100;
