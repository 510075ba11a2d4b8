//! Session keys made ahead of time, because making a set takes about a tenth of a second of a core
//! and a sign-in should not.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::{ErrorCode, Refusal, SessionKeys};

use crate::error::Error;

/// A pool that a background task keeps full.
#[derive(Debug)]
pub(crate) struct KeyPool {
    /// Locked for one `try_recv`; a receiver cannot be shared otherwise.
    ready: Mutex<mpsc::Receiver<SessionKeys>>,
    /// Sets that came back unused, at most as many as the pool holds; locked to push or pop one.
    spare: Mutex<Vec<SessionKeys>>,
    size: usize,
    gauge: Gauge,
}

impl KeyPool {
    /// Starts filling a pool of `size` and returns once it holds its first set.
    ///
    /// # Errors
    /// [`Error::Keys`] if keys cannot be made here at all.
    pub(crate) async fn start(
        size: NonZeroUsize,
        gauge: Gauge,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, Error> {
        let (sender, ready) = mpsc::channel(size.get());
        sender
            .try_send(make().await?)
            .map_err(|_full| Error::Keys)?;
        gauge.set(1);
        let pool = Self {
            ready: Mutex::new(ready),
            spare: Mutex::default(),
            size: size.get(),
            gauge: gauge.clone(),
        };
        let stop = stop.clone();
        tracker.spawn(async move { stop.run_until_cancelled(fill(sender, gauge)).await });
        Ok(pool)
    }

    /// Takes a set.
    ///
    /// # Errors
    /// `busy` if none is ready.
    pub(crate) fn take(&self) -> Result<SessionKeys, Refusal> {
        if let Some(keys) = lock(&self.spare).pop() {
            return Ok(keys);
        }
        let keys = lock(&self.ready).try_recv();
        self.gauge.set(count(self.len()));
        keys.map_err(|_| Refusal::retry_after(ErrorCode::Busy, RETRY_AFTER_MS))
    }

    /// Takes a set back that nobody has seen; one too many is erased.
    pub(crate) fn give_back(&self, keys: SessionKeys) {
        let mut spare = lock(&self.spare);
        if spare.len() < self.size {
            spare.push(keys);
        }
    }

    /// How many sets are ready.
    pub(crate) fn len(&self) -> usize {
        let spare = lock(&self.spare).len();
        lock(&self.ready).len() + spare
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(ready: usize) -> i64 {
    i64::try_from(ready).unwrap_or(i64::MAX)
}

/// Makes a set whenever there is room, for ever until dropped.
async fn fill(sender: mpsc::Sender<SessionKeys>, gauge: Gauge) {
    while let Ok(room) = sender.reserve().await {
        match make().await {
            Ok(keys) => room.send(keys),
            Err(error) => {
                tracing::error!(%error, "the pool is not filled any more");
                return;
            }
        }
        gauge.set(count(sender.max_capacity() - sender.capacity()));
    }
}

async fn make() -> Result<SessionKeys, Error> {
    let made = spawn_blocking(|| SessionKeys::generate(&mut rand::rng())).await;
    made.ok().and_then(Result::ok).ok_or(Error::Keys)
}

/// What an empty pool asks of the next to come, in milliseconds: two sets are made in this time.
const RETRY_AFTER_MS: u32 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_empty_pool_is_busy_and_fills_again() {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let gauge = Gauge::default();
        let pool = KeyPool::start(NonZeroUsize::MIN, gauge.clone(), &tracker, &stop)
            .await
            .expect("a pool");
        assert_eq!(pool.len(), 1);
        let first = pool.take().expect("a set").fingerprint();
        let busy = pool.take().expect_err("nothing is ready");
        assert_eq!(busy, Refusal::retry_after(ErrorCode::Busy, RETRY_AFTER_MS));
        while pool.len() == 0 {
            tokio::task::yield_now().await;
        }
        let second = pool.take().expect("another set");
        assert_ne!(second.fingerprint(), first);
        pool.give_back(second);
        assert!(pool.take().is_ok(), "what comes back is used again");
        stop.cancel();
        tracker.close();
        tracker.wait().await;
    }
}
