//! `files.put`.

use std::sync::Arc;

use bytes::Bytes;
use tracing::error;
use wire_format::{
    ErrorCode, Event, FileId, Refusal,
    command::files::{Held, Put},
    file::UnopenedChunk,
};

use super::{blobs, blobs_failed, may_put, may_see};
use crate::{
    account::AccountSession,
    blobs::{BlobKey, Blobs as _},
    command::{Turn, conversation::whole, errand::Errand, unreadable},
    conversation::Conversation,
    room::event_with,
    store::{
        Store as _,
        files::{ChunkRow, FileRow, FindChunk, MarkGone, PutChunk, ReadHeld},
    },
    wall_clock,
};

/// Keeps a chunk, and tells the room when it was the last that was missing. While it is made durable the
/// connection reads on, as long as the session has places for that. A dropped future leaves it kept or not.
pub(super) async fn run(
    mut errand: Errand,
    own: Arc<AccountSession>,
    put: Put,
) -> Result<Turn, Refusal> {
    let chunk = std::mem::take(&mut errand.tail);
    let found = errand
        .read(FindChunk {
            file: put.file,
            place: put.index,
        })
        .await?;
    let found = found.ok_or(ErrorCode::NoSuchFile)?;
    let (room, role) = may_see(&errand, &own, found.file.room).await?;
    if found.file.uploader != own.member() {
        return Err(ErrorCode::NotAllowed.into());
    }
    may_put(role)?;
    belongs(&chunk, put, &found.file)?;
    let hashed = tokio::task::spawn_blocking(move || {
        let key = BlobKey::of(put.file, put.index, &chunk);
        (key, chunk)
    });
    let (key, chunk) = hashed.await.map_err(|_| ErrorCode::Internal)?;
    if is_there(found.hash, key)? {
        return errand.ok(&held(&errand, put.file).await?);
    }
    let place = own.puts.take().await;
    let errand = Arc::new(errand);
    let (node, asked) = (Arc::clone(&errand.node), Arc::clone(&errand));
    let keeping = async move { keep(&errand, &own, &room, key, chunk).await };
    node.tracker.clone().spawn(async move {
        // Whatever becomes of the task that keeps it, somebody waits for an answer.
        let kept = whole(&node.tracker, keeping).await;
        asked.answer::<Put>(kept);
        drop(place);
    });
    Ok(Turn::Sent)
}

/// Whether this chunk is in its place already.
fn is_there(hash: Option<[u8; 32]>, key: BlobKey) -> Result<bool, ErrorCode> {
    match hash {
        Some(hash) if hash == key.hash => Ok(true),
        Some(_) => Err(ErrorCode::NotAllowed),
        None => Ok(false),
    }
}

/// Whether a record is the chunk that the file has in this place.
fn belongs(chunk: &Bytes, put: Put, file: &FileRow) -> Result<(), Refusal> {
    let read = UnopenedChunk::parse(chunk.clone()).map_err(|error| unreadable(&error))?;
    let says = (read.file(), read.index(), read.is_last());
    let is_here = says == (put.file, put.index, file.cut.is_last(put.index));
    if !is_here || file.cut.chunk_bytes(put.index) != Some(chunk.len()) {
        return Err(ErrorCode::Malformed.into());
    }
    Ok(())
}

async fn held(errand: &Errand, file: FileId) -> Result<Held, Refusal> {
    let held = errand.read(ReadHeld { file }).await?;
    Ok(held.ok_or(ErrorCode::NoSuchFile)?)
}

/// The blob first, then the record of it; without the record no blob stays.
async fn keep(
    errand: &Errand,
    own: &AccountSession,
    room: &Conversation,
    key: BlobKey,
    chunk: Bytes,
) -> Result<Held, Refusal> {
    let _turn = errand.accounts.puts.turn(key.file, key.place).await;
    let found = find(errand, key).await?.ok_or(ErrorCode::NoSuchFile)?;
    if is_there(found.hash, key)? {
        // Somebody was faster.
        return held(errand, key.file).await;
    }
    let kept = blobs(errand)?.put(key, chunk).await;
    kept.map_err(|error| blobs_failed(errand, error))?;
    let change = PutChunk {
        file: key.file,
        uploader: own.member(),
        place: key.place,
        hash: key.hash,
        now: wall_clock::now(),
    };
    let put = match errand.write_in(own, change).await {
        Ok(put) => put,
        Err(refusal) => {
            // Of a failed store nobody knows whether the record will be there.
            if refusal.code != ErrorCode::Internal {
                take_back(errand, key).await;
            }
            return Err(refusal);
        }
    };
    if put.made_whole {
        let (room_id, file) = (room.id(), key.file);
        let event = Event::FileWhole {
            room: room_id,
            file,
        };
        room.tell(&event_with(&event, Bytes::new()), None);
    }
    Ok(put.held)
}

async fn find(errand: &Errand, key: BlobKey) -> Result<Option<ChunkRow>, Refusal> {
    let (file, place) = (key.file, key.place);
    errand.read(FindChunk { file, place }).await
}

/// Deletes a blob whose record was refused: nobody counts it. The chunk's turn is held.
async fn take_back(errand: &Errand, key: BlobKey) {
    let (Ok(found), Ok(blobs)) = (find(errand, key).await, blobs(errand)) else {
        // The record may be there all the same.
        return;
    };
    if found.is_some_and(|found| found.hash == Some(key.hash)) {
        return;
    }
    if let Err(failed) = blobs.remove(key).await {
        error!(error = %failed, "a chunk that was refused was not deleted");
    }
    if found.is_none() {
        // What fails here is found at the next start.
        let _ = errand
            .accounts
            .store
            .write(MarkGone { file: key.file })
            .await;
    }
}
