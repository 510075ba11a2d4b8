//! What is known of a file.

use wire_format::{
    ByteCount, FileId, MemberId, RoomId,
    command::files::{ChunkRange, Held},
    file::SealedCut,
};

use super::room;
use crate::store::{Query, StoreError, Transaction};

/// A file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileRow {
    /// Where.
    pub room: RoomId,
    /// Who announced it.
    pub uploader: MemberId,
    /// How many chunks, and what they take.
    pub cut: SealedCut,
    /// How many of them are there.
    pub held: u32,
}

impl FileRow {
    /// Whether every chunk is there.
    pub const fn is_whole(&self) -> bool {
        self.held == self.cut.chunks()
    }
}

/// Looks for a file.
#[derive(Clone, Copy, Debug)]
pub struct FindFile {
    /// Which.
    pub file: FileId,
}

impl Query for FindFile {
    type Answer = Option<FileRow>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        find(transaction, self.file).await
    }
}

/// Looks for a chunk.
#[derive(Clone, Copy, Debug)]
pub struct FindChunk {
    /// Of which file.
    pub file: FileId,
    /// Which, from 0.
    pub place: u32,
}

/// A chunk's file, and whether the chunk is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChunkRow {
    /// The file.
    pub file: FileRow,
    /// SHA-256 of the chunk, if it is there.
    pub hash: Option<[u8; 32]>,
}

impl Query for FindChunk {
    type Answer = Option<ChunkRow>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let Some(file) = find(transaction, self.file).await? else {
            return Ok(None);
        };
        let hash = hash(transaction, self.file, self.place).await?;
        Ok(Some(ChunkRow { file, hash }))
    }
}

/// Reads which chunks of a file are there; `None` if there is no such file.
#[derive(Clone, Copy, Debug)]
pub struct ReadHeld {
    /// Which file.
    pub file: FileId,
}

impl Query for ReadHeld {
    type Answer = Option<Held>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let Some(file) = find(transaction, self.file).await? else {
            return Ok(None);
        };
        let have = held(transaction, self.file).await?;
        let chunks = file.cut.chunks();
        Ok(Some(Held { have, chunks }))
    }
}

/// Lists files that are gone and whose blobs may still be there.
#[derive(Clone, Copy, Debug)]
pub struct ListGone {
    /// Only those behind this one.
    pub after: Option<FileId>,
    /// At most so many.
    pub limit: u32,
}

impl Query for ListGone {
    type Answer = Vec<FileId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT id FROM gone_files WHERE id > $1 ORDER BY id LIMIT $2";
        let after = self.after.as_ref();
        let after = after.map_or(&[][..], |after| after.as_bytes().as_slice());
        let values = [after.into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        let ids = rows.iter().map(|row| row.array(0).map(FileId::from_bytes));
        ids.collect()
    }
}

pub(super) async fn find(
    transaction: &mut Transaction<'_>,
    file: FileId,
) -> Result<Option<FileRow>, StoreError> {
    let sql = "SELECT room, uploader, chunks, bytes, held FROM files WHERE id = $1";
    let Some(row) = transaction.row(sql, &[file.as_bytes().into()]).await? else {
        return Ok(None);
    };
    let cut = SealedCut::of(small(row.number(2)?)?, ByteCount::new(row.number(3)?));
    Ok(Some(FileRow {
        room: room(row.array(0)?),
        uploader: row.account(1)?,
        cut: cut.ok_or(StoreError::Damaged("a file that nobody could announce"))?,
        held: small(row.number(4)?)?,
    }))
}

/// Whether an account is in a room; who is let out in this moment is so before or after.
pub(super) async fn is_in(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    account: &MemberId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM room_members WHERE room = $1 AND account = $2 AND gone = 0";
    let values = [room.as_bytes().into(), account.into()];
    Ok(transaction.row(sql, &values).await?.is_some())
}

pub(super) async fn hash(
    transaction: &mut Transaction<'_>,
    file: FileId,
    place: u32,
) -> Result<Option<[u8; 32]>, StoreError> {
    let sql = "SELECT hash FROM file_chunks WHERE file = $1 AND place = $2";
    let values = [file.as_bytes().into(), u64::from(place).into()];
    let row = transaction.row(sql, &values).await?;
    row.map(|row| row.array(0)).transpose()
}

/// Places without a hole between them have the same distance to their rank.
pub(super) async fn held(
    transaction: &mut Transaction<'_>,
    file: FileId,
) -> Result<Vec<ChunkRange>, StoreError> {
    let sql = "SELECT min(place), max(place) FROM \
               (SELECT place, place - row_number() OVER (ORDER BY place) AS run \
               FROM file_chunks WHERE file = $1) AS places GROUP BY run ORDER BY 1";
    let rows = transaction.rows(sql, &[file.as_bytes().into()]).await?;
    let range = rows.iter().map(|row| {
        let (first, last) = (row.number(0)?, row.number(1)?);
        Ok(ChunkRange(small(first)?, small(last)?))
    });
    range.collect()
}

fn small(number: u64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Damaged("a chunk above every limit"))
}
