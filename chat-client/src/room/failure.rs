//! Why a message was not sent.

use wire_format::{ErrorCode, Refusal};

/// Why one's own message was given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SendFailure {
    /// The server refused it.
    #[error("{}", .0.code.sentence())]
    Refused(Refusal),
    /// It does not fit.
    #[error("the message is too large")]
    TooLarge,
    /// It is empty, or not content that can be sent.
    #[error("this is not a message")]
    Malformed,
    /// As many messages wait as may.
    #[error("too many messages are waiting to be sent")]
    Busy,
    /// The session is not in the room.
    #[error("the room was not entered")]
    NotInRoom,
    /// No connection came about in time.
    #[error("there was no connection in time")]
    NotConnected,
    /// The room's key did not come in time.
    #[error("the room's key did not come in time")]
    NotKeyed,
    /// It was sent, and whether the server has it is not known.
    #[error("the message was sent, and nobody said whether it arrived")]
    Unacknowledged,
    /// The session ended.
    #[error("the session ended")]
    Ended,
}

impl SendFailure {
    /// The code for a caller of one's own, as the web-proxy has them.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Malformed => ErrorCode::Malformed,
            Self::Busy => ErrorCode::Busy,
            Self::NotInRoom => ErrorCode::NotInRoom,
            Self::NotConnected | Self::NotKeyed | Self::Unacknowledged | Self::Ended => {
                ErrorCode::Unavailable
            }
        }
    }
}
