//! `epochs.chain`.

use std::sync::Arc;

use wire_format::{
    EpochNumber, Refusal,
    command::commits::{Chain, CommitPage},
};

use super::{listed, room_that_is_open};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::ReadCommits,
};

/// Gives commits of a room, ascending. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: Chain,
) -> Result<Turn, Refusal> {
    let room = room_that_is_open(&errand, own.account, asked.room).await?;
    let (room, after) = (room.id(), asked.after.map_or(0, EpochNumber::value));
    let part = errand.read(ReadCommits { room, after }).await?;
    let given = u64::try_from(part.commits.len()).unwrap_or(u64::MAX);
    let page = CommitPage {
        head: EpochNumber::new(part.head),
        more: after.saturating_add(given) < part.head,
    };
    errand.ok_with(&page, listed(part.commits)?)
}
