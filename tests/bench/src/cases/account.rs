//! An account of a server that is measured.

use std::net::SocketAddr;

use bytes::Bytes;
use chat_client::{
    Connection,
    account::{Account, AccountServer, Registration, Rehearsal},
};
use wire_format::{
    command::session::Hello,
    passwords::{Password, RecoveryCode},
};

/// Registers somebody.
///
/// # Errors
/// The server refuses.
pub(super) async fn register(
    address: SocketAddr,
    name: &str,
    password: Password,
) -> anyhow::Result<Account> {
    let server = AccountServer::new(address.to_string().parse()?);
    let registration = Registration::begin(server, name).await?;
    let code = RecoveryCode::generate(&mut rand::rng());
    let account = registration.register(password, code, Rehearsal::Done);
    Ok(account.await?)
}

/// A connection that has said hello, for who does the rest by hand.
///
/// # Errors
/// The server is not there.
pub(super) async fn greeted(address: SocketAddr) -> anyhow::Result<Connection> {
    let endpoint = address.to_string().parse()?;
    let mut connection = Connection::open(&endpoint, None).await?;
    let hello = Hello {
        version: 1,
        client: "bench/1".to_owned(),
    };
    connection.call(&hello, Bytes::new()).await?;
    Ok(connection)
}
