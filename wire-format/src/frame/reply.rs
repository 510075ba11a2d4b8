//! `request u32 | header_length u32 | header | tail`: the answer to one request.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    Encoded, Kind, json_of,
    numbered::{Numbered, NumberedRef},
};
use crate::{
    error::{FrameError, Refusal},
    json,
};

/// The answer to a command or a publish.
#[derive(Clone, Eq, PartialEq)]
pub struct ReplyFrame {
    /// The id of the request.
    pub request: u32,
    /// `{"ok": {…}}` or `{"error": {…}}`.
    pub header: Bytes,
    /// Binary that belongs to the answer.
    pub tail: Bytes,
}

impl ReplyFrame {
    /// The answer of an operation that was carried out.
    pub fn ok(request: u32, fields: &impl Serialize, tail: Bytes) -> Self {
        #[derive(Serialize)]
        struct Header<'a, T> {
            ok: &'a T,
        }

        Self {
            request,
            header: json_of(&Header { ok: fields }),
            tail,
        }
    }

    /// The answer of an operation that was not carried out.
    pub fn refused(request: u32, refusal: &Refusal) -> Self {
        #[derive(Serialize)]
        struct Header<'a> {
            error: &'a Refusal,
        }

        Self {
            request,
            header: json_of(&Header { error: refusal }),
            tail: Bytes::new(),
        }
    }

    /// Reads the header: the fields of `ok`, or the refusal.
    ///
    /// # Errors
    /// [`FrameError::Header`] if it is neither.
    pub fn outcome<T: DeserializeOwned>(&self) -> Result<Result<T, Refusal>, FrameError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Header<'a> {
            #[serde(borrow)]
            Ok(&'a RawValue),
            Error(Refusal),
        }

        let unreadable = |_| FrameError::Header;
        Ok(match json::object(&self.header).map_err(unreadable)? {
            Header::Ok(fields) => Ok(json::object(fields.get().as_bytes()).map_err(unreadable)?),
            Header::Error(refusal) => Err(refusal),
        })
    }

    pub(super) fn parse(body: Bytes) -> Result<Self, FrameError> {
        let Numbered {
            request,
            header,
            tail,
        } = Numbered::parse(Kind::Reply, body)?;
        Ok(Self {
            request,
            header,
            tail,
        })
    }

    pub(super) fn encode(&self) -> Encoded {
        self.numbered().encode(Kind::Reply)
    }

    fn numbered(&self) -> NumberedRef<'_> {
        NumberedRef {
            request: self.request,
            header: &self.header,
            tail: &self.tail,
        }
    }
}

impl fmt::Debug for ReplyFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.numbered().debug("ReplyFrame", f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{command::Done, error::ErrorCode};

    #[test]
    fn an_outcome_is_ok_or_a_refusal() {
        let ok = ReplyFrame::ok(1, &Done {}, Bytes::new());
        assert_eq!(&ok.header[..], br#"{"ok":{}}"#);
        assert_eq!(ok.outcome(), Ok(Ok(Done {})));
        let refusal = Refusal::new(ErrorCode::NotInRoom);
        let refused = ReplyFrame::refused(1, &refusal);
        assert_eq!(refused.outcome::<Done>(), Ok(Err(refusal)));
        let odd = ReplyFrame {
            request: 1,
            header: Bytes::from_static(b"{}"),
            tail: Bytes::new(),
        };
        assert_eq!(odd.outcome::<Done>(), Err(FrameError::Header));
        let values = ReplyFrame {
            request: 1,
            header: Bytes::from_static(br#"{"ok":[]}"#),
            tail: Bytes::new(),
        };
        assert_eq!(values.outcome::<Done>(), Err(FrameError::Header));
    }

    #[test]
    fn a_reply_survives_the_wire() {
        let reply = ReplyFrame::ok(9, &Done {}, Bytes::from_static(b"tail"));
        assert_eq!(
            ReplyFrame::parse(reply.encode().stream().slice(5..)),
            Ok(reply)
        );
    }
}
