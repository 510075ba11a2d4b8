//! What a page does, without a browser: signs in, talks over a WebSocket or over events and posts.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Duration, timeout},
};
use tokio_tungstenite::WebSocketStream;
use wire_format::{ClientFrame, Event, Parts, Publish};

use self::talk::Stream;
use crate::{program::PATIENCE, wire};

pub use self::talk::{Heard, Talk, heard};

mod account;
mod talk;

/// The type of a body with a tail, or of one that is no JSON.
const PARTS: &str = "application/octet-stream";

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

    /// The fields of `ok`, of an answer with parts or of one without.
    fn ok(&self) -> Value {
        let has_parts = self
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == PARTS);
        let header = if has_parts {
            Parts::parse(self.body.clone()).expect("parts").header
        } else {
            self.body.clone()
        };
        wire::answer(&header).expect("an ok")
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
        let fields = json!({"name": name}).to_string();
        let ask = ("auth.guest", "application/json", fields.into());
        let (session, _) = Self::begin(source, proxy, ask).await?;
        Ok(session)
    }

    /// Begins a session with a command that signs in, the type of its body and that; gives it with
    /// the fields of `ok`.
    pub(super) async fn begin(
        source: &'static str,
        proxy: SocketAddr,
        (command, kind, body): (&str, &str, Bytes),
    ) -> Result<(Self, Value), Response> {
        let nobody = Self {
            proxy,
            source,
            cookie: String::new(),
            name: String::new(),
        };
        let response = loop {
            let path = format!("/api/{command}");
            let response = nobody.send(Method::POST, &path, kind, body.clone()).await;
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
        let ok = response.ok();
        let name = ok["name"].as_str().expect("a name").to_owned();
        let session = Self {
            cookie,
            name,
            ..nobody
        };
        Ok((session, ok))
    }

    /// Where the proxy is.
    pub fn proxy(&self) -> SocketAddr {
        self.proxy
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

    /// Posts a command with a tail.
    ///
    /// # Panics
    /// If the proxy does not answer.
    pub async fn post_with(&self, command: &str, fields: &Value, tail: Bytes) -> Response {
        let header = fields.to_string().into();
        let body = Parts { header, tail }.encode();
        self.send(Method::POST, &format!("/api/{command}"), PARTS, body)
            .await
    }

    async fn publish(&self, publish: Publish) -> Response {
        // The body of the frame: the message without its kind.
        let body = ClientFrame::Publish(publish).encode().message().slice(1..);
        self.send(Method::POST, "/api/publish", PARTS, body).await
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
        // Only another address: a bound port may be that of a server which starts again just now.
        if self.source != "127.0.0.1" {
            let source = format!("{}:0", self.source).parse().expect("an address");
            socket.bind(source).expect("a loopback address");
        }
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
