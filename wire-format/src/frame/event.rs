//! `header_length u32 | header | tail`: something that happened.

use std::fmt;

use bytes::Bytes;

use super::{
    Encoded, HEADER_LENGTH_BYTES, Kind, Size, header_and_tail, json_of, put_header_and_tail,
};
use crate::{cursor::Cursor, error::FrameError, event::Event, json};

/// An event whose JSON header may not have been read yet.
#[derive(Clone, Eq, PartialEq)]
pub struct EventFrame {
    /// `{"event": "<name>", …}`.
    pub header: Bytes,
    /// Binary that belongs to the event.
    pub tail: Bytes,
}

impl EventFrame {
    /// Writes the header of an event.
    pub fn new(event: &Event, tail: Bytes) -> Self {
        Self {
            header: json_of(event),
            tail,
        }
    }

    /// Reads the header; an event of a newer server is [`Event::Unknown`].
    ///
    /// # Errors
    /// [`FrameError::Header`] if the header is not an event, or a known one with wrong fields.
    pub fn event(&self) -> Result<Event, FrameError> {
        json::object(&self.header).map_err(|_| FrameError::Header)
    }

    pub(super) fn parse(body: Bytes) -> Result<Self, FrameError> {
        let (header, tail) = header_and_tail(Kind::Event, Cursor::new(body))?;
        Ok(Self { header, tail })
    }

    pub(super) fn encode(&self) -> Encoded {
        let Self { header, tail } = self;
        Encoded::build(
            Kind::Event,
            HEADER_LENGTH_BYTES + header.len() + tail.len(),
            |body| {
                put_header_and_tail(body, header, tail);
            },
        )
    }
}

impl fmt::Debug for EventFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFrame")
            .field("header", &Size(&self.header))
            .field("tail", &Size(&self.tail))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_the_wire() {
        let frame = EventFrame::new(&Event::SessionResume { after_ms: 500 }, Bytes::new());
        assert_eq!(
            &frame.header[..],
            br#"{"event":"session.resume","after_ms":500}"#
        );
        let parsed = EventFrame::parse(frame.encode().stream().slice(5..)).expect("a frame");
        assert_eq!(parsed.event(), Ok(Event::SessionResume { after_ms: 500 }));
    }

    #[test]
    fn a_newer_event_is_unknown_and_a_broken_one_is_an_error() {
        let newer = Bytes::from_static(br#"{"event":"tea.ready","cups":2}"#);
        let newer = EventFrame {
            header: newer,
            tail: Bytes::new(),
        };
        assert_eq!(newer.event(), Ok(Event::Unknown));
        let broken = Bytes::from_static(br#"{"event":"session.resume"}"#);
        let broken = EventFrame {
            header: broken,
            tail: Bytes::new(),
        };
        assert_eq!(broken.event(), Err(FrameError::Header));
    }
}
