//! What every request can reach.

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::{CloseCode, GuestToken, Refusal, command::auth::SignedIn};

use crate::{
    assets::Assets,
    backend::{Backend, Keys, NoSession},
    client::Client,
    cookie::{NewSession, SessionKey},
    figures::Figures,
    keys::KeyPool,
    limits::Limits,
    same_site::SameSite,
    session::{Session, downlink::Common, registry::Registry},
    settings::Network,
};

/// The parts of a running proxy.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) assets: Assets,
    pub(crate) backend: Backend,
    pub(crate) figures: Arc<Figures>,
    pub(crate) common: Arc<Common>,
    pub(crate) keys: KeyPool,
    pub(crate) limits: Limits,
    pub(crate) same_site: SameSite,
    pub(crate) sessions: Registry,
    pub(crate) trusted: Vec<Network>,
    pub(crate) session_idle: Duration,
    /// Everything that runs beside requests.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the proxy begins to stop.
    pub(crate) stop: CancellationToken,
}

impl App {
    /// Signs a guest in under a new session id; a session that the request came with is ended first.
    ///
    /// A dropped future leaves no session behind that nobody has the cookie of.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        client: Client,
        before: Option<SessionKey>,
        name: String,
    ) -> Result<(NewSession, SignedIn), Refusal> {
        if let Some(session) = before.and_then(|key| self.sessions.find(key)) {
            session.end(CloseCode::Done);
            session.over().await;
        }
        self.sessions.check_room()?;
        let keys = Arc::new(self.keys.take()?);
        let token = GuestToken::from_bytes(rand::random());
        let outcome = self
            .backend
            .sign_in(name, token, keys.clone(), client.address)
            .await;
        // A name that cannot be had does not cost the next one a set of keys.
        if let Err(NoSession {
            keys: Keys::Unseen, ..
        }) = outcome
            && let Some(keys) = Arc::into_inner(keys)
        {
            self.keys.give_back(keys);
        }
        let (link, arrivals, who) = outcome.map_err(|none| none.refusal)?;
        let new = NewSession::draw();
        let session = Arc::new(Session::new(
            new.key,
            who.clone(),
            link,
            self.limits.of_session(),
            self.common.clone(),
        ));
        if let Err(refusal) = self.sessions.add(&session) {
            session.link.sign_out().await;
            return Err(refusal);
        }
        self.figures.sign_ins.inc();
        self.figures.sessions.inc();
        let app = self.clone();
        self.tasks.spawn(async move {
            let forget = || app.sessions.remove(session.key);
            session.run(arrivals, app.session_idle, forget).await;
            app.figures.sessions.dec();
        });
        Ok((new, who))
    }
}
