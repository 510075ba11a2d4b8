//! Work that takes a core for milliseconds: hashes of passwords, and signatures of records.

use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};

use tokio::{sync::Semaphore, task::spawn_blocking};
use wire_format::{ErrorCode, Refusal};

/// A few workers and a bounded queue before them; who finds it full is told `busy`.
pub(crate) struct Work {
    places: Semaphore,
    workers: Arc<Semaphore>,
}

impl Work {
    /// As many workers as [`workers`] says for the cores that this process may use.
    pub(super) fn new() -> Self {
        Self::with(workers(available_parallelism().ok()))
    }

    fn with(workers: usize) -> Self {
        Self {
            places: Semaphore::new(workers + workers * WAITING),
            workers: Arc::new(Semaphore::new(workers)),
        }
    }

    /// Runs a job off the tasks that read. A dropped future leaves a job that waits undone, and one
    /// that runs to its end.
    ///
    /// # Errors
    /// `busy` if as many wait as may; `internal` if the job panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| Refusal::retry_after(ErrorCode::Busy, RETRY_MS))?;
        let worker = Arc::clone(&self.workers).acquire_owned().await;
        let done = spawn_blocking(move || {
            let done = job();
            drop(worker);
            done
        });
        done.await.map_err(|_| ErrorCode::Internal.into())
    }
}

/// Jobs at once: one a core, and none on the last core, which stays for messages. A thread is
/// not interrupted before its slice is over, whatever its priority: with a job on every core, a message
/// has to wait for one.
fn workers(cores: Option<NonZeroUsize>) -> usize {
    let others = cores.map_or(0, |cores| cores.get() - 1);
    others.clamp(1, WORKERS_MOST)
}

/// Workers at most: 300 sign-ins a second, and 152 MiB while they last.
const WORKERS_MOST: usize = 8;
/// Jobs that wait for each worker: less than a second's work.
const WAITING: usize = 31;
/// When the queue is empty again at the latest.
const RETRY_MS: u32 = 1_000;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_says_busy_and_recovers() {
        let work = Arc::new(Work::with(2));
        let mut jobs = Vec::new();
        let mut releases = Vec::new();
        for _ in 0..2 + 2 * WAITING {
            let (release, released) = mpsc::sync_channel::<()>(1);
            releases.push(release);
            let work = Arc::clone(&work);
            let job = async move { work.run(move || released.recv()).await };
            jobs.push(tokio::spawn(job));
        }
        while work.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = work.run(|| ()).await.expect_err("full");
        assert_eq!(refused.code, ErrorCode::Busy);
        drop(releases);
        for job in jobs {
            assert!(job.await.expect("a task").is_ok());
        }
        assert_eq!(work.run(|| 7).await, Ok(7));
    }

    #[test]
    fn one_core_is_left_to_messages() {
        let on = |cores| workers(NonZeroUsize::new(cores));
        assert_eq!([0, 1, 2, 3, 9, 10, 128].map(on), [1, 1, 1, 2, 8, 8, 8]);
    }
}
