//! `rooms.set_state`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Event, Refusal, command::conversations::SetState, room::UnverifiedRoomState,
};

use super::{room_of_member, whole};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand, unreadable},
    conversation::Conversation,
    room::event_with,
    session::Session,
    store::rooms,
};

/// Replaces a room's state by one of the newest epoch, and tells it to the others; whether its author
/// may change so much is for members to judge. A dropped future leaves it kept and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: Arc<Session>,
    set: SetState,
) -> Result<Turn, Refusal> {
    let conversation = room_of_member(&errand, own.account, set.room).await?;
    let state = UnverifiedRoomState::parse(errand.tail.clone());
    let state = state.map_err(|error| unreadable(&error))?;
    let stands = (state.room(), state.author(), state.number());
    if stands != (set.room, own.account, set.expected.next()) {
        return Err(ErrorCode::Malformed.into());
    }
    let tracker = errand.node.tracker.clone();
    whole(&tracker, keep(errand, own, member, conversation, state)).await
}

async fn keep(
    errand: Errand,
    own: Arc<AccountSession>,
    member: Arc<Session>,
    conversation: Arc<Conversation>,
    state: UnverifiedRoomState,
) -> Result<Turn, Refusal> {
    conversation.until_uncrowded().await;
    let _turn = conversation.turn().await?;
    if state.n() != conversation.head().0 {
        return Err(ErrorCode::StaleEpoch.into());
    }
    let (room, number) = (conversation.id(), state.number());
    let set = rooms::SetState {
        room,
        expected: number.value().saturating_sub(1),
        state: rooms::State {
            number: number.value(),
            record: state.bytes().to_vec(),
        },
    };
    errand.write_of_room(&own, &conversation, set).await?;
    let event = event_with(&Event::RoomState { room, number }, state.bytes().clone());
    conversation.tell(&event, Some(member.number()));
    errand.done()
}
