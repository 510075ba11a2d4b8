//! The store in one SQLite file: a writer that gathers changes, and a few readers.

mod files;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Change, Query, Store, StoreError, Transaction, Verdict, migrations};
use writer::{Job, Pending};

/// A SQLite database: WAL, every commit synced, one task that writes.
///
/// Clones share it. Dropping all of them ends the writer once it has made the changes that wait.
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

struct Shared {
    file: PathBuf,
    jobs: mpsc::Sender<Box<dyn Job>>,
    readers: SqlitePool,
    closing: CancellationToken,
    writer: TaskTracker,
}

impl Sqlite {
    /// Opens `sealwire.db` in this folder; makes both if they are not there, for their owner only.
    ///
    /// A dropped future leaves a database that opens the next time.
    ///
    /// # Errors
    /// [`StoreError`] says what stands in the way.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_for(folder, None, Reads::LookUp).await
    }

    /// Opens data with the layout that a step of migration led to, for who walks through them;
    /// `None` is the newest.
    pub(super) async fn open_to(folder: &Path, layout: Option<i64>) -> Result<Self, StoreError> {
        Self::open_for(folder, layout, Reads::WalkThrough).await
    }

    async fn open_for(
        folder: &Path,
        layout: Option<i64>,
        reads: Reads,
    ) -> Result<Self, StoreError> {
        let file = files::prepare(folder)?;
        let options = options(&file);
        let mut connection = options.connect().await?;
        migrations::sqlite()
            .run_direct(layout, &mut connection, false)
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(reading(options, reads));
        let (jobs, waiting) = mpsc::channel(WAITING_CHANGES);
        let closing = CancellationToken::new();
        let writer = TaskTracker::new();
        writer.spawn(writer::run(connection, waiting, closing.clone()));
        writer.close();
        let shared = Shared {
            file,
            jobs,
            readers,
            closing,
            writer,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Empties the log beside the file, in which deleted rows stand until others are written over them:
    /// all of it goes into the file, whose free pages are overwritten. False where somebody is in its
    /// way at this moment.
    ///
    /// A dropped future leaves it emptied or not.
    ///
    /// # Errors
    /// [`StoreError`], as the database fails.
    pub(super) async fn empty_log(&self) -> Result<bool, StoreError> {
        let options = options(&self.shared.file).busy_timeout(LOG_BUSY);
        let mut connection = options.connect().await?;
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(busy == 0)
    }
}

/// The newest step of migration that was applied in this folder; makes nothing.
pub(super) async fn newest_step(folder: &Path) -> Result<Option<i64>, StoreError> {
    let Some(file) = files::present(folder)? else {
        return Ok(None);
    };
    let mut connection = options(&file).connect().await?;
    let sql = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    let newest = match tables {
        0 => None,
        _ => {
            let sql = "SELECT max(version) FROM _sqlx_migrations";
            sqlx::query_scalar(sql).fetch_one(&mut connection).await?
        }
    };
    connection.close().await?;
    Ok(newest)
}

impl Store for Sqlite {
    async fn write<C: Change>(&self, change: C) -> Result<Verdict<C::Answer>, StoreError> {
        let (waiter, answer) = oneshot::channel();
        let job = Box::new(Pending::new(change, waiter));
        let sent = self.shared.jobs.send(job).await;
        sent.map_err(|_| StoreError::Closed)?;
        // The writer is gone, and nobody knows how far it came.
        let gone = |_| StoreError::from(sqlx::Error::WorkerCrashed).while_committing();
        answer.await.map_err(gone)?
    }

    async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        let mut snapshot = self.shared.readers.begin().await?;
        let answer = query.run(&mut Transaction::sqlite(&mut snapshot)).await?;
        snapshot.rollback().await?;
        Ok(answer)
    }

    async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.writer.wait().await;
        self.shared.readers.close().await;
    }
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // What was deleted is not left in free pages.
        .pragma("secure_delete", "ON")
        // A log that once grew does not keep its size.
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

/// What is read most.
#[derive(Clone, Copy)]
enum Reads {
    /// Here and there, again and again, as a server does.
    LookUp,
    /// Everything once, as a backup does: rows that wait would count as its memory.
    WalkThrough,
}

/// For connections that only read.
fn reading(options: SqliteConnectOptions, reads: Reads) -> SqliteConnectOptions {
    let options = options.pragma("query_only", "ON");
    match reads {
        Reads::LookUp => options.row_buffer_size(ROWS_AT_ONCE),
        Reads::WalkThrough => options,
    }
}

/// Rows that wait for the task that takes them: a whole page, so that it and the thread that reads
/// do not wait for each other.
const ROWS_AT_ONCE: usize = 1_024;
/// Connections that read at once: more than cores only wait for each other.
const READERS: u32 = 4;
/// Changes that wait for the writer; when there are as many, the next one waits to be taken.
const WAITING_CHANGES: usize = 1_024;
/// How long the one writer waits for another process, such as a command of the administrator's.
const BUSY: Duration = Duration::from_secs(5);
/// How long changes wait for the log to be emptied: hardly longer than for each other.
const LOG_BUSY: Duration = Duration::from_millis(100);
/// Prepared statements that a connection keeps: more than there are operations.
const STATEMENTS: usize = 256;
