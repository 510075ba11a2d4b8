//! One put at a time of a file's chunk, so that no blob is kept but the one that the store has; and none
//! while a file is forgotten, so that no chunk of it gets into another one with its id. Of one session a
//! few are under way at once.

use std::sync::Arc;

use tokio::sync::{
    Mutex, MutexGuard, OwnedSemaphorePermit, RwLock, RwLockReadGuard, RwLockWriteGuard, Semaphore,
};
use wire_format::FileId;

/// Turns of the chunks of files. Some of them share one, and wait for each other now and then.
pub(crate) struct Puts {
    /// Each is shared while chunks of a file are put, and held alone while it is forgotten.
    files: Vec<RwLock<()>>,
    /// Each is held while a chunk is looked for, kept and recorded.
    chunks: Vec<Mutex<()>>,
}

/// A chunk's turn, until it is dropped.
pub(crate) struct PutTurn<'a> {
    _file: RwLockReadGuard<'a, ()>,
    _chunk: MutexGuard<'a, ()>,
}

/// The places of one session for chunks that are made durable while its connection reads on.
#[derive(Debug)]
pub(crate) struct PutPlaces(Arc<Semaphore>);

impl Default for PutPlaces {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PUTS_AT_ONCE)))
    }
}

impl PutPlaces {
    /// Waits for a place, which is given back when what this gives is dropped. May be dropped.
    pub(crate) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

impl Default for Puts {
    fn default() -> Self {
        Self {
            files: (0..TURNS).map(|_| RwLock::default()).collect(),
            chunks: (0..TURNS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Puts {
    /// Waits for the turn of a chunk. May be dropped.
    pub(crate) async fn turn(&self, file: FileId, place: u32) -> PutTurn<'_> {
        let [.., last] = place.to_be_bytes();
        let [first, ..] = *file.as_bytes();
        PutTurn {
            _file: self.files[usize::from(first)].read().await,
            _chunk: self.chunks[usize::from(first ^ last)].lock().await,
        }
    }

    /// Waits until no chunk of a file is under way, and holds up those that come. May be dropped.
    pub(crate) async fn none_of(&self, file: FileId) -> RwLockWriteGuard<'_, ()> {
        self.files[usize::from(file.as_bytes()[0])].write().await
    }
}

/// Chunks of one session that are made durable at once: a disk takes several syncs together in the time of
/// one. Of 1 MiB each, they bound what one connection has in memory.
pub(crate) const PUTS_AT_ONCE: usize = 4;
/// A byte has as many values. Ids are random, so that files spread evenly, and the chunks of one that
/// are under way at once have turns of their own.
const TURNS: usize = 256;

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, timeout};

    use super::*;

    #[tokio::test]
    async fn a_session_has_so_many_places_and_no_more() {
        let places = PutPlaces::default();
        let mut taken = Vec::new();
        for _ in 0..PUTS_AT_ONCE {
            taken.push(places.take().await.expect("a place"));
        }
        assert!(timeout(Duration::ZERO, places.take()).await.is_err());
        taken.pop();
        assert!(places.take().await.is_some());
    }

    #[tokio::test]
    async fn a_chunk_has_one_turn_and_another_one_its_own() {
        let puts = Puts::default();
        let file = FileId::from_bytes([0xff; 16]);
        let held = puts.turn(file, 0).await;
        assert!(timeout(Duration::ZERO, puts.turn(file, 0)).await.is_err());
        for place in 1..256 {
            drop(puts.turn(file, place).await);
        }
        assert!(timeout(Duration::ZERO, puts.none_of(file)).await.is_err());
        drop(held);
        let held = puts.none_of(file).await;
        assert!(timeout(Duration::ZERO, puts.turn(file, 0)).await.is_err());
        drop(puts.turn(FileId::from_bytes([0; 16]), 0).await);
        drop(held);
        drop(puts.turn(file, 0).await);
    }
}
