//! The sessions of accounts that have a connection now.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use wire_format::{
    AccountId, CloseCode, Event, EventFrame, MemberId, Millis, Name, ServerFrame, SessionId,
    event::LeaveReason,
};

use super::{
    attendance::{Attendance, Departure},
    puts::PutPlaces,
};
use crate::{directory::Directory, outbox::Outbox, session::Session, store::sessions::Means};

/// Who is connected.
pub(crate) struct Online {
    /// Where those that have proven their keys are members of rooms.
    directory: Arc<Directory>,
    /// Held to add, remove or look up; nothing is sent while it is held. Taken before the
    /// directory's.
    live: Mutex<Live>,
    /// Those whose keys are proven, as their friends see them.
    pub(crate) attendance: Attendance,
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
    pub(crate) name: Name,
    /// What it was begun with.
    pub(crate) means: Means,
    pub(crate) expires_at: Millis,
    pub(crate) outbox: Arc<Outbox>,
    /// Whether the store is known to have it: one that it has not any more has ended.
    pub(crate) is_kept: AtomicBool,
    /// Chunks of files that it puts.
    pub(crate) puts: PutPlaces,
}

impl AccountSession {
    /// Takes note that the store has it.
    pub(crate) fn kept(&self) {
        self.is_kept.store(true, Ordering::Relaxed);
    }

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

    /// Makes a session whose keys have answered a member of rooms; `None` if it ended meanwhile, or
    /// goes on over another connection.
    pub(crate) fn admit(&self) -> Option<Arc<Session>> {
        let member = self.online.admit(&self.session)?;
        self.online.attendance.enter(&self.session);
        Some(member)
    }

    /// Gives the place back; how the connection ended says when friends are told.
    pub(crate) fn leave(self, departure: Departure) {
        self.online.attendance.leave(&self.session, departure);
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.online.lock().take(&self.session);
        // Unless it has left already, nobody said how.
        self.online.attendance.leave(&self.session, Departure::Cut);
    }
}

impl Online {
    pub(crate) fn new(directory: Arc<Directory>) -> Arc<Self> {
        Arc::new(Self {
            directory,
            live: Mutex::default(),
            attendance: Attendance::default(),
        })
    }

    /// Adds a session. If it has a connection already, that one leaves its rooms and is closed with
    /// `replaced` before this returns.
    pub(crate) fn enter(self: &Arc<Self>, session: AccountSession) -> Presence {
        let session = Arc::new(session);
        let replaced = self.lock().put(&session);
        if let Some(replaced) = replaced {
            self.leave_rooms(&replaced, LeaveReason::Lost);
            replaced.outbox.close(CloseCode::Replaced);
        }
        Presence {
            online: Arc::clone(self),
            session,
        }
    }

    /// See [`Presence::admit`].
    fn admit(&self, session: &Arc<AccountSession>) -> Option<Arc<Session>> {
        // Until this lock is given back nobody can end it, and afterwards it is found in there.
        let live = self.lock();
        live.has(session).then(|| {
            let (name, outbox) = (session.name.clone(), Arc::clone(&session.outbox));
            self.directory
                .admit(session.id.into(), name, session.account, outbox)
        })
    }

    /// Takes a session that is over out of its rooms and from its friends, if it has a connection;
    /// that goes on.
    pub(crate) fn sign_out(&self, id: SessionId) -> Option<Arc<AccountSession>> {
        let session = {
            let mut live = self.lock();
            let session = live.by_id.get(&id).map(Arc::clone)?;
            live.take(&session);
            session
        };
        self.leave_rooms(&session, LeaveReason::SignedOut);
        self.attendance.leave(&session, Departure::Clean);
        Some(session)
    }

    /// Ends the connection of a session that is over, if it has one.
    pub(crate) fn revoke(&self, id: SessionId) {
        if let Some(session) = self.sign_out(id) {
            session.outbox.send(&event(&Event::SessionRevoked {}));
            session.outbox.close(CloseCode::Revoked);
        }
    }

    fn leave_rooms(&self, session: &AccountSession, reason: LeaveReason) {
        let member = self.directory.find(session.id.into());
        let member = member.filter(|member| Arc::ptr_eq(member.outbox(), &session.outbox));
        if let Some(member) = member {
            self.directory.sign_out(&member, reason);
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

    /// The ids of all that the store has, or had.
    pub(crate) fn all(&self) -> Vec<SessionId> {
        let live = self.lock();
        let kept = live.by_id.values();
        let kept = kept.filter(|session| session.is_kept.load(Ordering::Relaxed));
        kept.map(|session| session.id).collect()
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

    fn has(&self, session: &Arc<AccountSession>) -> bool {
        let present = self.by_id.get(&session.id);
        present.is_some_and(|present| Arc::ptr_eq(present, session))
    }

    fn take(&mut self, session: &Arc<AccountSession>) {
        if !self.has(session) {
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
