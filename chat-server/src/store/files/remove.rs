//! Files that go: told to, or never named by a message.

use wire_format::{FileId, MemberId, Millis};

use super::{drop_file, mark_gone, read::find};
use crate::store::{Change, Refusal, Stop, Trace, Transaction};

/// Lets a file go.
///
/// Refused: [`Refusal::NoSuchFile`]; [`Refusal::NotTheirs`] to who may remove only what is their own.
#[derive(Clone, Copy, Debug)]
pub struct RemoveFile {
    /// Which.
    pub file: FileId,
    /// Who.
    pub account: MemberId,
    /// Whether the account may remove what others put.
    pub may_remove_others: bool,
}

impl Change for RemoveFile {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let file = find(transaction, self.file).await?;
        let file = file.ok_or(Refusal::NoSuchFile)?;
        if file.uploader != self.account && !self.may_remove_others {
            return Err(Refusal::NotTheirs.into());
        }
        let bytes = file.cut.bytes().value();
        drop_file(transaction, self.file, file.uploader, bytes).await?;
        Ok(())
    }
}

/// Lets files go that no message names, and that nothing was put into for a while; says whether there
/// may be more.
#[derive(Clone, Copy, Debug)]
pub struct ExpireFiles {
    /// Nothing was put since then.
    pub before: Millis,
    /// At most so many.
    pub limit: u32,
}

impl Change for ExpireFiles {
    type Answer = bool;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Stop> {
        let sql = "SELECT id, uploader, bytes FROM files \
                   WHERE sequence = 0 AND touched_at < $1 ORDER BY touched_at LIMIT $2";
        let values = [self.before.into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        for row in &rows {
            let file = FileId::from_bytes(row.array(0)?);
            drop_file(transaction, file, row.account(1)?, row.number(2)?).await?;
        }
        let dropped = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        Ok(dropped == self.limit)
    }
}

/// Says that there may be blobs of a file that nobody knows.
#[derive(Clone, Copy, Debug)]
pub struct MarkGone {
    /// Which.
    pub file: FileId,
}

impl Change for MarkGone {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        if find(transaction, self.file).await?.is_none() {
            mark_gone(transaction, self.file).await?;
        }
        Ok(())
    }
}

/// Forgets a file that is gone: its blobs are deleted.
#[derive(Clone, Copy, Debug)]
pub struct ForgetGone {
    /// Which.
    pub file: FileId,
}

impl Change for ForgetGone {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "DELETE FROM gone_files WHERE id = $1";
        transaction
            .execute(sql, &[self.file.as_bytes().into()])
            .await?;
        Ok(())
    }
}
