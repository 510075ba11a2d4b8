//! Ways in which a file does not go up or come down.

use std::borrow::Cow;

use chat_client::conversations::FileError;
use wire_format::ErrorCode;

use super::{INTERNAL, REFUSED, UNBELIEVED, USAGE, conversation};

pub(super) fn number(error: &FileError) -> u8 {
    match error {
        FileError::Conversation(error) => conversation::number(error),
        FileError::Read(_) | FileError::Write(_) => USAGE,
        FileError::Chunk { .. } | FileError::Untrue => UNBELIEVED,
        FileError::NotTaken => REFUSED,
        _ => INTERNAL,
    }
}

pub(super) fn word(error: &FileError) -> &'static str {
    match error {
        FileError::Conversation(error) => conversation::word(error),
        error => error.code(),
    }
}

pub(super) fn hint(error: &FileError) -> Option<Cow<'static, str>> {
    let hint = match (error, error.refusal()) {
        (_, Some(ErrorCode::OverQuota)) => {
            "Delete files or messages that are not needed any more, or ask the server's operator."
        }
        (_, Some(ErrorCode::TooLarge)) => "This server takes no file of this size.",
        (_, Some(ErrorCode::NoSuchFile)) => "It was removed, or this account is not in its room.",
        (FileError::Conversation(error), _) => return conversation::hint(error),
        (FileError::Chunk { .. }, _) => "Ask its sender to send it again.",
        (FileError::Read(_), _) => "Send it again.",
        _ => return None,
    };
    Some(hint.into())
}
