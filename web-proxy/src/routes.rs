//! What a browser can ask for, and what every request and answer goes through.
//!
//! ```text
//!  request ─▶ headers, figures ─▶ panics caught ─▶ rate of the address ─▶ route
//! ```

mod api;
mod body;
mod document;
mod events;
mod page;
mod sign_in;
mod socket;

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, Version, header};
use tower_http::catch_panic::CatchPanicLayer;
use wire_format::ErrorCode;

use crate::{
    app::App,
    client::{Client, Connection},
    cookie, headers,
    rejection::Rejection,
    same_site::Purpose,
    session::Session,
};

/// All routes of the proxy.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/app/{version}/{*path}", get(page::file))
        .route("/api/openapi.json", get(document::openapi))
        .route("/api/session", get(api::session))
        .route("/api/socket", get(socket::open))
        .route("/api/events", get(events::open))
        .route("/api/auth.guest", post(sign_in::guest))
        .route("/api/auth.params", post(sign_in::params))
        .route("/api/auth.register", post(sign_in::account))
        .route("/api/auth.login", post(sign_in::account))
        .route("/api/auth.recover", post(sign_in::account))
        .route("/api/auth.fresh", post(sign_in::account))
        .route("/api/auth.logout", post(sign_in::logout))
        .route("/api/publish", post(api::publish))
        .route("/api/{command}", post(api::command))
        .fallback(page::nothing)
        .layer(middleware::from_fn_with_state(app.clone(), admit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), finish))
        .with_state(app)
}

/// Counts the request against its address, and ends connections on which two servers could read
/// different requests.
///
/// Browsers say how long a body is. Of a request that says both a length and an encoding, the parser
/// has dropped the length, while something on the way may have believed it (RFC 9112 §6.1). After an
/// upgrade that was asked for and not made, what follows may be of another protocol.
async fn admit(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    let counted = match request.uri().path().starts_with(page::FILES) {
        true => app.limits.asset(client.address),
        false => app.limits.request(client.address),
    };
    if let Err(refusal) = counted {
        return Rejection(refusal).into_response();
    }
    let is_http2 = request.version() == Version::HTTP_2;
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    let is_unsized = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = if is_unsized {
        Rejection::from(ErrorCode::Malformed).into_response()
    } else {
        next.run(request).await
    };
    let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if !is_http2 && !is_upgraded && (is_upgrade || is_unsized) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Finds out who asks; adds headers and counts what was answered.
async fn finish(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some(connection) = request.extensions().get::<Connection>() else {
        return Rejection::from(ErrorCode::Internal).into_response();
    };
    let Connection { peer, https, .. } = *connection;
    let client = Client::of(peer, https, request.headers(), &app.trusted);
    request.extensions_mut().insert(client);
    let mut response = next.run(request).await;
    if let Some(&code) = response.extensions().get::<ErrorCode>() {
        app.figures.refused(code);
    }
    app.figures.answered(response.status());
    headers::secure(response.headers_mut(), app.assets.policy(), client.https);
    response
}

fn panicked(_: Box<dyn Any + Send>) -> http::Response<axum::body::Body> {
    // The panic hook has written where; what was said may hold content.
    tracing::error!("a request panicked");
    Rejection::from(ErrorCode::Internal).into_response()
}

impl<S: Sync> axum::extract::FromRequestParts<S> for Client {
    type Rejection = Rejection;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &S,
    ) -> Result<Self, Rejection> {
        parts
            .extensions
            .get()
            .copied()
            .ok_or(ErrorCode::Internal.into())
    }
}

/// The session of a request that comes from one of the proxy's own pages; an account's that is not
/// held here is taken up.
///
/// # Errors
/// `not_allowed` for other sites, `not_signed_in`, or why the chat-server cannot be asked.
async fn session_of(
    app: &Arc<App>,
    client: Client,
    parts: &http::request::Parts,
    purpose: Purpose,
) -> Result<Arc<Session>, Rejection> {
    app.same_site
        .check(client, &parts.uri, &parts.headers, purpose)?;
    let named = cookie::session_of(&parts.headers, client.https);
    let named = named.ok_or(ErrorCode::NotSignedIn)?;
    Ok(app.session_of(client, named).await?)
}
