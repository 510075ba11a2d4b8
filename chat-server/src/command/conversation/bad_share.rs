//! `epochs.bad_share`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::commits::BadShare, event::CommitDue};

use super::{room_of_member, whole};
use crate::{
    account::AccountSession,
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    session::Session,
    store::rooms::{Due, SetDue},
};

/// Takes note that the account's share of the newest epoch does not open, and tells the others. A
/// dropped future leaves it noted and told, or neither.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    member: Arc<Session>,
    bad: BadShare,
) -> Result<Turn, Refusal> {
    let conversation = room_of_member(&errand, own.account, bad.room).await?;
    let attempts = &errand.accounts.attempts;
    attempts.rotation(own.account).map_err(too_often)?;
    let tracker = errand.node.tracker.clone();
    let noted = async move {
        let _turn = conversation.turn().await?;
        if bad.n != conversation.head().0 {
            return Err(ErrorCode::StaleEpoch.into());
        }
        let (rooms, due) = (vec![bad.room], Due::BadShare);
        let noted = SetDue { rooms, due };
        errand.write_of_room(&own, &conversation, noted).await?;
        conversation.becomes_due(CommitDue::BadShare, Some(member.number()));
        errand.done()
    };
    whole(&tracker, noted).await
}
