//! The one task that writes: what waits is made durable together.

use std::{future::Future, pin::Pin};

use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::store::{Change, StoreError, Transaction, Verdict, settle};

/// A change on its way through the writer, its type forgotten.
pub(super) trait Job: Send {
    /// Runs it in the transaction of its batch.
    fn run<'j>(
        &'j mut self,
        connection: &'j mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = Result<Keep, StoreError>> + Send + 'j>>;

    /// Answers whoever waits, now that the fate of the batch is known.
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

/// Whether what a job wrote goes into the commit.
pub(super) enum Keep {
    Changes,
    Nothing,
}

/// A change, and who waits for it.
pub(super) struct Pending<C: Change> {
    change: C,
    verdict: Option<Result<Verdict<C::Answer>, StoreError>>,
    waiter: oneshot::Sender<Result<Verdict<C::Answer>, StoreError>>,
}

impl<C: Change> Pending<C> {
    pub(super) const fn new(
        change: C,
        waiter: oneshot::Sender<Result<Verdict<C::Answer>, StoreError>>,
    ) -> Self {
        Self {
            change,
            verdict: None,
            waiter,
        }
    }
}

impl<C: Change> Job for Pending<C> {
    fn run<'j>(
        &'j mut self,
        connection: &'j mut SqliteConnection,
    ) -> Pin<Box<dyn Future<Output = Result<Keep, StoreError>> + Send + 'j>> {
        Box::pin(async move {
            let mut transaction = Transaction::sqlite(connection);
            let verdict = settle(self.change.run(&mut transaction).await);
            let keep = match &verdict {
                Ok(Ok(_)) => Keep::Changes,
                Ok(Err(_)) => Keep::Nothing,
                Err(error) if error.ends_transaction() => return Err(error.clone()),
                Err(_) => Keep::Nothing,
            };
            self.verdict = Some(verdict);
            Ok(keep)
        })
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let verdict = match fate {
            Ok(()) => self.verdict.unwrap_or(Err(StoreError::Closed)),
            Err(error) => Err(error),
        };
        // Whoever no longer waits does not need to know.
        let _ = self.waiter.send(verdict);
    }
}

/// Makes changes until the store closes or nobody is left who could ask for one.
pub(super) async fn run(
    mut connection: SqliteConnection,
    mut waiting: mpsc::Receiver<Box<dyn Job>>,
    closing: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let received = tokio::select! {
            received = waiting.recv_many(&mut batch, BATCH) => received,
            () = closing.cancelled() => break,
        };
        if received == 0 {
            break;
        }
        make(&mut connection, &mut batch).await;
    }
    waiting.close();
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        make(&mut connection, &mut batch).await;
    }
    if let Err(error) = connection.close().await {
        warn!(%error, "the database did not close cleanly");
    }
}

/// Makes all changes in one transaction; if that fails, each in one of its own, so that only those
/// fail that must.
async fn make(connection: &mut SqliteConnection, batch: &mut Vec<Box<dyn Job>>) {
    let together = commit(connection, batch).await;
    if together.is_ok() || batch.len() == 1 {
        batch.drain(..).for_each(|job| job.answer(together.clone()));
        return;
    }
    // Whatever ends the second run, it does not say that nothing of an unanswered commit stands.
    let unsettled = together.err().filter(StoreError::leaves_unknown);
    for mut job in batch.drain(..) {
        let alone = commit(connection, std::slice::from_mut(&mut job)).await;
        job.answer(alone.map_err(|error| unsettled.clone().unwrap_or(error)));
    }
}

async fn commit(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    let committed = try_commit(connection, jobs).await;
    if committed.is_err() {
        // SQLite may have undone it already: then there is nothing to roll back, and it says so.
        let _ = connection.execute("ROLLBACK").await;
    }
    committed
}

async fn try_commit(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), StoreError> {
    connection.execute("BEGIN IMMEDIATE").await?;
    for job in jobs {
        connection.execute("SAVEPOINT change").await?;
        if let Keep::Nothing = job.run(connection).await? {
            connection.execute("ROLLBACK TO change").await?;
        }
        connection.execute("RELEASE change").await?;
    }
    let committed = connection.execute("COMMIT").await;
    committed.map_err(|error| StoreError::from(error).while_committing())?;
    Ok(())
}

/// Changes that share one sync of the disk. It bounds how long the first of them waits for the last.
const BATCH: usize = 256;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::store::{Stop, Trace};

    /// Breaks a rule that is looked at when it is committed.
    struct Orphan;

    impl Change for Orphan {
        type Answer = ();
        const TRACE: Trace = Trace::Unaudited;

        async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
            transaction.execute(ORPHAN, &[]).await?;
            Ok(())
        }
    }

    /// Writes nothing, and ends so whenever it runs again.
    struct Later(AtomicBool, StoreError);

    impl Change for Later {
        type Answer = ();
        const TRACE: Trace = Trace::Unaudited;

        async fn run(&self, _: &mut Transaction<'_>) -> Result<(), Stop> {
            match self.0.swap(true, Ordering::Relaxed) {
                true => Err(self.1.clone().into()),
                false => Ok(()),
            }
        }
    }

    type Answer = oneshot::Receiver<Result<Verdict<()>, StoreError>>;

    fn pending<C: Change<Answer = ()>>(change: C) -> (Box<dyn Job>, Answer) {
        let (waiter, answer) = oneshot::channel();
        (Box::new(Pending::new(change, waiter)), answer)
    }

    async fn database() -> SqliteConnection {
        let connected = SqliteConnection::connect("sqlite::memory:").await;
        let mut connection = connected.expect("a database");
        connection.execute(SCHEMA).await.expect("tables");
        connection
    }

    #[tokio::test]
    async fn after_a_commit_that_was_not_answered_no_error_says_that_nothing_stands() {
        let mut connection = database().await;
        for error in [
            StoreError::Full,
            StoreError::ReadOnly,
            StoreError::Contended,
            StoreError::from(sqlx::Error::WorkerCrashed),
        ] {
            let later = Later(AtomicBool::new(false), error);
            let ((orphan, first), (later, second)) = (pending(Orphan), pending(later));
            make(&mut connection, &mut vec![orphan, later]).await;
            for answer in [first, second] {
                let error = answer.await.expect("an answer").expect_err("an error");
                assert!(error.leaves_unknown(), "{error:?}");
            }
        }
    }

    #[tokio::test]
    async fn an_error_in_front_of_every_commit_stays_what_it_is() {
        let mut connection = database().await;
        let full = || Later(AtomicBool::new(true), StoreError::Full);
        let ((one, first), (other, second)) = (pending(full()), pending(full()));
        make(&mut connection, &mut vec![one, other]).await;
        for answer in [first, second] {
            let error = answer.await.expect("an answer").expect_err("an error");
            assert!(matches!(error, StoreError::Full), "{error:?}");
        }
    }

    const ORPHAN: &str = "INSERT INTO children VALUES (7)";
    const SCHEMA: &str = "PRAGMA foreign_keys = ON; \
                          CREATE TABLE parents (id INTEGER PRIMARY KEY); \
                          CREATE TABLE children (parent INTEGER \
                          REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)";
}
