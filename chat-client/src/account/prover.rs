//! Answering a server's challenge.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use wire_format::{
    AccountId, Challenge, SessionId,
    identity::{IdentityKeys, ProofDraft},
    passwords::ServerName,
};

use super::{blocking::blocking, error::AccountError};
use crate::clock::Clock;

/// Proves an account's keys to one server, for one session: on every new connection of it.
#[derive(Clone)]
pub struct Prover {
    pub(super) keys: Arc<IdentityKeys>,
    pub(super) account: AccountId,
    pub(super) session: SessionId,
    pub(super) server: ServerName,
}

impl Prover {
    /// The record for the tail of `auth.prove`. A dropped future lets the signing go on, for nobody.
    ///
    /// # Errors
    /// [`AccountError::Own`] if signing failed.
    pub async fn answer(&self, challenge: Challenge) -> Result<Bytes, AccountError> {
        let prover = self.clone();
        let signed = blocking(move || {
            let draft = ProofDraft {
                account: prover.account,
                session: prover.session,
                challenge,
                server: &prover.server,
                now: Clock::start().now().wall,
            };
            prover.keys.prove(&draft, &mut rand::rng())
        });
        Ok(signed.await??)
    }
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prover({} on {})", self.account, self.server)
    }
}
