//! What was published in end-to-end rooms, on its way into the store.
//!
//! ```text
//!  connections ─▶ queue ─▶ the post's task: turns ─▶ one transaction ─▶ deliver ─▶ acknowledge
//! ```
//!
//! One task takes what waits of all rooms and writes it in one transaction, so that all of it shares
//! one sync of the disk; what comes meanwhile waits for the next. It holds the turn of every room
//! that it writes in, from the first look to the delivery.
//!
//! **Policy**: as much as [`LETTERS`] and [`LETTER_BYTES`] say may wait; what is one too many is
//! refused with `busy`. A transaction that fails is tried again room by room where it may be the fault of
//! one of them; it refuses what was in it, and nothing of that stands.

mod keep;
mod lane;
mod letter;
mod round;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use wire_format::{ErrorCode, Refusal};

pub(crate) use self::{
    lane::Lanes,
    letter::{Letter, Sealed},
};
use crate::{account::Accounts, node::Node};

/// The way into the store, for connections.
pub(crate) struct Post {
    queue: mpsc::Sender<Letter>,
    /// One permit a byte that may wait.
    bytes: Arc<Semaphore>,
    /// What the task takes from; there until it starts.
    waiting: Mutex<Option<mpsc::Receiver<Letter>>>,
    finished: CancellationToken,
}

impl Post {
    pub(crate) fn new() -> Self {
        let (queue, waiting) = mpsc::channel(LETTERS);
        Self {
            queue,
            bytes: Arc::new(Semaphore::new(LETTER_BYTES)),
            waiting: Mutex::new(Some(waiting)),
            finished: CancellationToken::new(),
        }
    }

    /// Takes a letter; it is answered when its fate is known.
    ///
    /// # Errors
    /// `busy` if as much waits as may, or the server is about to stop.
    pub(crate) fn take(&self, mut letter: Letter) -> Result<(), Refusal> {
        let busy = || Refusal::retry_after(ErrorCode::Busy, RETRY_MS);
        let bytes = u32::try_from(letter.bytes()).map_err(|_| ErrorCode::TooLarge)?;
        let weight = Arc::clone(&self.bytes).try_acquire_many_owned(bytes);
        letter.weighs(weight.map_err(|_| busy())?);
        self.queue.try_send(letter).map_err(|_| busy())
    }

    /// Carries letters until the server stops, and then those that were taken before. To be run once.
    pub(crate) async fn run(node: Arc<Node>, accounts: Arc<Accounts>) {
        let post = &accounts.post;
        let _finished = post.finished.clone().drop_guard();
        let Some(mut waiting) = post.take_waiting() else {
            return;
        };
        let mut letters = Vec::new();
        loop {
            tokio::select! {
                _ = waiting.recv_many(&mut letters, ROUND) => {}
                () = node.stopping.cancelled() => break,
            }
            round::carry(&node, &accounts, std::mem::take(&mut letters)).await;
        }
        waiting.close();
        while waiting.recv_many(&mut letters, ROUND).await > 0 {
            round::carry(&node, &accounts, std::mem::take(&mut letters)).await;
        }
    }

    fn take_waiting(&self) -> Option<mpsc::Receiver<Letter>> {
        let waiting = self.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until everything that was taken was answered, once the server stops.
    ///
    /// May be dropped.
    pub(crate) async fn finished(&self) {
        self.finished.cancelled().await;
    }
}

/// Publishes that may wait: 64 connections with 256 under way each.
const LETTERS: usize = 16 * 1024;
/// Bytes of payloads that may wait, or are being written.
const LETTER_BYTES: usize = 64 * 1024 * 1024;
/// Publishes that one transaction takes at most. It bounds how long the first waits for the last.
const ROUND: usize = 4_096;
/// When the queue has space again at the latest, in milliseconds.
const RETRY_MS: u32 = 1_000;
