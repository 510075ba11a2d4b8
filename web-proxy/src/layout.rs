//! How a command and its reply are laid out in HTTP bodies (docs/protocol.md#11-the-browsers-tier).

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, header};
use wire_format::{ErrorCode, Parts, ReplyFrame};

/// The layout of a body; a reply has that of its request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Layout {
    /// A JSON object: no tail.
    Json,
    /// `header_length u32 | JSON object | tail`.
    Parts,
}

impl Layout {
    /// The layout of a request with these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let media_type = headers
            .get(header::CONTENT_TYPE)
            .map(|value| value.as_bytes());
        match media_type {
            Some(value) if value.eq_ignore_ascii_case(OCTETS.as_bytes()) => Self::Parts,
            _ => Self::Json,
        }
    }

    /// Takes a request's body apart.
    ///
    /// # Errors
    /// `malformed` for lengths that do not fit, `too_large` for a header above its limit.
    pub(crate) fn open(self, body: Bytes) -> Result<Parts, ErrorCode> {
        match self {
            Self::Json => Ok(Parts {
                header: body,
                tail: Bytes::new(),
            }),
            Self::Parts => Parts::parse(body).map_err(|error| match error {
                wire_format::FrameError::HeaderTooLarge => ErrorCode::TooLarge,
                _ => ErrorCode::Malformed,
            }),
        }
    }

    /// A reply as an answer with status 200; in JSON its tail has no place.
    pub(crate) fn response(self, reply: ReplyFrame) -> Response {
        let ReplyFrame { header, tail, .. } = reply;
        match self {
            Self::Json => ([(header::CONTENT_TYPE, "application/json")], header).into_response(),
            Self::Parts => {
                let body = Parts { header, tail }.encode();
                ([(header::CONTENT_TYPE, OCTETS)], body).into_response()
            }
        }
    }
}

const OCTETS: &str = "application/octet-stream";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_exact_media_type_has_parts() {
        let layout = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            Layout::of(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)]))
        };
        assert_eq!(layout("application/octet-stream"), Layout::Parts);
        assert_eq!(layout("Application/Octet-Stream"), Layout::Parts);
        assert_eq!(layout("application/json"), Layout::Json);
        assert_eq!(layout("application/octet-stream; charset=x"), Layout::Json);
        assert_eq!(Layout::of(&HeaderMap::new()), Layout::Json);
    }
}
