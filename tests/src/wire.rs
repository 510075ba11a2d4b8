//! A scripted client of the wire: sends any bytes, reads frames, believes nothing.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use wire_format::{
    ChannelId, ClientFrame, CloseCode, CommandFrame, Deliver, EpochNumber, Event, FrameCodec,
    GuestToken, Publish, PublishFlags, RoomId, ServerFrame, limits::FRAME_BYTES,
};

use crate::program::PATIENCE;

mod burst;

/// One connection to a chat-server.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: BytesMut,
    request: u32,
    /// What it signed in with: a secret, to look for it where it must not be.
    pub token: [u8; 32],
}

/// The answer to a request: the fields of `ok`, or the code and the wait in milliseconds.
pub type Answer = Result<Value, (String, Option<u64>)>;

impl Wire {
    /// Connects from wherever the system chooses.
    ///
    /// # Panics
    /// If nobody listens there.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::of(
            TcpStream::connect(address)
                .await
                .expect("a server that listens"),
        )
    }

    /// Connects from another loopback address, such as `127.0.0.2:0`.
    ///
    /// # Panics
    /// If nobody listens there.
    pub async fn connect_from(source: &str, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(source.parse().expect("an address"))
            .expect("a loopback address");
        Self::of(
            socket
                .connect(address)
                .await
                .expect("a server that listens"),
        )
    }

    fn of(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: BytesMut::new(),
            request: 0,
            token: [0; 32],
        }
    }

    /// Connects, says hello and signs in; gives the guest's token too.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn guest(address: SocketAddr, name: &str) -> (Self, GuestToken) {
        let mut wire = Self::connect(address).await;
        let token = wire.sign_in(name).await.expect("a free name");
        (wire, token)
    }

    /// Says hello and signs in with a new token.
    ///
    /// # Errors
    /// The server's refusal of the name.
    ///
    /// # Panics
    /// If the server refuses the hello.
    pub async fn sign_in(&mut self, name: &str) -> Result<GuestToken, String> {
        self.hello().await;
        let token: [u8; 32] = rand::random();
        let hex: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let fields = json!({"name": name, "token": hex});
        match self.command("auth.guest", fields).await {
            Ok(_) => {
                self.token = token;
                Ok(GuestToken::from_bytes(token))
            }
            Err((code, _)) => Err(code),
        }
    }

    /// Says hello.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn hello(&mut self) {
        let fields = json!({"version": 1, "client": "test/1"});
        self.command("session.hello", fields)
            .await
            .expect("a greeting");
    }

    /// Enters a room by name and gives the reply's fields.
    ///
    /// # Panics
    /// If the server refuses.
    pub async fn enter(&mut self, room: &str) -> Value {
        self.command("rooms.enter", json!({"room": room}))
            .await
            .expect("a room")
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Sends a command and waits for its reply, dropping what comes before.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the connection ends instead.
    pub async fn command(&mut self, name: &str, fields: Value) -> Answer {
        self.command_with(name, fields, Bytes::new())
            .await
            .map(|(ok, _)| ok)
    }

    /// Sends a command with a tail and waits for its reply and the reply's tail.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the connection ends instead.
    pub async fn command_with(
        &mut self,
        name: &str,
        fields: Value,
        tail: Bytes,
    ) -> Result<(Value, Bytes), (String, Option<u64>)> {
        self.request += 1;
        let frame = command(self.request, name, fields, tail);
        self.send(&frame.encode().stream())
            .await
            .expect("an open connection");
        self.reply(self.request).await
    }

    /// Sends an opaque payload to a room's main channel and waits for the reply.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the connection ends instead.
    pub async fn publish(&mut self, room: &str, payload: impl Into<Bytes>) -> Answer {
        let payload = payload.into();
        self.request(|request| publish(request, room, payload))
            .await
    }

    /// Sends the frame that is made for the next request id and waits for the reply.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the connection ends instead.
    pub async fn request(&mut self, make: impl FnOnce(u32) -> ClientFrame) -> Answer {
        self.request += 1;
        let frame = make(self.request);
        self.send(&frame.encode().stream())
            .await
            .expect("an open connection");
        self.reply(self.request).await.map(|(ok, _)| ok)
    }

    async fn reply(&mut self, request: u32) -> Result<(Value, Bytes), (String, Option<u64>)> {
        loop {
            let frame = self.frame().await.expect("a reply before the end");
            let ServerFrame::Reply(reply) = frame else {
                assert!(
                    !matches!(frame, ServerFrame::Close(_)),
                    "{frame:?} instead of a reply"
                );
                continue;
            };
            if reply.request == request {
                return answer(&reply.header).map(|ok| (ok, reply.tail));
            }
        }
    }

    /// Reads the next frame; `None` at the end. Pings are answered and not shown.
    ///
    /// # Panics
    /// If the server sends what is no frame, or nothing for a minute.
    pub async fn frame(&mut self) -> Option<ServerFrame> {
        loop {
            let Some(frame) = self.cut() else {
                let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
                match read.expect("a server that says something within a minute") {
                    Ok(1..) => continue,
                    Ok(0) | Err(_) => return None,
                }
            };
            match frame {
                ServerFrame::Ping(token) => {
                    // A server that is closing does not mind.
                    let _ = self.send(&ClientFrame::Pong(token).encode().stream()).await;
                }
                frame => return Some(frame),
            }
        }
    }

    /// Takes a whole frame out of the buffer, if there is one.
    fn cut(&mut self) -> Option<ServerFrame> {
        let frame = FrameCodec::new(FRAME_BYTES).cut(&mut self.buffer);
        let frame = frame.expect("a frame of the protocol")?;
        Some(ServerFrame::parse(frame).expect("a frame of the protocol"))
    }

    /// Ends the connection without a goodbye: what lies unread or unsent is lost, and the other
    /// side finds out when it next looks.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn vanish(self) {
        self.stream.set_zero_linger().expect("an open socket");
    }

    /// Waits for the next deliver frame, dropping what comes before.
    ///
    /// # Panics
    /// If the connection ends first.
    pub async fn deliver(&mut self) -> Deliver {
        loop {
            match self.frame().await {
                Some(ServerFrame::Deliver(deliver)) => return deliver,
                Some(ServerFrame::Close(close)) => panic!("closed with {:?}", close.code),
                Some(_) => {}
                None => panic!("the connection ended"),
            }
        }
    }

    /// Waits for an event that `find` finds something in, dropping what comes before.
    ///
    /// # Panics
    /// If the connection ends first.
    pub async fn event<T>(&mut self, mut find: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let frame = self.frame().await.expect("an event before the end");
            let ServerFrame::Event(frame) = frame else {
                continue;
            };
            if let Some(found) = frame.event().ok().and_then(&mut find) {
                return found;
            }
        }
    }

    /// Reads up to the end and gives the close code, if the server said one.
    pub async fn closed(&mut self) -> Option<CloseCode> {
        let mut code = None;
        while let Some(frame) = self.frame().await {
            if let ServerFrame::Close(close) = frame {
                code = Some(close.code);
            }
        }
        code
    }
}

/// A command frame from a name and fields, which need not be right.
pub fn command(request: u32, name: &str, mut fields: Value, tail: Bytes) -> ClientFrame {
    fields["command"] = name.into();
    ClientFrame::Command(CommandFrame {
        request,
        header: fields.to_string().into(),
        tail,
    })
}

/// A publish frame for a room's main channel.
pub fn publish(request: u32, room: &str, payload: Bytes) -> ClientFrame {
    ClientFrame::Publish(Publish {
        request,
        channel: ChannelId::main_of(RoomId::of_name(room)),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::default(),
        payload,
    })
}

/// Reads a reply's header.
///
/// # Errors
/// The refusal's code and wait.
///
/// # Panics
/// If it is neither `ok` nor `error`.
pub fn answer(header: &[u8]) -> Answer {
    let mut header: Value = serde_json::from_slice(header).expect("a reply's header");
    if let Some(error) = header.get("error") {
        let code = error["code"].as_str().expect("a code").to_owned();
        return Err((code, error["retry_after_ms"].as_u64()));
    }
    Ok(header["ok"].take())
}
