//! Every row of the data: out of one snapshot, and into empty data in one transaction.

use sqlx::AssertSqlSafe;
use tokio::sync::mpsc;

use super::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction,
    tables::{Begin, Cell, Column, TABLES, Table},
};

/// A part of a backup, in its order: tables, each followed by its rows, then the end.
#[derive(Debug)]
pub(crate) enum Piece {
    Table(&'static Table, Vec<&'static Column>),
    Rows(Vec<Vec<Cell>>),
    End,
}

/// Reads every row. What has no [`Piece::End`] is not whole.
pub(crate) struct Dump {
    /// Where pieces go; when it is closed, the rest is not wanted.
    pub(crate) pieces: mpsc::Sender<Piece>,
}

impl Query for Dump {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        for table in TABLES {
            let columns = table.columns.iter().collect();
            if self
                .pieces
                .send(Piece::Table(table, columns))
                .await
                .is_err()
            {
                return Ok(());
            }
            let mut rows = page(transaction, table, None).await?;
            while let Some(last) = rows.last().cloned() {
                let was_last = rows.len() < table.rows_at_once();
                if self.pieces.send(Piece::Rows(rows)).await.is_err() {
                    return Ok(());
                }
                if was_last {
                    break;
                }
                rows = page(transaction, table, Some(table.key_of(&last))).await?;
            }
        }
        // Who is gone does not need to know.
        let _ = self.pieces.send(Piece::End).await;
        Ok(())
    }
}

async fn page(
    transaction: &mut Transaction<'_>,
    table: &'static Table,
    after: Option<&[Cell]>,
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let begin = after.map_or(Begin::Start, |_| Begin::BehindKey);
    let key = after.into_iter().flatten().map(Cell::value);
    let limit = u64::try_from(table.rows_at_once()).unwrap_or(u64::MAX);
    let values: Vec<_> = key.chain([limit.into()]).collect();
    // Made of names in this program only.
    let sql = AssertSqlSafe(table.select(begin));
    let rows = transaction.rows(sql, &values).await?;
    rows.iter().map(|row| table.read(row)).collect()
}

/// Where the pieces of a backup come from. They may be asked for more than once.
pub(crate) trait Source: Send + Sync + 'static {
    /// Begins to read. A channel that closes before [`Piece::End`] means that reading failed.
    fn pieces(&self) -> mpsc::Receiver<Piece>;
}

/// What to do with rows that are there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Existing {
    Refuse,
    Replace,
}

/// Writes every row of a backup, all or none; the answer is how many. Channels count anew, under another
/// run.
///
/// Refused: [`Refusal::NotEmpty`] if there are data that are not to be replaced.
pub(crate) struct Load<S> {
    pub(crate) source: S,
    pub(crate) existing: Existing,
}

impl<S: Source> Change for Load<S> {
    type Answer = u64;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Stop> {
        match self.existing {
            Existing::Refuse => require_nothing(transaction).await?,
            Existing::Replace => remove_everything(transaction).await?,
        }
        let mut pieces = self.source.pieces();
        let mut sql = String::new();
        // Where in a row of a channel its run is.
        let mut run = None;
        let mut written = 0;
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Table(table, columns) => {
                    sql = table.insert(&columns);
                    let is_run = |column: &Column| (table.name, column.name) == ("channels", "run");
                    run = columns.iter().copied().position(is_run);
                }
                Piece::End => return Ok(written),
                Piece::Rows(rows) => {
                    for mut row in rows {
                        // What was delivered after the backup has numbers that come again.
                        if let Some(run) = run.and_then(|place| row.get_mut(place)) {
                            *run = Cell::Bytes(rand::random::<[u8; 16]>().to_vec());
                        }
                        let values: Vec<_> = row.iter().map(Cell::value).collect();
                        // Made of names in this program only.
                        transaction
                            .execute(AssertSqlSafe(sql.clone()), &values)
                            .await?;
                        written += 1;
                    }
                }
            }
        }
        Err(StoreError::Damaged("the backup changed while it was read").into())
    }
}

async fn require_nothing(transaction: &mut Transaction<'_>) -> Result<(), Stop> {
    for table in TABLES {
        let sql = AssertSqlSafe(format!("SELECT 1 FROM {} LIMIT 1", table.name));
        if transaction.row(sql, &[]).await?.is_some() {
            return Err(Refusal::NotEmpty.into());
        }
    }
    Ok(())
}

/// What refers to something else goes first.
async fn remove_everything(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    for table in TABLES.iter().rev() {
        let sql = AssertSqlSafe(format!("DELETE FROM {}", table.name));
        transaction.execute(sql, &[]).await?;
    }
    Ok(())
}

/// The newest step of migration that was applied.
pub(crate) struct ReadLayout;

impl Query for ReadLayout {
    type Answer = u64;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, StoreError> {
        let sql = "SELECT max(version) FROM _sqlx_migrations";
        transaction.number(sql, &[]).await
    }
}

/// Rows in memory at once, read or written: with the largest records some 8 MiB.
pub(crate) const ROWS_AT_ONCE: usize = 128;
