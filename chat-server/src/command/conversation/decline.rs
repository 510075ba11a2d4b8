//! `rooms.decline`.

use std::sync::Arc;

use wire_format::{Refusal, command::conversations::Decline};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::DropInvitation,
};

/// Drops an invitation to the account; one that is not there is no error. A dropped future leaves it
/// there or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    decline: Decline,
) -> Result<Turn, Refusal> {
    let drop = DropInvitation {
        account: own.member(),
        hash: *decline.invitation.as_bytes(),
    };
    errand.write_in(&own, drop).await?;
    errand.done()
}
