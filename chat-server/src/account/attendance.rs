//! Which accounts are there, and whose coming or going is to be told (docs/protocol.md#1417-people).
//!
//! ```text
//!  proof ─▶ enter ─┐               ┌─▶ friends.list, presence.of
//!                  ├─▶ places of ──┤
//!  end   ─▶ leave ─┘   an account  └─▶ untold, an account once ─▶ comings ─▶ friends
//! ```
//!
//! An account is there while one of its sessions has a place. A session has one from the proof of its
//! keys until its connection ends, and a while longer if it was cut off: whoever takes it up again in
//! time was never away.
//!
//! Who enters or leaves only takes note of it. **Policy**: what is untold is never full, because an
//! account stands in it once, however often it came and went, and is told of as it is then.

mod attendee;
mod places;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use wire_format::{AccountId, Event};

use self::{attendee::Attendee, places::Places};
use super::AccountSession;
use crate::room::event_with;

pub(crate) use self::attendee::Hold;

/// The accounts of this server that are there.
#[derive(Default)]
pub(crate) struct Attendance {
    /// Held to add, remove or look up; nothing is sent while it is held.
    present: Mutex<Present>,
    /// Rung when there is something to tell, or to wait for.
    bell: Notify,
}

#[derive(Default)]
struct Present {
    accounts: HashMap<AccountId, Places>,
    /// Accounts whose friends may not know how it is, each once.
    untold: VecDeque<AccountId>,
    /// When places that are kept for a while are given up.
    given_up_at: BTreeSet<(Instant, AccountId)>,
}

/// How a session's connection ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Departure {
    /// By a close, or because the session is over: it is not there from now on.
    Clean,
    /// The connection was lost, cut, or taken over by the next one, whose keys have yet to answer.
    Cut,
    /// After nothing was heard for so long that little is left to come back in.
    Silent,
}

/// An account that has come or gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Coming {
    pub(super) account: AccountId,
    pub(super) is_here: bool,
}

impl Attendance {
    /// A session has proven its keys.
    pub(super) fn enter(&self, session: &Arc<AccountSession>) {
        self.lock().enter(Attendee::new(Arc::clone(session)));
        self.bell.notify_one();
    }

    /// The connection of a session has ended; nothing changes for one that did not enter, or has left.
    pub(super) fn leave(&self, session: &Arc<AccountSession>, departure: Departure) {
        let has_left = self.lock().leave(session, departure, Instant::now());
        if has_left {
            self.bell.notify_one();
        }
    }

    /// Those of the accounts that are there, in the order given.
    pub(crate) fn here(&self, accounts: impl IntoIterator<Item = AccountId>) -> Vec<AccountId> {
        let present = self.lock();
        let accounts = accounts.into_iter();
        accounts
            .filter(|account| present.is_here(*account))
            .collect()
    }

    /// Keeps back what a session is told from now on, until it got the answer that this is for.
    pub(crate) fn hold(&self, session: &Arc<AccountSession>) -> Hold {
        let attendee = self.lock().attendee(session);
        // Without a place its connection is ending: what is held then is not told.
        attendee
            .unwrap_or_else(|| Attendee::new(Arc::clone(session)))
            .hold()
    }

    /// Tells all sessions of these accounts that have a place and a connection.
    pub(crate) fn tell(&self, accounts: impl IntoIterator<Item = AccountId>, what: &Event) {
        self.tell_with(accounts, what, Bytes::new());
    }

    /// Tells them an event with a tail, likewise.
    pub(crate) fn tell_with(
        &self,
        accounts: impl IntoIterator<Item = AccountId>,
        what: &Event,
        tail: Bytes,
    ) {
        let told = self.lock().attendees(accounts);
        if told.is_empty() {
            return;
        }
        let chunk = event_with(what, tail);
        for attendee in told {
            attendee.tell(&chunk);
        }
    }

    /// Waits for accounts that have come or gone, and takes note that they are told of; at most so
    /// many, each once.
    ///
    /// One task at a time. A dropped future leaves all of them untold.
    pub(super) async fn comings(&self, most: usize) -> Vec<Coming> {
        loop {
            let (comings, next) = self.lock().comings(most, Instant::now());
            if !comings.is_empty() {
                return comings;
            }
            match next {
                None => self.bell.notified().await,
                Some(next) => tokio::select! {
                    () = self.bell.notified() => {}
                    () = sleep_until(next) => {}
                },
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn enter(&mut self, attendee: Arc<Attendee>) {
        let account = attendee.session().account;
        self.accounts.entry(account).or_default().take(attendee);
        self.settle(account);
    }

    fn leave(&mut self, session: &Arc<AccountSession>, departure: Departure, now: Instant) -> bool {
        let account = session.account;
        let kept_until = departure.kept_for().map(|kept_for| now + kept_for);
        let Some(places) = self.accounts.get_mut(&account) else {
            return false;
        };
        if !places.leave(session, kept_until) {
            return false;
        }
        if let Some(until) = kept_until {
            self.given_up_at.insert((until, account));
        }
        self.settle(account);
        true
    }

    fn is_here(&self, account: AccountId) -> bool {
        let places = self.accounts.get(&account);
        places.is_some_and(Places::is_here)
    }

    fn attendee(&self, session: &Arc<AccountSession>) -> Option<Arc<Attendee>> {
        self.accounts.get(&session.account)?.attendee(session)
    }

    fn attendees(&self, accounts: impl IntoIterator<Item = AccountId>) -> Vec<Arc<Attendee>> {
        let accounts = accounts.into_iter();
        let places = accounts.filter_map(|account| self.accounts.get(&account));
        places.flat_map(Places::attendees).map(Arc::clone).collect()
    }

    /// The comings that are due, and if there are none when to look again.
    fn comings(&mut self, most: usize, now: Instant) -> (Vec<Coming>, Option<Instant>) {
        self.give_up(now);
        let mut comings = Vec::new();
        while comings.len() < most {
            let Some(account) = self.untold.pop_front() else {
                break;
            };
            let news = self.accounts.get_mut(&account).and_then(Places::news);
            comings.extend(news.map(|is_here| Coming { account, is_here }));
            self.forget_if_over(account);
        }
        (comings, self.given_up_at.first().map(|(at, _)| *at))
    }

    /// Gives places up that were kept until now.
    fn give_up(&mut self, now: Instant) {
        while let Some(&(until, account)) = self.given_up_at.first()
            && until <= now
        {
            self.given_up_at.pop_first();
            if let Some(places) = self.accounts.get_mut(&account) {
                places.give_up(now);
                self.settle(account);
            }
        }
    }

    /// Puts an account where it belongs after a change of its places.
    fn settle(&mut self, account: AccountId) {
        if let Some(places) = self.accounts.get_mut(&account)
            && places.becomes_untold()
        {
            self.untold.push_back(account);
        }
        self.forget_if_over(account);
    }

    fn forget_if_over(&mut self, account: AccountId) {
        if self.accounts.get(&account).is_some_and(Places::is_over) {
            self.accounts.remove(&account);
        }
    }
}

impl Departure {
    /// How long the place of who left so is kept.
    const fn kept_for(self) -> Option<Duration> {
        match self {
            Self::Clean => None,
            Self::Cut => Some(COMES_BACK_WITHIN),
            Self::Silent => Some(LAST_CHANCE),
        }
    }
}

/// How long somebody who was cut off may take to come back and prove the keys, unnoticed: as long as a
/// connection may take to sign in.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(10);
/// How long after a silence: with its 30 s this is less than the 35 s in which a cut shows.
const LAST_CHANCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests;
