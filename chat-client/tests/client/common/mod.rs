//! A real chat-server in this process, and sessions on it.

pub(crate) mod relay;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use chat_client::{
    Endpoint, Keyring, Session, SessionEvent, SessionEvents, SessionSettings,
    room::{Happened, Message},
};
use chat_server::{Limits, Rate, Running, Server, Settings};
use rand::RngExt;
use wire_format::{Content, GuestToken, MessageId, ProxyKey, SessionKeys};

/// However busy the machine is, nothing here takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct House {
    server: Option<Running>,
    pub(crate) address: SocketAddr,
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::start_with(Rate::UNLIMITED).await
    }

    /// Starts with so many commands for each connection.
    pub(crate) async fn start_with(commands: Rate) -> Self {
        let server = serve(SocketAddr::from(([127, 0, 0, 1], 0)), commands).await;
        let address = server.local_addr();
        Self {
            server: Some(server),
            address,
        }
    }

    /// Stops the server; asserts that nothing is left.
    pub(crate) async fn stop(&mut self) {
        let server = self.server.take().expect("a running server");
        let outcome = server.shutdown(Duration::from_secs(10)).await;
        assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
    }

    /// Starts another server on the same address: it has forgotten everything.
    pub(crate) async fn start_again(&mut self) {
        self.server = Some(serve(self.address, Rate::UNLIMITED).await);
    }

    pub(crate) fn sessions(&self) -> usize {
        self.server.as_ref().map_or(0, Running::sessions)
    }

    pub(crate) fn settings(&self, name: &str) -> SessionSettings {
        let endpoint: Endpoint = self.address.to_string().parse().expect("an address");
        SessionSettings::new(endpoint, name, token(), keys())
    }

    /// Signs in and enters the lobby.
    pub(crate) async fn guest(&self, name: &str) -> Guest {
        self.guest_with(self.settings(name)).await
    }

    pub(crate) async fn guest_on(&self, name: &str, keyring: &Keyring) -> Guest {
        let mut settings = self.settings(name);
        settings.keyring = keyring.clone();
        self.guest_with(settings).await
    }

    pub(crate) async fn guest_with(&self, settings: SessionSettings) -> Guest {
        let (session, events) = Session::connect(settings).await.expect("a session");
        session.enter("lobby").await.expect("the lobby");
        let mut guest = Guest { session, events };
        guest
            .until(|event| {
                let keyed = |happened: &_| matches!(happened, Happened::Keyed { .. });
                matches!(event, SessionEvent::Room { happened, .. } if keyed(happened))
            })
            .await;
        guest
    }
}

async fn serve(listen: SocketAddr, commands: Rate) -> Running {
    let settings = Settings {
        listen,
        proxy_key: Some(ProxyKey::from_bytes([9; 32])),
        limits: Limits {
            sign_ins: Rate::UNLIMITED,
            commands,
            ..Limits::default()
        },
        ..Settings::default()
    };
    Server::bind(settings).await.expect("a free port").start()
}

pub(crate) struct Guest {
    pub(crate) session: Session,
    pub(crate) events: SessionEvents,
}

impl Guest {
    pub(crate) async fn say(&self, text: &str) {
        let room = wire_format::RoomId::of_name("lobby");
        let sent = self.session.send_text(room, message_id(), text);
        let sent = tokio::time::timeout(PATIENCE, sent).await;
        sent.expect("in time").expect("sent");
    }

    pub(crate) async fn next(&mut self) -> SessionEvent {
        let next = tokio::time::timeout(PATIENCE, self.events.next()).await;
        next.expect("an event in time").expect("a session")
    }

    /// Takes events up to the first that is meant.
    pub(crate) async fn until(
        &mut self,
        mut is_meant: impl FnMut(&SessionEvent) -> bool,
    ) -> SessionEvent {
        loop {
            let event = self.next().await;
            assert!(!matches!(event, SessionEvent::Ended(_)), "{event:?}");
            if is_meant(&event) {
                return event;
            }
        }
    }

    /// The next message.
    pub(crate) async fn hear(&mut self) -> Message {
        let is_message = |event: &SessionEvent| {
            matches!(
                event,
                SessionEvent::Room {
                    happened: Happened::Message(_),
                    ..
                }
            )
        };
        match self.until(is_message).await {
            SessionEvent::Room {
                happened: Happened::Message(message),
                ..
            } => message,
            other => unreachable!("{other:?}"),
        }
    }

    /// The text of the next message, with its sender.
    pub(crate) async fn hear_text(&mut self) -> String {
        let message = self.hear().await;
        format!("{}: {}", message.name, text(&message))
    }
}

pub(crate) fn text(message: &Message) -> &str {
    match &message.opened.content {
        Content::Text(text) => text,
        other => panic!("not a text: {other:?}"),
    }
}

pub(crate) fn token() -> GuestToken {
    GuestToken::from_bytes(rand::rng().random())
}

pub(crate) fn message_id() -> MessageId {
    MessageId::from_bytes(rand::rng().random())
}

/// Making keys takes most of a second without optimisation, so tests share a few; no test has the
/// same keys under two names in one room.
pub(crate) fn keys() -> Arc<SessionKeys> {
    static POOL: OnceLock<Mutex<Vec<Arc<SessionKeys>>>> = OnceLock::new();
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 8;
    let pool = POOL.get_or_init(Mutex::default);
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    while pool.len() <= next {
        pool.push(Arc::new(
            SessionKeys::generate(&mut rand::rng()).expect("keys"),
        ));
    }
    Arc::clone(&pool[next])
}
