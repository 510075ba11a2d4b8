//! An account that this device keeps, connected again.

use chat_client::{Endpoint, SignIn, account::Account};

use super::{
    at::At,
    home::{Home, Turn},
    state::State,
};
use crate::exit::Failure;

/// An account with its file and the right to be connected with its session.
pub(super) struct Opened {
    pub(super) account: Account,
    pub(super) state: State,
    home: Home,
    _turn: Turn,
}

impl Opened {
    /// Finds the account, waits for its turn, and goes on with its session.
    pub(super) async fn again(at: &At, home: Home, name: Option<&str>) -> Result<Self, Failure> {
        let state = home.find(at.endpoint.as_ref(), name)?;
        let turn = home.turn(&state).await?;
        // Whoever had the turn before may have written it, or signed out.
        let state = home.again(&state)?;
        let at = At {
            ca: at.ca.clone().or_else(|| state.ca.clone()),
            ..at.clone()
        };
        let endpoint: Endpoint = state
            .server
            .parse()
            .map_err(|_| Failure::Settings("the account's file names no server".to_owned()))?;
        let account = SignIn::again(at.server_at(endpoint)?, &state.account).await?;
        let mut opened = Self {
            account,
            state,
            home,
            _turn: turn,
        };
        opened.keep()?;
        Ok(opened)
    }

    /// Writes down what the account has come to.
    pub(super) fn keep(&mut self) -> Result<(), Failure> {
        self.state.account = self.account.kept();
        self.home.save(&self.state)
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
        self.home.remove(&self.state)
    }
}
