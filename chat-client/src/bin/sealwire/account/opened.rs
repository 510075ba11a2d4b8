//! An account that this device keeps: its file, and connected again.

use chat_client::{AccountServer, Endpoint, SignIn, account::Account};

use super::{
    at::At,
    files::Transfers,
    home::{Home, Turn},
    state::State,
};
use crate::exit::Failure;

/// An account's file, and the right to be connected with its session.
pub(super) struct Held {
    pub(super) state: State,
    pub(super) server: AccountServer,
    home: Home,
    _turn: Turn,
}

impl Held {
    /// Finds the account and waits for its turn.
    pub(super) async fn take(at: &At, home: Home, name: Option<&str>) -> Result<Self, Failure> {
        let state = home.find(at.endpoint.as_ref(), name)?;
        let turn = home.turn(&state).await?;
        // Whoever had the turn before may have written it, or signed out.
        let state = home.again(&state)?;
        Transfers::forget_old(&home.transfers());
        let at = At {
            ca: at.ca.clone().or_else(|| state.ca.clone()),
            ..at.clone()
        };
        let endpoint: Endpoint = state
            .server
            .parse()
            .map_err(|_| Failure::Settings("the account's file names no server".to_owned()))?;
        Ok(Self {
            server: at.server_at(endpoint)?,
            state,
            home,
            _turn: turn,
        })
    }

    /// Writes down what the account has come to.
    pub(super) fn keep(&mut self, account: &Account) -> Result<(), Failure> {
        self.state.account = account.kept();
        self.home.save(&self.state)
    }

    /// The files that the account sends from this device.
    pub(super) fn transfers(&self) -> Result<Transfers, Failure> {
        Transfers::of(self.home.transfers(), &self.state.account)
    }

    /// Forgets the account.
    pub(super) fn forget(&self) -> Result<(), Failure> {
        self.home.remove(&self.state)
    }
}

/// An account that goes on with its session, over a connection of its own.
pub(super) struct Opened {
    pub(super) account: Account,
    pub(super) held: Held,
}

impl Opened {
    /// Finds the account, waits for its turn, and goes on with its session.
    pub(super) async fn again(at: &At, home: Home, name: Option<&str>) -> Result<Self, Failure> {
        let held = Held::take(at, home, name).await?;
        let account = SignIn::again(held.server.clone(), &held.state.account).await?;
        let mut opened = Self { account, held };
        opened.keep()?;
        Ok(opened)
    }

    /// Writes down what the account has come to.
    pub(super) fn keep(&mut self) -> Result<(), Failure> {
        self.held.keep(&self.account)
    }

    /// Writes it down and says goodbye; the session stays.
    pub(super) async fn close(mut self) -> Result<(), Failure> {
        self.keep()?;
        self.account.close().await;
        Ok(())
    }

    /// Ends the session and forgets the account.
    pub(super) async fn logout(self) -> Result<(), Failure> {
        self.account.logout().await?;
        self.held.forget()
    }
}
