//! The tasks that write what a socket did not take at once.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::AsyncWrite,
    time::{Instant, sleep_until},
};

use wire_format::CloseCode;

use super::{LINGER, Outbox, Path, State, queue::Queue, socket::Outgoing};

impl Outbox {
    /// Writes the queue of a plain connection until it is empty; ends with it.
    pub(super) async fn drain_plain(self: Arc<Self>) {
        self.write(|state, cx| self.poll_plain(state, cx)).await;
    }

    /// Writes the queue of a TLS connection until the outbox has ended.
    pub(crate) async fn write_tls(self: Arc<Self>, mut socket: impl AsyncWrite + Unpin) {
        self.write(|state, cx| self.poll_tls(state, &mut socket, cx))
            .await;
        self.abort();
    }

    /// Lets a writer write until it is ready; while it waits, the deadline counts.
    async fn write(&self, mut poll: impl FnMut(&mut State, &mut Context<'_>) -> Poll<()>) {
        let mut timer = pin!(sleep_until(Instant::now()));
        poll_fn(|cx| {
            loop {
                let deadline = {
                    let mut state = self.lock();
                    if poll(&mut state, cx).is_ready() {
                        return Poll::Ready(());
                    }
                    self.deadline(&state)
                };
                let Some(deadline) = deadline else {
                    return Poll::Pending;
                };
                timer.as_mut().reset(deadline);
                ready!(timer.as_mut().poll(cx));
                self.overdue();
            }
        })
        .await;
    }

    /// Ready when the queue is empty or the connection is gone.
    fn poll_plain(&self, state: &mut State, cx: &mut Context<'_>) -> Poll<()> {
        let Some(socket) = &self.socket else {
            return Poll::Ready(());
        };
        if state.path == Path::Closed {
            return Poll::Ready(());
        }
        match self.poll_queue(&mut state.queue, &mut Outgoing(socket), cx) {
            Poll::Pending => {
                state.writer = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) => {
                self.finish_if_drained(state);
                state.wake_reader();
            }
            Poll::Ready(Err(_)) => self.abort_locked(state),
        }
        state.writer = None;
        Poll::Ready(())
    }

    /// Ready when the connection has ended, cleanly or not.
    fn poll_tls<W: AsyncWrite + Unpin>(
        &self,
        state: &mut State,
        socket: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        state.writer = Some(cx.waker().clone());
        if matches!(state.path, Path::Closed) {
            return Poll::Ready(());
        }
        let written = ready!(self.poll_queue(&mut state.queue, socket, cx));
        let flushed = match written {
            Ok(()) => ready!(Pin::new(&mut *socket).poll_flush(cx)),
            Err(error) => Err(error),
        };
        if flushed.is_err() {
            return Poll::Ready(());
        }
        if state.ending.is_none() {
            state.wake_reader();
            return Poll::Pending;
        }
        Pin::new(socket).poll_shutdown(cx).map(|_| ())
    }

    fn poll_queue<W: AsyncWrite + Unpin>(
        &self,
        queue: &mut Queue,
        socket: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        while let Some(front) = queue.front() {
            // A slice at a time, so that TLS does not encrypt far ahead of the socket. The lock is
            // kept until the socket takes no more.
            let slice = &front[..front.len().min(SLICE_BYTES)];
            let written = ready!(Pin::new(&mut *socket).poll_write(cx, slice))?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            let counted = queue.advance(written);
            self.shared.figures.outbox_shrank(counted);
        }
        Poll::Ready(Ok(()))
    }

    /// Until when the task may wait for the socket; `None` while nothing waits.
    fn deadline(&self, state: &State) -> Option<Instant> {
        match state.ending {
            // Whoever is told to resume is owed what was said before; the shutdown's own grace
            // period ends it.
            Some(ending) if ending.code == Some(CloseCode::Resume) => {
                Some(ending.since + self.shared.deadline.max(LINGER))
            }
            Some(ending) => Some(ending.since + LINGER),
            None => state
                .queue
                .waiting_since()
                .map(|since| since + self.shared.deadline),
        }
    }

    /// The deadline has passed: a connection that was ending is dropped, another one is cut.
    fn overdue(&self) {
        let mut state = self.lock();
        if state.ending.is_some() {
            self.abort_locked(&mut state);
        } else {
            self.cut(&mut state);
        }
    }
}

/// Bytes handed to a socket at a time.
const SLICE_BYTES: usize = 64 * 1024;
