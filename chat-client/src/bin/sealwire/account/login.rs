//! `sealwire login`: signs in on this device.

use chat_client::{AccountServer, SignIn, account::Account};

use super::{
    at::At,
    flags::Login,
    home::{Home, Turn},
    secrets,
    state::State,
    whoami,
};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Login) -> Result<(), Failure> {
    let server = at.server()?;
    let endpoint = server.endpoint.clone();
    let before = Before::find(&home, &server, &flags.name).await?;
    let password = secrets::password(&flags.password).await?;
    let sign_in = before.sign_in(server, flags.name);
    let mut account = sign_in.with_password(password).await?;
    let state = State::new(&endpoint, at.absolute_ca()?, before.rehearsed(), &account);
    home.save(&state)?;
    before.end(&mut account).await;
    let printed = whoami::print(format, &account, &state);
    account.close().await;
    printed
}

/// What this device had of the account before it signs in again, if it had something.
pub(super) struct Before(Option<(State, Turn)>);

impl Before {
    pub(super) async fn find(
        home: &Home,
        server: &AccountServer,
        name: &str,
    ) -> Result<Self, Failure> {
        Ok(Self(match home.known(&server.endpoint, name)? {
            Some(state) => {
                let turn = home.turn(&state).await?;
                Some((state, turn))
            }
            None => None,
        }))
    }

    /// Begins to sign in: the server has the name that was accepted, and does not fall behind.
    pub(super) fn sign_in(&self, mut server: AccountServer, name: String) -> SignIn {
        let Some((state, _)) = &self.0 else {
            return SignIn::new(server, name);
        };
        server.accepted = server.accepted.or_else(|| state.server_name());
        SignIn::new(server, name).after(state.account.seen)
    }

    /// Whether the recovery code was typed back, as far as was known.
    fn rehearsed(&self) -> Option<bool> {
        self.0.as_ref().and_then(|(state, _)| state.rehearsed)
    }

    /// Ends the session that this device had: nobody can go on with it any more.
    async fn end(self, account: &mut Account) {
        if let Some((state, _)) = self.0
            && state.account.session != account.session()
        {
            // One that cannot be ended now ends by itself, some weeks later.
            let _ = account.revoke(state.account.session).await;
        }
    }
}
