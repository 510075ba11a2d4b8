//! Frames that were opened, so that each is opened once a process.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use wire_format::{
    ChannelId, Content, Encoded, InstanceId, Marks, MemberId, MessageId, Millis, Name, OpenError,
    OpenedMessage, ReplayTable, RoomId, RunId, Sequence, envelope::Header,
};

use super::opening::Place;

/// A delivery and what was in it; shared by all sessions of a process that got the same frame.
pub struct OpenedFrame {
    /// The room.
    pub room: RoomId,
    /// The channel.
    pub channel: ChannelId,
    /// The numbering that the place is in.
    pub run: RunId,
    /// The place.
    pub sequence: Sequence,
    /// The server's clock when it was delivered.
    pub time: Millis,
    /// Who sealed it, as authentic as the room's key.
    pub sender: MemberId,
    /// The sender's name, by the server's word.
    pub name: Name,
    /// The envelope's header, authentic.
    pub header: Header,
    /// The content as it was sealed, UTF-8 of a JSON object.
    pub bytes: Bytes,
    /// The content.
    pub content: Content,
    /// Whether the same message had come in another envelope before.
    pub(crate) is_retry: bool,
    /// The number of the sender's instance on the shelf.
    pub(crate) series: u64,
    /// The number of the message on the shelf.
    pub(crate) number: u64,
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

/// What is needed to know again what was opened in one room, all bounded.
#[derive(Default)]
pub(super) struct OpenedFrames {
    pub(super) replay: ReplayTable,
    /// Where each envelope first stood, by its hash.
    pub(super) places: HashMap<[u8; 32], Place>,
    place_order: VecDeque<[u8; 32]>,
    series: HashMap<(MemberId, InstanceId), u64>,
    last_series: u64,
    messages: HashMap<(MemberId, MessageId), u64>,
    message_order: VecDeque<(MemberId, MessageId)>,
    last_message: u64,
}

impl OpenedFrames {
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

    /// The number of a sender's instance, if it has one.
    pub(super) fn known_series(&self, header: &Header) -> Option<u64> {
        self.series.get(&(header.sender, header.instance)).copied()
    }

    /// The number of a sender's instance.
    pub(super) fn series(&mut self, header: &Header) -> u64 {
        if self.series.len() >= SERIES && self.known_series(header).is_none() {
            // What is forgotten is only the comparison with later.
            self.series.clear();
        }
        let series = self.series.entry((header.sender, header.instance));
        *series.or_insert_with(|| {
            self.last_series += 1;
            self.last_series
        })
    }

    /// The number of a message: the same in every envelope, for as long as it is remembered.
    pub(super) fn message(&mut self, header: &Header) -> u64 {
        let message = (header.sender, header.message);
        if let Some(number) = self.messages.get(&message) {
            return *number;
        }
        self.last_message += 1;
        self.messages.insert(message, self.last_message);
        self.message_order.push_back(message);
        if self.message_order.len() > MESSAGES
            && let Some(oldest) = self.message_order.pop_front()
        {
            self.messages.remove(&oldest);
        }
        self.last_message
    }
}

/// Envelopes whose first place is remembered, 48 bytes each.
const PLACES: usize = 8192;
/// Instances that are numbered.
const SERIES: usize = 4096;
/// Messages that are numbered: as many as the replay table knows.
const MESSAGES: usize = 8192;
