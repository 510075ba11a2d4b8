//! The socket of a plain connection, as its task and the drain task use it.

use std::{
    io::{self, Read as _},
    net::Shutdown,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use super::Outbox;

/// What arrives on the socket of an outbox; one task at a time reads it.
pub(crate) struct Incoming(Arc<Outbox>);

/// What leaves on it; one task at a time writes.
pub(super) struct Outgoing<'a>(pub(super) &'a TcpStream);

impl Outbox {
    /// The receiving side; of a TLS connection, which has it elsewhere, the end of the stream.
    pub(crate) fn incoming(self: &Arc<Self>) -> Incoming {
        Incoming(Arc::clone(self))
    }

    /// Sends the end of the stream. A failure means that the peer is gone already.
    pub(super) fn end_stream(&self) {
        if let Some(socket) = &self.socket {
            let _ = SockRef::from(socket).shutdown(Shutdown::Write);
        }
    }
}

impl AsyncRead for Incoming {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(socket) = &self.0.socket else {
            return Poll::Ready(Ok(()));
        };
        loop {
            ready!(socket.poll_read_ready(cx))?;
            match read_once(socket, into.initialize_unfilled()) {
                Ok(bytes) => {
                    into.advance(bytes);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// Reads once. Fewer bytes than fit are all there were: the socket counts as empty until the system
/// tells of more, which saves the call that would only find that out.
fn read_once(socket: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
    let mut bytes = 0;
    let emptied = socket.try_io(Interest::READABLE, || {
        bytes = (&*SockRef::from(socket)).read(into)?;
        if (1..into.len()).contains(&bytes) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    });
    match emptied {
        Err(error) if bytes == 0 => Err(error),
        _ => Ok(bytes),
    }
}

impl AsyncWrite for Outgoing<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(self.0).shutdown(Shutdown::Write))
    }
}
