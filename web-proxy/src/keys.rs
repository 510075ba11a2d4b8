//! Session keys made ahead of time, because making a set takes about a tenth of a second of a core
//! and a sign-in should not.
//!
//! The pool is filled to the full, and then rests until half of it is gone: people come in waves,
//! and while a wave signs in, the making of keys would take the processor from it.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::{sync::Notify, task::spawn_blocking};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::{ErrorCode, Refusal, SessionKeys};

use crate::error::Error;

/// A pool that a background task fills.
#[derive(Debug)]
pub(crate) struct KeyPool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Never more than `size`; locked to push or pop one.
    ready: Mutex<Vec<SessionKeys>>,
    size: usize,
    /// Wakes the task that fills when half of the pool is gone.
    half_empty: Notify,
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
        let shared = Arc::new(Shared {
            ready: Mutex::default(),
            size: size.get(),
            half_empty: Notify::new(),
            gauge,
        });
        shared.put(make().await?);
        let (filling, stop) = (shared.clone(), stop.clone());
        tracker.spawn(async move { stop.run_until_cancelled(filling.fill()).await });
        Ok(Self(shared))
    }

    /// Takes a set.
    ///
    /// # Errors
    /// `busy` if none is ready.
    pub(crate) fn take(&self) -> Result<SessionKeys, Refusal> {
        let (keys, left) = {
            let mut ready = self.0.lock();
            (ready.pop(), ready.len())
        };
        self.0.gauge.set(count(left));
        if is_half_empty(left, self.0.size) {
            self.0.half_empty.notify_one();
        }
        keys.ok_or(Refusal::retry_after(ErrorCode::Busy, RETRY_AFTER_MS))
    }

    /// Takes a set back that nobody has seen; one too many is erased.
    pub(crate) fn give_back(&self, keys: SessionKeys) {
        self.0.put(keys);
    }

    /// How many sets are ready.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

impl Shared {
    /// Fills up, rests until half is gone, and so on for ever until dropped.
    async fn fill(&self) {
        loop {
            while self.lock().len() < self.size {
                match make().await {
                    Ok(keys) => self.put(keys),
                    Err(error) => {
                        tracing::error!(%error, "the pool is not filled any more");
                        return;
                    }
                }
            }
            self.rest().await;
        }
    }

    /// Waits until half of the pool is gone.
    async fn rest(&self) {
        loop {
            let half_empty = self.half_empty.notified();
            if is_half_empty(self.lock().len(), self.size) {
                return;
            }
            half_empty.await;
        }
    }

    fn put(&self, keys: SessionKeys) {
        let mut ready = self.lock();
        if ready.len() < self.size {
            ready.push(keys);
        }
        self.gauge.set(count(ready.len()));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SessionKeys>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn is_half_empty(ready: usize, size: usize) -> bool {
    ready <= size / 2
}

fn count(ready: usize) -> i64 {
    i64::try_from(ready).unwrap_or(i64::MAX)
}

async fn make() -> Result<SessionKeys, Error> {
    let made = spawn_blocking(|| SessionKeys::generate(&mut rand::rng())).await;
    made.ok().and_then(Result::ok).ok_or(Error::Keys)
}

/// What an empty pool asks of the next to come, in milliseconds: two sets are made in this time.
const RETRY_AFTER_MS: u32 = 300;

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    async fn pool(size: usize) -> (KeyPool, TaskTracker, CancellationToken) {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let size = NonZeroUsize::new(size).expect("a size");
        let pool = KeyPool::start(size, Gauge::default(), &tracker, &stop).await;
        (pool.expect("a pool"), tracker, stop)
    }

    async fn until_full(pool: &KeyPool) {
        while pool.len() < pool.0.size {
            yield_now().await;
        }
    }

    async fn end(tracker: TaskTracker, stop: CancellationToken) {
        stop.cancel();
        tracker.close();
        tracker.wait().await;
    }

    #[tokio::test]
    async fn an_empty_pool_is_busy_and_fills_again() {
        let (pool, tracker, stop) = pool(1).await;
        assert_eq!(pool.len(), 1);
        let first = pool.take().expect("a set").fingerprint();
        let busy = pool.take().expect_err("nothing is ready");
        assert_eq!(busy, Refusal::retry_after(ErrorCode::Busy, RETRY_AFTER_MS));
        until_full(&pool).await;
        let second = pool.take().expect("another set");
        assert_ne!(second.fingerprint(), first);
        pool.give_back(second);
        assert!(pool.take().is_ok(), "what comes back is used again");
        end(tracker, stop).await;
    }

    #[tokio::test]
    async fn a_pool_is_filled_to_the_full_once_half_of_it_is_gone() {
        let (pool, tracker, stop) = pool(4).await;
        until_full(&pool).await;
        drop(pool.take().expect("a set"));
        {
            let resting = pool.0.rest();
            tokio::pin!(resting);
            let is_over = tokio::select! {
                biased;
                () = &mut resting => true,
                () = yield_now() => false,
            };
            assert!(!is_over, "three quarters are enough");
        }
        drop(pool.take().expect("a set"));
        until_full(&pool).await;
        let fifth = pool.take().expect("a set");
        pool.give_back(fifth);
        assert_eq!(pool.len(), 4);
        end(tracker, stop).await;
    }
}
