//! Why a file does not go up or come down.

use std::io;

use wire_format::{ErrorCode, SealError, file::ChunkError};

use crate::{account::AccountError, conversations::ConversationError, error::Ended};

/// Why a file is not all there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The connection, or the server, did not do its part.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
    /// It cannot be read here.
    #[error("the file cannot be read: {0}")]
    Read(#[source] io::Error),
    /// It cannot be written here.
    #[error("the file cannot be written: {0}")]
    Write(#[source] io::Error),
    /// A chunk is not sealed.
    #[error("a chunk could not be sealed: {0}")]
    Seal(#[from] SealError),
    /// What came is not what the message names.
    #[error("chunk {index} of the file is not what was sent: {cause}")]
    Chunk {
        /// Which.
        index: u32,
        /// Why.
        #[source]
        cause: ChunkError,
    },
    /// The server has another chunk in this place, which this account's other device may have put.
    #[error("the server does not take the file's chunks")]
    NotTaken,
    /// The server says what an honest one does not.
    #[error("the server's replies do not fit the file")]
    Untrue,
    /// A thread was given up.
    #[error("the work on the file was given up")]
    GivenUp,
}

impl FileError {
    /// Whether the connection is over, or the server asks for patience: over another one, or a moment
    /// later, it goes on where it stood.
    pub fn into_passing(self) -> Result<ConversationError, Self> {
        match self {
            Self::Conversation(error) if error.is_lost() || error.is_passing() => Ok(error),
            other => Err(other),
        }
    }

    /// The code of a refusal.
    pub const fn refusal(&self) -> Option<ErrorCode> {
        match self {
            Self::Conversation(error) => error.refusal(),
            _ => None,
        }
    }

    /// A word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conversation(error) => error.code(),
            Self::Read(_) => "file_not_read",
            Self::Write(_) => "file_not_written",
            Self::Seal(_) => "not_sealed",
            Self::Chunk { .. } => "file_not_opened",
            Self::NotTaken | Self::Untrue | Self::GivenUp => "file_not_taken",
        }
    }
}

impl From<AccountError> for FileError {
    fn from(error: AccountError) -> Self {
        Self::Conversation(error.into())
    }
}

impl From<Ended> for FileError {
    fn from(ended: Ended) -> Self {
        Self::Conversation(ended.into())
    }
}
