//! What a connection still has to send.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{io::AsyncWrite as _, net::tcp::OwnedWriteHalf};

/// The sending half of a connection and what it has not taken yet.
pub(super) struct Outgoing {
    half: OwnedWriteHalf,
    pending: Vec<u8>,
    written: usize,
    is_dead: bool,
}

/// How far a flush got.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flushed {
    /// Everything is written, or nobody is there to write to.
    All,
    /// The socket takes no more for now; the task is woken when it does.
    Blocked,
}

impl Outgoing {
    pub(super) const fn new(half: OwnedWriteHalf) -> Self {
        Self {
            half,
            pending: Vec::new(),
            written: 0,
            is_dead: false,
        }
    }

    /// Where to append what is to be sent.
    pub(super) const fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Bytes that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.pending.len() - self.written
    }

    /// Whether the connection takes nothing any more.
    pub(super) const fn is_dead(&self) -> bool {
        self.is_dead
    }

    /// The server has closed the connection.
    pub(super) fn end(&mut self) {
        self.is_dead = true;
        self.clear();
    }

    pub(super) fn flush(&mut self, cx: &mut Context<'_>) -> Flushed {
        while let Some(rest) = self
            .pending
            .get(self.written..)
            .filter(|rest| !rest.is_empty())
        {
            match Pin::new(&mut self.half).poll_write(cx, rest) {
                Poll::Ready(Ok(written)) if written > 0 => self.written += written,
                // Why it broke, the reading half tells.
                Poll::Ready(_) => self.end(),
                Poll::Pending => return Flushed::Blocked,
            }
        }
        self.clear();
        Flushed::All
    }

    fn clear(&mut self) {
        self.pending.clear();
        self.written = 0;
    }
}
