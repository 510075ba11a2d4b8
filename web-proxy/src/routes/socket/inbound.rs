//! What a page sends, from bytes to WebSocket messages.
//!
//! The library keeps to the protocol's rules: masks, fragments, control frames, sizes. It gets bytes
//! and gives bytes to be sent, and reads no socket: what has arrived is in a buffer of the thread,
//! and only an unfinished message stays with the connection.

use std::io::{self, Read, Write};

use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};
use wire_format::limits::FRAME_BYTES;

/// The receiving side of a server's WebSocket.
pub(super) struct Inbound(WebSocketContext);

/// What came of some bytes.
#[derive(Default)]
pub(super) struct Received {
    /// Whole messages, in order.
    pub(super) messages: Vec<Message>,
    /// Answers to control frames, ready to be written.
    pub(super) answers: Vec<u8>,
    /// Why nothing can follow.
    pub(super) end: Option<Error>,
}

impl Inbound {
    pub(super) fn new() -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(STEP_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES));
        Self(WebSocketContext::new(Role::Server, Some(config)))
    }

    /// Takes bytes as they arrived.
    pub(super) fn receive(&mut self, arrived: &[u8]) -> Received {
        let mut received = Received::default();
        let mut through = Through {
            arrived,
            answers: &mut received.answers,
        };
        received.end = loop {
            match self.0.read(&mut through) {
                Ok(message) => received.messages.push(message),
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break None,
                Err(error) => break Some(error),
            }
        };
        received
    }

    /// Begins or ends the closing handshake; gives what is to be written.
    pub(super) fn close(&mut self) -> Vec<u8> {
        let mut answers = Vec::new();
        let mut through = Through {
            arrived: &[],
            answers: &mut answers,
        };
        // Once the handshake is over there is nothing left to say.
        let _ = self.0.close(&mut through, None);
        answers
    }
}

/// A stream of what has arrived, and of what is to be sent.
struct Through<'a> {
    arrived: &'a [u8],
    answers: &'a mut Vec<u8>,
}

impl Read for Through<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.arrived.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.arrived.read(buffer)
    }
}

impl Write for Through<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the library copies at once, and what it keeps before the first message: less for an idle
/// connection, more for the largest messages.
const STEP_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};

    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).expect("a short payload");
        let mut frame = vec![first, 0x80 | 126];
        frame.extend(length.to_be_bytes());
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(a, b)| a ^ b));
        frame
    }

    #[test]
    fn messages_are_whole_however_they_arrive() {
        let long = vec![9; 3_000];
        let bytes = [
            frame(0x82, b"one"),
            frame(0x02, b"tw"),
            frame(0x89, b"ping"),
            frame(0x80, b"o"),
            frame(0x82, &long),
        ]
        .concat();
        let expected = [
            Message::binary(&b"one"[..]),
            Message::Ping(Bytes::from_static(b"ping")),
            Message::binary(&b"two"[..]),
            Message::binary(long),
        ];
        for step in [1, 7, bytes.len()] {
            let mut inbound = Inbound::new();
            let mut messages = Vec::new();
            let mut answers = Vec::new();
            for arrived in bytes.chunks(step) {
                let mut received = inbound.receive(arrived);
                messages.append(&mut received.messages);
                answers.append(&mut received.answers);
                assert!(received.end.is_none());
            }
            assert_eq!(messages, expected, "{step} bytes at a time");
            assert_eq!(answers, b"\x8a\x04ping");
        }
    }

    #[test]
    fn a_page_that_closes_is_answered() {
        let mut inbound = Inbound::new();
        let received = inbound.receive(&frame(0x88, &1000_u16.to_be_bytes()));
        assert!(matches!(received.messages[..], [Message::Close(Some(_))]));
        assert_eq!(received.answers, b"\x88\x02\x03\xe8");
        assert!(matches!(received.end, Some(Error::ConnectionClosed)));
        assert!(inbound.close().is_empty());
    }

    #[test]
    fn a_close_waits_for_the_pages_own() {
        let mut inbound = Inbound::new();
        assert_eq!(inbound.close(), b"\x88\x00");
        let received = inbound.receive(&frame(0x82, b"was on its way"));
        assert_eq!(received.messages.len(), 1);
        let received = inbound.receive(&frame(0x88, b""));
        assert!(received.answers.is_empty());
        assert!(matches!(received.end, Some(Error::ConnectionClosed)));
    }

    #[test]
    fn what_breaks_the_protocol_ends_it() {
        let unmasked = [0x82, 1, 0];
        let end = Inbound::new().receive(&unmasked).end;
        assert!(matches!(
            end,
            Some(Error::Protocol(ProtocolError::UnmaskedFrameFromClient))
        ));
        let large = u64::try_from(FRAME_BYTES + 1).expect("a length");
        let mut frame = vec![0x82, 0x80 | 127];
        frame.extend(large.to_be_bytes());
        frame.extend(MASK);
        let end = Inbound::new().receive(&frame).end;
        assert!(matches!(
            end,
            Some(Error::Capacity(CapacityError::MessageTooLong { .. }))
        ));
    }
}
