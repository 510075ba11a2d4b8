//! `files.keep`.

use std::sync::Arc;

use wire_format::{Refusal, command::files::Keep};

use super::{file_of, may_put, may_see};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::files::KeepFile,
};

/// Ties a file to the message that names it. A dropped future leaves it tied or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    keep: Keep,
) -> Result<Turn, Refusal> {
    let (row, room, _) = file_of(&errand, &own, keep.file).await?;
    let _turn = room.turn().await?;
    // Who was let out or muted meanwhile keeps nothing any more.
    let (_, role) = may_see(&errand, &own, row.room).await?;
    may_put(role)?;
    let change = KeepFile {
        file: keep.file,
        uploader: own.member(),
        channel: keep.channel,
        sequence: keep.sequence,
    };
    errand.write_in(&own, change).await?;
    errand.done()
}
