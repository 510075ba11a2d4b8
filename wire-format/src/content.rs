//! What is inside an envelope: a JSON object with a `type` (docs/protocol.md#10-content).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    limits::TEXT_BYTES,
    open_error::{Field, OpenError, SealError},
};

/// A content that this version knows, or the name of one that it does not.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// A message of 1 to [`TEXT_BYTES`] bytes, any Unicode text.
    Text(String),
    /// A type that a newer version sends; shown as such.
    Unknown(String),
}

#[derive(Deserialize, Serialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize, Serialize)]
struct TextFields<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    text: std::borrow::Cow<'a, str>,
}

const TEXT: &str = "text";

impl Content {
    /// A text as it is to be sealed.
    ///
    /// # Errors
    /// [`SealError::Field`] for an empty text, [`SealError::TooLarge`] above [`TEXT_BYTES`].
    pub fn encode_text(text: &str) -> Result<Vec<u8>, SealError> {
        if text.is_empty() {
            return Err(SealError::Field(Field::Text));
        }
        if text.len() > TEXT_BYTES {
            return Err(SealError::TooLarge {
                length: text.len(),
                limit: TEXT_BYTES,
            });
        }
        serde_json::to_vec(&TextFields {
            kind: TEXT,
            text: text.into(),
        })
        .map_err(|_| SealError::Field(Field::Text))
    }

    /// Reads the content of an opened envelope.
    ///
    /// # Errors
    /// [`OpenError::Content`] if it is not an object with a type, or a known type's fields are wrong.
    pub fn parse(content: &[u8]) -> Result<Self, OpenError> {
        let Typed { kind } = serde_json::from_slice(content).map_err(|_| OpenError::Content)?;
        if kind != TEXT {
            return Ok(Self::Unknown(kind));
        }
        #[derive(Deserialize)]
        struct Text {
            text: String,
        }
        let Text { text } = serde_json::from_slice(content).map_err(|_| OpenError::Content)?;
        if text.is_empty() || text.len() > TEXT_BYTES {
            return Err(OpenError::Content);
        }
        Ok(Self::Text(text))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Unknown(_) => "Unknown(..)",
        })
    }
}
