//! Files, up and down, a chunk after the other (docs/protocol.md#1412-files).
//!
//! ```text
//!  Source ──read, seal──▶ files.put ──▶ … ──▶ a message names it ──▶ files.keep
//!  files.chunk ──▶ open, write ──▶ Sink, from the front to the end
//! ```
//!
//! A few chunks are on their way at once; what is read, sealed, opened and written meanwhile is done on
//! threads that may block. No more of a file than these is ever in memory. Dropping a call cancels it:
//! what went up is there when the same file goes up again, and what was written is whole up to its end.

mod down;
mod error;
mod up;

use std::{fs::File, io, os::unix::fs::FileExt as _, time::Duration};

use bytes::Bytes;
use wire_format::{
    ChannelId, FileId, RoomId, Sequence,
    command::files::{Create, GetHeld, Held, Keep, Remove},
    file::{FileCut, SealedFile},
};

pub use self::error::FileError;
use super::Conversations;

/// What a file is read from. It does not change meanwhile, or what arrives is no version of it.
pub trait Source: Send + Sync + 'static {
    /// Fills the buffer with what stands from `offset` on.
    ///
    /// # Errors
    /// What the system says, also if there is not as much.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

/// What a file is written to.
pub trait Sink: Send + Sync + 'static {
    /// Writes all of it from `offset` on.
    ///
    /// # Errors
    /// What the system says.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
}

impl Source for File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }
}

impl Sink for File {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }
}

/// How far a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Chunks that are there.
    pub done: u32,
    /// All chunks.
    pub chunks: u32,
    /// The file's size, in bytes.
    pub size: u64,
}

impl Progress {
    fn of(cut: &FileCut, done: u32) -> Self {
        Self {
            done,
            chunks: cut.chunks(),
            size: cut.size().value(),
        }
    }
}

impl Conversations {
    /// Announces a file in a room. The same once more is no error.
    ///
    /// # Errors
    /// The typed cause: refused with `over_quota` where there is no space for it.
    pub async fn announce_file(
        &mut self,
        room: RoomId,
        file: &SealedFile,
    ) -> Result<(), FileError> {
        let sealed = file.cut().sealed();
        let create = Create {
            room,
            file: file.id(),
            chunks: sealed.chunks(),
            bytes: sealed.bytes(),
        };
        self.account.call(&create, Bytes::new()).await?;
        Ok(())
    }

    /// Which chunks of a file are there.
    ///
    /// # Errors
    /// The typed cause: refused with `no_such_file` for who is not in its room.
    pub async fn held_of_file(&mut self, file: FileId) -> Result<Held, FileError> {
        let (held, _) = self.account.call(&GetHeld { file }, Bytes::new()).await?;
        Ok(held)
    }

    /// A message of this account names the file, which stays as long as it does.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn keep_file(
        &mut self,
        file: FileId,
        channel: ChannelId,
        sequence: Sequence,
    ) -> Result<(), FileError> {
        let keep = Keep {
            file,
            channel,
            sequence,
        };
        self.account.call(&keep, Bytes::new()).await?;
        Ok(())
    }

    /// Removes a file: one's own, or for owners and admins any.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn remove_file(&mut self, file: FileId) -> Result<(), FileError> {
        self.account.call(&Remove { file }, Bytes::new()).await?;
        Ok(())
    }
}

/// Chunks under way at once, and what is prepared for them: with the connection's own buffers some
/// 8 MiB.
const WINDOW: usize = 4;
/// How long a server that asks for patience gets it, without a chunk in between.
const PATIENCE: Duration = Duration::from_secs(30);
