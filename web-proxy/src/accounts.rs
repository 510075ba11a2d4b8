//! Accounts as the proxy knows them: what a token is checked with, and how a session that this proxy
//! does not hold is taken up.
//!
//! ```text
//!  cookie ─▶ held, and not over? ─▶ refused lately? ─▶ signature, kid, expiry ─▶ one auth.resume, however many ask
//! ```
//!
//! A stranger's word costs the chat-server nothing: it is asked about a token only when its own key
//! has signed it, once for all requests that come meanwhile, and not again for a while once it said
//! no.

mod take_up;
mod token;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use wire_format::{ErrorCode, Refusal, SessionToken, command::session::TokenKey};

use self::{
    take_up::Taking,
    token::{Verdict, Verifier},
};
use crate::{
    app::App,
    backend::{self, Backend},
};

/// What the proxy knows of the chat-server's accounts.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    /// Locked to copy or replace it.
    known: Mutex<Option<Arc<Known>>>,
    /// When the chat-server was last asked; held while it is, so that one asks for all.
    asked_at: tokio::sync::Mutex<Option<Instant>>,
    taking: Taking,
}

/// What a chat-server said of itself.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its name in proofs and passwords.
    pub(crate) server: String,
    /// `None` where accounts are not served: there is no token then.
    verifier: Option<Verifier>,
}

impl Known {
    fn check(&self, token: &SessionToken) -> Verdict {
        let verifier = self.verifier.as_ref();
        verifier.map_or(Verdict::Fails, |verifier| verifier.check(token))
    }
}

impl Accounts {
    /// Takes note of what a chat-server said.
    pub(crate) fn learn(&self, server: String, key: Option<&TokenKey>) -> Arc<Known> {
        let verifier = key.and_then(Verifier::new);
        let known = Arc::new(Known { server, verifier });
        *self.lock() = Some(Arc::clone(&known));
        known
    }

    /// What is known of the chat-server; it is asked for a client at this address if nothing is.
    ///
    /// # Errors
    /// `unavailable`, or the chat-server's refusal.
    pub(crate) async fn known(
        &self,
        backend: &Backend,
        address: IpAddr,
    ) -> Result<Arc<Known>, Refusal> {
        let known = self.lock().clone();
        match known {
            Some(known) => Ok(known),
            None => self.ask(backend, address, None).await,
        }
    }

    /// Checks signature, `kid` and expiry of a token.
    ///
    /// # Errors
    /// `not_signed_in`; `unavailable` while no key is known.
    pub(crate) async fn check(
        &self,
        app: &App,
        address: IpAddr,
        token: &SessionToken,
    ) -> Result<(), Refusal> {
        let known = self.known(&app.backend, address).await?;
        let verdict = match known.check(token) {
            // The chat-server may have another one by now; who makes the proxy ask is counted.
            Verdict::OtherKey => {
                app.limits.sign_in(address)?;
                let known = self.ask(&app.backend, address, Some(known)).await?;
                known.check(token)
            }
            verdict => verdict,
        };
        match verdict {
            Verdict::Holds => Ok(()),
            Verdict::OtherKey | Verdict::Fails => Err(ErrorCode::NotSignedIn.into()),
        }
    }

    /// Asks the chat-server, one for all and not too often. `before` is what did not do.
    async fn ask(
        &self,
        backend: &Backend,
        address: IpAddr,
        before: Option<Arc<Known>>,
    ) -> Result<Arc<Known>, Refusal> {
        let mut asked_at = self.asked_at.lock().await;
        let now_known = self.lock().clone();
        let is_news = match (&now_known, &before) {
            (Some(now), Some(before)) => !Arc::ptr_eq(now, before),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let was_lately = asked_at.is_some_and(|at| at.elapsed() < ASK_EVERY);
        if is_news || was_lately {
            return now_known.ok_or(backend::waiting_helps(ErrorCode::Unavailable));
        }
        *asked_at = Some(Instant::now());
        let (server, key) = backend.ask(address).await?;
        Ok(self.learn(server, key.as_ref()))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often the chat-server is asked what tokens are checked with, at most: a token under a foreign
/// `kid` makes the proxy ask.
const ASK_EVERY: Duration = Duration::from_secs(1);
