//! All sessions of this proxy, by the hash of their cookie.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wire_format::{ErrorCode, Refusal};

use super::Session;
use crate::cookie::SessionKey;

/// The sessions that cookies can name.
#[derive(Debug)]
pub(crate) struct Registry {
    most: usize,
    /// Locked for one look-up or change.
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    by_key: HashMap<SessionKey, Arc<Session>>,
    is_closed: bool,
}

impl Sessions {
    fn check_room(&self, most: usize) -> Result<(), Refusal> {
        if self.is_closed || self.by_key.len() >= most {
            return Err(Refusal::retry_after(ErrorCode::Busy, FULL_MS));
        }
        Ok(())
    }
}

impl Registry {
    /// A registry of at most so many sessions.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            sessions: Mutex::default(),
        }
    }

    /// Whether there is room for one more.
    ///
    /// # Errors
    /// `busy`.
    pub(crate) fn check_room(&self) -> Result<(), Refusal> {
        self.lock().check_room(self.most)
    }

    /// Adds a session.
    ///
    /// # Errors
    /// `busy` if others took the room meanwhile, or the proxy is stopping.
    pub(crate) fn add(&self, session: &Arc<Session>) -> Result<(), Refusal> {
        let mut sessions = self.lock();
        sessions.check_room(self.most)?;
        sessions.by_key.insert(session.key, session.clone());
        Ok(())
    }

    /// The session of a cookie.
    pub(crate) fn find(&self, key: SessionKey) -> Option<Arc<Session>> {
        self.lock().by_key.get(&key).cloned()
    }

    /// Forgets a session: its cookie names nobody any more.
    pub(crate) fn remove(&self, session: &Arc<Session>) {
        let mut sessions = self.lock();
        let held = sessions.by_key.get(&session.key);
        // An account's may have been taken up again meanwhile.
        if held.is_some_and(|held| Arc::ptr_eq(held, session)) {
            sessions.by_key.remove(&session.key);
        }
    }

    /// Takes no more sessions, and gives those that there are.
    pub(crate) fn close(&self) -> Vec<Arc<Session>> {
        let mut sessions = self.lock();
        sessions.is_closed = true;
        sessions.by_key.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is asked of the next one when the proxy is full, in milliseconds.
const FULL_MS: u32 = 5_000;
