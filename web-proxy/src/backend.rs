//! The chat-server as the proxy knows it: one [`chat_client::Session`] a browser session.
//!
//! Everything that depends on the client library is here: what it refuses becomes a [`Refusal`], and
//! what it tells becomes an [`Arrival`] whose frames are ready for pages.

mod arrivals;
mod link;
mod visit;

use std::{net::IpAddr, sync::Arc, time::Duration};

use chat_client::{
    CallError, ConnectError, Endpoint, Keyring, Session, SessionSettings, Trust,
    endpoint::Transport,
    greeted::Carry,
    session::{Guest, SignIn},
};
use tokio::{net::TcpStream, time::timeout};
use wire_format::{
    ErrorCode, ProxyKey, Refusal, SessionKeys, SessionToken,
    command::{Operation, auth::SignedIn, keys::Announce},
};

use self::link::Rooms;
pub(crate) use self::{
    arrivals::{Arrival, Arrivals, Delivery},
    link::Link,
};
use crate::{client::Client, error::Error, session::who::Who, settings::Settings};

/// Where sessions come from.
#[derive(Debug)]
pub(crate) struct Backend {
    endpoint: Endpoint,
    trust: Option<Trust>,
    proxy_key: Option<ProxyKey>,
    keyring: Keyring,
}

impl Backend {
    /// Reads the authorities that the chat-server's certificate must lead to.
    ///
    /// # Errors
    /// [`Error::Trust`].
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let trust = match (settings.backend.transport, &settings.backend_ca) {
            (Transport::Plain, _) => None,
            (Transport::Tls, Some(path)) => Some(Trust::from_pem_file(path)?),
            (Transport::Tls, None) => Some(Trust::of_this_machine()?),
        };
        Ok(Self {
            endpoint: settings.backend.clone(),
            trust,
            proxy_key: settings.proxy_key.clone(),
            keyring: Keyring::new(),
        })
    }

    /// Connects and signs in for a browser.
    ///
    /// A dropped future closes the connection.
    ///
    /// # Errors
    /// The chat-server's refusal, or `unavailable`.
    pub(crate) async fn sign_in(
        &self,
        who: SignIn,
        keys: Arc<SessionKeys>,
        client: Client,
    ) -> Result<Arrived, NoSession> {
        let guest = match &who {
            SignIn::Guest(Guest { token, .. }) => Some(token.clone()),
            SignIn::Account(_) => None,
        };
        let mut settings = SessionSettings::of(self.endpoint.clone(), who, keys);
        settings.trust = self.trust.clone();
        settings.client = client.device.words().unwrap_or_else(|| CLIENT.to_owned());
        settings.carry = self.carry(client.address);
        settings.keyring = self.keyring.clone();
        settings.send_within = SEND_WITHIN;
        let (session, events) = Session::connect(settings).await.map_err(NoSession::from)?;
        let mut account = session.account().cloned().map(Box::new);
        let token = account.as_mut().and_then(|account| account.token.take());
        let who = match (account, guest) {
            (Some(account), _) => Who::Account(account),
            (None, Some(token)) => Who::Guest {
                signed_in: SignedIn {
                    member: session.member(),
                    name: session.name().to_owned(),
                },
                token,
            },
            (None, None) => return Err(NoSession::seen(ErrorCode::Internal.into())),
        };
        let rooms = Rooms::default();
        let arrivals = Arrivals::new(events, rooms.clone(), who.member());
        Ok(Arrived {
            link: Link::new(session, rooms),
            arrivals,
            who,
            token,
        })
    }

    fn carry(&self, address: IpAddr) -> Option<Carry> {
        let key = self.proxy_key.clone()?;
        Some(Carry {
            key,
            address: address.to_string(),
        })
    }

    /// Whether the chat-server takes connections at the moment.
    pub(crate) async fn is_reachable(&self) -> bool {
        let Endpoint { host, port, .. } = &self.endpoint;
        let connecting = TcpStream::connect((host.as_str(), *port));
        matches!(timeout(REACHED_WITHIN, connecting).await, Ok(Ok(_)))
    }
}

/// A session that has begun.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) link: Link,
    pub(crate) arrivals: Arrivals,
    pub(crate) who: Who,
    /// What continues an account's new session.
    pub(crate) token: Option<SessionToken>,
}

/// Why a session did not come about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoSession {
    pub(crate) refusal: Refusal,
    pub(crate) keys: Keys,
}

/// What became of a session's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keys {
    /// Nobody has seen even their public halves: they are as good as new.
    Unseen,
    /// They may have been announced.
    Seen,
}

impl NoSession {
    const fn seen(refusal: Refusal) -> Self {
        Self {
            refusal,
            keys: Keys::Seen,
        }
    }
}

impl From<ConnectError> for NoSession {
    fn from(error: ConnectError) -> Self {
        let keys = match &error {
            // Everything before it knows nothing of them.
            ConnectError::Refused { command, .. } if *command != Announce::NAME => Keys::Unseen,
            _ => Keys::Seen,
        };
        let refusal = refusal_of_connect(error);
        Self { refusal, keys }
    }
}

fn refusal_of_connect(error: ConnectError) -> Refusal {
    match error {
        ConnectError::Refused { refusal, .. } => refusal,
        error => {
            tracing::warn!(%error, "a session did not come about");
            waiting_helps(ErrorCode::Unavailable)
        }
    }
}

fn refusal_of_call(error: CallError) -> Refusal {
    match error {
        CallError::Refused(refusal) => refusal,
        other => waiting_helps(other.code()),
    }
}

/// A refusal of the proxy's own; where the chat-server is away, it says when to try again.
pub(crate) const fn waiting_helps(code: ErrorCode) -> Refusal {
    match code {
        ErrorCode::Unavailable | ErrorCode::Busy => Refusal::retry_after(code, TRY_AGAIN_MS),
        code => Refusal::new(code),
    }
}

/// What the proxy calls itself, and a browser of which nothing is known.
const CLIENT: &str = concat!("web-proxy/", env!("CARGO_PKG_VERSION"));
/// How long a message or an enter may be on its way: less than a page waits for an answer.
const SEND_WITHIN: Duration = Duration::from_secs(15);
/// How long a probe of the chat-server may take.
const REACHED_WITHIN: Duration = Duration::from_secs(2);
/// When to try again without a chat-server, in milliseconds.
const TRY_AGAIN_MS: u32 = 2_000;
