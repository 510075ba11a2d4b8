//! Which keys each member was seen with.

use std::{collections::HashMap, time::Duration};

use wire_format::{Fingerprint, MemberId};

use super::Shelf;

/// The fingerprints seen in one room, by the server's word, an announcement or both.
#[derive(Default)]
pub(super) struct Faces(HashMap<MemberId, Face>);

#[derive(Clone, Copy)]
struct Face {
    now: Fingerprint,
    before: Option<Fingerprint>,
    changed_at: Duration,
}

/// What is known about a member's keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Look {
    /// Never seen, or always with these.
    Steady,
    /// The keys changed at this time.
    Changed(Duration),
    /// Others are known, and these are neither the present ones nor those before.
    Strange,
}

impl Shelf {
    /// Takes note of a member's keys.
    pub(crate) fn saw(&self, member: MemberId, seen: Fingerprint, at: Duration) -> Look {
        let faces = &mut self.lock().faces.0;
        if faces.len() >= MOST_FACES && !faces.contains_key(&member) {
            // What is forgotten is only the comparison with later.
            faces.clear();
        }
        let face = faces.entry(member).or_insert(Face {
            now: seen,
            before: None,
            changed_at: at,
        });
        if face.now != seen {
            face.before = Some(face.now);
            face.now = seen;
            face.changed_at = at;
        }
        face.look()
    }

    /// Compares an envelope's fingerprint with what is known; the one before the last counts too,
    /// since frames of one session may be behind those of another.
    pub(crate) fn compare(&self, member: MemberId, claimed: Fingerprint) -> Look {
        match self.lock().faces.0.get(&member) {
            Some(face) if face.now != claimed && face.before != Some(claimed) => Look::Strange,
            Some(face) => face.look(),
            None => Look::Steady,
        }
    }
}

impl Face {
    fn look(&self) -> Look {
        match self.before {
            Some(_) => Look::Changed(self.changed_at),
            None => Look::Steady,
        }
    }
}

/// Members whose keys are remembered: more than a room has at once.
const MOST_FACES: usize = 32 * 1024;
