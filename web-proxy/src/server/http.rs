//! One connection of HTTP/1.1 or HTTP/2, as ALPN chose.

use std::{sync::Arc, time::Duration};

use axum::extract::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    pin,
};

use crate::{app::App, client::Connection, routes};

/// Which HTTP is spoken; plain connections speak HTTP/1.1, and nothing is guessed from bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spoken {
    Http1,
    Http2,
}

/// Serves requests until the peer leaves or the proxy stops; then requests under way are finished.
pub(super) async fn serve<S>(stream: S, spoken: Spoken, connection: Connection, app: Arc<App>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stop = app.stop.clone();
    let cut = connection.place.cut.clone();
    let router = TowerToHyperService::new(routes::router(app));
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let request: Request = request.map(axum::body::Body::new);
        hyper::service::Service::call(&router, request)
    });
    let builder = builder(spoken);
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    pin!(serving);
    let serving = async {
        tokio::select! {
            served = serving.as_mut() => served,
            () = stop.cancelled() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    };
    let Some(served) = cut.run_until_cancelled(serving).await else {
        return;
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended badly");
    }
}

fn builder(spoken: Spoken) -> Builder<TokioExecutor> {
    let builder = Builder::new(TokioExecutor::new());
    let mut builder = match spoken {
        Spoken::Http1 => builder.http1_only(),
        Spoken::Http2 => builder.http2_only(),
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WITHIN)
        .max_headers(MAX_HEADERS)
        .max_buf_size(HTTP1_BUFFER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING_EVERY)
        .keep_alive_timeout(HTTP2_PONG_WITHIN)
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HTTP2_HEADER_BYTES);
    builder
}

/// How long the head of a request may take, and how long a connection may wait for the next one.
const HEADER_WITHIN: Duration = Duration::from_secs(15);
/// Headers of one request; browsers send some twenty.
const MAX_HEADERS: usize = 64;
/// Largest head of an HTTP/1.1 request, in bytes.
const HTTP1_BUFFER_BYTES: usize = 32 * 1024;
/// Largest head of an HTTP/2 request, in bytes as RFC 9113 §6.5.2 counts.
const HTTP2_HEADER_BYTES: u32 = 16 * 1024;
/// Requests under way on one HTTP/2 connection: all modules of the page at once.
const HTTP2_STREAMS: u32 = 128;
/// How an HTTP/2 connection shows that somebody is there.
const HTTP2_PING_EVERY: Duration = Duration::from_secs(20);
const HTTP2_PONG_WITHIN: Duration = Duration::from_secs(20);
