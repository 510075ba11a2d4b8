//! Who holds the secret, and who is asked the least.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use wire_format::MemberId;

/// The holders of an epoch's secret and the questions that each of them has not answered yet.
#[derive(Default)]
pub(super) struct Holders {
    /// By holder those for whom it is being asked, at most [`QUESTIONS_A_HOLDER`].
    open: HashMap<MemberId, BTreeSet<MemberId>>,
    /// The same holders by the number of their questions.
    by_load: BTreeSet<(usize, MemberId)>,
    /// Holders that [`Holders::pick`] looked at.
    #[cfg(test)]
    pub(super) looked_at: usize,
}

/// Whom to ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pick {
    /// This holder: nobody has fewer questions.
    Free(MemberId),
    /// Somebody, but not now: all have as many questions as they may.
    Busy,
    /// Nobody.
    Nobody,
}

impl Holders {
    pub(super) fn insert(&mut self, holder: MemberId) {
        if let Entry::Vacant(place) = self.open.entry(holder) {
            place.insert(BTreeSet::new());
            self.by_load.insert((0, holder));
        }
    }

    /// Gives those for whom it was being asked.
    pub(super) fn remove(&mut self, holder: MemberId) -> BTreeSet<MemberId> {
        let askers = self.open.remove(&holder).unwrap_or_default();
        self.by_load.remove(&(askers.len(), holder));
        askers
    }

    /// The least busy holder that is not left out; looks at one more than are.
    pub(super) fn pick(&mut self, left_out: impl Fn(MemberId) -> bool) -> Pick {
        for &(questions, holder) in &self.by_load {
            #[cfg(test)]
            {
                self.looked_at += 1;
            }
            if left_out(holder) {
                continue;
            }
            return if questions < QUESTIONS_A_HOLDER {
                Pick::Free(holder)
            } else {
                Pick::Busy
            };
        }
        Pick::Nobody
    }

    /// The holder is being asked for somebody.
    pub(super) fn ask(&mut self, holder: MemberId, asker: MemberId) {
        self.change(holder, |askers| askers.insert(asker));
    }

    /// The holder is no longer asked for somebody.
    pub(super) fn release(&mut self, holder: MemberId, asker: MemberId) {
        self.change(holder, |askers| askers.remove(&asker));
    }

    fn change(&mut self, holder: MemberId, change: impl FnOnce(&mut BTreeSet<MemberId>) -> bool) {
        if let Some(askers) = self.open.get_mut(&holder) {
            self.by_load.remove(&(askers.len(), holder));
            change(askers);
            self.by_load.insert((askers.len(), holder));
        }
    }
}

/// Questions that one holder may have open: an answer costs it an RSA operation, and all of them
/// stay far below an outbox.
pub(super) const QUESTIONS_A_HOLDER: usize = 32;
