//! `request u32 | header_length u32 | header | tail`: a client's request.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;

use super::{
    Encoded, Kind, json_of,
    numbered::{Numbered, NumberedRef},
};
use crate::{
    command::{Command, Operation},
    error::FrameError,
};

/// A request whose JSON header has not been read yet: see [`Command::parse`](crate::command::Command::parse).
#[derive(Clone, Eq, PartialEq)]
pub struct CommandFrame {
    /// The id that the reply repeats.
    pub request: u32,
    /// `{"command": "<name>", …}`.
    pub header: Bytes,
    /// Binary that belongs to the command.
    pub tail: Bytes,
}

impl CommandFrame {
    /// Writes the header of an operation.
    pub fn new<O: Operation>(request: u32, operation: &O, tail: Bytes) -> Self {
        #[derive(Serialize)]
        struct Header<'a, O> {
            command: &'static str,
            #[serde(flatten)]
            fields: &'a O,
        }

        let header = Header {
            command: O::NAME,
            fields: operation,
        };
        Self {
            request,
            header: json_of(&header),
            tail,
        }
    }

    /// Writes the header of a command that was read elsewhere, as a proxy passes it on.
    pub fn of(request: u32, command: &Command, tail: Bytes) -> Self {
        Self {
            request,
            header: json_of(command),
            tail,
        }
    }

    pub(super) fn parse(body: Bytes) -> Result<Self, FrameError> {
        let Numbered {
            request,
            header,
            tail,
        } = Numbered::parse(Kind::Command, body)?;
        Ok(Self {
            request,
            header,
            tail,
        })
    }

    pub(super) fn encode(&self) -> Encoded {
        self.numbered().encode(Kind::Command)
    }

    fn numbered(&self) -> NumberedRef<'_> {
        NumberedRef {
            request: self.request,
            header: &self.header,
            tail: &self.tail,
        }
    }
}

impl fmt::Debug for CommandFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.numbered().debug("CommandFrame", f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{command::rooms, limits::HEADER_BYTES};

    #[test]
    fn a_command_names_its_operation_first() {
        let open = rooms::Open { room: "ops".into() };
        let frame = CommandFrame::new(7, &open, Bytes::from_static(b"tail"));
        assert_eq!(
            &frame.header[..],
            br#"{"command":"rooms.open","room":"ops"}"#
        );
        let body = frame.encode().stream().slice(5..);
        assert_eq!(&body[..8], b"\0\0\0\x07\0\0\0\x25");
        assert_eq!(CommandFrame::parse(body), Ok(frame));
    }

    #[test]
    fn a_command_that_was_read_is_written_as_its_operation() {
        let open = rooms::Open { room: "ops".into() };
        let frame = CommandFrame::new(7, &open, Bytes::new());
        let read = Command::parse(&frame.header).expect("a command");
        assert_eq!(CommandFrame::of(7, &read, Bytes::new()), frame);
        let logout = br#"{"command":"auth.logout"}"#;
        let read = Command::parse(logout).expect("a command");
        assert_eq!(&CommandFrame::of(1, &read, Bytes::new()).header[..], logout);
    }

    #[test]
    fn a_header_length_is_checked_before_it_is_believed() {
        let within = Bytes::from_static(b"\0\0\0\x07\0\0\0\x03{}");
        let truncated = Err(FrameError::Truncated(Kind::Command));
        assert_eq!(CommandFrame::parse(within), truncated);
        let above = u32::try_from(HEADER_BYTES + 1)
            .expect("a small limit")
            .to_be_bytes();
        let above = [&b"\0\0\0\x07"[..], &above].concat();
        assert_eq!(
            CommandFrame::parse(above.into()),
            Err(FrameError::HeaderTooLarge)
        );
    }
}
