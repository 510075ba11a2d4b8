//! Opening a frame in the receiver's order (docs/protocol.md#9-the-envelope).

use std::sync::{Arc, OnceLock, PoisonError};

use wire_format::{
    ChannelId, Content, Deliver, Envelope, Fingerprint, FrameCodec, MemberId, Name, ReplayKey,
    RunId, Sequence, ServerFrame,
    envelope::Header,
    replay::{Seen, Shown},
};

use super::{
    Epoch, Fault, Look, OpenedFrame, Outcome, Shelf,
    slots::{Differs, Known, Slot},
};

/// Where a frame stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Place {
    pub(crate) channel: ChannelId,
    pub(crate) run: RunId,
    pub(crate) sequence: Sequence,
}

/// A frame to be opened with the keys of its epoch.
pub(crate) struct Frame<'a> {
    pub(crate) place: Place,
    pub(crate) deliver: &'a Deliver,
    pub(crate) envelope: &'a Envelope,
}

impl Shelf {
    /// Opens a frame, or gives what another session of the process got out of it. The caller has
    /// checked that room, channel, sender and epoch are what they should be.
    pub(crate) fn open(&self, frame: &Frame<'_>, epoch: &Epoch) -> Outcome {
        match self.slot(frame) {
            // The first one opens; the others wait for it here, without the shelf's lock.
            Ok(slot) => slot
                .outcome
                .get_or_init(|| self.open_first(frame, epoch))
                .clone(),
            // The server gave another session something else in the same place.
            Err(Differs) => self.open_first(frame, epoch),
        }
    }

    fn slot(&self, frame: &Frame<'_>) -> Result<Arc<Slot>, Differs> {
        // A copy: the frame is a slice of what was read, which must not live as long.
        let encoded = ServerFrame::Deliver(frame.deliver.clone()).encode();
        let body = encoded.stream().slice(FrameCodec::HEAD_BYTES..);
        if let Some(slot) = self.known().0.find(frame.place, &body)? {
            return Ok(slot);
        }
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.find_or_make(frame.place, body)
    }

    /// The frames that sessions of the process have got, for a look at several.
    pub(crate) fn known(&self) -> Known<'_> {
        Known(self.slots.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of a sender's instance of which something was opened.
    pub(crate) fn series(&self, header: &Header) -> Option<u64> {
        self.lock().frames.known_series(header)
    }

    fn open_first(&self, frame: &Frame<'_>, epoch: &Epoch) -> Outcome {
        let envelope = frame.envelope;
        if self.are_strange(frame.deliver.sender, envelope.header().fingerprint) {
            return Outcome::Failed(Fault::OtherKeys);
        }
        let key = ReplayKey::of(envelope);
        let hash = envelope.hash();
        let seen = {
            let frames = &self.lock().frames;
            match frames.replay.check(&key) {
                // A session that is far behind meets what others have opened long ago.
                Seen::SameAgain if frames.places.get(&hash) == Some(&frame.place) => None,
                seen => Some(seen),
            }
        };
        match seen {
            None | Some(Seen::Fresh) => {}
            Some(Seen::SameAgain) => return Outcome::Repeated,
            Some(Seen::Conflict) => return Outcome::Failed(Fault::Conflict),
            Some(Seen::TooOld) => return Outcome::Failed(Fault::TooOld),
        }
        let opened = match envelope.open(&epoch.keys) {
            Ok(opened) => opened,
            Err(error) => return Outcome::Failed(error.into()),
        };
        let content = match Content::parse(&opened.content) {
            Ok(content) => content,
            Err(error) => return Outcome::Failed(error.into()),
        };
        let (deliver, header) = (frame.deliver, opened.header);
        let (shown, series, number) = {
            let frames = &mut self.lock().frames;
            let number = frames.message(&header);
            let shown = match seen {
                Some(_) => {
                    frames.stood(hash, frame.place);
                    frames.replay.record(&key).shown
                }
                // It may have been a retry the first time; each session knows what it has shown.
                None => Shown::Before,
            };
            (shown, frames.series(&header), number)
        };
        Outcome::Opened(Arc::new(OpenedFrame {
            room: header.room,
            channel: header.channel,
            run: frame.place.run,
            sequence: deliver.sequence,
            time: deliver.time,
            sender: header.sender,
            // A copy, as above.
            name: Name::try_from(deliver.name.as_str()).unwrap_or_else(|_| deliver.name.clone()),
            header,
            bytes: opened.content,
            content,
            is_retry: shown == Shown::Before,
            series,
            number,
            page: OnceLock::new(),
        }))
    }

    fn are_strange(&self, sender: MemberId, claimed: Fingerprint) -> bool {
        self.compare(sender, claimed) == Look::Strange
    }
}
