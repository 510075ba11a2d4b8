//! Announcing a file.

use wire_format::{ByteCount, FileId, MemberId, Millis, RoomId, file::SealedCut};

use super::{read::find, storage};
use crate::store::{Change, Refusal, Stop, StoreError, Trace, Transaction};

/// Announces a file, and counts what it takes. The same once more changes nothing.
///
/// Who calls has looked whether the account may write in the room.
///
/// Refused: [`Refusal::OverQuota`] if the account or the server has no space for it;
/// [`Refusal::NotTheirs`] if another file has this id; [`Refusal::FileGoing`] if one had whose chunks are being
/// deleted, which would delete those of this one.
#[derive(Clone, Copy, Debug)]
pub struct CreateFile {
    /// Drawn by the account.
    pub file: FileId,
    /// Where.
    pub room: RoomId,
    /// Who.
    pub uploader: MemberId,
    /// How many chunks, and what they take.
    pub cut: SealedCut,
    /// What messages and files of one account may take, in bytes.
    pub most_bytes: u64,
    /// What all files may take, in bytes.
    pub most_of_all: u64,
    /// The present time.
    pub now: Millis,
}

impl Change for CreateFile {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        if let Some(row) = find(transaction, self.file).await? {
            let stands = (row.room, row.uploader, row.cut);
            let is_same = stands == (self.room, self.uploader, self.cut);
            return if is_same {
                Ok(())
            } else {
                Err(Refusal::NotTheirs.into())
            };
        }
        let sql = "SELECT 1 FROM gone_files WHERE id = $1";
        if transaction
            .row(sql, &[self.file.as_bytes().into()])
            .await?
            .is_some()
        {
            return Err(Refusal::FileGoing.into());
        }
        let bytes = self.cut.bytes();
        if !self.has_space(transaction, bytes).await? {
            return Err(Refusal::OverQuota.into());
        }
        let sql = "INSERT INTO files \
                   (id, room, uploader, chunks, bytes, held, touched_at, channel, sequence) \
                   VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 0)";
        let values = [
            self.file.as_bytes().into(),
            self.room.as_bytes().into(),
            (&self.uploader).into(),
            u64::from(self.cut.chunks()).into(),
            bytes.value().into(),
            self.now.into(),
            [].as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

impl CreateFile {
    /// Counts it; whether there is space for it.
    async fn has_space(
        &self,
        transaction: &mut Transaction<'_>,
        bytes: ByteCount,
    ) -> Result<bool, StoreError> {
        let bytes = bytes.value();
        if !storage::take(transaction, &self.uploader, bytes, self.most_bytes).await? {
            return Ok(false);
        }
        let sql = "INSERT INTO file_storage (only_row, bytes) VALUES (1, $1) \
                   ON CONFLICT (only_row) DO UPDATE SET bytes = file_storage.bytes + $1 \
                   RETURNING bytes";
        let total = transaction.number(sql, &[bytes.into()]).await?;
        Ok(total <= self.most_of_all)
    }
}
