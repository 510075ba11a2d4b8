//! `code u16 | sentence`: why a connection ends.

use bytes::{BufMut, Bytes};

use super::{Encoded, Kind};
use crate::{
    cursor::Cursor,
    error::{CloseCode, FrameError},
};

/// The last frame in its direction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Close {
    /// Why.
    pub code: CloseCode,
}

impl Close {
    /// The peer's sentence must be UTF-8 and is not kept: each code has a sentence of its own here.
    pub(super) fn parse(body: Bytes) -> Result<Self, FrameError> {
        let mut cursor = Cursor::new(body);
        let number = cursor.u16().ok_or(FrameError::Truncated(Kind::Close))?;
        std::str::from_utf8(&cursor.rest()).map_err(|_| FrameError::Text)?;
        Ok(Self {
            code: CloseCode::from_number(number),
        })
    }

    pub(super) fn encode(self) -> Encoded {
        let sentence = self.code.sentence();
        Encoded::build(Kind::Close, 2 + sentence.len(), |body| {
            body.put_u16(self.code.number());
            body.put_slice(sentence.as_bytes());
        })
    }
}

impl From<CloseCode> for Close {
    fn from(code: CloseCode) -> Self {
        Self { code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_is_a_code_and_its_sentence() {
        let close = Close::from(CloseCode::Done);
        assert_eq!(
            &close.encode().stream()[..],
            b"\0\0\0\x0b\x08\0\x01Goodbye."
        );
        assert_eq!(
            Close::parse(Bytes::from_static(b"\0\x01whatever")),
            Ok(close)
        );
        assert_eq!(
            Close::parse(Bytes::from_static(b"\0\x01\xff")),
            Err(FrameError::Text)
        );
        let short = Close::parse(Bytes::from_static(b"\0"));
        assert_eq!(short, Err(FrameError::Truncated(Kind::Close)));
    }
}
