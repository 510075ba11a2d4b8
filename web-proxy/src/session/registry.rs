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
        let sessions = self.lock();
        if sessions.is_closed || sessions.by_key.len() >= self.most {
            return Err(Refusal::retry_after(ErrorCode::Busy, FULL_MS));
        }
        Ok(())
    }

    /// Adds a session; `false` if the proxy is stopping.
    pub(crate) fn add(&self, session: &Arc<Session>) -> bool {
        let mut sessions = self.lock();
        if !sessions.is_closed {
            sessions.by_key.insert(session.key, session.clone());
        }
        !sessions.is_closed
    }

    /// The session of a cookie.
    pub(crate) fn find(&self, key: SessionKey) -> Option<Arc<Session>> {
        self.lock().by_key.get(&key).cloned()
    }

    /// Forgets a session: its cookie names nobody any more.
    pub(crate) fn remove(&self, key: SessionKey) {
        self.lock().by_key.remove(&key);
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
