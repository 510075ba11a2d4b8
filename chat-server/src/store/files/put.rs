//! A chunk is there.

use wire_format::{FileId, MemberId, Millis, command::files::Held};

use super::read::{find, hash, held, is_in};
use crate::store::{Change, Refusal, Stop, Trace, Transaction};

/// Takes note of a chunk whose blob is durable by now. The same chunk once more changes nothing.
///
/// Refused: [`Refusal::NoSuchFile`] if the file is gone, or another account's, or the account out of its room; [`Refusal::NotTheirs`] if
/// another chunk is there already.
#[derive(Clone, Copy, Debug)]
pub struct PutChunk {
    /// Of which file.
    pub file: FileId,
    /// Who puts it.
    pub uploader: MemberId,
    /// Which, from 0 and below the number of chunks.
    pub place: u32,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// The present time.
    pub now: Millis,
}

/// What there is of a file after a chunk was put.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChunkPut {
    /// Which chunks.
    pub held: Held,
    /// Whether this was the last that was missing.
    pub made_whole: bool,
}

impl Change for PutChunk {
    type Answer = ChunkPut;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<ChunkPut, Stop> {
        let file = find(transaction, self.file).await?;
        let file = file.filter(|file| file.uploader == self.uploader);
        let file = file.ok_or(Refusal::NoSuchFile)?;
        if !is_in(transaction, file.room, &self.uploader).await? {
            return Err(Refusal::NoSuchFile.into());
        }
        let chunks = file.cut.chunks();
        let is_new = match hash(transaction, self.file, self.place).await? {
            None if self.place >= chunks => return Err(Refusal::NoSuchFile.into()),
            None => true,
            Some(hash) if hash == self.hash => false,
            Some(_) => return Err(Refusal::NotTheirs.into()),
        };
        if is_new {
            self.add(transaction).await?;
        }
        let have = held(transaction, self.file).await?;
        Ok(ChunkPut {
            held: Held { have, chunks },
            made_whole: is_new && file.held + 1 == chunks,
        })
    }
}

impl PutChunk {
    async fn add(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "INSERT INTO file_chunks (file, place, hash) VALUES ($1, $2, $3)";
        let values = [
            self.file.as_bytes().into(),
            u64::from(self.place).into(),
            (&self.hash).into(),
        ];
        transaction.execute(sql, &values).await?;
        let sql = "UPDATE files SET held = held + 1, touched_at = $2 WHERE id = $1";
        let values = [self.file.as_bytes().into(), self.now.into()];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}
