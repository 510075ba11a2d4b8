//! `rooms.invitations`.

use std::sync::Arc;

use wire_format::{Refusal, command::Done, limits::INVITATIONS_PER_ACCOUNT};

use super::listed;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::ListInvitations,
    wall_clock,
};

/// Gives the invitations that wait for the account. A dropped future leaves nothing behind.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let list = ListInvitations {
        account: own.member(),
        now: wall_clock::now(),
        limit: u32::try_from(INVITATIONS_PER_ACCOUNT).unwrap_or(u32::MAX),
    };
    let invitations = errand.read(list).await?;
    errand.ok_with(&Done {}, listed(invitations)?)
}
