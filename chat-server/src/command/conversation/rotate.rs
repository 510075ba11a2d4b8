//! `epochs.rotate`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::commits::Rotate, event::CommitDue};

use super::{role_in, room_of_member, whole};
use crate::{
    account::AccountSession,
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    store::rooms::{Due, SetDue},
};

/// Takes note that an owner or admin wants a new epoch, and tells all of them. A dropped future leaves it
/// noted and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    rotate: Rotate,
) -> Result<Turn, Refusal> {
    let conversation = room_of_member(&errand, own.account, rotate.room).await?;
    let attempts = &errand.accounts.attempts;
    attempts.rotation(own.account).map_err(too_often)?;
    let tracker = errand.node.tracker.clone();
    let noted = async move {
        let _turn = conversation.turn().await?;
        if !role_in(&conversation, own.account)?.is_over_members() {
            return Err(ErrorCode::NotAllowed.into());
        }
        let (rooms, due) = (vec![rotate.room], Due::Demand);
        let noted = SetDue { rooms, due };
        errand.write_of_room(&own, &conversation, noted).await?;
        conversation.becomes_due(CommitDue::Demand, None);
        errand.done()
    };
    whole(&tracker, noted).await
}
