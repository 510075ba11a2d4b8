//! The ways into an account that is there.

use bytes::Bytes;
use wire_format::{
    Challenge,
    command::auth::{Login, Params, Recover, Resume, SignInParams, SignedInAccount},
    passwords::{Halves, Password, RecoveryCode, Rounds, ServerName},
};

use super::{
    Account,
    blocking::blocking,
    entering::Entered,
    error::{AccountError, OwnFault, PeerFault},
    kept::{Kept, Seen},
    line::Line,
    root::Opener,
    server::AccountServer,
};
use crate::{clock::Clock, session::Session};

/// Signs in to an account of a server, or goes on with a session of it.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub(super) server: AccountServer,
    pub(super) name: String,
    /// What this device saw of the account before, if it did.
    pub(super) seen: Option<Seen>,
}

impl SignIn {
    /// Begins with the server and the user name as it was typed.
    pub fn new(server: AccountServer, name: impl Into<String>) -> Self {
        Self {
            server,
            name: name.into(),
            seen: None,
        }
    }

    /// Names what this device saw of the account before: the server must not fall behind it.
    #[must_use]
    pub fn after(mut self, seen: Seen) -> Self {
        self.seen = Some(seen);
        self
    }

    /// Signs in with the password. A dropped future leaves at most a session that nobody goes on with.
    ///
    /// # Errors
    /// `login_failed` for another name or password; [`PeerFault::ServerName`] and
    /// [`PeerFault::Rounds`] before anything of the password is sent; the typed cause otherwise.
    pub async fn with_password(self, password: Password) -> Result<Account, AccountError> {
        let (server_name, params) = ask(&self.server, &self.name).await?;
        let halves = stretch(password, &params, server_name.clone()).await?;
        let mut line = Line::open(&self.server).await?;
        let login = Login {
            name: self.name,
            login: halves.login,
        };
        let (signed_in, _) = line.call(&login, Bytes::new()).await?;
        let entered = entered(line, self.server, server_name, &params, signed_in)?;
        let opener = Opener::Password(halves.vault);
        arrived(entered.unlock(&opener, self.seen).await?).await
    }

    /// Signs in with the recovery code; a new password is to be set next
    /// ([`Account::set_password`]). A dropped future leaves at most a session that nobody goes on with.
    ///
    /// # Errors
    /// As [`SignIn::with_password`].
    pub async fn with_code(self, code: RecoveryCode) -> Result<Account, AccountError> {
        let (server_name, params) = ask(&self.server, &self.name).await?;
        let halves = code.halves(params.account, &server_name)?;
        let mut line = Line::open(&self.server).await?;
        let recover = Recover {
            name: self.name,
            recovery: halves.login,
        };
        let (signed_in, _) = line.call(&recover, Bytes::new()).await?;
        let entered = entered(line, self.server, server_name, &params, signed_in)?;
        let opener = Opener::Recovery(halves.vault);
        arrived(entered.unlock(&opener, self.seen).await?).await
    }

    /// Goes on with a session that this device kept. Its connection elsewhere, if it has one, is
    /// closed with `replaced`.
    ///
    /// # Errors
    /// `login_failed` if the session is over; the typed cause otherwise.
    pub async fn again(mut server: AccountServer, kept: &Kept) -> Result<Account, AccountError> {
        let server_name = ServerName::parse(&kept.server_name).map_err(|_| OwnFault::Kept)?;
        // It was accepted when the state was kept, and is what the proof is bound to.
        server.accepted = Some(server_name.clone());
        let mut line = Line::open(&server).await?;
        let resume = Resume {
            token: Some(kept.token.clone()),
        };
        let (signed_in, _) = line.call(&resume, Bytes::new()).await?;
        continued(line, server, server_name, kept, signed_in).await
    }

    /// Goes on with a session that this device kept, on the connection of a [`Session`] that resumed
    /// it and is to answer `challenge`: it may be in rooms when this returns, and what is asked of the
    /// account goes over that connection. To be done again after each
    /// [`SessionEvent::Challenge`](crate::session::SessionEvent::Challenge); what other devices
    /// changed meanwhile is taken in.
    ///
    /// Its caller takes the session's events meanwhile. A dropped future leaves the keys proven or not.
    ///
    /// # Errors
    /// [`AccountError::Ended`] if the connection is lost, and another challenge may follow; the typed
    /// cause otherwise.
    pub async fn within(
        session: &Session,
        mut server: AccountServer,
        kept: &Kept,
        challenge: Challenge,
    ) -> Result<Account, AccountError> {
        let server_name = ServerName::parse(&kept.server_name).map_err(|_| OwnFault::Kept)?;
        server.accepted = Some(server_name.clone());
        let mut signed_in = session.account().cloned().ok_or(OwnFault::Kept)?;
        signed_in.challenge = challenge;
        let line = Line::Shared(session.clone());
        continued(line, server, server_name, kept, signed_in).await
    }
}

/// From a resumed session to its account.
async fn continued(
    line: Line,
    server: AccountServer,
    server_name: ServerName,
    kept: &Kept,
    mut signed_in: SignedInAccount,
) -> Result<Account, AccountError> {
    if signed_in.account != kept.account {
        let (expected, found) = (kept.account, signed_in.account);
        return Err(PeerFault::OtherAccount { expected, found }.into());
    }
    if signed_in.name != kept.name {
        return Err(PeerFault::OtherName.into());
    }
    if signed_in.session != kept.session {
        return Err(PeerFault::OtherSession(signed_in.session).into());
    }
    signed_in.token = Some(kept.token.clone());
    let entered = Entered::new(line, server, server_name, signed_in)?;
    let opener = Opener::Kept(kept.vault_key.clone());
    let mut account = entered.unlock(&opener, Some(kept.seen)).await?;
    account.seen_items = kept.items.clone();
    arrived(account).await
}

/// What is due after every sign-in: the published wrap key is compared, and replaced at its age.
async fn arrived(mut account: Account) -> Result<Account, AccountError> {
    account.renew_wrap_key(Clock::start().now().wall).await?;
    Ok(account)
}

/// Asks what a password is stretched with, on a connection of its own: stretching may take longer
/// than a server waits for a sign-in.
pub(super) async fn ask(
    server: &AccountServer,
    name: &str,
) -> Result<(ServerName, SignInParams), AccountError> {
    let mut line = Line::open(server).await?;
    let name = name.to_owned();
    let (params, _) = line.call(&Params { name }, Bytes::new()).await?;
    line.close().await;
    Ok((server.recognise(&params.server)?, params))
}

/// Stretches a password, if the rounds are neither few nor endless.
pub(super) async fn stretch(
    password: Password,
    params: &SignInParams,
    server: ServerName,
) -> Result<Halves, AccountError> {
    let rounds = Rounds::try_from(params.rounds).map_err(PeerFault::Rounds)?;
    let salt = params.salt;
    let halves = blocking(move || password.halves(&salt, rounds, &server));
    Ok(halves.await??)
}

/// A session of the account that was asked about.
pub(super) fn entered(
    line: Line,
    server: AccountServer,
    server_name: ServerName,
    params: &SignInParams,
    signed_in: SignedInAccount,
) -> Result<Entered, AccountError> {
    if signed_in.account != params.account {
        let (expected, found) = (params.account, signed_in.account);
        return Err(PeerFault::OtherAccount { expected, found }.into());
    }
    Entered::new(line, server, server_name, signed_in)
}
