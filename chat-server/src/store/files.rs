//! Files of end-to-end rooms: which there are, who announced them, and which of their chunks are there.
//! The chunks themselves are [blobs](crate::blobs).
//!
//! ```text
//!  CreateFile ─▶ PutChunk … ─▶ whole ─▶ KeepFile ─▶ stays while its message does
//!      │                                    ╎
//!      └── ExpireFiles: no message named it ┘──▶ gone ─▶ its blobs are deleted ─▶ ForgetGone
//! ```
//!
//! What a file takes is counted when it is announced, and given back when it goes.

mod create;
mod keep;
mod put;
mod read;
mod remove;

use std::collections::BTreeMap;

use wire_format::{ChannelId, FileId, MemberId, RoomId, Sequence};

use super::{StoreError, Transaction, messages::storage};

pub use self::{
    create::CreateFile,
    keep::KeepFile,
    put::{ChunkPut, PutChunk},
    read::{ChunkRow, FileRow, FindChunk, FindFile, ListGone, ReadHeld},
    remove::{ExpireFiles, ForgetGone, MarkGone, RemoveFile},
};

/// Lets the files go that a message names, with the message.
pub(in crate::store) async fn drop_of_message(
    transaction: &mut Transaction<'_>,
    channel: ChannelId,
    sequence: Sequence,
) -> Result<(), StoreError> {
    let sql = "SELECT id, uploader, bytes FROM files WHERE channel = $1 AND sequence = $2";
    let values = [channel.as_bytes().into(), sequence.value().into()];
    let rows = transaction.rows(sql, &values).await?;
    for row in &rows {
        let file = FileId::from_bytes(row.array(0)?);
        drop_file(transaction, file, row.account(1)?, row.number(2)?).await?;
    }
    Ok(())
}

/// Lets the files go that messages up to one name, with these messages; adds what they took of whom.
pub(in crate::store) async fn drop_up_to(
    transaction: &mut Transaction<'_>,
    channel: ChannelId,
    last: Sequence,
    freed: &mut BTreeMap<MemberId, u64>,
) -> Result<(), StoreError> {
    let sql = "SELECT id, uploader, bytes FROM files \
               WHERE channel = $1 AND sequence > 0 AND sequence <= $2 ORDER BY id";
    let values = [channel.as_bytes().into(), last.value().into()];
    let rows = transaction.rows(sql, &values).await?;
    for row in &rows {
        let (file, bytes) = (FileId::from_bytes(row.array(0)?), row.number(2)?);
        let sum = freed.entry(row.account(1)?).or_default();
        *sum = sum.saturating_add(bytes);
        unlist(transaction, file, bytes).await?;
    }
    Ok(())
}

/// Lets a file go: its space is given back, its blobs are to be deleted.
async fn drop_file(
    transaction: &mut Transaction<'_>,
    file: FileId,
    uploader: MemberId,
    bytes: u64,
) -> Result<(), StoreError> {
    unlist(transaction, file, bytes).await?;
    storage::give_back(transaction, &uploader, bytes).await
}

/// Forgets a file and that its bytes were counted for the server; its blobs are to be deleted.
async fn unlist(
    transaction: &mut Transaction<'_>,
    file: FileId,
    bytes: u64,
) -> Result<(), StoreError> {
    mark_gone(transaction, file).await?;
    for sql in [
        "DELETE FROM file_chunks WHERE file = $1",
        "DELETE FROM files WHERE id = $1",
    ] {
        transaction.execute(sql, &[file.as_bytes().into()]).await?;
    }
    let sql = "UPDATE file_storage SET bytes = bytes - $1 WHERE bytes >= $1";
    transaction.execute(sql, &[bytes.into()]).await?;
    Ok(())
}

async fn mark_gone(transaction: &mut Transaction<'_>, file: FileId) -> Result<(), StoreError> {
    let sql = "INSERT INTO gone_files (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
    transaction.execute(sql, &[file.as_bytes().into()]).await?;
    Ok(())
}

/// A room's id out of a row.
const fn room(bytes: [u8; 16]) -> RoomId {
    RoomId::from_bytes(bytes)
}
