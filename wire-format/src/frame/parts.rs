//! `header_length u32 | header | tail`: a command, or its reply, as the body of an HTTP message
//! (docs/protocol.md#11-the-browsers-tier).

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::{HEADER_LENGTH_BYTES, Kind, Size, header_and_tail, put_header_and_tail};
use crate::{cursor::Cursor, error::FrameError};

/// A JSON header and the tail behind it, without a frame around them.
#[derive(Clone, Eq, PartialEq)]
pub struct Parts {
    /// A command's fields, or a reply's header.
    pub header: Bytes,
    /// Binary that belongs to it.
    pub tail: Bytes,
}

impl Parts {
    /// Takes a body apart.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] and [`FrameError::HeaderTooLarge`], as of a command frame.
    pub fn parse(body: Bytes) -> Result<Self, FrameError> {
        let (header, tail) = header_and_tail(Kind::Command, Cursor::new(body))?;
        Ok(Self { header, tail })
    }

    /// Puts a body together.
    pub fn encode(&self) -> Bytes {
        let Self { header, tail } = self;
        let mut body = BytesMut::with_capacity(HEADER_LENGTH_BYTES + header.len() + tail.len());
        put_header_and_tail(&mut body, header, tail);
        body.freeze()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("header", &Size(&self.header))
            .field("tail", &Size(&self.tail))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HEADER_BYTES;

    #[test]
    fn a_body_is_a_header_and_what_is_left() {
        let body = Bytes::from_static(b"\0\0\0\x02{}tail");
        let parts = Parts::parse(body.clone()).expect("parts");
        assert_eq!(
            (&parts.header[..], &parts.tail[..]),
            (&b"{}"[..], &b"tail"[..])
        );
        assert_eq!(parts.encode(), body);
        let bare = Parts::parse(Bytes::from_static(b"\0\0\0\0")).expect("parts");
        assert!(bare.header.is_empty() && bare.tail.is_empty());
    }

    #[test]
    fn a_length_beyond_the_body_is_not_believed() {
        for short in [&b""[..], b"\0\0\0", b"\0\0\0\x03{}"] {
            let parts = Parts::parse(Bytes::copy_from_slice(short));
            assert_eq!(parts, Err(FrameError::Truncated(Kind::Command)));
        }
        let above = u32::try_from(HEADER_BYTES + 1).expect("a small limit");
        let parts = Parts::parse(Bytes::copy_from_slice(&above.to_be_bytes()));
        assert_eq!(parts, Err(FrameError::HeaderTooLarge));
    }
}
