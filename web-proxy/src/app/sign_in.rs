//! How sessions begin and end.

use std::sync::Arc;

use chat_client::session::{AccountSignIn, Guest, SignIn};
use wire_format::{
    ErrorCode, GuestToken, Refusal, SessionToken,
    command::auth::{SignedIn, SignedInAccount},
};

use super::App;
use crate::{
    backend::{Arrived, Keys, NoSession},
    client::Client,
    cookie::{Named, NewSession, SessionKey},
    session::{Session, who::Who},
};

impl App {
    /// Signs a guest in under a new session id; a session that the request came with is ended first.
    ///
    /// A dropped future leaves no session behind that nobody has the cookie of.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn sign_in_guest(
        self: &Arc<Self>,
        client: Client,
        before: Option<Named>,
        name: String,
    ) -> Result<(NewSession, SignedIn), Refusal> {
        if let Some(before) = before {
            // Where that cannot be done, its cookie goes all the same.
            let _ = self.end_named(client, before).await;
        }
        let token = GuestToken::from_bytes(rand::random());
        let who = SignIn::Guest(Guest { name, token });
        let new = NewSession::draw();
        let (session, _) = self.begin(client, who, |_| new.key).await?;
        self.figures.sign_ins.inc();
        match &session.who {
            Who::Guest { signed_in, .. } => Ok((new, signed_in.clone())),
            Who::Account(_) => Err(ErrorCode::Internal.into()),
        }
    }

    /// Signs an account in; a session that the request came with is ended once that has worked.
    ///
    /// A dropped future leaves at most a session that nobody has the token of, and that is left
    /// when no stream comes.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn sign_in_account(
        self: &Arc<Self>,
        client: Client,
        before: Option<Named>,
        sign_in: AccountSignIn,
    ) -> Result<(SessionToken, SignedInAccount), Refusal> {
        let sign_in = self.with_the_guests_name(before.as_ref(), sign_in);
        let (session, token) = self.begin_account(client, sign_in).await?;
        let token = token.ok_or(ErrorCode::Internal)?;
        self.figures.sign_ins.inc();
        if let Some(before) = before.filter(|before| before.key() != session.key) {
            // Where that cannot be done, its cookie goes all the same.
            let _ = self.end_named(client, before).await;
        }
        match &session.who {
            Who::Account(account) => Ok((token, (**account).clone())),
            Who::Guest { .. } => Err(ErrorCode::Internal.into()),
        }
    }

    /// Takes an account's session up by its token.
    ///
    /// # Errors
    /// `not_signed_in` if it has ended, or why it cannot be told at the moment.
    pub(crate) async fn resume(
        self: &Arc<Self>,
        client: Client,
        token: SessionToken,
    ) -> Result<Arc<Session>, Refusal> {
        let key = SessionKey::of_token(&token);
        let who = SignIn::Account(AccountSignIn::Resume(token));
        match self.begin(client, who, |_| key).await {
            Ok((session, _)) => Ok(session),
            Err(refusal) if refusal.code == ErrorCode::LoginFailed => {
                Err(ErrorCode::NotSignedIn.into())
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Ends the session that a cookie names, whether this proxy holds it or not.
    ///
    /// # Errors
    /// `not_signed_in` if there is none, or why the chat-server was not told; this proxy does not
    /// hold it any more in any case.
    pub(crate) async fn end_named(&self, client: Client, named: Named) -> Result<(), Refusal> {
        if let Some(session) = self.sessions.find(named.key()) {
            return session.sign_out(None).await;
        }
        let Named::Account(_, token) = named else {
            return Err(ErrorCode::NotSignedIn.into());
        };
        let address = client.address;
        self.accounts.check(self, address, &token).await?;
        self.limits.sign_in(address)?;
        self.backend.end_session(token, address).await
    }

    /// A guest that registers under the own name takes it along.
    fn with_the_guests_name(
        &self,
        before: Option<&Named>,
        mut sign_in: AccountSignIn,
    ) -> AccountSignIn {
        let guest = before.and_then(|before| self.sessions.find(before.key()));
        if let (AccountSignIn::Register(register, _), Some(guest)) = (&mut sign_in, guest)
            && let Who::Guest { signed_in, token } = &guest.who
            && signed_in.name == register.name
        {
            register.guest = Some(token.clone());
        }
        sign_in
    }

    async fn begin_account(
        self: &Arc<Self>,
        client: Client,
        sign_in: AccountSignIn,
    ) -> Result<(Arc<Session>, Option<SessionToken>), Refusal> {
        // Where the chat-server gives no token, there is no session either.
        let key = |token: Option<&SessionToken>| {
            token.map_or(NewSession::draw().key, SessionKey::of_token)
        };
        self.begin(client, SignIn::Account(sign_in), key).await
    }

    /// Connects, signs in, and holds the session from now on.
    async fn begin(
        self: &Arc<Self>,
        client: Client,
        who: SignIn,
        key: impl FnOnce(Option<&SessionToken>) -> SessionKey,
    ) -> Result<(Arc<Session>, Option<SessionToken>), Refusal> {
        self.sessions.check_room()?;
        let keys = Arc::new(self.keys.take()?);
        let outcome = self.backend.sign_in(who, keys.clone(), client).await;
        // A name that cannot be had does not cost the next one a set of keys.
        if let Err(NoSession {
            keys: Keys::Unseen, ..
        }) = outcome
            && let Some(keys) = Arc::into_inner(keys)
        {
            self.keys.give_back(keys);
        }
        let Arrived {
            link,
            arrivals,
            who,
            token,
        } = outcome.map_err(|none| none.refusal)?;
        let session = Arc::new(Session::new(
            key(token.as_ref()),
            who,
            link,
            self.limits.of_session(),
            self.common.clone(),
        ));
        if let Err(refusal) = self.sessions.add(&session) {
            session.give_up().await;
            return Err(refusal);
        }
        self.figures.sessions.inc();
        let (app, running) = (self.clone(), session.clone());
        self.tasks.spawn(async move {
            let forget = || app.sessions.remove(&running);
            running.run(arrivals, app.session_idle, forget).await;
            app.figures.sessions.dec();
        });
        Ok((session, token))
    }
}
