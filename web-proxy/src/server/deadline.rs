//! A transport that gives up on a peer that says nothing at first, or takes nothing later.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Fails with [`io::ErrorKind::TimedOut`] when the first bytes do not come, for which HTTP itself
/// waits for ever, or when a write has waited too long for the peer to read.
#[derive(Debug)]
pub(super) struct Deadline<S> {
    inner: S,
    /// Running until the first bytes have come.
    opening: Option<Pin<Box<Sleep>>>,
    opening_bytes: usize,
    /// Running while a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Deadline<S> {
    /// Expects so many bytes before long.
    pub(super) fn new(inner: S, opening_bytes: usize) -> Self {
        Self {
            inner,
            opening: Some(Box::pin(sleep(SAID_WITHIN))),
            opening_bytes,
            waiting: None,
        }
    }

    /// The transport behind it, without deadlines.
    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    fn check<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.waiting = None;
            return outcome;
        }
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep(TAKEN_WITHIN)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.inner).poll_read(context, buffer);
        let Some(opening) = &mut self.opening else {
            return outcome;
        };
        if outcome.is_pending() {
            ready!(opening.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let came = buffer.filled().len() - before;
        self.opening_bytes = self.opening_bytes.saturating_sub(came);
        if self.opening_bytes == 0 {
            self.opening = None;
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.check(context, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(context);
        self.check(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(context);
        self.check(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.check(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// How long the first bytes may take.
const SAID_WITHIN: Duration = Duration::from_secs(15);
/// How long a peer may take over a full buffer.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_too_little_is_given_up() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut near = Deadline::new(near, 3);
        far.write_all(b"ab").await.expect("room");
        let mut said = Vec::new();
        let outcome = near.read_to_end(&mut said).await;
        assert_eq!(
            outcome.map_err(|error| error.kind()),
            Err(io::ErrorKind::TimedOut)
        );
        assert_eq!(said, b"ab");
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_has_begun_may_be_silent() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut near = Deadline::new(near, 3);
        far.write_all(b"abc").await.expect("room");
        near.read_exact(&mut [0; 3]).await.expect("three bytes");
        let later = async {
            sleep(SAID_WITHIN * 3).await;
            far.write_all(b"d").await
        };
        let (read, written) = tokio::join!(near.read_u8(), later);
        assert_eq!((read.ok(), written.ok()), (Some(b'd'), Some(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (near, _far) = tokio::io::duplex(8);
        let outcome = Deadline::new(near, 1).write_all(&[0; 9]).await;
        assert_eq!(
            outcome.map_err(|error| error.kind()),
            Err(io::ErrorKind::TimedOut)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_little_now_and_then_is_not() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut near = Deadline::new(near, 1);
        let writing = near.write_all(&[0; 40]);
        let reading = async {
            for _ in 0..5 {
                sleep(TAKEN_WITHIN - Duration::from_secs(1)).await;
                far.read_exact(&mut [0; 8]).await?;
            }
            io::Result::Ok(())
        };
        let (written, read) = tokio::join!(writing, reading);
        assert!(written.is_ok() && read.is_ok());
    }
}
