//! What arrives on a connection while it comes in.

use chat_client::load::{Joined, LoadError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection and what arrived on it and was not taken yet.
pub(super) struct Inbox<'a> {
    stream: &'a mut TcpStream,
    bytes: Vec<u8>,
}

impl<'a> Inbox<'a> {
    pub(super) fn new(stream: &'a mut TcpStream) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
        }
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// [`LoadError::Io`].
    pub(super) async fn send(&mut self, step: &'static str, bytes: &[u8]) -> Result<(), LoadError> {
        let sent = self.stream.write_all(bytes).await;
        sent.map_err(|error| LoadError::Io { step, error })
    }

    /// Waits for the first answer that `parse` finds at the start of what is there: how many bytes it
    /// takes, and what it is.
    ///
    /// # Errors
    /// [`LoadError::Closed`] if the server ends the connection before, [`LoadError::Io`],
    /// [`LoadError::Layout`] if it sends too much, and whatever `parse` refuses.
    pub(super) async fn take<T>(
        &mut self,
        step: &'static str,
        mut parse: impl FnMut(&[u8]) -> Result<Option<(usize, T)>, LoadError>,
    ) -> Result<T, LoadError> {
        loop {
            if let Some((taken, found)) = parse(&self.bytes)? {
                self.bytes.drain(..taken);
                return Ok(found);
            }
            if self.bytes.len() > GREETING_BYTES {
                return Err(LoadError::Layout(format!("{step}: too long an answer")));
            }
            let read = self.stream.read_buf(&mut self.bytes).await;
            if read.map_err(|error| LoadError::Io { step, error })? == 0 {
                let reason = "without a word".to_owned();
                return Err(LoadError::Closed { step, reason });
            }
        }
    }

    /// Waits until `end` has arrived and takes everything up to it.
    ///
    /// # Errors
    /// As [`Inbox::take`].
    pub(super) async fn take_until(
        &mut self,
        step: &'static str,
        end: &[u8],
    ) -> Result<Vec<u8>, LoadError> {
        self.take(step, |bytes| {
            let found = bytes.windows(end.len()).position(|window| window == end);
            Ok(found.map(|at| (at + end.len(), bytes[..at + end.len()].to_vec())))
        })
        .await
    }

    /// The connection is in.
    pub(super) fn joined(self, hears: bool) -> Joined {
        Joined {
            hears,
            left: self.bytes,
        }
    }
}

/// Largest answer of a server while a connection comes in.
const GREETING_BYTES: usize = 64 * 1024;
