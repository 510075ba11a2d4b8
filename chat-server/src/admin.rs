//! Liveness, readiness and figures, on a listener of their own.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Bytes, body::Incoming, header, http,
    server::conn::http1, service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use crate::node::Node;

/// Serves until the server has stopped accepting and is about to be gone.
pub(crate) async fn serve(node: Arc<Node>, listener: TcpListener) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let gone = node.gone.clone();
    loop {
        let accepted = async {
            let permit = Arc::clone(&permits).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let accepted = tokio::select! {
            () = gone.cancelled() => return,
            accepted = accepted => accepted,
        };
        match accepted {
            None => return,
            Some((permit, Ok((stream, _)))) => {
                let node = Arc::clone(&node);
                let gone = gone.clone();
                node.tracker.clone().spawn(async move {
                    tokio::select! {
                        () = gone.cancelled() => {}
                        () = serve_one(node, stream) => {}
                    }
                    drop(permit);
                });
            }
            Some((_, Err(error))) => {
                warn!(%error, "the admin listener cannot accept");
                sleep(BACK_OFF).await;
            }
        }
    }
}

async fn serve_one(node: Arc<Node>, stream: TcpStream) {
    let service = service_fn(move |request| {
        let response = respond(&node, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(SERVED_WITHIN, serving).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "an admin connection ended"),
        Err(_) => debug!("an admin connection lasted too long"),
    }
}

fn respond(node: &Node, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET.\n");
    }
    match request.uri().path() {
        "/livez" => plain(StatusCode::OK, "live\n"),
        "/readyz" if node.stopping.is_cancelled() => {
            plain(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
        }
        "/readyz" => plain(StatusCode::OK, "ready\n"),
        "/metrics" => metrics(node),
        _ => plain(
            StatusCode::NOT_FOUND,
            "There is /livez, /readyz and /metrics.\n",
        ),
    }
}

fn metrics(node: &Node) -> Response<Full<Bytes>> {
    match node.figures.encode() {
        Ok(text) => response(StatusCode::OK, OPEN_METRICS, text.into()),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "No figures.\n"),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    response(
        status,
        "text/plain; charset=utf-8",
        Bytes::from_static(text.as_bytes()),
    )
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Connections at once: a few scrapers and probes.
const CONNECTIONS: usize = 16;
/// How long a request head may take.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may last: one that sends and never reads must not keep its place.
const SERVED_WITHIN: Duration = Duration::from_secs(30);
/// Rest after a failure to accept.
const BACK_OFF: Duration = Duration::from_millis(100);
