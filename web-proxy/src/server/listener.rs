//! Accepting connections: a permit first, then the address's share of them.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{deadline::Deadline, http, strict_lines::StrictLines};
use crate::{
    app::App,
    client::{Connection, Place},
    error::Error,
};

/// Listens on an address that a flag named.
///
/// # Errors
/// [`Error::Listen`].
pub(super) async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen {
            address,
            flag,
            source,
        })
}

/// Accepts until the proxy stops; then the listener is closed.
pub(super) async fn accept_all(
    listener: TcpListener,
    app: &Arc<App>,
    acceptor: Option<TlsAcceptor>,
) {
    let accepting = async {
        loop {
            let Some(permit) = app.limits.permit().await else {
                return;
            };
            let (stream, peer) = accept(&listener).await;
            let is_trusted = app
                .trusted
                .iter()
                .any(|network| network.contains(peer.ip()));
            let open = match app.limits.connection(peer.ip()) {
                Ok(open) => Some(open),
                // A proxy carries the connections of many.
                Err(_) if is_trusted => None,
                Err(refusal) => {
                    app.figures.refused(refusal.code);
                    refuse(&stream, acceptor.is_none());
                    continue;
                }
            };
            let connection = Connection {
                peer: peer.ip(),
                https: acceptor.is_some(),
                place: Arc::new(Place::new(permit, open, app.figures.connections.clone())),
            };
            let serving = serve(stream, connection, app.clone(), acceptor.clone());
            app.tasks.spawn(serving);
        }
    };
    app.stop.run_until_cancelled(accepting).await;
}

/// The next connection; what the operating system cannot give now is asked for again later.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut wait = FIRST_WAIT;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => tracing::warn!(%error, "a connection was not accepted"),
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Says why, as far as it goes without waiting.
fn refuse(stream: &TcpStream, is_plain: bool) {
    if is_plain {
        // Who does not take it finds the connection closed.
        let _ = stream.try_write(TOO_MANY);
    }
}

async fn serve(
    stream: TcpStream,
    connection: Connection,
    app: Arc<App>,
    acceptor: Option<TlsAcceptor>,
) {
    prepare(&stream);
    let Some(acceptor) = acceptor else {
        let stream = StrictLines::new(Deadline::new(stream, 1));
        return http::serve(stream, http::Spoken::Http1, connection, app).await;
    };
    match handshake(acceptor, stream).await {
        Ok(stream) => {
            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            if is_http2 {
                let stream = Deadline::new(stream, HTTP2_PREFACE_BYTES);
                http::serve(stream, http::Spoken::Http2, connection, app).await;
            } else {
                let stream = StrictLines::new(Deadline::new(stream, 1));
                http::serve(stream, http::Spoken::Http1, connection, app).await;
            }
        }
        Err(error) => tracing::debug!(%error, "no TLS came about"),
    }
}

/// Sets what every connection needs; where the system knows no such option, it goes without.
fn prepare(stream: &TcpStream) {
    // Frames are small and leave at once.
    let _ = stream.set_nodelay(true);
    // Keep-alive comments always fit into the kernel's buffer: only the kernel notices that the
    // peer of a quiet event stream is gone.
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(ACKNOWLEDGED_WITHIN));
}

async fn handshake(
    acceptor: TlsAcceptor,
    stream: TcpStream,
) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    timeout(HANDSHAKE_WITHIN, acceptor.accept(stream))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What every HTTP/2 connection begins with (RFC 9113 §3.4).
const HTTP2_PREFACE_BYTES: usize = 24;
/// How long TLS may take to come about.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long sent bytes may go without an acknowledgement: three keep-alive comments.
#[cfg(target_os = "linux")]
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(45);
/// First and longest wait after a failed accept, as when file descriptors are used up.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The answer to an address that opens too many connections.
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\
    Content-Length: 0\r\nConnection: close\r\n\r\n";

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_vanishes_is_noticed_by_the_kernel() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (peer, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (stream, _) = accepted.expect("a connection");
        prepare(&stream);
        let option = socket2::SockRef::from(&stream).tcp_user_timeout();
        assert_eq!(option.expect("an option"), Some(ACKNOWLEDGED_WITHIN));
        drop(peer);
    }
}
