//! Taking up an account's session that this proxy does not hold.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::Instant;
use wire_format::{CloseCode, ErrorCode, Refusal, SessionToken};

use crate::{
    app::App,
    client::Client,
    cookie::{Named, SessionKey},
    session::Session,
    wall_clock,
};

/// The sessions that are being taken up, and those that were refused lately.
#[derive(Default)]
pub(super) struct Taking(
    /// Locked for one look-up or change.
    Mutex<State>,
);

#[derive(Default)]
struct State {
    under_way: HashMap<SessionKey, Shared<BoxFuture<'static, Taken>>>,
    refused: HashMap<SessionKey, (Instant, Refusal)>,
}

type Taken = Result<Arc<Session>, Refusal>;

impl App {
    /// The session that a cookie names: the one that is held, or one that is taken up now.
    ///
    /// That a session is held is the verdict on its token, by the token's hash: it was checked when
    /// the session began here, and holds until the chat-server revokes it or it expires.
    ///
    /// A dropped future leaves the taking up to others who wait for it.
    ///
    /// # Errors
    /// `not_signed_in`, or why it cannot be told at the moment.
    pub(crate) async fn session_of(self: &Arc<Self>, client: Client, named: Named) -> Taken {
        if let Some(session) = self.sessions.find(named.key()) {
            if session.who.is_over(wall_clock::now()) {
                // The chat-server looks once a minute.
                session.leave(CloseCode::Revoked);
                return Err(ErrorCode::NotSignedIn.into());
            }
            return Ok(session);
        }
        let Named::Account(key, token) = named else {
            return Err(ErrorCode::NotSignedIn.into());
        };
        self.accounts.taking.check(key)?;
        self.accounts.check(self, client.address, &token).await?;
        self.taking(client, key, token)?.await
    }

    /// Joins who takes a session up already, or begins.
    fn taking(
        self: &Arc<Self>,
        client: Client,
        key: SessionKey,
        token: SessionToken,
    ) -> Result<Shared<BoxFuture<'static, Taken>>, Refusal> {
        let mut state = self.accounts.taking.lock();
        state.check(key)?;
        if let Some(taking) = state.under_way.get(&key) {
            return Ok(taking.clone());
        }
        // Whoever took it up meanwhile has added it before the lock was free.
        if let Some(session) = self.sessions.find(key) {
            return Ok(async move { Ok(session) }.boxed().shared());
        }
        self.limits.sign_in(client.address)?;
        let app = Arc::clone(self);
        let taking = self.tasks.spawn(async move {
            let resuming = app.tasks.spawn({
                let app = Arc::clone(&app);
                async move { app.resume(client, token).await }
            });
            let taken = resuming.await;
            let taken = taken.unwrap_or(Err(ErrorCode::Internal.into()));
            app.accounts.taking.done(key, &taken);
            taken
        });
        let taking = async move { taking.await.unwrap_or(Err(ErrorCode::Internal.into())) };
        let taking = taking.boxed().shared();
        state.under_way.insert(key, taking.clone());
        Ok(taking)
    }
}

impl Taking {
    fn check(&self, key: SessionKey) -> Result<(), Refusal> {
        self.lock().check(key)
    }

    fn done(&self, key: SessionKey, taken: &Taken) {
        let mut state = self.lock();
        state.under_way.remove(&key);
        if let Err(refusal) = taken {
            state.refuse(key, *refusal);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, key: SessionKey) -> Result<(), Refusal> {
        match self.refused.get(&key) {
            Some((until, refusal)) if Instant::now() < *until => Err(*refusal),
            Some(_) | None => Ok(()),
        }
    }

    fn refuse(&mut self, key: SessionKey, refusal: Refusal) {
        let now = Instant::now();
        if self.refused.len() >= REFUSED {
            self.refused.retain(|_, (until, _)| now < *until);
        }
        if self.refused.len() >= REFUSED {
            // What is forgotten is asked again.
            self.refused.clear();
        }
        let holds = match refusal.code {
            ErrorCode::NotSignedIn => REFUSAL_HOLDS,
            _ => FAILURE_HOLDS,
        };
        self.refused.insert(key, (now + holds, refusal));
    }
}

/// Says how many, not which.
impl fmt::Debug for Taking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Taking")
            .field("under_way", &state.under_way.len())
            .field("refused", &state.refused.len())
            .finish()
    }
}

/// Refused sessions that are remembered: 64 bytes each.
const REFUSED: usize = 4_096;
/// How long the chat-server's no to a token holds: a session that has ended does not come back.
const REFUSAL_HOLDS: Duration = Duration::from_secs(60);
/// How long a failure to ask it does.
const FAILURE_HOLDS: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> SessionKey {
        let token = format!("a.b.{number}").parse().expect("a token");
        SessionKey::of_token(&token)
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_for_a_while_and_a_failure_for_a_moment() {
        let mut state = State::default();
        let (gone, away) = (ErrorCode::NotSignedIn, ErrorCode::Unavailable);
        state.refuse(key(1), gone.into());
        state.refuse(key(2), away.into());
        let code = |state: &State, number| state.check(key(number)).err().map(|no| no.code);
        assert_eq!(code(&state, 1), Some(gone));
        assert_eq!(code(&state, 2), Some(away));
        assert_eq!(code(&state, 3), None);
        tokio::time::advance(FAILURE_HOLDS).await;
        assert_eq!(code(&state, 1), Some(gone));
        assert_eq!(code(&state, 2), None);
        tokio::time::advance(REFUSAL_HOLDS).await;
        assert_eq!(code(&state, 1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_refusals_are_remembered_than_may_be() {
        let mut state = State::default();
        for number in 0..=REFUSED {
            state.refuse(key(number), ErrorCode::NotSignedIn.into());
        }
        assert_eq!(state.refused.len(), 1);
        assert!(state.check(key(REFUSED)).is_err());
    }
}
