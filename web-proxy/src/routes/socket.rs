//! `GET /api/socket`: frames as binary messages of a WebSocket (RFC 6455).

mod inbound;
mod talk;
mod wire;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wire_format::ErrorCode;

use super::session_of;
use crate::{
    app::App,
    client::{Client, Connection},
    figures::StreamKind,
    rejection::Rejection,
    same_site::Purpose,
    server::upgraded,
};

pub(super) async fn open(
    State(app): State<Arc<App>>,
    client: Client,
    mut request: Request,
) -> Result<Response, Rejection> {
    let accept = accept_key(&request).ok_or(ErrorCode::Malformed)?;
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Change).await?;
    let stream = session.downlink.open(StreamKind::socket)?;
    let figures = app.figures.clone();
    // The connection's place is taken as long as the socket is open.
    let place = parts
        .extensions
        .get::<Connection>()
        .map(|connection| connection.place.clone());
    app.tasks.spawn(async move {
        let _place = place;
        let Ok(upgraded) = upgrade.await else {
            return;
        };
        if let Some((transport, early)) = upgraded::transport_of(upgraded) {
            talk::talk(transport, early, &session, &stream, &figures).await;
        }
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
        (
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        ),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// The answer to a handshake's key; `None` if the request is no handshake for this protocol.
fn accept_key<B>(request: &http::Request<B>) -> Option<HeaderValue> {
    let headers = request.headers();
    let is_handshake = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && has_token(headers, &header::CONNECTION, "upgrade")
        && has_token(headers, &header::UPGRADE, "websocket")
        && headers.get(header::SEC_WEBSOCKET_VERSION)? == "13"
        && has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    is_handshake
        .then(|| derive_accept_key(key.as_bytes()))
        .and_then(|accept| accept.parse().ok())
}

fn has_token(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    let lines = headers.get_all(name).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

const SUBPROTOCOL: &str = "sealwire.v1";

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(change: impl FnOnce(&mut HeaderMap)) -> Option<String> {
        let mut request = http::Request::new(());
        let headers = request.headers_mut();
        headers.insert(
            "connection",
            HeaderValue::from_static("keep-alive, Upgrade"),
        );
        headers.insert("upgrade", HeaderValue::from_static("websocket"));
        headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("sealwire.v1"),
        );
        // The example of RFC 6455 §1.3.
        headers.insert(
            "sec-websocket-key",
            HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="),
        );
        change(headers);
        let accept = accept_key(&request)?;
        accept.to_str().ok().map(str::to_owned)
    }

    #[test]
    fn a_handshake_is_answered_as_the_rfc_says() {
        let accept = handshake(|_| {});
        assert_eq!(accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        for name in [
            "connection",
            "upgrade",
            "sec-websocket-version",
            "sec-websocket-protocol",
            "sec-websocket-key",
        ] {
            let without = handshake(|headers| {
                headers.remove(name);
            });
            assert_eq!(without, None, "{name}");
        }
        let other = HeaderValue::from_static("sealwire.v2");
        assert_eq!(
            handshake(|headers| drop(headers.insert("sec-websocket-protocol", other))),
            None
        );
    }
}
