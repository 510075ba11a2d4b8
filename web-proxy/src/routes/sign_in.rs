//! `POST /api/auth.*` where the cookie comes and goes: signing guests and accounts in, and out.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chat_client::session::AccountSignIn;
use http::{HeaderValue, header, request::Parts};
use wire_format::{
    CommandError, ErrorCode, ReplyFrame,
    command::{Command, Done},
};

use super::body;
use crate::{
    app::App, client::Client, cookie, layout::Layout, rejection::Rejection, same_site::Purpose,
    wall_clock,
};

/// Signs a guest in.
pub(super) async fn guest(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, body) = request.into_parts();
    check(&app, client, &parts)?;
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
    let (new, who) = app.sign_in_guest(client, before, guest.name).await?;
    let reply = ReplyFrame::ok(0, &who, Bytes::new());
    Ok(with_cookie(
        Layout::Json.response(reply),
        new.header(client.https),
    ))
}

/// What a name's password is stretched with.
pub(super) async fn params(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Response {
    let layout = Layout::of(request.headers());
    match params_of(&app, client, layout, request).await {
        Ok(reply) => layout.response(reply),
        Err(rejection) => rejection.in_layout(layout),
    }
}

async fn params_of(
    app: &App,
    client: Client,
    layout: Layout,
    request: Request,
) -> Result<ReplyFrame, Rejection> {
    let (command, _, _) = sign_in_command(app, client, layout, request).await?;
    let Command::SignInParams(params) = command else {
        return Err(ErrorCode::Malformed.into());
    };
    let (answer, key) = app.backend.params(client.address, &params).await?;
    app.accounts.learn(answer.server.clone(), key.as_ref());
    Ok(ReplyFrame::ok(0, &answer, Bytes::new()))
}

/// Signs an account in.
pub(super) async fn account(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Response {
    let layout = Layout::of(request.headers());
    match signed_in(&app, client, layout, request).await {
        Ok((reply, cookie)) => with_cookie(layout.response(reply), Some(cookie)),
        Err(rejection) => rejection.in_layout(layout),
    }
}

async fn signed_in(
    app: &Arc<App>,
    client: Client,
    layout: Layout,
    request: Request,
) -> Result<(ReplyFrame, HeaderValue), Rejection> {
    let (command, tail, parts) = sign_in_command(app, client, layout, request).await?;
    let before = cookie::session_of(&parts.headers, client.https);
    let sign_in = sign_in_of(command, tail)?;
    let (token, who) = app.sign_in_account(client, before, sign_in).await?;
    let cookie = cookie::of_account(&token, who.expires_at, wall_clock::now(), client.https);
    let cookie = cookie.ok_or(ErrorCode::Internal)?;
    Ok((ReplyFrame::ok(0, &who, Bytes::new()), cookie))
}

/// The command that a page signs in by, as far as it may say.
///
/// # Errors
/// `malformed`.
fn sign_in_of(command: Command, tail: Bytes) -> Result<AccountSignIn, ErrorCode> {
    match (command, tail.is_empty()) {
        // The guest's token is the proxy's: one from elsewhere would take somebody's name.
        (Command::Register(register), false) if register.guest.is_none() => {
            Ok(AccountSignIn::Register(Box::new(register), tail))
        }
        (Command::Login(login), true) => Ok(AccountSignIn::Login(login)),
        (Command::Recover(recover), true) => Ok(AccountSignIn::Recover(recover)),
        (Command::StartFresh(fresh), true) => Ok(AccountSignIn::Fresh(fresh)),
        _ => Err(ErrorCode::Malformed),
    }
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
    let ended = match cookie::session_of(&parts.headers, client.https) {
        Some(named) => app.end_named(client, named).await,
        None => Ok(()),
    };
    let response = match ended {
        Err(refusal) if refusal.code != ErrorCode::NotSignedIn => {
            Rejection(refusal).into_response()
        }
        Ok(()) | Err(_) => Layout::Json.response(ReplyFrame::ok(0, &Done {}, Bytes::new())),
    };
    Ok(with_cookie(response, cookie::removal(client.https)))
}

/// Reads a command that comes before a sign-in.
async fn sign_in_command(
    app: &App,
    client: Client,
    layout: Layout,
    request: Request,
) -> Result<(Command, Bytes, Parts), Rejection> {
    let (parts, body) = request.into_parts();
    check(app, client, &parts)?;
    let name = parts.uri.path().trim_start_matches("/api/");
    let body = layout.open(body::read(body, body::COMMAND_BYTES).await?)?;
    let command = Command::from_parts(name, &body.header).map_err(|error| error.code())?;
    Ok((command, body.tail, parts))
}

/// Whether somebody may try to sign in.
fn check(app: &App, client: Client, parts: &Parts) -> Result<(), Rejection> {
    app.same_site
        .check(client, &parts.uri, &parts.headers, Purpose::Change)?;
    Ok(app.limits.sign_in(client.address)?)
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    let cookie = cookie.map(|cookie| (header::SET_COOKIE, cookie));
    response.headers_mut().extend(cookie);
    response
}
