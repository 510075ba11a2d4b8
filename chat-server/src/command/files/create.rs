//! `files.create`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::files::Create, file::SealedCut};

use super::{may_put, role_in, room_with_role};
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::files::CreateFile,
    wall_clock,
};

/// Announces a file, and counts what it takes against the account and the server. A dropped future leaves
/// it announced or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    create: Create,
) -> Result<Turn, Refusal> {
    let cut = SealedCut::of(create.chunks, create.bytes).ok_or(ErrorCode::Malformed)?;
    let limits = &errand.accounts.limits;
    if above(limits.file_bytes, create.bytes.value()) {
        return Err(ErrorCode::TooLarge.into());
    }
    let (room, role) = room_with_role(&errand, &own, create.room).await?;
    may_put(role)?;
    // Who is let out in this moment is let out before or after.
    let _turn = room.turn().await?;
    may_put(role_in(&room, &own)?)?;
    if room.face().archived {
        return Err(ErrorCode::Archived.into());
    }
    let change = CreateFile {
        file: create.file,
        room: create.room,
        uploader: own.member(),
        cut,
        most_bytes: most(limits.storage_bytes),
        most_of_all: most(limits.files_bytes),
        now: wall_clock::now(),
    };
    errand.write_in(&own, change).await?;
    errand.done()
}

/// A limit of 0 is none.
const fn most(limit: u64) -> u64 {
    if limit == 0 { u64::MAX } else { limit }
}

const fn above(limit: u64, bytes: u64) -> bool {
    bytes > most(limit)
}
