//! Work that takes a core for milliseconds: hashes of passwords, and signatures of records.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};
use wire_format::{ErrorCode, Refusal};

/// A few workers and a bounded queue before them; who finds it full is told `busy`.
pub(crate) struct Work {
    places: Semaphore,
    workers: Arc<Semaphore>,
}

impl Work {
    pub(super) fn new() -> Self {
        Self {
            places: Semaphore::new(WORKERS + WAITING),
            workers: Arc::new(Semaphore::new(WORKERS)),
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

/// Jobs at once: a sign-in storm takes two cores and 38 MiB, and leaves the others to messages.
const WORKERS: usize = 2;
/// Jobs that wait: less than a second's work.
const WAITING: usize = 62;
/// When the queue is empty again at the latest.
const RETRY_MS: u32 = 1_000;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_says_busy_and_recovers() {
        let work = Arc::new(Work::new());
        let mut jobs = Vec::new();
        let mut releases = Vec::new();
        for _ in 0..WORKERS + WAITING {
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
}
