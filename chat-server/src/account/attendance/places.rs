//! The places of one account: its sessions that are there, or are waited for.

use std::sync::Arc;

use tokio::time::Instant;
use wire_format::SessionId;

use super::attendee::Attendee;
use crate::account::AccountSession;

/// What is known of one account.
#[derive(Default)]
pub(super) struct Places {
    /// At most as many as an account has sessions.
    all: Vec<Place>,
    /// What its friends were told last.
    is_told_here: bool,
    /// Whether it waits for its friends to be told.
    is_untold: bool,
}

enum Place {
    /// It has a connection.
    Taken(Arc<Attendee>),
    /// Its connection was cut off; it is waited for.
    Kept { session: SessionId, until: Instant },
}

impl Places {
    /// A session has a place from now on; one that was kept for it is used up.
    pub(super) fn take(&mut self, attendee: Arc<Attendee>) {
        let id = attendee.session().id;
        self.all
            .retain(|place| !matches!(place, Place::Kept { session, .. } if *session == id));
        self.all.push(Place::Taken(attendee));
    }

    /// A session's connection has ended; its place is kept if it is to be, and the session has no newer
    /// connection. Gives whether it had a place.
    pub(super) fn leave(
        &mut self,
        session: &Arc<AccountSession>,
        kept_until: Option<Instant>,
    ) -> bool {
        let left = self.all.iter().position(|place| place.is_of(session));
        let Some(left) = left else {
            return false;
        };
        self.all.swap_remove(left);
        let is_taken_up = self.attendees().any(|one| one.session().id == session.id);
        if let Some(until) = kept_until
            && !is_taken_up
        {
            let session = session.id;
            self.all.push(Place::Kept { session, until });
        }
        true
    }

    /// Gives places up that were kept until now.
    pub(super) fn give_up(&mut self, now: Instant) {
        self.all
            .retain(|place| !matches!(place, Place::Kept { until, .. } if *until <= now));
    }

    pub(super) const fn is_here(&self) -> bool {
        !self.all.is_empty()
    }

    pub(super) fn attendees(&self) -> impl Iterator<Item = &Arc<Attendee>> {
        self.all.iter().filter_map(|place| match place {
            Place::Taken(attendee) => Some(attendee),
            Place::Kept { .. } => None,
        })
    }

    pub(super) fn attendee(&self, session: &Arc<AccountSession>) -> Option<Arc<Attendee>> {
        let mut attendees = self.attendees();
        attendees
            .find(|one| Arc::ptr_eq(one.session(), session))
            .map(Arc::clone)
    }

    /// Whether its friends know something else, and it does not wait for them to be told yet.
    pub(super) const fn becomes_untold(&mut self) -> bool {
        let becomes = self.is_here() != self.is_told_here && !self.is_untold;
        self.is_untold |= becomes;
        becomes
    }

    /// What its friends are to be told now, if anything: whether it is there.
    pub(super) fn news(&mut self) -> Option<bool> {
        self.is_untold = false;
        let is_here = self.is_here();
        let was_told = std::mem::replace(&mut self.is_told_here, is_here);
        (was_told != is_here).then_some(is_here)
    }

    /// Whether nothing of it need be known any more.
    pub(super) const fn is_over(&self) -> bool {
        !self.is_here() && !self.is_told_here && !self.is_untold
    }
}

impl Place {
    fn is_of(&self, session: &Arc<AccountSession>) -> bool {
        matches!(self, Self::Taken(attendee) if Arc::ptr_eq(attendee.session(), session))
    }
}
