//! An account that talks: its session, taken up by what this device keeps.

use std::{path::PathBuf, time::Duration};

use chat_client::{
    AccountError, Session, SessionEvents, SessionSettings, SignIn,
    account::Account,
    session::{self, AccountSignIn, SessionEnd},
};
use tokio::task::JoinHandle;
use wire_format::Challenge;

use super::{
    at::{At, AtFlags},
    home::Home,
    opened::Held,
};
use crate::{exit::Failure, visit};

/// An account of this device.
pub(crate) struct Own {
    at: At,
    home: Home,
    name: String,
}

impl Own {
    /// An account by its name, among those of a server if one is named.
    pub(crate) fn settle(
        name: String,
        server: Option<String>,
        ca: Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        let (at, home) = AtFlags::of(server, ca, home).settle(None, None)?;
        Ok(Self { at, home, name })
    }
}

/// An account that answers for its keys on each connection of a session. Its file is held meanwhile:
/// other commands with this account wait, as the server keeps one connection a session.
pub(crate) struct TakenUp {
    held: Held,
    proving: Option<JoinHandle<Result<Account, AccountError>>>,
}

impl TakenUp {
    /// Finds the account, waits for its turn, resumes its session and proves its keys.
    pub(crate) async fn begin(
        own: Own,
        give_up_after: Duration,
    ) -> Result<(Session, SessionEvents, Self), Failure> {
        let mut held = Held::take(&own.at, own.home, Some(&own.name)).await?;
        let resume = AccountSignIn::Resume(held.state.account.token.clone());
        let who = session::SignIn::Account(resume);
        let server = &held.server;
        let mut settings = SessionSettings::of(server.endpoint.clone(), who, visit::keys().await?);
        settings.trust.clone_from(&server.trust);
        settings.give_up_after = Some(give_up_after);
        let connected = Session::connect(settings).await;
        let (session, events) = connected.map_err(AccountError::from)?;
        if let Err(failure) = held.prove_first(&session).await {
            session.leave().await;
            return Err(failure);
        }
        let taken_up = Self {
            held,
            proving: None,
        };
        Ok((session, events, taken_up))
    }

    /// There is another connection, which wants a proof; what was under way belonged to the one before.
    pub(crate) fn challenged(&mut self, session: &Session, challenge: Challenge) {
        if let Some(before) = self.proving.take() {
            before.abort();
        }
        let (session, server) = (session.clone(), self.held.server.clone());
        let kept = self.held.state.account.clone();
        // Joined by `proven`, or ended with the connection that it belongs to.
        self.proving = Some(tokio::spawn(async move {
            SignIn::within(&session, server, &kept, challenge).await
        }));
    }

    /// Waits for the proof that is under way, and keeps what the account has come to. Safe to drop
    /// while waiting.
    pub(crate) async fn proven(&mut self) -> Result<(), Failure> {
        let Some(proving) = &mut self.proving else {
            return std::future::pending().await;
        };
        let outcome = proving.await;
        self.proving = None;
        match outcome {
            Ok(Ok(account)) => self.held.keep(&account),
            // The session says what follows: another connection, or its end.
            Ok(Err(AccountError::Ended(_))) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(Failure::Lost(SessionEnd::Internal)),
        }
    }
}

impl Drop for TakenUp {
    fn drop(&mut self) {
        if let Some(proving) = &self.proving {
            proving.abort();
        }
    }
}

impl Held {
    /// Answers the challenge of a session's first connection.
    async fn prove_first(&mut self, session: &Session) -> Result<(), Failure> {
        let challenge = session.account().map(|account| account.challenge);
        let challenge = challenge.ok_or(Failure::Lost(SessionEnd::Internal))?;
        let (server, kept) = (self.server.clone(), &self.state.account);
        let account = SignIn::within(session, server, kept, challenge).await?;
        self.keep(&account)
    }
}
