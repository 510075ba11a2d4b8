//! `epochs.pending`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Refusal,
    command::{Done, commits::Pending},
    record_list,
};

use super::{room_of_anybody_near, waiting::Waiting};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
};

/// Gives the requests that the next commit has to take in, the oldest first. A dropped future leaves
/// nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: Pending,
) -> Result<Turn, Refusal> {
    let conversation = room_of_anybody_near(&errand, own.account, asked.room).await?;
    let waiting = Waiting::read(&errand, &conversation).await?;
    let records = waiting.demanded(&conversation);
    let tail = record_list::encode(&records).map_err(|_| ErrorCode::Internal)?;
    errand.ok_with(&Done {}, tail)
}
