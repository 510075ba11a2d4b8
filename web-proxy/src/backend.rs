//! The chat-server as the proxy knows it: one [`chat_client::Session`] a browser session.
//!
//! Everything that depends on the client library is here: what it refuses becomes a [`Refusal`], and
//! what it tells becomes an [`Arrival`] whose frames are ready for pages.

mod arrivals;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chat_client::{
    CallError, ConnectError, Endpoint, Keyring, Session, SessionSettings, Trust,
    endpoint::Transport, room::SendFailure, session::Carry,
};
use tokio::{net::TcpStream, time::timeout};
use wire_format::{
    ChannelId, ClearMessage, ErrorCode, GuestToken, MemberId, ProxyKey, Refusal, RoomId, Sequence,
    SessionKeys,
    command::{
        Operation,
        auth::{Guest, SignedIn},
        rooms::{Entered, MemberPage, OpenedRoom, RoomList},
    },
};

pub(crate) use self::arrivals::{Arrival, Arrivals, Delivery};
use crate::{error::Error, settings::Settings};

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

    /// Connects and signs in for a browser at this address.
    ///
    /// A dropped future closes the connection.
    ///
    /// # Errors
    /// The chat-server's refusal, or `unavailable`.
    pub(crate) async fn sign_in(
        &self,
        name: String,
        token: GuestToken,
        keys: Arc<SessionKeys>,
        address: IpAddr,
    ) -> Result<(Link, Arrivals, SignedIn), NoSession> {
        let carry = self.proxy_key.as_ref().map(|key| Carry {
            key: key.clone(),
            address: address.to_string(),
        });
        let mut settings = SessionSettings::new(self.endpoint.clone(), name, token, keys);
        settings.trust = self.trust.clone();
        settings.client = concat!("web-proxy/", env!("CARGO_PKG_VERSION")).to_owned();
        settings.carry = carry;
        settings.keyring = self.keyring.clone();
        settings.send_within = SEND_WITHIN;
        let (session, events) = Session::connect(settings).await.map_err(NoSession::from)?;
        let who = SignedIn {
            member: session.member(),
            name: session.name().to_owned(),
        };
        let rooms = Rooms::default();
        let link = Link {
            session,
            rooms: rooms.clone(),
        };
        let arrivals = Arrivals::new(events, rooms, who.member);
        Ok((link, arrivals, who))
    }

    /// Whether the chat-server takes connections at the moment.
    pub(crate) async fn is_reachable(&self) -> bool {
        let Endpoint { host, port, .. } = &self.endpoint;
        let connecting = TcpStream::connect((host.as_str(), *port));
        matches!(timeout(REACHED_WITHIN, connecting).await, Ok(Ok(_)))
    }
}

/// The way to the chat-server of one session.
#[derive(Debug)]
pub(crate) struct Link {
    session: Session,
    rooms: Rooms,
}

impl Link {
    /// Enters a room, or asks how it stands.
    ///
    /// A dropped future may have entered the room, and so may a chat-server that does not answer
    /// in time.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn enter(&self, room: &str) -> Result<Entered, Refusal> {
        let entering = timeout(SEND_WITHIN, self.session.enter(room)).await;
        let entered = entering.map_err(|_| waiting_helps(ErrorCode::Unavailable))?;
        let entered = entered.map_err(refusal_of_call)?;
        self.rooms.lock().insert(entered.channel, entered.id);
        Ok(entered)
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn exit(&self, room: RoomId) -> Result<(), Refusal> {
        self.session.exit(room).await.map_err(refusal_of_call)?;
        self.rooms.forget(room);
        Ok(())
    }

    /// Makes a room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn open(&self, room: &str) -> Result<OpenedRoom, Refusal> {
        self.session.open(room).await.map_err(refusal_of_call)
    }

    /// The rooms of the chat-server.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn list(&self) -> Result<RoomList, Refusal> {
        self.session.rooms().await.map_err(refusal_of_call)
    }

    /// A page of a room's members.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn members(
        &self,
        room: RoomId,
        after: Option<MemberId>,
    ) -> Result<MemberPage, Refusal> {
        let page = self.session.members(room, after).await;
        page.map_err(refusal_of_call)
    }

    /// Seals a message, sends it, and waits until it stands in the channel.
    ///
    /// A dropped future leaves it in the queue.
    ///
    /// # Errors
    /// Why not.
    pub(crate) async fn publish(
        &self,
        channel: ChannelId,
        message: ClearMessage,
    ) -> Result<Sequence, Refusal> {
        let room = self.rooms.lock().get(&channel).copied();
        let room = room.ok_or(ErrorCode::NotInRoom)?;
        let ClearMessage { message, content } = message;
        let sent = self.session.send(room, message, content).await;
        sent.map_err(|failure| match failure {
            SendFailure::Refused(refusal) => refusal,
            other => waiting_helps(other.code()),
        })
    }

    /// The rooms that the session is in.
    pub(crate) fn rooms(&self) -> Vec<RoomId> {
        self.rooms.lock().values().copied().collect()
    }

    /// Signs out: name, connection and keys are free when it returns.
    pub(crate) async fn sign_out(&self) {
        self.session.logout().await;
    }
}

/// The rooms that a session is in, by channel.
#[derive(Clone, Debug, Default)]
struct Rooms(
    /// Locked for one look-up or change; link and arrivals both know.
    Arc<Mutex<HashMap<ChannelId, RoomId>>>,
);

impl Rooms {
    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, RoomId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, room: RoomId) {
        self.lock().remove(&ChannelId::main_of(room));
    }
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

impl From<ConnectError> for NoSession {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Refused { command, refusal } => Self {
                refusal,
                keys: if command == Guest::NAME {
                    Keys::Unseen
                } else {
                    Keys::Seen
                },
            },
            error => {
                tracing::warn!(%error, "a session did not come about");
                Self {
                    refusal: waiting_helps(ErrorCode::Unavailable),
                    keys: Keys::Seen,
                }
            }
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
fn waiting_helps(code: ErrorCode) -> Refusal {
    match code {
        ErrorCode::Unavailable | ErrorCode::Busy => Refusal::retry_after(code, TRY_AGAIN_MS),
        code => code.into(),
    }
}

/// How long a message or an enter may be on its way: less than a page waits for an answer.
const SEND_WITHIN: Duration = Duration::from_secs(15);
/// How long a probe of the chat-server may take.
const REACHED_WITHIN: Duration = Duration::from_secs(2);
/// When to try again without a chat-server, in milliseconds.
const TRY_AGAIN_MS: u32 = 2_000;
