//! Liveness, readiness and figures, on a listener of their own that browsers never see.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Serves until the proxy has drained.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, halt: CancellationToken) {
    let served = axum::serve(listener, router(app))
        .with_graceful_shutdown(halt.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the admin listener ended");
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(app)
}

/// Ready is: not stopping, keys in the pool, and a chat-server that can be reached.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let why_not = if app.stop.is_cancelled() {
        Some("stopping\n")
    } else if app.keys.len() == 0 {
        Some("no session keys\n")
    } else if !app.backend.is_reachable().await {
        Some("no chat-server\n")
    } else {
        None
    };
    match why_not {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason).into_response(),
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.figures.text()).into_response()
}
