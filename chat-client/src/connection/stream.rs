//! The bytes of a connection, without a buffer of its own.

use std::{
    cell::RefCell,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::taken::Taken;

/// Where bytes come from and go.
pub(super) enum Stream {
    /// TCP, read and written without an indirection.
    Plain(TcpStream),
    /// TLS, or whatever else carries bytes; where it keeps some of them for a while, with what the
    /// socket below it has taken.
    Other(Pin<Box<dyn Duplex>>, Option<Taken>),
    /// Nowhere any more.
    Closed,
}

/// A stream in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Duplex for S {}

impl Stream {
    /// What a socket below a layer has taken so far; only a change says something.
    pub(super) fn taken(&self) -> usize {
        match self {
            Self::Other(_, Some(taken)) => taken.bytes(),
            // What is written is taken.
            Self::Other(_, None) | Self::Plain(_) | Self::Closed => 0,
        }
    }

    /// Reads once into the thread's scratch and hands out what came, at least one byte.
    ///
    /// # Errors
    /// Those of the stream; its end is [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn poll_read<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<T>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut arrived = ReadBuf::new(scratch);
            ready!(match self {
                Self::Plain(stream) => Pin::new(stream).poll_read(cx, &mut arrived),
                Self::Other(stream, _) => stream.as_mut().poll_read(cx, &mut arrived),
                Self::Closed => Poll::Ready(Ok(())),
            })?;
            Poll::Ready(match arrived.filled() {
                [] => Err(io::ErrorKind::UnexpectedEof.into()),
                bytes => Ok(take(bytes)),
            })
        })
    }

    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Other(stream, _) => stream.as_mut().poll_write_vectored(cx, slices),
            Self::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // TCP is not told to wait for more.
            Self::Plain(_) | Self::Closed => Poll::Ready(Ok(())),
            Self::Other(stream, _) => stream.as_mut().poll_flush(cx),
        }
    }

    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Other(stream, _) => stream.as_mut().poll_shutdown(cx),
            Self::Closed => Poll::Ready(Ok(())),
        }
    }
}

/// Bytes that one system call may bring.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Borrowed while one connection's bytes are looked at, in which nothing else reads.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}
