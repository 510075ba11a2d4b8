//! Signing in as a guest or as an account of this device, for as long as the program runs.

use std::sync::Arc;

use chat_client::{Session, SessionEvents, SessionSettings, Trust, endpoint::Transport};
use rand::RngExt as _;
use wire_format::{GuestToken, SessionKeys};

use crate::{
    account::TakenUp,
    cli::{Guest, Visit, Who},
    exit::Failure,
};

/// Somebody who is signed in.
pub(crate) struct Visitor {
    pub(crate) session: Session,
    pub(crate) events: SessionEvents,
    /// What answers for an account's keys; a guest has none.
    pub(crate) account: Option<TakenUp>,
}

/// Makes keys, connects and signs in; an account proves its keys.
pub(crate) async fn sign_in(visit: Visit) -> Result<Visitor, Failure> {
    let within = visit.give_up_after;
    match visit.who {
        Who::Guest(guest) => {
            let mut settings = as_guest(guest).await?;
            settings.give_up_after = Some(within);
            let connected = Session::connect(settings).await;
            let (session, events) = connected.map_err(Failure::Connect)?;
            Ok(Visitor {
                session,
                events,
                account: None,
            })
        }
        Who::Account(own) => {
            let (session, events, account) = TakenUp::begin(own, within).await?;
            Ok(Visitor {
                session,
                events,
                account: Some(account),
            })
        }
    }
}

/// Signs a guest out; an account's session goes on without a connection.
pub(crate) async fn part(session: &Session) {
    if session.account().is_some() {
        session.leave().await;
    } else {
        session.logout().await;
    }
}

/// The keys of one session.
pub(crate) async fn keys() -> Result<Arc<SessionKeys>, Failure> {
    let keys = tokio::task::spawn_blocking(|| SessionKeys::generate(&mut rand::rng()));
    let keys = keys.await.ok().and_then(Result::ok).ok_or(Failure::Keys)?;
    Ok(Arc::new(keys))
}

async fn as_guest(guest: Guest) -> Result<SessionSettings, Failure> {
    let trust = match (guest.endpoint.transport, &guest.ca) {
        (Transport::Plain, _) => None,
        (Transport::Tls, Some(file)) => Some(Trust::from_pem_file(file)),
        (Transport::Tls, None) => Some(Trust::of_this_machine()),
    };
    let trust = trust.transpose();
    let trust = trust.map_err(|error| Failure::Settings(error.to_string()))?;
    let token = GuestToken::from_bytes(rand::rng().random());
    let mut settings = SessionSettings::new(guest.endpoint, guest.name, token, keys().await?);
    settings.trust = trust;
    Ok(settings)
}
