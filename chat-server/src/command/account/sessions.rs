//! `auth.sessions`.

use std::sync::Arc;

use wire_format::{
    Refusal, SessionId,
    command::auth::{SessionList, SessionSummary},
};

use crate::{
    account::{AccountSession, stored},
    command::{Turn, errand::Errand},
    store::sessions::{ListSessions, Session},
    wall_clock,
};

/// Lists the account's sessions, the newest first. A dropped future leaves nothing behind.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let list = ListSessions {
        account: own.member(),
        now: wall_clock::now(),
    };
    let current = stored(own.id);
    let sessions = errand.read(list).await?.into_iter();
    let sessions = sessions.map(|session: Session| SessionSummary {
        session: SessionId::from_bytes(*session.session.as_bytes()),
        current: session.session == current,
        client: session.client,
        address: session.address,
        started_at: session.started_at,
        seen_at: session.seen_at,
    });
    errand.ok(&SessionList {
        sessions: sessions.collect(),
    })
}
