//! A session that has proven its keys, and what it is told of people.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wire_format::{CloseCode, ReplyFrame, ServerFrame};

use crate::account::AccountSession;

/// One of those who are there.
pub(super) struct Attendee {
    session: Arc<AccountSession>,
    /// What happened while a list is being made for the session: the list may not know it, so it has
    /// to stand behind the list. `None` while there is no list. Never held across an await; sending
    /// while it is held never blocks, and keeps the order.
    held: Mutex<Option<Vec<Bytes>>>,
}

/// A time in which a session is told nothing; what there was to tell is told when this is dropped.
pub(crate) struct Hold(Arc<Attendee>);

impl Attendee {
    pub(super) fn new(session: Arc<AccountSession>) -> Arc<Self> {
        Arc::new(Self {
            session,
            held: Mutex::default(),
        })
    }

    pub(super) const fn session(&self) -> &Arc<AccountSession> {
        &self.session
    }

    /// Sends an encoded event, or keeps it back for a while.
    ///
    /// **Policy**: as many as [`HELD_MOST`] wait; one more cuts the connection with `too_slow`, as a
    /// full outbox does.
    pub(super) fn tell(&self, chunk: &Bytes) {
        let mut held = self.lock();
        match &mut *held {
            None => self.session.outbox.send_chunk(chunk),
            Some(held) if held.len() < HELD_MOST => held.push(chunk.clone()),
            Some(_) => self.session.outbox.close(CloseCode::TooSlow),
        }
    }

    /// Keeps back what is told from now on.
    pub(super) fn hold(self: Arc<Self>) -> Hold {
        self.lock().get_or_insert_default();
        Hold(self)
    }

    /// How many events wait for a list, if there is one.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> Option<usize> {
        self.lock().as_ref().map(Vec::len)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Bytes>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// Sends the answer, and behind it what happened meanwhile.
    pub(crate) fn answer(self, reply: ReplyFrame) {
        self.0.session.outbox.send(&ServerFrame::Reply(reply));
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        let held = held.take().into_iter().flatten();
        self.0.session.outbox.send_chunks(held);
    }
}

/// Events that wait for a list at most: a list takes milliseconds, and an account has 1 000 friends.
pub(super) const HELD_MOST: usize = 4_096;
