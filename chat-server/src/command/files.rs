//! `files.*`: sealed chunks that members of end-to-end rooms put and get (docs/protocol.md#1412-files).
//!
//! Who is not in a file's room is told that there is no such file. A file is its uploader's until a
//! message names it; whoever is let out of the room meanwhile can neither finish nor keep it, and it goes
//! as one that was never finished.

mod chunk;
mod create;
mod held;
mod keep;
mod put;
mod remove;

use std::sync::Arc;

use tracing::error;
use wire_format::{ErrorCode, FileId, Refusal, RoomId, command::Command, room::Role};

use super::{Answered, conversation::room_of_member, errand::Errand, later};
use crate::{
    account::{AccountSession, store_busy, store_failed},
    blobs::{AnyBlobs, BlobError},
    conversation::{Conversation, Standing},
    store::{
        StoreError,
        files::{FileRow, FindFile},
    },
};

/// Whether a command is about files.
pub(super) const fn is_one(command: &Command) -> bool {
    matches!(
        command,
        Command::CreateFile(_)
            | Command::PutChunk(_)
            | Command::HeldChunks(_)
            | Command::FetchChunk(_)
            | Command::KeepFile(_)
            | Command::RemoveFile(_)
    )
}

/// Carries a command about files out.
///
/// # Errors
/// `unknown_command` on a server that has no place for files.
pub(super) fn run(errand: Errand, own: Arc<AccountSession>, command: Command) -> Answered {
    if errand.accounts.blobs.is_none() {
        return Err(ErrorCode::UnknownCommand.into());
    }
    match command {
        Command::CreateFile(create) => later(create::run(errand, own, create)),
        Command::PutChunk(put) => later(put::run(errand, own, put)),
        Command::HeldChunks(held) => later(held::run(errand, own, held)),
        Command::FetchChunk(chunk) => later(chunk::run(errand, own, chunk)),
        Command::KeepFile(keep) => later(keep::run(errand, own, keep)),
        Command::RemoveFile(remove) => later(remove::run(errand, own, remove)),
        _ => Err(ErrorCode::NotAllowed.into()),
    }
}

/// A room, and what the account is there; to who is not, there is none.
async fn room_with_role(
    errand: &Errand,
    own: &AccountSession,
    room: RoomId,
) -> Result<(Arc<Conversation>, Role), Refusal> {
    let conversation = room_of_member(errand, own.account, room).await?;
    let role = role_in(&conversation, own)?;
    Ok((conversation, role))
}

fn role_in(room: &Conversation, own: &AccountSession) -> Result<Role, Refusal> {
    match room.standing(own.account) {
        Standing::Member(role) if !room.is_deaf(own.account) => Ok(role),
        _ => Err(ErrorCode::NoSuchRoom.into()),
    }
}

/// A file of a room that the account is in.
async fn file_of(
    errand: &Errand,
    own: &AccountSession,
    file: FileId,
) -> Result<(FileRow, Arc<Conversation>, Role), Refusal> {
    let row = errand.read(FindFile { file }).await?;
    let row = row.ok_or(ErrorCode::NoSuchFile)?;
    let (room, role) = may_see(errand, own, row.room).await?;
    Ok((row, room, role))
}

/// The room of a file, to who is in it.
async fn may_see(
    errand: &Errand,
    own: &AccountSession,
    room: RoomId,
) -> Result<(Arc<Conversation>, Role), Refusal> {
    let found = room_with_role(errand, own, room).await;
    found.map_err(|refusal| match refusal.code {
        ErrorCode::NoSuchRoom => ErrorCode::NoSuchFile.into(),
        _ => refusal,
    })
}

/// Who reads only puts no files.
fn may_put(role: Role) -> Result<(), Refusal> {
    match role {
        Role::Muted => Err(ErrorCode::NotAllowed.into()),
        _ => Ok(()),
    }
}

/// Where the server keeps chunks.
fn blobs(errand: &Errand) -> Result<AnyBlobs, Refusal> {
    let blobs = errand.accounts.blobs.clone();
    blobs.ok_or(ErrorCode::UnknownCommand.into())
}

/// What failed blobs are told as; the cause goes to the log, here.
fn blobs_failed(errand: &Errand, failed: BlobError) -> Refusal {
    let as_store = match failed {
        BlobError::Full => StoreError::Full,
        BlobError::ReadOnly => StoreError::ReadOnly,
        failed => {
            let cause = std::error::Error::source(&failed).map(ToString::to_string);
            error!(error = %failed, cause, "a chunk was not kept or read");
            return match failed {
                BlobError::Unreachable(_) => store_busy(),
                _ => ErrorCode::Internal.into(),
            };
        }
    };
    errand.node.alerts.store(&as_store);
    store_failed(as_store)
}
