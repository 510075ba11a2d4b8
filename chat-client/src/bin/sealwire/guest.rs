//! Signing in as a guest, for as long as the program runs.

use std::sync::Arc;

use chat_client::{Session, SessionEvents, SessionSettings, Trust, endpoint::Transport};
use rand::RngExt as _;
use wire_format::{GuestToken, SessionKeys};

use crate::{cli::Guest, exit::Failure};

/// Makes keys, connects and signs in.
pub(crate) async fn sign_in(guest: Guest) -> Result<(Session, SessionEvents), Failure> {
    let trust = match (guest.endpoint.transport, &guest.ca) {
        (Transport::Plain, _) => None,
        (Transport::Tls, Some(file)) => Some(Trust::from_pem_file(file)),
        (Transport::Tls, None) => Some(Trust::of_this_machine()),
    };
    let trust = trust.transpose();
    let trust = trust.map_err(|error| Failure::Settings(error.to_string()))?;
    let keys = tokio::task::spawn_blocking(|| SessionKeys::generate(&mut rand::rng()));
    let keys = keys.await.ok().and_then(Result::ok).ok_or(Failure::Keys)?;
    let token = GuestToken::from_bytes(rand::rng().random());
    let mut settings = SessionSettings::new(guest.endpoint, guest.name, token, Arc::new(keys));
    settings.trust = trust;
    settings.give_up_after = Some(guest.give_up_after);
    Session::connect(settings).await.map_err(Failure::Connect)
}
