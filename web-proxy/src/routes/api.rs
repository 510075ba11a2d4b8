//! Commands and messages by POST, and who is signed in.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use bytes::Bytes;
use serde::Serialize;
use wire_format::{MemberId, ReplyFrame, RoomId, command::Command};

use super::{body, session_of};
use crate::{
    app::App,
    client::Client,
    rejection::{Rejection, reply_response},
    same_site::Purpose,
    session::{
        downlink::Asker,
        uplink::{self, Answer},
    },
};

/// `POST /api/<command>`.
pub(super) async fn command(
    State(app): State<Arc<App>>,
    client: Client,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, body) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Change)?;
    let body = body::read(body, body::COMMAND_BYTES).await?;
    let command = Command::from_parts(&name, &body).map_err(|error| error.code())?;
    let (Answer::Reply(reply) | Answer::Given(reply)) =
        session.carry_out(command, Asker::Post).await?;
    Ok(reply_response(reply.header))
}

/// `POST /api/publish`.
pub(super) async fn publish(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, body) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Change)?;
    let body = body::read(body, body::PUBLISH_BYTES).await?;
    let reply = session.publish(uplink::publish_of_body(body)?).await?;
    Ok(reply_response(reply.header))
}

/// `GET /api/session`.
pub(super) async fn session(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    #[derive(Serialize)]
    struct Who<'a> {
        member: MemberId,
        name: &'a str,
        rooms: Vec<RoomId>,
    }

    let (parts, _) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Read)?;
    let who = Who {
        member: session.who.member,
        name: &session.who.name,
        rooms: session.link.rooms(),
    };
    Ok(reply_response(ReplyFrame::ok(0, &who, Bytes::new()).header))
}
