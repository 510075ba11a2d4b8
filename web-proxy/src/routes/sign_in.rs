//! `POST /api/auth.guest` and `POST /api/auth.logout`: where the cookie comes and goes.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderValue, header};
use wire_format::{
    CommandError, ErrorCode, ReplyFrame,
    command::{Command, Done},
};

use super::body;
use crate::{
    app::App,
    client::Client,
    cookie,
    rejection::{Rejection, reply_response},
    same_site::Purpose,
};

/// Signs a guest in.
pub(super) async fn guest(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, body) = request.into_parts();
    app.same_site
        .check(client, &parts.uri, &parts.headers, Purpose::Change)?;
    app.limits.sign_in(client.address)?;
    let body = body::read(body, body::COMMAND_BYTES).await?;
    let command = Command::from_parts("auth.guest", &body).map_err(|error| error.code())?;
    let Command::Guest(guest) = command else {
        return Err(CommandError::Malformed.code().into());
    };
    if guest.token.is_some() {
        // The proxy draws it: a token from elsewhere would be a session somebody else knows.
        return Err(ErrorCode::Malformed.into());
    }
    let before = cookie::session_of(&parts.headers, client.https);
    let (new, who) = app.sign_in(client, before, guest.name).await?;
    let reply = ReplyFrame::ok(0, &who, Bytes::new()).header;
    Ok(with_cookie(reply, new.header(client.https)))
}

/// Signs out; without a session there is nothing to do, and the cookie goes in any case.
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, _) = request.into_parts();
    app.same_site
        .check(client, &parts.uri, &parts.headers, Purpose::Change)?;
    let key = cookie::session_of(&parts.headers, client.https);
    if let Some(session) = key.and_then(|key| app.sessions.find(key)) {
        session.end(wire_format::CloseCode::Done);
        session.over().await;
    }
    let reply = ReplyFrame::ok(0, &Done {}, Bytes::new()).header;
    Ok(with_cookie(reply, cookie::removal(client.https)))
}

fn with_cookie(reply: Bytes, cookie: Option<HeaderValue>) -> Response {
    let mut response = reply_response(reply);
    let cookie = cookie.map(|cookie| (header::SET_COOKIE, cookie));
    response.headers_mut().extend(cookie);
    response
}
