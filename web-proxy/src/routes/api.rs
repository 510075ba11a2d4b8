//! Commands and messages by POST, and who is signed in.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use bytes::Bytes;
use serde::Serialize;
use wire_format::{
    AccountId, Challenge, ErrorCode, MemberId, Millis, ReplyFrame, RoomId, SessionId,
    command::Command,
};

use super::{body, session_of};
use crate::{
    app::App,
    client::Client,
    layout::Layout,
    rejection::Rejection,
    same_site::Purpose,
    session::{
        Session,
        downlink::Asker,
        uplink::{self, Answer, way::Way},
        who::Who,
    },
};

/// `POST /api/<command>`.
pub(super) async fn command(
    State(app): State<Arc<App>>,
    client: Client,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let layout = Layout::of(request.headers());
    match carried_out(&app, client, &name, layout, request).await {
        Ok(reply) => layout.response(reply),
        Err(rejection) => rejection.in_layout(layout),
    }
}

async fn carried_out(
    app: &Arc<App>,
    client: Client,
    name: &str,
    layout: Layout,
    request: Request,
) -> Result<ReplyFrame, Rejection> {
    let (parts, body) = request.into_parts();
    let session = session_of(app, client, &parts, Purpose::Change).await?;
    let body = layout.open(body::read(body, body::most(name)).await?)?;
    let command = Command::from_parts(name, &body.header).map_err(|error| error.code())?;
    let contract = command.contract();
    let answers_tail = contract.answers_tail && Way::of(contract) == Way::PassedOn;
    if layout == Layout::Json && answers_tail {
        return Err(ErrorCode::NotAllowed.into());
    }
    let answer = session.carry_out(command, body.tail, Asker::Post).await?;
    let (Answer::Reply(reply) | Answer::Given(reply)) = answer;
    Ok(reply)
}

/// `POST /api/publish`.
pub(super) async fn publish(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, body) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Change).await?;
    let body = body::read(body, body::PUBLISH_BYTES).await?;
    let reply = session.publish(uplink::publish_of_body(body)?).await?;
    Ok(Layout::Json.response(reply))
}

/// `GET /api/session`.
pub(super) async fn session(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, _) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Read).await?;
    let reply = match &session.who {
        Who::Guest { .. } => ReplyFrame::ok(0, &MemberFields::of(&session), Bytes::new()),
        Who::Account(account) => {
            let known = app.accounts.known(&app.backend, client.address).await?;
            let fields = AccountFields {
                member: MemberFields::of(&session),
                account: account.account,
                session: account.session,
                server: &known.server,
                challenge: session.downlink.challenge(),
                expires_at: account.expires_at,
            };
            ReplyFrame::ok(0, &fields, Bytes::new())
        }
    };
    Ok(Layout::Json.response(reply))
}

/// Who is signed in.
#[derive(Serialize)]
struct MemberFields<'a> {
    member: MemberId,
    name: &'a str,
    rooms: Vec<RoomId>,
}

impl<'a> MemberFields<'a> {
    fn of(session: &'a Session) -> Self {
        Self {
            member: session.who.member(),
            name: session.who.name(),
            rooms: session.link.rooms(),
        }
    }
}

/// What an account's session has beside it.
#[derive(Serialize)]
struct AccountFields<'a> {
    #[serde(flatten)]
    member: MemberFields<'a>,
    account: AccountId,
    session: SessionId,
    server: &'a str,
    challenge: Option<Challenge>,
    expires_at: Millis,
}
