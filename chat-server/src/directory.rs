//! Who is signed in, and under which names: guests, and those sessions of accounts that may be in
//! rooms.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wire_format::{AccountId, CloseCode, ErrorCode, MemberId, Name, event::LeaveReason};

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
    /// Names that nobody may take, by what looks like them: while the store is asked about them, and
    /// while a session of the account is here that has one.
    held: HashMap<Box<str>, Vec<Holder>>,
    /// Those of `by_member` that are accounts'.
    of_accounts: usize,
    /// Sign-ins and holds so far.
    numbers: u64,
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
        self.enter(member, name, outbox, None)
    }

    /// Lets a session of an account be a member of rooms. Its name is the account's, by the store's
    /// word: nobody is asked for it, and while one such session is here no guest gets it, or one too
    /// much like it, whatever becomes of the account.
    pub(crate) fn admit(
        &self,
        member: MemberId,
        name: Name,
        account: AccountId,
        outbox: Arc<Outbox>,
    ) -> Arc<Session> {
        let looks = names::look_alikes(name.as_str());
        let mut live = self.lock();
        // One that is there is another connection's of this session, which has not finished leaving.
        let replaced = live.take(member);
        let number = live.next_number();
        for look in looks {
            let holders = live.held.entry(look.into_boxed_str()).or_default();
            let member = Some(member);
            holders.push(Holder { number, member });
        }
        live.of_accounts += 1;
        let session = Session::new(number, member, name, Some(account), outbox);
        live.by_member.insert(member, Arc::clone(&session));
        drop(live);
        if let Some(replaced) = replaced {
            replaced.end(LeaveReason::Lost);
        }
        session
    }

    /// Gives the hold back and takes the name, with nobody in between.
    fn enter(
        &self,
        member: MemberId,
        name: Name,
        outbox: Arc<Outbox>,
        held: Option<(u64, &[Box<str>])>,
    ) -> Result<Arc<Session>, ErrorCode> {
        let looks = names::look_alikes(name.as_str());
        let mut live = self.lock();
        if let Some((number, held)) = held {
            live.release(number, held);
        }
        let put = live.put(member, name, outbox, looks);
        drop(live);
        let (session, replaced) = put?;
        if let Some(replaced) = replaced {
            replaced.end(LeaveReason::Lost);
            replaced.outbox().close(CloseCode::Replaced);
        }
        Ok(session)
    }

    /// Holds a name while the store is asked about it: nobody but `member` gets it, or one too much
    /// like it, before the hold is dropped.
    ///
    /// # Errors
    /// `name_taken` if another one holds it, or has a live session under it.
    pub(crate) fn hold(
        self: &Arc<Self>,
        name: &str,
        member: Option<MemberId>,
    ) -> Result<NameHold, ErrorCode> {
        let looks = names::look_alikes(name);
        let mut live = self.lock();
        live.check(&looks, member)?;
        let (number, held) = live.hold(looks, member);
        drop(live);
        Ok(NameHold {
            directory: Arc::clone(self),
            number,
            held,
        })
    }

    /// Holds the name of a live guest for the account that this guest makes of it: nobody gets it
    /// before the hold is dropped, not even the guest again.
    ///
    /// # Errors
    /// `name_taken` unless this very name is the guest's, and nobody else holds it.
    pub(crate) fn hold_of_guest(
        self: &Arc<Self>,
        name: &Name,
        guest: MemberId,
    ) -> Result<NameHold, ErrorCode> {
        let looks = names::look_alikes(name.as_str());
        let mut live = self.lock();
        if !live.is_guest(guest, name) {
            return Err(ErrorCode::NameTaken);
        }
        live.check(&looks, Some(guest))?;
        let (number, held) = live.hold(looks, None);
        drop(live);
        Ok(NameHold {
            directory: Arc::clone(self),
            number,
            held,
        })
    }

    /// Ends the guest whose name is an account's now, with `replaced`.
    pub(crate) fn hand_over(&self, name: &Name, guest: MemberId) {
        let session = self.find(guest).filter(|guest| guest.name() == name);
        if let Some(session) = session {
            self.sign_out(&session, LeaveReason::Lost);
            session.outbox().close(CloseCode::Replaced);
        }
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

    /// How many guests are live.
    pub(crate) fn guests(&self) -> usize {
        let live = self.lock();
        live.by_member.len().saturating_sub(live.of_accounts)
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that is kept free; given back when dropped.
pub(crate) struct NameHold {
    directory: Arc<Directory>,
    number: u64,
    held: Vec<Box<str>>,
}

/// Who holds a name: a guest who signs in twice at once is in nobody's way.
struct Holder {
    number: u64,
    /// `None` for an account in the making, which is in everybody's way.
    member: Option<MemberId>,
}

impl NameHold {
    /// Signs the guest in for whom the name was held, see [`Directory::sign_in`].
    ///
    /// # Errors
    /// None but by a fault: the name was held.
    pub(crate) fn sign_in(
        mut self,
        member: MemberId,
        name: Name,
        outbox: Arc<Outbox>,
    ) -> Result<Arc<Session>, ErrorCode> {
        let held = std::mem::take(&mut self.held);
        self.directory
            .enter(member, name, outbox, Some((self.number, &held)))
    }
}

impl Drop for NameHold {
    fn drop(&mut self) {
        if !self.held.is_empty() {
            self.directory.lock().release(self.number, &self.held);
        }
    }
}

impl Live {
    fn is_guest(&self, member: MemberId, name: &Name) -> bool {
        let session = self.by_member.get(&member);
        session.is_some_and(|session| !session.is_of_account() && session.name() == name)
    }

    fn hold(&mut self, looks: BTreeSet<String>, member: Option<MemberId>) -> (u64, Vec<Box<str>>) {
        let number = self.next_number();
        let held = looks.into_iter().map(String::into_boxed_str);
        let held: Vec<_> = held.collect();
        for look in &held {
            let holders = self.held.entry(look.clone()).or_default();
            holders.push(Holder { number, member });
        }
        (number, held)
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn release(&mut self, number: u64, held: impl IntoIterator<Item = impl AsRef<str>>) {
        for look in held {
            let look = look.as_ref();
            if let Some(holders) = self.held.get_mut(look) {
                holders.retain(|holder| holder.number != number);
                if holders.is_empty() {
                    self.held.remove(look);
                }
            }
        }
    }

    /// Gives the new session, and the one that it replaces if there is one.
    fn put(
        &mut self,
        member: MemberId,
        name: Name,
        outbox: Arc<Outbox>,
        looks: BTreeSet<String>,
    ) -> Result<(Arc<Session>, Option<Arc<Session>>), ErrorCode> {
        self.check(&looks, Some(member))?;
        let replaced = self.take(member);
        let looks = looks.into_iter().map(String::into_boxed_str);
        self.by_look.extend(looks.map(|look| (look, member)));
        let session = Session::new(self.next_number(), member, name, None, outbox);
        self.by_member.insert(member, Arc::clone(&session));
        Ok((session, replaced))
    }

    fn check(&self, looks: &BTreeSet<String>, member: Option<MemberId>) -> Result<(), ErrorCode> {
        let is_taken = looks.iter().map(String::as_str).any(|look| {
            let owner = self.by_look.get(look).copied();
            let mut holders = self.held.get(look).into_iter().flatten();
            owner.is_some_and(|owner| Some(owner) != member)
                || holders.any(|holder| holder.member.is_none() || holder.member != member)
        });
        if is_taken {
            return Err(ErrorCode::NameTaken);
        }
        Ok(())
    }

    fn take(&mut self, member: MemberId) -> Option<Arc<Session>> {
        let session = self.by_member.remove(&member)?;
        let looks = names::look_alikes(session.name().as_str());
        if session.is_of_account() {
            self.of_accounts = self.of_accounts.saturating_sub(1);
            self.release(session.number(), looks);
        } else {
            for look in looks {
                self.by_look.remove(look.as_str());
            }
        }
        Some(session)
    }
}
