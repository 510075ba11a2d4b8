//! One POST over a connection of its own.

use std::pin::pin;

use http_body_util::Full;
use hyper::{Request, Uri, body::Bytes, client::conn::http1, header, http};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::WebhookError;

/// Posts a JSON object; the answer must be a success.
///
/// May be dropped: the other side may have taken it.
pub(super) async fn post(
    uri: &Uri,
    tls: Option<&TlsConnector>,
    body: Bytes,
) -> Result<(), WebhookError> {
    let host = uri.host().ok_or(WebhookError::Address)?;
    // An IPv6 address stands in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let usual = if tls.is_some() { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(usual);
    let stream = TcpStream::connect((host, port)).await?;
    match tls {
        None => send(stream, uri, body).await,
        Some(tls) => {
            let name = ServerName::try_from(host.to_owned());
            let name = name.map_err(|_| WebhookError::Address)?;
            send(tls.connect(name, stream).await?, uri, body).await
        }
    }
}

async fn send<S>(stream: S, uri: &Uri, body: Bytes) -> Result<(), WebhookError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request(uri, body).map_err(|_| WebhookError::Address)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut answer = pin!(sender.send_request(request));
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        // The answer may have come with the end.
        ended = connection => {
            ended?;
            answer.await
        }
    };
    let status = answer?.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(WebhookError::Status(status.as_u16()))
    }
}

fn request(uri: &Uri, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    Request::post(target)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(
            header::USER_AGENT,
            concat!("chat-server/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::CONNECTION, "close")
        .body(Full::new(body))
}
