//! `rooms.look`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::directory::Look};

use super::public_room;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
};

/// Shows a public room from outside, but to who is banned. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    look: Look,
) -> Result<Turn, Refusal> {
    let room = public_room(&errand, look.room).await?;
    let looked = room.looked_at_by(own.account);
    errand.ok(&looked.ok_or(ErrorCode::NoSuchRoom)?)
}
