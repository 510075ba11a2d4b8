//! What is inside an envelope: a JSON object with a `type` (docs/protocol.md#10-content).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    json,
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
        let Typed { kind } = json::object(content).map_err(|_| OpenError::Content)?;
        if kind != TEXT {
            return Ok(Self::Unknown(kind));
        }
        #[derive(Deserialize)]
        struct Text {
            text: String,
        }
        let Text { text } = json::object(content).map_err(|_| OpenError::Content)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_form() {
        let content = Content::encode_text("12:30 \"exit\" <script>\n").expect("a content");
        assert_eq!(
            content,
            br#"{"type":"text","text":"12:30 \"exit\" <script>\n"}"#
        );
    }

    #[test]
    fn newer_types_are_known_by_name_and_newer_fields_are_passed_over() {
        let newer = Content::parse(br#"{"type":"poll","question":"?"}"#);
        assert_eq!(newer, Ok(Content::Unknown("poll".to_owned())));
        let longer = Content::parse(br#"{"type":"text","text":"a","colour":"red"}"#);
        assert_eq!(longer, Ok(Content::Text("a".to_owned())));
    }

    #[test]
    fn what_is_not_a_content_is_refused() {
        let bad: [&[u8]; 10] = [
            b"",
            b"hi",
            b"\"text\"",
            b"[]",
            br#"["text","a"]"#,
            br#"{"text":"a"}"#,
            br#"{"type":"text"}"#,
            br#"{"type":"text","text":""}"#,
            br#"{"type":"text","text":"a","text":"b"}"#,
            br#"{"type":"text","text":"a"} "x""#,
        ];
        for content in bad {
            assert_eq!(Content::parse(content), Err(OpenError::Content));
        }
        let most = "a".repeat(TEXT_BYTES);
        assert!(Content::encode_text(&most).is_ok());
        let long = format!("{most}a");
        assert!(matches!(
            Content::encode_text(&long),
            Err(SealError::TooLarge { .. })
        ));
        assert_eq!(Content::encode_text(""), Err(SealError::Field(Field::Text)));
        let json = format!(r#"{{"type":"text","text":"{long}"}}"#);
        assert_eq!(Content::parse(json.as_bytes()), Err(OpenError::Content));
    }

    #[test]
    fn a_text_does_not_show_in_debug() {
        assert_eq!(
            format!("{:?}", Content::Text("canary".to_owned())),
            "Text(..)"
        );
    }
}
