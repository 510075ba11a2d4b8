//! A chat-server and a web-proxy on free ports, and requests whose every byte is known.

use std::{net::SocketAddr, num::NonZeroUsize, time::Duration};

use chat_server::Server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
};
use web_proxy::{Handle, Outcome, Proxy, Settings};

/// Both tiers; [`House::close`] asserts that they drain.
pub(crate) struct House {
    pub(crate) proxy: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) handle: Handle,
    serving: JoinHandle<Outcome>,
    /// `None` where the test has the chat-server.
    server: Option<chat_server::Running>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = chat_server::Settings::default();
        settings.limits.messages = chat_server::Rate::UNLIMITED;
        let server = Server::bind(settings).await;
        let server = server.expect("a free port").start();
        let house = Self::in_front_of(server.local_addr(), change).await;
        Self {
            server: Some(server),
            ..house
        }
    }

    /// A proxy alone.
    pub(crate) async fn in_front_of(
        server: SocketAddr,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let mut settings = Settings::loopback(server);
        settings.key_pool = NonZeroUsize::MIN.saturating_add(2);
        // Asking again and again for keys is not what these tests are about.
        let high = "100000/s".parse().expect("a rate");
        settings.limits.connection_rate = high;
        settings.limits.request_rate = high;
        settings.limits.sign_in_rate = high;
        change(&mut settings);
        let proxy = Proxy::bind(settings).await.expect("a proxy");
        Self {
            proxy: proxy.local_addr(),
            admin: proxy.admin_addr(),
            handle: proxy.handle(),
            serving: tokio::spawn(proxy.serve()),
            server: None,
        }
    }

    /// Stops both tiers, or the proxy where it stands alone.
    pub(crate) async fn close(self) {
        self.handle.shut_down();
        let outcome = self.serving.await.expect("no panic");
        assert_eq!(outcome, Outcome::Drained);
        if let Some(server) = self.server {
            server.shutdown(Duration::from_secs(5)).await;
        }
    }

    /// A request as the page sends it.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request {
            proxy: self.proxy,
            source: "127.0.0.1",
            head: format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n"),
            body: Vec::new(),
        }
        .header("Host", &self.proxy.to_string())
    }

    /// A `POST` of the page's own.
    pub(crate) fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Request {
        let origin = format!("http://{}", self.proxy);
        self.request("POST", path)
            .header("Origin", &origin)
            .body(body)
    }

    /// Signs in; gives the cookie as it is sent back. Waits for keys as a page does.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        loop {
            let body = format!("{{\"name\":\"{name}\"}}");
            let answer = self.post("/api/auth.guest", body).send().await;
            if answer.status == 200 {
                return answer.cookie();
            }
            assert_eq!(answer.status, 503, "{}", answer.text());
            tokio::task::yield_now().await;
        }
    }

    /// Who a cookie names: the status of `GET /api/session`.
    pub(crate) async fn session_status(&self, cookie: &str) -> u16 {
        let request = self.request("GET", "/api/session").header("Cookie", cookie);
        loop {
            let answer = request.clone().send().await;
            // To take a session up needs keys, and the pool is small here.
            if answer.status != 503 || answer.code() != "busy" {
                return answer.status;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// One request on a connection of its own.
#[derive(Clone)]
pub(crate) struct Request {
    proxy: SocketAddr,
    source: &'static str,
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Length", &length)
    }

    /// Comes from another loopback address.
    pub(crate) fn from(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    /// Waits for session keys as a page does.
    pub(crate) async fn send_patiently(self) -> Answer {
        loop {
            let answer = self.clone().send().await;
            if answer.status != 503 {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn send(self) -> Answer {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Only another address: a bound port may be that of a server which starts again just now.
        if self.source != "127.0.0.1" {
            let source = format!("{}:0", self.source).parse().expect("an address");
            socket.bind(source).expect("a loopback address");
        }
        let stream = socket.connect(self.proxy).await.expect("a connection");
        let bytes = [self.head.as_bytes(), b"\r\n", &self.body].concat();
        Answer::parse(&exchange(stream, &bytes).await)
    }
}

/// Sends bytes and reads until the peer closes.
pub(crate) async fn exchange(mut stream: TcpStream, bytes: &[u8]) -> Vec<u8> {
    // A peer that refuses early does not take everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

/// What the proxy said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|at| at == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).expect("a head in ASCII");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Self {
            status: status.expect("a status"),
            body: bytes[end + 4..].to_vec(),
            head,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        let reply: serde_json::Value = serde_json::from_slice(&self.body).expect("a reply header");
        reply["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").expect("a cookie");
        cookie.split(';').next().unwrap_or_default().to_owned()
    }
}
