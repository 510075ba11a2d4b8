//! What a session is made with.

use std::{sync::Arc, time::Duration};

use wire_format::{GuestToken, SessionKeys};

use super::who::{Guest, SignIn};
use crate::{endpoint::Endpoint, greeted::Carry, keyring::Keyring, tls::Trust};

/// What a session is made with. The fields that have a usual value can be set after
/// [`SessionSettings::new`].
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Where the server is.
    pub endpoint: Endpoint,
    /// Whom to believe; `tls://` addresses need it.
    pub trust: Option<Trust>,
    /// Program and version for `session.hello`, at most 64 bytes.
    pub client: String,
    /// For a proxy: whom it speaks for.
    pub carry: Option<Carry>,
    /// Who signs in.
    pub who: SignIn,
    /// The session's keys, from a pool or made for it.
    pub keys: Arc<SessionKeys>,
    /// What the sessions of this process share; a session alone has one for itself.
    pub keyring: Keyring,
    /// After how long without a connection to give up; `None`: never.
    pub give_up_after: Option<Duration>,
    /// How long a message may wait for connection, key and acknowledgement.
    pub send_within: Duration,
    /// Events that may wait for the consumer; at least 1.
    pub event_queue: usize,
}

impl SessionSettings {
    /// The usual settings of a guest: plain TCP, a keyring of its own, never giving up, a minute to
    /// send.
    pub fn new(
        endpoint: Endpoint,
        name: impl Into<String>,
        token: GuestToken,
        keys: Arc<SessionKeys>,
    ) -> Self {
        let name = name.into();
        Self::of(endpoint, SignIn::Guest(Guest { name, token }), keys)
    }

    /// The usual settings of whoever signs in.
    pub fn of(endpoint: Endpoint, who: SignIn, keys: Arc<SessionKeys>) -> Self {
        Self {
            endpoint,
            trust: None,
            client: concat!("sealwire/", env!("CARGO_PKG_VERSION")).to_owned(),
            carry: None,
            who,
            keys,
            keyring: Keyring::new(),
            give_up_after: None,
            send_within: Duration::from_secs(60),
            event_queue: 512,
        }
    }
}
