//! Frames that were opened, so that each is opened once a process.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use wire_format::{
    Content, Deliver, Encoded, Marks, MemberId, Millis, OpenError, OpenedMessage, ReplayTable,
    envelope::Header,
};

use super::opening::Place;

/// What was in a frame; shared by all sessions of a process that got it.
pub struct OpenedFrame {
    /// The envelope's header, authentic.
    pub header: Header,
    /// The content as it was sealed, UTF-8 of a JSON object.
    pub bytes: Bytes,
    /// The content.
    pub content: Content,
    /// *Sent at* is more than 5 minutes from the clock here; only of live messages.
    pub clock_off: bool,
    /// Whether the same message had come in another envelope before.
    pub(crate) is_retry: bool,
    pub(crate) page: OnceLock<Encoded>,
}

impl OpenedFrame {
    /// The record for a page, marks as given (docs/protocol.md#11-the-browsers-tier).
    pub(crate) fn record(&self, marks: Marks) -> OpenedMessage {
        OpenedMessage {
            message: self.header.message,
            epoch: self.header.epoch,
            sent_at: self.header.sent_at,
            marks,
            content: self.bytes.clone(),
        }
    }
}

impl fmt::Debug for OpenedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedFrame({})", self.header.message)
    }
}

/// Why a frame was not opened: for the local user and the log. Towards a peer all are one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The envelope is broken or sealed otherwise than it says.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Sealed for another room or channel than it was delivered in.
    #[error("sealed for another room or channel")]
    OtherChannel,
    /// Sealed by somebody else than the server says.
    #[error("sealed by another member than the server says")]
    OtherSender,
    /// Marked as stored, or as a commit, which nothing in these rooms is.
    #[error("marked as something that these rooms do not have")]
    Flags,
    /// Sealed for an epoch that this room does not have.
    #[error("sealed for an epoch that is not known")]
    UnknownEpoch,
    /// The sender's keys are not those announced.
    #[error("sealed with other keys than the sender announced")]
    OtherKeys,
    /// Another envelope was opened under the same counter: an alarm.
    #[error("another message had the same number")]
    Conflict,
    /// So far behind its sender that a replay cannot be told from it.
    #[error("too old to be told from a replay")]
    TooOld,
}

/// What came of a frame.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// Show it.
    Opened(Arc<OpenedFrame>),
    /// The same envelope stood elsewhere before: drop it silently.
    Repeated,
    /// Say so in its place.
    Failed(Fault),
}

/// Opened frames of one room and what is needed to know a replay, all bounded.
#[derive(Default)]
pub(super) struct OpenedFrames {
    slots: HashMap<Place, Arc<Slot>>,
    order: VecDeque<Place>,
    bytes: usize,
    pub(super) replay: ReplayTable,
    /// Where each envelope first stood, by its hash.
    pub(super) places: HashMap<[u8; 32], Place>,
    place_order: VecDeque<[u8; 32]>,
}

/// A frame, and what came of it once somebody has opened it.
pub(super) struct Slot {
    sender: MemberId,
    name: Box<str>,
    time: Millis,
    payload: Bytes,
    pub(super) outcome: OnceLock<Outcome>,
}

impl Slot {
    /// Copies: the frame is a slice of a larger read buffer, which must not live as long.
    fn of(deliver: &Deliver) -> Self {
        Self {
            sender: deliver.sender,
            name: deliver.name.as_str().into(),
            time: deliver.time,
            payload: Bytes::copy_from_slice(&deliver.payload),
            outcome: OnceLock::new(),
        }
    }

    fn is_of(&self, deliver: &Deliver) -> bool {
        self.sender == deliver.sender
            && self.time == deliver.time
            && *self.name == *deliver.name.as_str()
            && self.payload == deliver.payload
    }
}

impl OpenedFrames {
    /// The slot of a frame; `None` if another frame stood in its place.
    pub(super) fn slot(&mut self, place: Place, deliver: &Deliver) -> Option<Arc<Slot>> {
        if let Some(slot) = self.slots.get(&place) {
            return slot.is_of(deliver).then(|| Arc::clone(slot));
        }
        let slot = Arc::new(Slot::of(deliver));
        self.slots.insert(place, Arc::clone(&slot));
        self.order.push_back(place);
        self.bytes += deliver.payload.len();
        while self.order.len() > SLOTS || (self.bytes > SLOT_BYTES && self.order.len() > 1) {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            if let Some(slot) = self.slots.remove(&oldest) {
                self.bytes -= slot.payload.len();
            }
        }
        Some(slot)
    }

    /// Remembers where an envelope stood first.
    pub(super) fn stood(&mut self, hash: [u8; 32], place: Place) {
        self.places.insert(hash, place);
        self.place_order.push_back(hash);
        if self.place_order.len() > PLACES
            && let Some(oldest) = self.place_order.pop_front()
        {
            self.places.remove(&oldest);
        }
    }
}

/// Opened frames that are kept: twice a ring, since sessions of a process are not equally far.
const SLOTS: usize = 512;
/// Bytes of sealed payload that are kept with them; the opened content is as much again at most.
const SLOT_BYTES: usize = 2 * 1024 * 1024;
/// Envelopes whose first place is remembered, 48 bytes each.
const PLACES: usize = 8192;
