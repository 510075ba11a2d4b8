//! From an address to a signed-in connection: a guest's with its keys announced, an account's whose
//! keys are to be proven.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wire_format::{
    Announcement, MemberId, SealError,
    command::{auth, keys::Announce},
    limits::SIGN_IN_WITHIN,
};

use super::{
    SessionSettings,
    link::{Link, SignedInLink},
    who::{AccountSignIn, SignIn},
};
use crate::{
    clock::Clock,
    error::{ConnectError, Ended},
    greeted::Greeted,
    room::Identity,
};

/// Connects and signs in, in one deadline. `before` is who the session was, if it was.
pub(super) async fn sign_in(
    settings: &SessionSettings,
    before: Option<Arc<Identity>>,
) -> Result<SignedInLink, ConnectError> {
    let steps = steps(settings, before);
    tokio::time::timeout(WITHIN, steps)
        .await
        .unwrap_or(Err(ConnectError::TimedOut))
}

async fn steps(
    settings: &SessionSettings,
    before: Option<Arc<Identity>>,
) -> Result<SignedInLink, ConnectError> {
    let greeted = Greeted::connect(
        &settings.endpoint,
        settings.trust.as_ref(),
        &settings.client,
        settings.carry.as_ref(),
    )
    .await?;
    match &settings.who {
        SignIn::Guest(guest) => as_guest(settings, before, greeted, guest).await,
        SignIn::Account(begin) => as_account(settings, before, greeted, begin).await,
    }
}

async fn as_guest(
    settings: &SessionSettings,
    before: Option<Arc<Identity>>,
    mut greeted: Greeted,
    guest: &super::who::Guest,
) -> Result<SignedInLink, ConnectError> {
    let sign_in = auth::Guest {
        name: guest.name.clone(),
        token: Some(guest.token.clone()),
    };
    let (who, _) = greeted.call(&sign_in, Bytes::new()).await?;
    if who.member != guest.token.member() {
        return Err(Ended::Untrue.into());
    }
    let identity = identity(settings, before, who.member, who.name).await?;
    let announcement = identity.announcement.clone();
    let (announced, _) = greeted.call(&Announce {}, announcement).await?;
    if announced.fingerprint != identity.keys.fingerprint() {
        return Err(Ended::Untrue.into());
    }
    Ok(SignedInLink {
        link: Link::Up(greeted.into_connection()),
        identity,
        account: None,
    })
}

async fn as_account(
    settings: &SessionSettings,
    before: Option<Arc<Identity>>,
    mut greeted: Greeted,
    begin: &AccountSignIn,
) -> Result<SignedInLink, ConnectError> {
    let signed_in = begin.carry_out(&mut greeted).await?;
    let member = MemberId::from(signed_in.session);
    if before
        .as_ref()
        .is_some_and(|before| before.member != member)
    {
        return Err(Ended::Untrue.into());
    }
    let identity = identity(settings, before, member, signed_in.name.clone()).await?;
    Ok(SignedInLink {
        link: Link::Unproven(greeted.into_connection()),
        identity,
        account: Some(signed_in),
    })
}

/// Who the session is from now on: as before, or with an announcement of its own.
async fn identity(
    settings: &SessionSettings,
    before: Option<Arc<Identity>>,
    member: MemberId,
    name: String,
) -> Result<Arc<Identity>, ConnectError> {
    if let Some(before) = before.filter(|before| before.name == name) {
        return Ok(before);
    }
    let keys = Arc::clone(&settings.keys);
    let made_at = Clock::start().now().wall;
    // A permit ends with the signing: one session's slow work does not hold up others for longer.
    let _turn = settings.keyring.turn().await;
    let made = tokio::task::spawn_blocking(move || {
        let announcement = keys.announce(member, &name, made_at, &mut rand::rng())?;
        Ok::<(Announcement, String), SealError>((announcement, name))
    });
    let (announcement, name) = made.await.map_err(|_| SealError::KeyOperation)??;
    Ok(Arc::new(Identity {
        member,
        name,
        keys: Arc::clone(&settings.keys),
        announcement: Bytes::copy_from_slice(announcement.bytes()),
    }))
}

/// Connecting, the TLS handshake and the sign-in, for which the server gives as much again.
const WITHIN: Duration = SIGN_IN_WITHIN;
