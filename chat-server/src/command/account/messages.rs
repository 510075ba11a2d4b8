//! `messages.*` of end-to-end rooms (docs/protocol.md#1410-messages).

pub(super) mod delete;
pub(super) mod fetch;
pub(super) mod report;

use std::sync::Arc;

use wire_format::{ChannelId, ErrorCode, Refusal, room::Role};

use crate::{
    account::AccountSession,
    command::errand::Errand,
    conversation::{Conversation, Standing},
};

/// The room of a channel in which the account is, and what it is there; to who is not, there is none.
async fn room_of(
    errand: &Errand,
    own: &AccountSession,
    channel: ChannelId,
) -> Result<(Arc<Conversation>, Role), Refusal> {
    let room = errand
        .accounts
        .conversation_with(channel, own.account)
        .await?;
    let room = room.ok_or(ErrorCode::NoSuchRoom)?;
    let role = role_in(&room, own)?;
    Ok((room, role))
}

/// A room that the session's account is in, also if it hears nothing of it because it blocks the other
/// one.
async fn room_of_member(
    errand: &Errand,
    own: &AccountSession,
    channel: ChannelId,
) -> Result<Arc<Conversation>, Refusal> {
    let accounts = &errand.accounts;
    let room = accounts.conversation_with(channel, own.account).await?;
    let room = room.ok_or(ErrorCode::NoSuchRoom)?;
    match room.standing(own.account) {
        Standing::Member(_) => Ok(room),
        _ => Err(ErrorCode::NoSuchRoom.into()),
    }
}

fn role_in(room: &Conversation, own: &AccountSession) -> Result<Role, Refusal> {
    match room.standing(own.account) {
        Standing::Member(role) if !room.is_deaf(own.account) => Ok(role),
        _ => Err(ErrorCode::NoSuchRoom.into()),
    }
}
