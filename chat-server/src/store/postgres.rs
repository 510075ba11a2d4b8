//! The store in a PostgreSQL database, which many nodes may share.

use std::time::Duration;

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::sleep;

use super::{Change, Query, Store, StoreError, Trace, Transaction, Verdict, migrations, settle};

/// A PostgreSQL database: serializable transactions, run again when another one was first.
///
/// Clones share the pool of connections.
#[derive(Clone)]
pub struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Connects, and brings the database's layout up to date.
    ///
    /// A dropped future leaves a database that opens the next time.
    ///
    /// # Errors
    /// [`StoreError`] says what stands in the way.
    pub async fn open(options: PgConnectOptions) -> Result<Self, StoreError> {
        Self::open_to(options, None).await
    }

    /// Opens data with the layout that a step of migration led to; `None` is the newest.
    pub(super) async fn open_to(
        options: PgConnectOptions,
        layout: Option<i64>,
    ) -> Result<Self, StoreError> {
        let options = options
            .application_name("sealwire")
            // Acknowledged means durable, whatever the server's own setting.
            .options([("synchronous_commit", "on")])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_WITHIN)
            .connect_with(options)
            .await?;
        let mut connection = pool.acquire().await?;
        migrations::postgres()
            .run_direct(layout, &mut *connection, false)
            .await?;
        drop(connection);
        Ok(Self { pool })
    }

    async fn attempt<C: Change>(&self, change: &C) -> Result<Verdict<C::Answer>, StoreError> {
        let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE";
        let mut transaction = self.pool.begin_with(begin).await?;
        if C::TRACE == Trace::Audited {
            // Before the first statement that takes a snapshot: who waits here sees the rows of
            // whom it waited for, and the chain grows without a run made in vain.
            sqlx::query("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE")
                .execute(&mut *transaction)
                .await?;
        }
        let mut inside = Transaction::postgres(&mut transaction);
        let verdict = settle(change.run(&mut inside).await)?;
        match verdict {
            Ok(_) => {
                let committed = transaction.commit().await;
                committed.map_err(|error| StoreError::from(error).while_committing())?;
            }
            Err(_) => transaction.rollback().await?,
        }
        Ok(verdict)
    }
}

/// The newest step of migration that was applied in this database; makes nothing.
pub(super) async fn newest_step(options: &PgConnectOptions) -> Result<Option<i64>, StoreError> {
    let mut connection = options.connect().await?;
    let sql = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let is_there: bool = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    let newest = if is_there {
        let sql = "SELECT max(version) FROM _sqlx_migrations";
        sqlx::query_scalar(sql).fetch_one(&mut connection).await?
    } else {
        None
    };
    connection.close().await?;
    Ok(newest)
}

impl Store for Postgres {
    async fn write<C: Change>(&self, change: C) -> Result<Verdict<C::Answer>, StoreError> {
        for attempt in 0..ATTEMPTS {
            match self.attempt(&change).await {
                Err(StoreError::Contended) => sleep(rest_after(attempt)).await,
                ended => return ended,
            }
        }
        Err(StoreError::Contended)
    }

    async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut snapshot = self.pool.begin_with(begin).await?;
        let answer = query.run(&mut Transaction::postgres(&mut snapshot)).await?;
        snapshot.rollback().await?;
        Ok(answer)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// Longer with every attempt, and never the same for two that are in each other's way.
fn rest_after(attempt: u32) -> Duration {
    let most = REST_LEAST.saturating_mul(1 << attempt.min(REST_DOUBLINGS));
    most.mul_f64(rand::random())
}

/// Connections of one node; PostgreSQL allows 100 in all unless told otherwise.
const CONNECTIONS: u32 = 16;
/// How long an operation waits for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How often a change is tried while others are first.
const ATTEMPTS: u32 = 32;
/// Rests before a new attempt: up to 2 ms first, up to 128 ms at last.
const REST_LEAST: Duration = Duration::from_millis(2);
const REST_DOUBLINGS: u32 = 6;
