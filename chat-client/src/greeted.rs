//! A connection that has said hello: what comes before a sign-in, and what needs none.

use bytes::Bytes;
use wire_format::{
    ErrorCode, ProxyKey, Refusal,
    command::{
        Operation,
        session::{self as command, Greeting},
    },
    limits::PROTOCOL_VERSION,
};

use crate::{
    connection::Connection,
    endpoint::Endpoint,
    error::{CallError, ConnectError, Ended},
    tls::Trust,
};

/// For whom a proxy speaks.
#[derive(Clone, Debug)]
pub struct Carry {
    /// What the proxy and the server share.
    pub key: ProxyKey,
    /// The client's IP address as text.
    pub address: String,
}

/// A connection whose server has greeted, and on which nobody has signed in.
#[derive(Debug)]
pub struct Greeted {
    connection: Connection,
    greeting: Greeting,
}

impl Greeted {
    /// Connects, says hello as `client`, and for whom a proxy speaks. It has no deadline of its own.
    ///
    /// A dropped future closes the connection.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(
        endpoint: &Endpoint,
        trust: Option<&Trust>,
        client: &str,
        carry: Option<&Carry>,
    ) -> Result<Self, ConnectError> {
        let mut connection = Connection::open(endpoint, trust).await?;
        let hello = command::Hello {
            version: PROTOCOL_VERSION,
            client: client.to_owned(),
        };
        let (greeting, _) = step(&mut connection, &hello, Bytes::new()).await?;
        if greeting.version != PROTOCOL_VERSION {
            let refusal = Refusal::new(ErrorCode::UnsupportedVersion);
            return Err(refused::<command::Hello>(refusal));
        }
        if let Some(carry) = carry {
            let carry = command::Carry {
                address: carry.address.clone(),
                proof: carry.key.prove(&greeting.challenge, &carry.address),
            };
            step(&mut connection, &carry, Bytes::new()).await?;
        }
        Ok(Self {
            connection,
            greeting,
        })
    }

    /// What the server said of itself.
    pub const fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// Sends a command and waits for its reply, as [`Connection::call`].
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn call<O: Operation>(
        &mut self,
        operation: &O,
        tail: Bytes,
    ) -> Result<(O::Ok, Bytes), ConnectError> {
        step(&mut self.connection, operation, tail).await
    }

    /// The connection, to go on with.
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

/// A step of a sign-in.
pub(crate) async fn step<O: Operation>(
    connection: &mut Connection,
    operation: &O,
    tail: Bytes,
) -> Result<(O::Ok, Bytes), ConnectError> {
    connection
        .call(operation, tail)
        .await
        .map_err(|error| match error {
            CallError::Refused(refusal) => refused::<O>(refusal),
            CallError::Ended(ended) => ended.into(),
            CallError::NotConnected | CallError::Busy => Ended::Here.into(),
        })
}

fn refused<O: Operation>(refusal: Refusal) -> ConnectError {
    ConnectError::Refused {
        command: O::NAME,
        refusal,
    }
}
