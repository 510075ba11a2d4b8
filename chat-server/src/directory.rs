//! Who is signed in, and under which names.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wire_format::{CloseCode, ErrorCode, MemberId, Name, event::LeaveReason};

use crate::{names, outbox::Outbox, session::Session};

/// The live sessions by member id and by everything that looks like their names.
#[derive(Default)]
pub(crate) struct Directory {
    /// Held for one sign-in, sign-out or look-up, never across an await; no other lock is taken
    /// while it is held.
    live: Mutex<Live>,
}

#[derive(Default)]
struct Live {
    by_member: HashMap<MemberId, Entry>,
    by_look: HashMap<Arc<str>, MemberId>,
}

struct Entry {
    session: Arc<Session>,
    looks: Box<[Arc<str>]>,
}

impl Directory {
    /// Signs a guest in. A live session of the same member is taken over: it leaves its rooms and
    /// is closed with `replaced` before this returns.
    ///
    /// # Errors
    /// `name_taken` if another live session has the name or one too much like it.
    pub(crate) fn sign_in(
        &self,
        member: MemberId,
        name: Name,
        outbox: Arc<Outbox>,
    ) -> Result<Arc<Session>, ErrorCode> {
        let looks = names::look_alikes(name.as_str());
        let looks = looks.into_iter().map(Arc::from).collect();
        let session = Session::new(member, name, outbox);
        let replaced = self.lock().put(Arc::clone(&session), looks)?;
        if let Some(replaced) = replaced {
            replaced.end(LeaveReason::Lost);
            replaced.outbox().close(CloseCode::Replaced);
        }
        Ok(session)
    }

    /// Ends a session: it leaves its rooms and its name is free.
    pub(crate) fn sign_out(&self, session: &Arc<Session>, reason: LeaveReason) {
        session.end(reason);
        let mut live = self.lock();
        let is_live = live
            .by_member
            .get(&session.member())
            .is_some_and(|entry| Arc::ptr_eq(&entry.session, session));
        if is_live {
            live.take(session.member());
        }
    }

    /// The live session of a member.
    pub(crate) fn find(&self, member: MemberId) -> Option<Arc<Session>> {
        let live = self.lock();
        let entry = live.by_member.get(&member)?;
        Some(Arc::clone(&entry.session))
    }

    /// How many sessions are live.
    pub(crate) fn len(&self) -> usize {
        self.lock().by_member.len()
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    /// Gives the session that was replaced, if there was one.
    fn put(
        &mut self,
        session: Arc<Session>,
        looks: Box<[Arc<str>]>,
    ) -> Result<Option<Arc<Session>>, ErrorCode> {
        let member = session.member();
        let is_taken = looks
            .iter()
            .filter_map(|look| self.by_look.get(&**look))
            .any(|owner| *owner != member);
        if is_taken {
            return Err(ErrorCode::NameTaken);
        }
        let replaced = self.take(member);
        self.by_look
            .extend(looks.iter().map(|look| (Arc::clone(look), member)));
        self.by_member.insert(member, Entry { session, looks });
        Ok(replaced)
    }

    fn take(&mut self, member: MemberId) -> Option<Arc<Session>> {
        let Entry { session, looks } = self.by_member.remove(&member)?;
        for look in &looks {
            self.by_look.remove(look);
        }
        Some(session)
    }
}
