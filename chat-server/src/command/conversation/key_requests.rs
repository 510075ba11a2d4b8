//! `epochs.key_requests`.

use std::sync::Arc;

use wire_format::{
    Refusal,
    command::{Done, commits::KeyRequests},
    limits::{GRANTS_PER_REQUEST, KEY_REQUESTS_LISTED},
};

use super::{listed, room_of_member};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::ListKeyRequests,
};

/// Gives the requests for keys that the account may still grant, the oldest first. A dropped future leaves
/// nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: KeyRequests,
) -> Result<Turn, Refusal> {
    let room = room_of_member(&errand, own.account, asked.room).await?.id();
    let limit = u32::try_from(KEY_REQUESTS_LISTED).unwrap_or(u32::MAX);
    let list = ListKeyRequests {
        room,
        granter: own.member(),
        most_grants: GRANTS_PER_REQUEST,
        limit,
    };
    let requests = errand.read(list).await?;
    errand.ok_with(&Done {}, listed(requests)?)
}
