//! What the sessions of one process share about a room: epoch secrets, opened messages, replays.
//!
//! A hundred browser sessions in one proxy are a hundred members of the lobby, and each of them
//! proves itself to another holder when it first enters. From then on the process does the work
//! once: one session asks for the next epoch's secret and the others wait for it; the first to get
//! a frame opens it and the others compare its bytes. A program with one session has a keyring for
//! itself.
//!
//! What is kept lives as long as a session of the process is in the room; then it is erased.

mod epochs;
mod faces;
mod opened;
mod opening;
mod slots;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak},
    task::Waker,
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};
use wire_format::{Bundle, EpochKeys, EpochSecret, RoomId};

use self::{epochs::Epochs, faces::Faces, opened::OpenedFrames, slots::Slots};
use crate::clock::Clock;

pub use self::opened::{Fault, OpenedFrame};
pub(crate) use self::{
    epochs::{Boarding, HELD_EPOCHS, Seat},
    faces::Look,
    opened::Outcome,
    opening::{Frame, Place},
};

/// The shared part of all sessions of a process; clones are the same keyring.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    /// Weak: the sessions in a room keep its shelf. A std Mutex for one look-up at entering.
    rooms: Mutex<HashMap<RoomId, Weak<Shelf>>>,
    /// Bounds the private-key operations that run at once.
    heavy: Semaphore,
    /// One for all, since sessions compare the times that they leave on a shelf.
    clock: Clock,
}

impl Keyring {
    /// An empty keyring.
    pub fn new() -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Inner {
            rooms: Mutex::new(HashMap::new()),
            heavy: Semaphore::new(at_once),
            clock: Clock::start(),
        }))
    }

    /// The clock of all sessions that share this keyring.
    pub(crate) fn clock(&self) -> Clock {
        self.0.clock
    }

    /// What the process has of a room.
    pub(crate) fn shelf(&self, room: RoomId) -> Arc<Shelf> {
        let mut rooms = self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = rooms.get(&room).and_then(Weak::upgrade) {
            return shelf;
        }
        rooms.retain(|_, shelf| shelf.strong_count() > 0);
        let shelf = Arc::new(Shelf::new());
        rooms.insert(room, Arc::downgrade(&shelf));
        shelf
    }

    /// Waits for a turn to use a private key, so that a thousand sessions that re-enter at once do
    /// not start a thousand threads.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.0.heavy.acquire().await.ok()
    }
}

impl Default for Keyring {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

/// An epoch whose secret this process holds; the secret is erased when the last user drops it.
pub(crate) struct Epoch {
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) secret: EpochSecret,
    pub(crate) keys: EpochKeys,
}

impl Epoch {
    pub(crate) fn new(bundle: Arc<Bundle>, secret: EpochSecret) -> Self {
        let keys = EpochKeys::new(&secret, &bundle.start);
        Self {
            bundle,
            secret,
            keys,
        }
    }
}

/// What the process has of one room.
pub(crate) struct Shelf {
    /// A std Mutex: every session of the process takes it for look-ups of a microsecond; frames are
    /// opened and signatures verified outside it.
    state: Mutex<State>,
    /// Apart, since every session looks its batches up in it and few add to it.
    slots: RwLock<Slots>,
}

#[derive(Default)]
struct State {
    epochs: Epochs,
    faces: Faces,
    frames: OpenedFrames,
    last_seat: u64,
}

impl Shelf {
    fn new() -> Self {
        Self {
            state: Mutex::default(),
            slots: RwLock::default(),
        }
    }

    /// A session of this process takes part; `wake` tells it that a key has come.
    pub(crate) fn seat(self: &Arc<Self>, wake: Waker) -> Seat {
        let mut state = self.lock();
        state.last_seat += 1;
        Seat::new(Arc::clone(self), state.last_seat, wake)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the others wait for the session that asks before one of them takes over: what three
/// holders may take, and some slack.
pub(crate) const FLIGHT: Duration = Duration::from_secs(8);

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_old_session_and_a_young_one_tell_the_same_time() {
        let keyring = Keyring::new();
        let old = keyring.clock();
        advance(Duration::from_secs(3_600)).await;
        let young = keyring.clone().clock();
        assert_eq!(old.now().at, young.now().at);
    }
}
