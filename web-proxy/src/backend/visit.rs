//! What is asked of the chat-server on a connection of its own, without a session.

use std::net::IpAddr;

use bytes::Bytes;
use chat_client::{ConnectError, Greeted};
use tokio::time::timeout;
use wire_format::{
    ErrorCode, Refusal, SessionToken,
    command::{
        auth::{Logout, Params, Resume, SignInParams},
        session::TokenKey,
    },
    limits::SIGN_IN_WITHIN,
};

use super::{Backend, CLIENT, refusal_of_connect};

impl Backend {
    /// `auth.params`, and what tokens are checked with.
    ///
    /// A dropped future closes the connection.
    ///
    /// # Errors
    /// The chat-server's refusal, or `unavailable`.
    pub(crate) async fn params(
        &self,
        address: IpAddr,
        params: &Params,
    ) -> Result<(SignInParams, Option<TokenKey>), Refusal> {
        let asking = async {
            let mut greeted = self.greeted(address).await?;
            let (answer, _) = greeted.call(params, Bytes::new()).await?;
            Ok((answer, greeted.greeting().token_key.clone()))
        };
        within(asking).await
    }

    /// The name of the chat-server and what tokens are checked with; no key where it serves no
    /// accounts.
    ///
    /// # Errors
    /// The chat-server's refusal, or `unavailable`.
    pub(crate) async fn ask(&self, address: IpAddr) -> Result<(String, Option<TokenKey>), Refusal> {
        // Any name: it is answered for one that nobody has, too.
        let name = ANYBODY.to_owned();
        match self.params(address, &Params { name }).await {
            Ok((params, key)) => Ok((params.server, key)),
            Err(refusal) if refusal.code == ErrorCode::UnknownCommand => Ok((String::new(), None)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Ends an account's session that this proxy does not hold.
    ///
    /// A dropped future may have ended it.
    ///
    /// # Errors
    /// The chat-server's refusal, or `unavailable`.
    pub(crate) async fn end_session(
        &self,
        token: SessionToken,
        address: IpAddr,
    ) -> Result<(), Refusal> {
        let token = Some(token);
        let ending = async {
            let mut greeted = self.greeted(address).await?;
            greeted.call(&Resume { token }, Bytes::new()).await?;
            greeted.call(&Logout {}, Bytes::new()).await?;
            Ok(())
        };
        match within(ending).await {
            // It has ended already.
            Err(refusal) if refusal.code == ErrorCode::LoginFailed => {
                Err(ErrorCode::NotSignedIn.into())
            }
            ended => ended,
        }
    }

    async fn greeted(&self, address: IpAddr) -> Result<Greeted, ConnectError> {
        let carry = self.carry(address);
        Greeted::connect(&self.endpoint, self.trust.as_ref(), CLIENT, carry.as_ref()).await
    }
}

async fn within<T>(asking: impl Future<Output = Result<T, ConnectError>>) -> Result<T, Refusal> {
    timeout(SIGN_IN_WITHIN, asking)
        .await
        .unwrap_or(Err(ConnectError::TimedOut))
        .map_err(refusal_of_connect)
}

/// Whose parameters are asked for where only the server's name is wanted.
const ANYBODY: &str = "anybody";
