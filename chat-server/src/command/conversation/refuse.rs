//! `epochs.refuse`.

use std::sync::Arc;

use wire_format::{ErrorCode, Event, Refusal, command::commits::Refuse};

use super::{role_in, room_of_member};
use crate::{
    account::{AccountSession, account_id},
    command::{Turn, errand::Errand},
    store::rooms::DenyKeys,
};

/// Notes that an owner or admin does not grant a request, and tells who asked. A dropped future leaves
/// it noted or not, and who asked perhaps untold.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    refuse: Refuse,
) -> Result<Turn, Refusal> {
    let conversation = room_of_member(&errand, own.account, refuse.room).await?;
    let own_role = role_in(&conversation, own.account)?;
    if !own_role.is_over_members() {
        return Err(ErrorCode::NotAllowed.into());
    }
    let deny = DenyKeys {
        room: refuse.room,
        request: *refuse.request.as_bytes(),
        reason: refuse.reason.map(u8::from),
    };
    let asker = errand.write_in(&own, deny).await?;
    let refused = Event::EpochRefused {
        room: refuse.room,
        request: refuse.request,
        reason: refuse.reason,
    };
    let attendance = &errand.accounts.online.attendance;
    attendance.tell([account_id(asker)], &refused);
    errand.done()
}
