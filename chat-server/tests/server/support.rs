//! A server in this process, and peers that speak to it frame by frame.

use std::{collections::VecDeque, net::SocketAddr, sync::mpsc, time::Duration};

use bytes::{Bytes, BytesMut};
use chat_server::{Limits, Running, Server, Settings};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use wire_format::{
    ChannelId, ClientFrame, CloseCode, CommandFrame, Deliver, EpochNumber, ErrorCode, Event,
    FrameCodec, GuestToken, MemberId, Publish, PublishFlags, Refusal, RoomId, ServerFrame,
    command::{
        Operation,
        auth::{Guest, SignedIn},
        rooms::{Enter, Entered, Open, Resume},
        session::{Greeting, Hello},
    },
    limits,
};

/// A running server.
pub(crate) struct House {
    running: Option<Running>,
    pub(crate) address: SocketAddr,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        Self::with(Settings {
            limits,
            ..Settings::default()
        })
        .await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let running = Server::bind(settings).await.expect("a server").start();
        Self {
            address: running.local_addr(),
            running: Some(running),
        }
    }

    /// One in a process of its own.
    pub(crate) fn elsewhere(address: SocketAddr) -> Self {
        let running = None;
        Self { running, address }
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().expect("it runs until it is closed")
    }

    pub(crate) async fn connect(&self) -> Peer {
        Peer::over(TcpStream::connect(self.address).await.expect("a socket"))
    }

    /// A peer that has said hello.
    pub(crate) async fn greeted(&self) -> Peer {
        let mut peer = self.connect().await;
        peer.hello().await;
        peer
    }

    /// A peer that has signed in.
    pub(crate) async fn guest(&self, name: &str) -> Peer {
        let mut peer = self.greeted().await;
        peer.sign_in(name, token()).await.expect("a free name");
        peer
    }

    /// A peer that is in the lobby.
    pub(crate) async fn in_lobby(&self, name: &str) -> Peer {
        let mut peer = self.guest(name).await;
        peer.enter("lobby").await;
        peer
    }

    /// Waits until the server has taken note of so many connections.
    pub(crate) async fn has_connections(&self, count: usize) {
        while self.running().connections() != count {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many sessions are left.
    pub(crate) async fn has_sessions(&self, count: usize) {
        while self.running().sessions() != count {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until no connection and no session is left.
    pub(crate) async fn empties(&self) {
        while self.running().connections() > 0 || self.running().sessions() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Shuts down and asserts that nothing is left.
    pub(crate) async fn close(mut self) {
        let running = self.running.take().expect("it runs");
        let outcome = running.shutdown(Duration::from_secs(10)).await;
        assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
    }
}

/// One side of a connection, in the hand of a test.
pub(crate) struct Peer<S = TcpStream> {
    stream: S,
    buffer: BytesMut,
    inbox: VecDeque<ServerFrame>,
    request: u32,
    pub(crate) member: MemberId,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            inbox: VecDeque::new(),
            request: 0,
            member: MemberId::from_bytes([0; 16]),
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let written = self.write_all(bytes).await;
        written.expect("a socket that takes bytes");
    }

    /// Writes what the server may no longer want to read.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) {
        let _ = self.write_all(bytes).await;
    }

    async fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        // TLS may keep the last bytes back.
        self.stream.flush().await
    }

    pub(crate) async fn send(&mut self, frame: ClientFrame) {
        self.write(&frame.encode().stream()).await;
    }

    /// Ends the sending side as the transport has it, without a close frame.
    pub(crate) async fn end_stream(&mut self) {
        self.stream.shutdown().await.expect("an end");
    }

    /// The next frame, pings aside; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<ServerFrame> {
        if let Some(frame) = self.inbox.pop_front() {
            return Some(frame);
        }
        self.receive().await
    }

    async fn receive(&mut self) -> Option<ServerFrame> {
        loop {
            match self.any_frame().await {
                Some(ServerFrame::Ping(_)) => {}
                frame => return frame,
            }
        }
    }

    async fn any_frame(&mut self) -> Option<ServerFrame> {
        loop {
            let codec = FrameCodec::new(limits::FRAME_BYTES);
            if let Some(raw) = codec.cut(&mut self.buffer).expect("a frame") {
                return Some(ServerFrame::parse(raw).expect("a server's frame"));
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer));
            match read.await.expect("the server says something") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Answers the next ping; what comes before is kept for [`Peer::next`].
    pub(crate) async fn answers_ping(&mut self) {
        loop {
            match self.any_frame().await {
                Some(ServerFrame::Ping(token)) => return self.send(ClientFrame::Pong(token)).await,
                Some(frame) => self.inbox.push_back(frame),
                None => panic!("the connection ended before a ping"),
            }
        }
    }

    /// Sends a command and waits for its reply; what comes before is kept for [`Peer::next`].
    pub(crate) async fn call<O: Operation>(
        &mut self,
        operation: &O,
        tail: impl Into<Bytes>,
    ) -> Result<(O::Ok, Bytes), Refusal> {
        self.request += 1;
        let command = CommandFrame::new(self.request, operation, tail.into());
        self.send(ClientFrame::Command(command)).await;
        let request = self.request;
        self.reply_to(request).await
    }

    pub(crate) async fn reply_to<T: serde::de::DeserializeOwned>(
        &mut self,
        request: u32,
    ) -> Result<(T, Bytes), Refusal> {
        let mut before = Vec::new();
        let reply = loop {
            match self.next().await {
                Some(ServerFrame::Reply(reply)) if reply.request == request => break reply,
                Some(ServerFrame::Close(close)) => panic!("closed: {}", close.code),
                Some(frame) => before.push(frame),
                None => panic!("the connection ended before the reply"),
            }
        };
        for frame in before.into_iter().rev() {
            self.inbox.push_front(frame);
        }
        let outcome = reply.outcome().expect("a reply");
        outcome.map(|fields| (fields, reply.tail))
    }

    /// Sends a JSON header as it stands.
    pub(crate) async fn send_header(&mut self, request: u32, header: &[u8]) {
        let command = CommandFrame {
            request,
            header: Bytes::copy_from_slice(header),
            tail: Bytes::new(),
        };
        self.send(ClientFrame::Command(command)).await;
    }

    /// The code with which a header is refused.
    pub(crate) async fn refused_header(&mut self, header: &[u8]) -> ErrorCode {
        self.send_header(77, header).await;
        let reply = self.reply_to::<serde::de::IgnoredAny>(77).await;
        reply.expect_err("a refusal").code
    }

    pub(crate) async fn hello(&mut self) -> Greeting {
        let hello = Hello {
            version: 1,
            client: "test/1".into(),
        };
        self.call(&hello, Bytes::new()).await.expect("a greeting").0
    }

    pub(crate) async fn sign_in(
        &mut self,
        name: &str,
        token: GuestToken,
    ) -> Result<SignedIn, ErrorCode> {
        let guest = Guest {
            name: name.into(),
            token: Some(token),
        };
        let signed_in = self.call(&guest, Bytes::new()).await;
        let (signed_in, _) = signed_in.map_err(|refusal| refusal.code)?;
        self.member = signed_in.member;
        Ok(signed_in)
    }

    /// Opens and enters a room.
    pub(crate) async fn enter(&mut self, room: &str) -> Entered {
        let open = Open { room: room.into() };
        self.call(&open, Bytes::new()).await.expect("a room");
        self.resume(room, None).await
    }

    pub(crate) async fn resume(&mut self, room: &str, resume: Option<Resume>) -> Entered {
        let enter = Enter {
            room: room.into(),
            resume,
        };
        self.call(&enter, Bytes::new()).await.expect("to get in").0
    }

    /// Publishes to the lobby without waiting for anything.
    pub(crate) async fn say(&mut self, text: &str) {
        self.send(publish(0, text.as_bytes())).await;
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> (Event, Bytes) {
        match self.next().await {
            Some(ServerFrame::Event(frame)) => (frame.event().expect("an event"), frame.tail),
            other => panic!("not an event: {other:?}"),
        }
    }

    /// The next delivery; events before it are dropped.
    pub(crate) async fn delivery(&mut self) -> Deliver {
        loop {
            match self.next().await {
                Some(ServerFrame::Deliver(deliver)) => return deliver,
                Some(ServerFrame::Event(_) | ServerFrame::Reply(_)) => {}
                other => panic!("not a delivery: {other:?}"),
            }
        }
    }

    pub(crate) async fn hears(&mut self, text: &str) {
        let deliver = self.delivery().await;
        assert_eq!(&deliver.payload[..], text.as_bytes());
    }

    /// The code of the close frame, and that nothing follows it; what comes before is dropped.
    pub(crate) async fn closed(&mut self) -> CloseCode {
        loop {
            match self.next().await {
                Some(ServerFrame::Close(close)) => {
                    assert!(self.next().await.is_none(), "the close frame is the last");
                    return close.code;
                }
                Some(_) => {}
                None => panic!("the connection ended without a close frame"),
            }
        }
    }
}

impl Peer<TcpStream> {
    /// Ends without a word.
    pub(crate) fn vanish(self) {
        drop(self.stream);
    }
}

/// Virtual time that moves only when a test says so.
pub(crate) struct Stopwatch {
    _held: mpsc::SyncSender<()>,
}

impl Stopwatch {
    /// Stops the clock.
    pub(crate) fn stop() -> Self {
        tokio::time::pause();
        // A blocking task keeps the paused clock from jumping whenever all sockets are quiet.
        let (held, released) = mpsc::sync_channel::<()>(1);
        tokio::task::spawn_blocking(move || released.recv());
        Self { _held: held }
    }

    pub(crate) async fn advance(&self, seconds: f64) {
        tokio::time::advance(Duration::from_secs_f64(seconds)).await;
    }
}

pub(crate) fn token() -> GuestToken {
    GuestToken::from_bytes(rand::random())
}

pub(crate) fn lobby() -> RoomId {
    RoomId::of_name("lobby")
}

/// A publish to the lobby.
pub(crate) fn publish(request: u32, payload: &[u8]) -> ClientFrame {
    ClientFrame::Publish(Publish {
        request,
        channel: ChannelId::main_of(lobby()),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::UNSTORED,
        payload: Bytes::copy_from_slice(payload),
    })
}

/// Limits that no test of something else runs into.
pub(crate) fn generous() -> Limits {
    Limits {
        commands: chat_server::Rate::UNLIMITED,
        messages: chat_server::Rate::UNLIMITED,
        ..Limits::default()
    }
}

/// How long a test waits before it fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
