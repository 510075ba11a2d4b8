//! Who is signed in, and under which names.

use std::{
    collections::{BTreeSet, HashMap},
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
    by_member: HashMap<MemberId, Arc<Session>>,
    /// Who leaves looks them up again by the name: kept, they were 64 bytes a session.
    by_look: HashMap<Box<str>, MemberId>,
    sign_ins: u64,
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
        let (session, replaced) = self.lock().put(member, name, outbox, looks)?;
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
            .is_some_and(|live| Arc::ptr_eq(live, session));
        if is_live {
            live.take(session.member());
        }
    }

    /// The live session of a member.
    pub(crate) fn find(&self, member: MemberId) -> Option<Arc<Session>> {
        self.lock().by_member.get(&member).map(Arc::clone)
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
    /// Gives the new session, and the one that it replaces if there is one.
    fn put(
        &mut self,
        member: MemberId,
        name: Name,
        outbox: Arc<Outbox>,
        looks: BTreeSet<String>,
    ) -> Result<(Arc<Session>, Option<Arc<Session>>), ErrorCode> {
        let is_taken = looks
            .iter()
            .filter_map(|look| self.by_look.get(look.as_str()))
            .any(|owner| *owner != member);
        if is_taken {
            return Err(ErrorCode::NameTaken);
        }
        let replaced = self.take(member);
        let looks = looks.into_iter().map(String::into_boxed_str);
        self.by_look.extend(looks.map(|look| (look, member)));
        self.sign_ins += 1;
        let session = Session::new(self.sign_ins, member, name, outbox);
        self.by_member.insert(member, Arc::clone(&session));
        Ok((session, replaced))
    }

    fn take(&mut self, member: MemberId) -> Option<Arc<Session>> {
        let session = self.by_member.remove(&member)?;
        for look in names::look_alikes(session.name().as_str()) {
            self.by_look.remove(look.as_str());
        }
        Some(session)
    }
}
