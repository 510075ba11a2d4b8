//! From an address to a signed-in connection whose keys are announced.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wire_format::{
    Announcement, ErrorCode, Refusal, SealError,
    command::{
        Operation,
        auth::{Guest, SignedIn},
        keys::Announce,
        session as command,
    },
    limits::{PROTOCOL_VERSION, SIGN_IN_WITHIN},
};

use super::{SessionSettings, link::SignedInLink};
use crate::{
    clock::Clock,
    connection::Connection,
    error::{CallError, ConnectError, Ended},
    room::Identity,
};

/// Connects and signs in, in one deadline. `before` is who the session was, if it was.
pub(super) async fn sign_in(
    settings: Arc<SessionSettings>,
    before: Option<Arc<Identity>>,
) -> Result<SignedInLink, ConnectError> {
    let steps = steps(&settings, before);
    tokio::time::timeout(WITHIN, steps)
        .await
        .unwrap_or(Err(ConnectError::TimedOut))
}

async fn steps(
    settings: &SessionSettings,
    before: Option<Arc<Identity>>,
) -> Result<SignedInLink, ConnectError> {
    let mut connection = Connection::open(&settings.endpoint, settings.trust.as_ref()).await?;
    greet(&mut connection, settings).await?;
    let guest = Guest {
        name: settings.name.clone(),
        token: Some(settings.token.clone()),
    };
    let (who, _) = step(&mut connection, &guest, Bytes::new()).await?;
    if who.member != settings.token.member() {
        return Err(Ended::Untrue.into());
    }
    let identity = match before {
        Some(before) if before.name == who.name => before,
        _ => identity(settings, who).await?,
    };
    let announcement = identity.announcement.clone();
    let (announced, _) = step(&mut connection, &Announce {}, announcement).await?;
    if announced.fingerprint != identity.keys.fingerprint() {
        return Err(Ended::Untrue.into());
    }
    Ok(SignedInLink {
        connection,
        identity,
    })
}

async fn greet(
    connection: &mut Connection,
    settings: &SessionSettings,
) -> Result<(), ConnectError> {
    let hello = command::Hello {
        version: PROTOCOL_VERSION,
        client: settings.client.clone(),
    };
    let (greeting, _) = step(connection, &hello, Bytes::new()).await?;
    if greeting.version != PROTOCOL_VERSION {
        let refusal = Refusal::new(ErrorCode::UnsupportedVersion);
        return Err(refused::<command::Hello>(refusal));
    }
    if let Some(carry) = &settings.carry {
        let carry = command::Carry {
            address: carry.address.clone(),
            proof: carry.key.prove(&greeting.challenge, &carry.address),
        };
        step(connection, &carry, Bytes::new()).await?;
    }
    Ok(())
}

async fn identity(
    settings: &SessionSettings,
    who: SignedIn,
) -> Result<Arc<Identity>, ConnectError> {
    let keys = Arc::clone(&settings.keys);
    let made_at = Clock::start().now().wall;
    // A permit ends with the signing: one session's slow work does not hold up others for longer.
    let _turn = settings.keyring.turn().await;
    let made = tokio::task::spawn_blocking(move || {
        let announcement = keys.announce(who.member, &who.name, made_at, &mut rand::rng())?;
        Ok::<(Announcement, SignedIn), SealError>((announcement, who))
    });
    let (announcement, who) = made.await.map_err(|_| SealError::KeyOperation)??;
    Ok(Arc::new(Identity {
        member: who.member,
        name: who.name,
        keys: Arc::clone(&settings.keys),
        announcement: Bytes::copy_from_slice(announcement.bytes()),
    }))
}

async fn step<O: Operation>(
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

/// Connecting, the TLS handshake and the sign-in, for which the server gives as much again.
const WITHIN: Duration = SIGN_IN_WITHIN;
