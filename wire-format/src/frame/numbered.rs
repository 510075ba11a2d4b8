//! `request u32 | header_length u32 | header | tail`: what a command and its reply look like.

use std::fmt;

use bytes::{BufMut, Bytes};

use super::{
    Encoded, HEADER_LENGTH_BYTES, Kind, REQUEST_BYTES, Size, header_and_tail, put_header_and_tail,
};
use crate::{cursor::Cursor, error::FrameError};

/// The three fields, as they are read.
pub(super) struct Numbered {
    pub(super) request: u32,
    pub(super) header: Bytes,
    pub(super) tail: Bytes,
}

/// The three fields, as they are written and shown.
pub(super) struct NumberedRef<'a> {
    pub(super) request: u32,
    pub(super) header: &'a Bytes,
    pub(super) tail: &'a Bytes,
}

impl Numbered {
    pub(super) fn parse(kind: Kind, body: Bytes) -> Result<Self, FrameError> {
        let mut cursor = Cursor::new(body);
        let request = cursor.u32().ok_or(FrameError::Truncated(kind))?;
        let (header, tail) = header_and_tail(kind, cursor)?;
        Ok(Self {
            request,
            header,
            tail,
        })
    }
}

impl NumberedRef<'_> {
    pub(super) fn encode(&self, kind: Kind) -> Encoded {
        let length = REQUEST_BYTES + HEADER_LENGTH_BYTES + self.header.len() + self.tail.len();
        Encoded::build(kind, length, |body| {
            body.put_u32(self.request);
            put_header_and_tail(body, self.header, self.tail);
        })
    }

    pub(super) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("request", &self.request)
            .field("header", &Size(self.header))
            .field("tail", &Size(self.tail))
            .finish()
    }
}
