//! `epochs.share`.

use std::sync::Arc;

use wire_format::{
    ErrorCode, Refusal, WrapNumber,
    command::commits::{Share, ShareOf},
};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::rooms::ReadShare,
};

/// Gives the account's share of an epoch that it was in, also after it has gone. A dropped future
/// leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: Share,
) -> Result<Turn, Refusal> {
    let read = ReadShare {
        room: asked.room,
        n: asked.n.value(),
        account: own.member(),
    };
    let share = errand.read(read).await?;
    let share = share.ok_or(ErrorCode::NoSuchRoom)?;
    let wrap = WrapNumber::new(share.wrap);
    errand.ok_with(&ShareOf { wrap }, share.share.into())
}
