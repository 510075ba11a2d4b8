//! Making an account.

use std::sync::Arc;

use bytes::Bytes;
use precis_profiles::{Nickname, precis_core::profile::Profile as _};
use wire_format::{
    AccountId, OneTimeToken,
    command::auth::{Params, Register},
    passwords::{Password, RecoveryCode, ServerName},
};

use super::{
    Account,
    blocking::blocking,
    entering::Entered,
    error::{AccountError, OwnFault, PeerFault},
    line::Line,
    records::{Draft, Made},
    server::AccountServer,
};
use crate::clock::Clock;

/// Whether the recovery code was typed back by its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rehearsal {
    /// It was.
    Done,
    /// Not yet.
    Skipped,
}

/// An account that is about to be made: the server was asked what it is called.
#[derive(Debug)]
pub struct Registration {
    server: AccountServer,
    server_name: ServerName,
    name: String,
    /// What an operator handed out, where registering is not open.
    pub invitation: Option<OneTimeToken>,
}

impl Registration {
    /// Prepares the name and recognises the server. Nothing is registered. A dropped future leaves
    /// nothing behind.
    ///
    /// # Errors
    /// [`OwnFault::Name`], [`PeerFault::ServerName`], or the typed cause.
    pub async fn begin(server: AccountServer, typed: &str) -> Result<Self, AccountError> {
        let name = Nickname::new().enforce(typed);
        let name = name.map_err(|_| OwnFault::Name)?.into_owned();
        let mut line = Line::open(&server).await?;
        let (params, _) = line
            .call(&Params { name: name.clone() }, Bytes::new())
            .await?;
        line.close().await;
        let server_name = server.recognise(&params.server)?;
        Ok(Self {
            server,
            server_name,
            name,
            invitation: None,
        })
    }

    /// The name that the keys will be signed for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's name, which was recognised.
    pub fn server_name(&self) -> &ServerName {
        &self.server_name
    }

    /// Makes keys, registers and proves them. The caller has shown or kept the recovery code.
    ///
    /// A dropped future leaves no account, or a whole one that can sign in.
    ///
    /// # Errors
    /// The refusal (`name_taken` and others), or the typed cause.
    pub async fn register(
        self,
        password: Password,
        code: RecoveryCode,
        rehearsal: Rehearsal,
    ) -> Result<Account, AccountError> {
        let account = AccountId::from_bytes(rand::random());
        let draft = Draft {
            account,
            name: self.name.clone(),
            server: self.server_name.clone(),
            now: Clock::start().now().wall,
        };
        // Before the connection: a server does not wait for seconds.
        let made = blocking(move || draft.make(&password, &code)).await??;
        let mut line = Line::open(&self.server).await?;
        let register = self.command(account, &made, rehearsal);
        let (signed_in, _) = line.call(&register, made.records.clone()).await?;
        if signed_in.account != account {
            let (expected, found) = (account, signed_in.account);
            return Err(PeerFault::OtherAccount { expected, found }.into());
        }
        if signed_in.name != self.name {
            return Err(PeerFault::OtherName.into());
        }
        let entered = Entered::new(line, self.server, self.server_name, signed_in)?;
        let keys = Arc::new(made.keys);
        entered.prove(keys, made.chain, made.root, None).await
    }

    fn command(&self, account: AccountId, made: &Made, rehearsal: Rehearsal) -> Register {
        let secrets = &made.secrets;
        Register {
            account,
            name: self.name.clone(),
            salt: secrets.salt,
            rounds: secrets.rounds.value(),
            login: secrets.login.clone(),
            recovery: secrets.recovery.clone(),
            rehearsed: rehearsal == Rehearsal::Done,
            guest: None,
            invitation: self.invitation.clone(),
        }
    }
}
