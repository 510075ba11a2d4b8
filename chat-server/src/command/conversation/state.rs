//! `rooms.state`.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    Refusal, StateNumber,
    command::conversations::{GetState, StateOf},
};

use super::room_of_member;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::ReadState,
};

/// Gives a room's state. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: GetState,
) -> Result<Turn, Refusal> {
    let room = room_of_member(&errand, own.account, asked.room).await?.id();
    let state = errand.read(ReadState { room }).await?;
    let (number, record) = state.map_or((0, Bytes::new()), |state| {
        (state.number, Bytes::from(state.record))
    });
    let number = StateNumber::new(number);
    errand.ok_with(&StateOf { number }, record)
}
