//! `files.chunk`.

use std::sync::Arc;

use tracing::error;
use wire_format::{
    ErrorCode, Refusal,
    command::{Done, files::GetChunk},
};

use super::{blobs, blobs_failed, may_see};
use crate::{
    account::AccountSession,
    blobs::{BlobKey, Blobs as _},
    command::{Turn, errand::Errand},
    store::files::FindChunk,
};

/// Gives a chunk, once the connection has taken what it was sent before: chunks do not gather in its
/// outbox. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: GetChunk,
) -> Result<Turn, Refusal> {
    let GetChunk { file, index: place } = asked;
    errand.outbox.drained().await;
    let found = errand.read(FindChunk { file, place }).await?;
    let found = found.ok_or(ErrorCode::NoSuchFile)?;
    may_see(&errand, &own, found.file.room).await?;
    let hash = found.hash.ok_or(ErrorCode::NoSuchFile)?;
    let read = blobs(&errand)?.read(BlobKey { file, place, hash }).await;
    let read = read.map_err(|error| blobs_failed(&errand, error))?;
    let Some(chunk) = read else {
        error!(%file, place, "a chunk is not where the files are kept");
        return Err(ErrorCode::NoSuchFile.into());
    };
    errand.ok_with(&Done {}, chunk)
}
