//! What a page does, without a browser: signs in, talks over a WebSocket or over events and posts.

use std::net::SocketAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Duration, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use wire_format::{
    ClearMessage, ClientFrame, Content, Deliver, Event, MessageId, OpenedMessage, Publish,
    RawFrame, ServerFrame,
};

use crate::{program::PATIENCE, wire};

/// A session at a web-proxy on loopback.
#[derive(Clone, Debug)]
pub struct Session {
    proxy: SocketAddr,
    source: &'static str,
    cookie: String,
    /// The name as the server prepared it.
    pub name: String,
}

/// How a page listens and speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Path {
    /// A WebSocket both ways.
    Socket,
    /// Server-Sent Events one way, POST the other.
    Posts,
}

/// An answer to an HTTP request.
#[derive(Debug)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Response {
    /// How long to wait before trying again, if the proxy was busy.
    fn busy_seconds(&self) -> Option<u64> {
        let busy = self.status == StatusCode::SERVICE_UNAVAILABLE;
        let wait = self.headers.get(header::RETRY_AFTER).filter(|_| busy)?;
        wait.to_str().ok()?.parse().ok()
    }
}

impl Session {
    /// Signs in.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn sign_in(proxy: SocketAddr, name: &str) -> Self {
        let signed_in = Self::try_sign_in("127.0.0.1", proxy, name).await;
        signed_in.unwrap_or_else(|response| panic!("{name} is refused: {response:?}"))
    }

    /// Signs in from another loopback address.
    ///
    /// # Errors
    /// The proxy's answer, if it is not 200.
    ///
    /// # Panics
    /// If the proxy gives no cookie.
    pub async fn try_sign_in(
        source: &'static str,
        proxy: SocketAddr,
        name: &str,
    ) -> Result<Self, Response> {
        let nobody = Self {
            proxy,
            source,
            cookie: String::new(),
            name: String::new(),
        };
        let response = loop {
            let response = nobody.post("auth.guest", json!({"name": name})).await;
            let Some(wait) = response.busy_seconds() else {
                break response;
            };
            // The pool of session keys is filled in the background.
            tokio::time::sleep(Duration::from_secs(wait)).await;
        };
        if response.status != StatusCode::OK {
            return Err(response);
        }
        let cookie = response.headers[header::SET_COOKIE]
            .to_str()
            .expect("a cookie");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let ok = wire::answer(&response.body).expect("an ok");
        let name = ok["name"].as_str().expect("a name").to_owned();
        Ok(Self {
            cookie,
            name,
            ..nobody
        })
    }

    /// The cookie's value: what signs this session in.
    pub fn secret(&self) -> &str {
        self.cookie.split_once('=').map_or("", |(_, value)| value)
    }

    /// Posts a command.
    ///
    /// # Panics
    /// If the proxy does not answer.
    pub async fn post(&self, command: &str, fields: Value) -> Response {
        let body = Bytes::from(fields.to_string());
        self.send(
            Method::POST,
            &format!("/api/{command}"),
            "application/json",
            body,
        )
        .await
    }

    async fn publish(&self, publish: Publish) -> Response {
        // The body of the frame: the message without its kind.
        let body = ClientFrame::Publish(publish).encode().message().slice(1..);
        self.send(
            Method::POST,
            "/api/publish",
            "application/octet-stream",
            body,
        )
        .await
    }

    /// Asks for a path.
    ///
    /// # Panics
    /// If the proxy does not answer.
    pub async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, "text/plain", Bytes::new())
            .await
    }

    async fn send(&self, method: Method, path: &str, kind: &str, body: Bytes) -> Response {
        let answered = async {
            let response = self.request(method, path, kind, body).await;
            let (head, body) = response.into_parts();
            let body = body.collect().await.expect("a whole answer").to_bytes();
            Response {
                status: head.status,
                headers: head.headers,
                body,
            }
        };
        timeout(PATIENCE, answered)
            .await
            .expect("an answer within a minute")
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> http::Response<Incoming> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.proxy.to_string())
            .header(header::ORIGIN, format!("http://{}", self.proxy))
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(body))
            .expect("a request");
        let stream = TokioIo::new(self.connect().await);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
            .await
            .expect("HTTP");
        tokio::spawn(connection);
        sender.send_request(request).await.expect("an answer")
    }

    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let source = format!("{}:0", self.source).parse().expect("an address");
        socket.bind(source).expect("a loopback address");
        socket
            .connect(self.proxy)
            .await
            .expect("a proxy that listens")
    }

    /// Opens a stream and enters a room; waits until the room's key is there.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn enter(&self, path: Path, room: &str) -> Talk {
        let mut talk = self.open(path, room).await;
        let entered = talk.request("rooms.enter", json!({"room": room})).await;
        entered.expect("a room");
        talk.event(|event| matches!(event, Event::RoomKeyed { .. }).then_some(()))
            .await;
        talk
    }

    /// Opens a stream without entering.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn open(&self, path: Path, room: &str) -> Talk {
        let down = match path {
            Path::Socket => Stream::Socket(Box::new(self.socket().await)),
            Path::Posts => {
                let response = self
                    .request(Method::GET, "/api/events", "text/plain", Bytes::new())
                    .await;
                assert_eq!(response.status(), StatusCode::OK);
                Stream::Events(response.into_body(), BytesMut::new())
            }
        };
        Talk {
            session: self.clone(),
            room: room.to_owned(),
            stream: down,
            request: 0,
            kept: Vec::new(),
        }
    }

    async fn socket(&self) -> WebSocketStream<TcpStream> {
        let request = Request::builder()
            .uri(format!("ws://{}/api/socket", self.proxy))
            .header(header::HOST, self.proxy.to_string())
            .header(header::ORIGIN, format!("http://{}", self.proxy))
            .header(header::COOKIE, &self.cookie)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "c2VhbHdpcmUgdGVzdCBrZXk=")
            .header("Sec-WebSocket-Protocol", "sealwire.v1")
            .body(())
            .expect("a request");
        let upgraded = tokio_tungstenite::client_async(request, self.connect().await).await;
        upgraded.expect("an upgrade").0
    }
}

#[derive(Debug)]
enum Stream {
    Socket(Box<WebSocketStream<TcpStream>>),
    Events(Incoming, BytesMut),
}

/// A session in a room.
#[derive(Debug)]
pub struct Talk {
    session: Session,
    room: String,
    stream: Stream,
    request: u32,
    /// Frames that came while something else was waited for.
    kept: Vec<ServerFrame>,
}

/// A message as a page shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Heard {
    /// Who says it.
    pub name: String,
    /// What is said.
    pub text: String,
    /// Its place in the channel.
    pub sequence: u64,
    /// Its id.
    pub message: MessageId,
}

impl Talk {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Says something and waits until it was accepted.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn say(&mut self, text: &str) -> wire::Answer {
        self.say_as(MessageId::from_bytes(rand::random()), text)
            .await
    }

    /// Says something with a given message id, as a retry does.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn say_as(&mut self, message: MessageId, text: &str) -> wire::Answer {
        let content = Content::encode_text(text).expect("a text").into();
        let payload = ClearMessage { message, content }.encode();
        self.request += 1;
        let frame = wire::publish(self.request, &self.room, payload);
        self.ask(frame).await
    }

    /// Posts a message and gives the whole answer.
    ///
    /// # Panics
    /// If the proxy does not answer.
    pub async fn post_text(&mut self, text: &str) -> Response {
        let message = MessageId::from_bytes(rand::random());
        let content = Content::encode_text(text).expect("a text").into();
        let payload = ClearMessage { message, content }.encode();
        let ClientFrame::Publish(publish) = wire::publish(1, &self.room, payload) else {
            panic!("a publish frame");
        };
        self.session.publish(publish).await
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    /// The refusal's code and wait.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn request(&mut self, name: &str, fields: Value) -> wire::Answer {
        if let Stream::Events(..) = self.stream {
            return wire::answer(&self.session.post(name, fields).await.body);
        }
        self.request += 1;
        self.ask(wire::command(self.request, name, fields, Bytes::new()))
            .await
    }

    async fn ask(&mut self, frame: ClientFrame) -> wire::Answer {
        match (&mut self.stream, frame) {
            (Stream::Socket(socket), frame) => {
                let message = Message::Binary(frame.encode().message());
                socket.send(message).await.expect("an open socket");
                self.reply().await
            }
            (Stream::Events(..), ClientFrame::Publish(publish)) => {
                wire::answer(&self.session.publish(publish).await.body)
            }
            (Stream::Events(..), frame) => panic!("{frame:?} is posted otherwise"),
        }
    }

    async fn reply(&mut self) -> wire::Answer {
        loop {
            match self.next().await.expect("a reply before the end") {
                ServerFrame::Reply(reply) if reply.request == self.request => {
                    return wire::answer(&reply.header);
                }
                frame => self.kept.push(frame),
            }
        }
    }

    /// Waits for the next message of the room.
    ///
    /// # Panics
    /// If the stream ends, or a message cannot be read.
    pub async fn hear(&mut self) -> Heard {
        self.find(|frame| match frame {
            ServerFrame::Deliver(deliver) => Some(heard(deliver)),
            _ => None,
        })
        .await
    }

    /// Waits for an event that `find` finds something in.
    ///
    /// # Panics
    /// If the stream ends.
    pub async fn event<T>(&mut self, mut find: impl FnMut(&Event) -> Option<T>) -> T {
        self.find(|frame| match frame {
            ServerFrame::Event(frame) => find(&frame.event().expect("a known event")),
            _ => None,
        })
        .await
    }

    /// Takes the first frame, kept or new, that `find` finds something in; the others are kept.
    async fn find<T>(&mut self, mut find: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        for at in 0..self.kept.len() {
            if let Some(found) = find(&self.kept[at]) {
                self.kept.remove(at);
                return found;
            }
        }
        loop {
            let frame = self.next().await;
            let frame = frame.unwrap_or_else(|| panic!("{}: the stream ended", self.session.name));
            if let Some(found) = find(&frame) {
                return found;
            }
            self.kept.push(frame);
        }
    }

    /// The next frame; `None` at the end of the stream. Pings are answered and not shown.
    ///
    /// # Panics
    /// If nothing comes for a minute, or something that is no frame.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            let message = timeout(PATIENCE, self.message()).await;
            let message = message
                .unwrap_or_else(|_| panic!("{}: nothing for a minute", self.session.name))?;
            let frame = RawFrame::from_message(message).and_then(ServerFrame::parse);
            match frame.expect("a frame of the protocol") {
                ServerFrame::Ping(token) => {
                    if let Stream::Socket(socket) = &mut self.stream {
                        let pong = ClientFrame::Pong(token).encode().message();
                        socket.send(Message::Binary(pong)).await.ok()?;
                    }
                }
                frame => return Some(frame),
            }
        }
    }

    async fn message(&mut self) -> Option<Bytes> {
        match &mut self.stream {
            Stream::Socket(socket) => loop {
                match socket.next().await?.ok()? {
                    Message::Binary(message) => return Some(message),
                    Message::Close(_) => return None,
                    _ => {}
                }
            },
            Stream::Events(body, buffer) => loop {
                if let Some(message) = event_data(buffer) {
                    return Some(message);
                }
                if let Ok(data) = body.frame().await?.ok()?.into_data() {
                    buffer.extend_from_slice(&data);
                }
            },
        }
    }
}

/// A delivered message as a page shows it.
///
/// # Panics
/// If it is no text.
pub fn heard(deliver: &Deliver) -> Heard {
    let opened = OpenedMessage::parse(deliver.payload.clone()).expect("an opened message");
    let Ok(Content::Text(text)) = Content::parse(&opened.content) else {
        panic!("{} sent no text", deliver.name.as_str());
    };
    Heard {
        name: deliver.name.as_str().to_owned(),
        text,
        sequence: deliver.sequence.value(),
        message: opened.message,
    }
}

/// Takes the data of the first whole event out of the buffer; comments are dropped.
fn event_data(buffer: &mut BytesMut) -> Option<Bytes> {
    loop {
        let end = buffer.windows(2).position(|pair| pair == b"\n\n")?;
        let event = buffer.split_to(end).freeze();
        buffer.advance(2);
        let event = str::from_utf8(&event).expect("an event in UTF-8");
        let data: String = event
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(str::trim)
            .collect();
        if !data.is_empty() {
            return Some(BASE64_STANDARD.decode(data).expect("base64").into());
        }
    }
}
