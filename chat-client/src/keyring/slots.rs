//! Frames as they came, and what came of them: what the other sessions of a process compare with.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, OnceLock, RwLockReadGuard},
};

use bytes::Bytes;
use wire_format::{ChannelId, RunId, Sequence};

use super::{OpenedFrame, Outcome, opening::Place};

/// A frame, and what came of it once somebody has opened it.
pub(super) struct Slot {
    place: Place,
    /// The body of the deliver frame, which holds everything that is compared.
    body: Bytes,
    pub(super) outcome: OnceLock<Outcome>,
}

/// The frames of one room that came last, numbered in the order in which somebody first got them,
/// which nearly always is the order of their places.
#[derive(Default)]
pub(super) struct Slots {
    slots: VecDeque<Arc<Slot>>,
    /// The number of the first slot.
    first: u64,
    numbers: HashMap<Place, u64>,
    bytes: usize,
}

/// The frames that are known, locked for as long as a session looks its batch up.
pub(crate) struct Known<'a>(pub(super) RwLockReadGuard<'a, Slots>);

impl Known<'_> {
    /// What somebody has opened from exactly this frame. `next` is the number of the slot that is
    /// looked at first, and then that of the one behind.
    pub(crate) fn opened(
        &self,
        next: &mut u64,
        run: RunId,
        body: &[u8],
    ) -> Option<&Arc<OpenedFrame>> {
        let guess = self.0.numbered(*next).filter(|slot| slot.is(run, body));
        let slot = match guess {
            Some(slot) => slot,
            None => {
                let number = self.0.number(place_of(run, body)?)?;
                *next = number;
                self.0.numbered(number).filter(|slot| slot.is(run, body))?
            }
        };
        *next += 1;
        match slot.outcome.get() {
            Some(Outcome::Opened(opened)) => Some(opened),
            _ => None,
        }
    }
}

impl Slots {
    /// The slot of a frame, if somebody got it already; `Err` if another frame stood in its place.
    pub(super) fn find(&self, place: Place, body: &[u8]) -> Result<Option<Arc<Slot>>, Differs> {
        let slot = self.number(place).and_then(|number| self.numbered(number));
        match slot {
            Some(slot) if slot.is(place.run, body) => Ok(Some(Arc::clone(slot))),
            Some(_) => Err(Differs),
            None => Ok(None),
        }
    }

    /// The slot of a frame, made if there is none.
    pub(super) fn find_or_make(&mut self, place: Place, body: Bytes) -> Result<Arc<Slot>, Differs> {
        if let Some(slot) = self.find(place, &body)? {
            return Ok(slot);
        }
        self.bytes += body.len();
        let slot = Arc::new(Slot {
            place,
            body,
            outcome: OnceLock::new(),
        });
        let number = self.first + u64::try_from(self.slots.len()).unwrap_or_default();
        self.numbers.insert(place, number);
        self.slots.push_back(Arc::clone(&slot));
        while self.slots.len() > SLOTS || (self.bytes > SLOT_BYTES && self.slots.len() > 1) {
            self.forget_oldest();
        }
        Ok(slot)
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.slots.pop_front() {
            self.first += 1;
            self.bytes -= oldest.body.len();
            self.numbers.remove(&oldest.place);
        }
    }

    fn number(&self, place: Place) -> Option<u64> {
        self.numbers.get(&place).copied()
    }

    fn numbered(&self, number: u64) -> Option<&Arc<Slot>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.slots.get(index)
    }
}

impl Slot {
    fn is(&self, run: RunId, body: &[u8]) -> bool {
        self.place.run == run && self.body == body
    }
}

/// Another frame stood in this place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Differs;

/// Channel and sequence stand at the start of a deliver frame's body.
fn place_of(run: RunId, body: &[u8]) -> Option<Place> {
    let (channel, rest) = body.split_first_chunk()?;
    let sequence = rest.first_chunk()?;
    Some(Place {
        channel: ChannelId::from_bytes(*channel),
        run,
        sequence: Sequence::new(u64::from_be_bytes(*sequence)),
    })
}

/// Frames that are kept: several rings, since sessions of a process are not equally far.
const SLOTS: usize = 2048;
/// Bytes of sealed frames that are kept; the opened content is as much again at most.
const SLOT_BYTES: usize = 2 * 1024 * 1024;
