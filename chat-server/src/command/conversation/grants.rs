//! `epochs.grants`.

use std::sync::Arc;

use wire_format::{
    KeyRequestHash, Refusal,
    command::commits::{Grants, GrantsOf},
};

use super::{listed, room_of_member};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::ReadGrants,
};

/// Gives what was granted to the account. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: Grants,
) -> Result<Turn, Refusal> {
    let room = room_of_member(&errand, own.account, asked.room).await?.id();
    let account = own.member();
    let granted = errand.read(ReadGrants { room, account }).await?;
    let refused = granted.request.and_then(|(_, refused)| refused);
    let fields = GrantsOf {
        request: granted
            .request
            .map(|(hash, _)| KeyRequestHash::from_bytes(hash)),
        refused: refused.is_some(),
        reason: refused.flatten().and_then(|one| one.try_into().ok()),
    };
    errand.ok_with(&fields, listed(granted.grants)?)
}
