//! What a page does before it talks: signs in, and opens its WebSocket on the same connection.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Builder,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::sleep};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use wire_format::{ErrorCode, ReplyFrame, command::auth};

use super::{
    super::{error::LoadError, frames::broken},
    refused,
};

/// Where a page comes from.
#[derive(Debug)]
pub(super) struct Page {
    address: SocketAddr,
    host: HeaderValue,
    origin: HeaderValue,
}

impl Page {
    pub(super) fn new(address: SocketAddr, authority: &str) -> Result<Self, LoadError> {
        let value = |text: String| {
            HeaderValue::from_str(&text)
                .map_err(|_| LoadError::Plan(format!("{authority} is no host and port")))
        };
        Ok(Self {
            address,
            host: value(authority.to_owned())?,
            origin: value(format!("http://{authority}"))?,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Signs in as `name` and opens the WebSocket; gives what arrived behind the handshake.
    pub(super) async fn open(
        &self,
        stream: &mut TcpStream,
        name: &str,
    ) -> Result<Vec<u8>, LoadError> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(SIGN_IN, &error))?;
        let mut visit = Visit {
            page: self,
            sender,
            connection,
            is_over: false,
        };
        let cookie = visit.sign_in(name).await?;
        visit.upgrade(cookie).await?;
        Ok(visit.connection.into_parts().read_buf.to_vec())
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.host.clone())
            .header(header::ORIGIN, self.origin.clone())
    }
}

/// Requests on one connection, one after the other.
struct Visit<'a> {
    page: &'a Page,
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<TokioIo<&'a mut TcpStream>, Full<Bytes>>,
    is_over: bool,
}

impl Visit<'_> {
    /// Gives the session's cookie. While the proxy has no keys ready it is asked again.
    async fn sign_in(&mut self, name: &str) -> Result<HeaderValue, LoadError> {
        let guest = auth::Guest {
            name: name.to_owned(),
            token: None,
        };
        let body = serde_json::to_vec(&guest).unwrap_or_default();
        loop {
            let request = self.page.request(Method::POST, "/api/auth.guest");
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let (head, reply) = self.answer(request, body.clone().into(), SIGN_IN).await?;
            let outcome = reply_of(reply).outcome::<auth::SignedIn>();
            let refusal = match outcome.map_err(broken)? {
                Ok(_) => return cookie(&head),
                Err(refusal) => refusal,
            };
            // A name of a run that was cut short is free when the proxy has missed its page.
            let is_passing = matches!(refusal.code, ErrorCode::Busy | ErrorCode::NameTaken);
            let wait = refusal
                .retry_after_ms
                .map_or(ASK_AGAIN, |millis| Duration::from_millis(millis.into()));
            if !is_passing {
                return Err(refused(SIGN_IN, refusal));
            }
            self.beside(sleep(wait)).await;
        }
    }

    async fn upgrade(&mut self, cookie: HeaderValue) -> Result<(), LoadError> {
        let key = generate_key();
        let accept = derive_accept_key(key.as_bytes());
        let request = self
            .page
            .request(Method::GET, "/api/socket")
            .header(header::COOKIE, cookie)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_PROTOCOL, "sealwire.v1")
            .header(header::SEC_WEBSOCKET_KEY, key);
        let response = self.send(request, Bytes::new(), UPGRADE).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(status(UPGRADE, response.status()));
        }
        let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
        if accepted.is_none_or(|accepted| accepted != accept.as_str()) {
            let layout = "the handshake of the WebSocket is answered with another key";
            return Err(LoadError::Layout(layout.to_owned()));
        }
        Ok(())
    }

    /// The whole answer to a request.
    async fn answer(
        &mut self,
        request: Builder,
        body: Bytes,
        step: &'static str,
    ) -> Result<(HeaderMap, Bytes), LoadError> {
        let response = self.send(request, body, step).await?;
        let (head, body) = response.into_parts();
        let body = self
            .beside(Limited::new(body, ANSWER_BYTES).collect())
            .await;
        match body {
            Ok(body) if head.headers.contains_key(header::CONTENT_TYPE) => {
                Ok((head.headers, body.to_bytes()))
            }
            _ => Err(status(step, head.status)),
        }
    }

    async fn send(
        &mut self,
        request: Builder,
        body: Bytes,
        step: &'static str,
    ) -> Result<Response<Incoming>, LoadError> {
        let request = request.body(Full::new(body));
        let request = request.map_err(|error| LoadError::Plan(error.to_string()))?;
        let response = self.sender.send_request(request);
        let response = beside(&mut self.connection, &mut self.is_over, response).await;
        response.map_err(|error| failed(step, &error))
    }

    async fn beside<T>(&mut self, future: impl Future<Output = T>) -> T {
        beside(&mut self.connection, &mut self.is_over, future).await
    }
}

/// Waits for `future` while the connection reads and writes for it.
async fn beside<T>(
    connection: &mut Connection<TokioIo<&mut TcpStream>, Full<Bytes>>,
    is_over: &mut bool,
    future: impl Future<Output = T>,
) -> T {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // What goes wrong, the request tells.
        if !*is_over && connection.poll_without_shutdown(cx).is_ready() {
            *is_over = true;
        }
        future.as_mut().poll(cx)
    })
    .await
}

/// The reply header that a proxy's answer is.
fn reply_of(body: Bytes) -> ReplyFrame {
    ReplyFrame {
        request: 0,
        header: body,
        tail: Bytes::new(),
    }
}

/// The cookie to send back: its name and value.
fn cookie(head: &HeaderMap) -> Result<HeaderValue, LoadError> {
    let set = head.get(header::SET_COOKIE);
    let pair = set.and_then(|set| set.as_bytes().split(|&byte| byte == b';').next());
    let pair = pair.and_then(|pair| HeaderValue::from_bytes(pair).ok());
    let mut pair =
        pair.ok_or_else(|| LoadError::Layout("a sign-in without a cookie".to_owned()))?;
    pair.set_sensitive(true);
    Ok(pair)
}

fn failed(step: &'static str, error: &hyper::Error) -> LoadError {
    LoadError::Closed {
        step,
        reason: error.to_string(),
    }
}

fn status(step: &'static str, status: StatusCode) -> LoadError {
    LoadError::Refused {
        step,
        reason: format!("HTTP status {status}"),
        hint: Some("Is this a web-proxy of Sealwire, and the address the one of its pages?"),
    }
}

const SIGN_IN: &str = "auth.guest";
const UPGRADE: &str = "the WebSocket";
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// Largest answer to a sign-in, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;
