//! `auth.logout`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{CloseCode, ReplyFrame, command::Done, event::LeaveReason};

use super::{Answer, Answered, Call};
use crate::session::Session;

/// Frees name, rooms and keys before the reply; the connection ends after it.
pub(super) fn run(session: &Arc<Session>, call: &Call<'_>) -> Answered {
    call.node
        .directory
        .sign_out(session, LeaveReason::SignedOut);
    let reply = ReplyFrame::ok(call.request, &Done {}, Bytes::new());
    Ok(Answer::Last(reply, CloseCode::Done))
}
