//! The sessions of accounts that have a connection now.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use wire_format::{
    AccountId, CloseCode, Event, EventFrame, MemberId, Millis, ServerFrame, SessionId,
};

use crate::outbox::Outbox;

/// Who is connected.
#[derive(Default)]
pub(crate) struct Online {
    /// Held to add, remove or look up; nothing is sent while it is held.
    live: Mutex<Live>,
}

#[derive(Default)]
struct Live {
    by_id: HashMap<SessionId, Arc<AccountSession>>,
    by_account: HashMap<AccountId, Vec<SessionId>>,
}

/// A session of an account on its connection.
pub(crate) struct AccountSession {
    pub(crate) id: SessionId,
    pub(crate) account: AccountId,
    /// The prepared name.
    pub(crate) name: Box<str>,
    pub(crate) expires_at: Millis,
    pub(crate) outbox: Arc<Outbox>,
}

impl AccountSession {
    /// The account's id as the store takes it.
    pub(crate) fn member(&self) -> MemberId {
        self.account.into()
    }
}

/// A session's place among those that are connected; given back when dropped.
pub(crate) struct Presence {
    online: Arc<Online>,
    session: Arc<AccountSession>,
}

impl Presence {
    /// Whose it is.
    pub(crate) const fn session(&self) -> &Arc<AccountSession> {
        &self.session
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.online.lock().take(&self.session);
    }
}

impl Online {
    /// Adds a session. If it has a connection already, that one is closed with `replaced`.
    pub(crate) fn enter(self: &Arc<Self>, session: AccountSession) -> Presence {
        let session = Arc::new(session);
        let replaced = self.lock().put(&session);
        if let Some(replaced) = replaced {
            replaced.outbox.close(CloseCode::Replaced);
        }
        Presence {
            online: Arc::clone(self),
            session,
        }
    }

    /// Ends the connection of a session that is over, if it has one.
    pub(crate) fn revoke(&self, id: SessionId) {
        let session = self.lock().by_id.get(&id).map(Arc::clone);
        if let Some(session) = session {
            session.outbox.send(&event(&Event::SessionRevoked {}));
            session.outbox.close(CloseCode::Revoked);
        }
    }

    /// The other connected sessions of an account.
    pub(crate) fn others(&self, session: &AccountSession) -> Vec<Arc<AccountSession>> {
        let live = self.lock();
        let ids = live.by_account.get(&session.account).into_iter().flatten();
        let others = ids.filter(|id| **id != session.id);
        let others = others.filter_map(|id| live.by_id.get(id));
        others.map(Arc::clone).collect()
    }

    /// The ids of all.
    pub(crate) fn all(&self) -> Vec<SessionId> {
        self.lock().by_id.keys().copied().collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Gives the connection that the new one takes over from.
    fn put(&mut self, session: &Arc<AccountSession>) -> Option<Arc<AccountSession>> {
        let replaced = self.by_id.insert(session.id, Arc::clone(session));
        if replaced.is_none() {
            let ids = self.by_account.entry(session.account).or_default();
            ids.push(session.id);
        }
        replaced
    }

    fn take(&mut self, session: &Arc<AccountSession>) {
        let present = self.by_id.get(&session.id);
        if !present.is_some_and(|present| Arc::ptr_eq(present, session)) {
            return;
        }
        self.by_id.remove(&session.id);
        if let Some(ids) = self.by_account.get_mut(&session.account) {
            ids.retain(|id| *id != session.id);
            if ids.is_empty() {
                self.by_account.remove(&session.account);
            }
        }
    }
}

/// An event as it is sent.
pub(crate) fn event(event: &Event) -> ServerFrame {
    ServerFrame::Event(EventFrame::new(event, Bytes::new()))
}
