//! A greeted connection, on which one call follows the other.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::time::timeout;
use wire_format::{
    ErrorCode, Refusal,
    command::{Operation, session::Hello},
    limits::{PROTOCOL_VERSION, SIGN_IN_WITHIN},
};

use super::{error::AccountError, server::AccountServer};
use crate::{
    connection::Connection,
    error::{CallError, Ended},
};

/// A connection whose server was greeted.
pub(super) struct Line(Connection);

impl Line {
    /// Connects and greets. A dropped future closes the socket.
    pub(super) async fn open(server: &AccountServer) -> Result<Self, AccountError> {
        let opening = async {
            let connection = Connection::open(&server.endpoint, server.trust.as_ref());
            let mut line = Self(connection.await?);
            let hello = Hello {
                version: PROTOCOL_VERSION,
                client: server.client.clone(),
            };
            let (greeting, _) = line.call(&hello, Bytes::new()).await?;
            if greeting.version == PROTOCOL_VERSION {
                Ok(line)
            } else {
                let refusal = Refusal::new(ErrorCode::UnsupportedVersion);
                Err(refused::<Hello>(refusal))
            }
        };
        let opened = timeout(SIGN_IN_WITHIN, opening).await;
        opened.unwrap_or(Err(AccountError::TimedOut))
    }

    /// Calls and waits for the reply. A dropped future may have sent the command.
    pub(super) async fn call<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), AccountError> {
        // What other devices did is read from the server when it matters.
        while let Some(Ok(_)) = self.0.next().now_or_never() {}
        let called = timeout(ANSWER_WITHIN, self.0.call(operation, tail)).await;
        let called = called.map_err(|_| AccountError::TimedOut)?;
        called.map_err(|error| match error {
            CallError::Refused(refusal) => refused::<O>(refusal),
            CallError::Ended(ended) => ended.into(),
            CallError::NotConnected | CallError::Busy => Ended::Here.into(),
        })
    }

    /// Says goodbye.
    pub(super) async fn close(self) {
        self.0.close(GOODBYE_WITHIN).await;
    }
}

/// A refusal, with the command that was refused.
fn refused<O: Operation>(refusal: Refusal) -> AccountError {
    AccountError::Refused {
        command: O::NAME,
        refusal,
    }
}

/// How long a server may take for one answer: argon2id waits in a queue there.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long a goodbye may take.
const GOODBYE_WITHIN: Duration = Duration::from_secs(1);
