//! The two directions of an upgraded connection.

use std::{cell::RefCell, future::poll_fn, io, pin::Pin, sync::Arc, task::ready};

use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf, split},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::inbound::{Inbound, Received};
use crate::server::upgraded::Transport;

/// Where bytes come from.
#[derive(Debug)]
pub(super) enum Reader {
    Plain(Arc<TcpStream>),
    Tls(ReadHalf<TlsStream<TcpStream>>),
}

/// Where bytes go.
#[derive(Debug)]
pub(super) enum Writer {
    /// Shared with the stream's outbox, which writes by itself while nothing waits.
    Plain(Arc<TcpStream>),
    Tls(WriteHalf<TlsStream<TcpStream>>),
}

pub(super) fn both(transport: Transport) -> (Reader, Writer) {
    match transport {
        Transport::Plain(stream) => {
            let stream = Arc::new(stream);
            (Reader::Plain(stream.clone()), Writer::Plain(stream))
        }
        Transport::Tls(stream) => {
            let (reader, writer) = split(*stream);
            (Reader::Tls(reader), Writer::Tls(writer))
        }
    }
}

impl Reader {
    /// Waits for bytes and hands them on; `None` at the end.
    ///
    /// A dropped future has read nothing.
    pub(super) async fn receive(&mut self, inbound: &mut Inbound) -> Option<Received> {
        match self {
            Self::Plain(stream) => loop {
                stream.readable().await.ok()?;
                let received = SCRATCH.with_borrow_mut(|scratch| {
                    let count = stream.try_read(scratch)?;
                    Ok((count > 0).then(|| inbound.receive(&scratch[..count])))
                });
                match received {
                    Ok(received) => return received,
                    Err(error) if is_transient(&error) => {}
                    Err(_) => return None,
                }
            },
            Self::Tls(stream) => {
                poll_fn(|context| {
                    SCRATCH.with_borrow_mut(|scratch| {
                        let mut arrived = ReadBuf::new(scratch);
                        let read = ready!(Pin::new(&mut *stream).poll_read(context, &mut arrived));
                        let arrived = arrived.filled();
                        let is_some = read.is_ok() && !arrived.is_empty();
                        is_some.then(|| inbound.receive(arrived)).into()
                    })
                })
                .await
            }
        }
    }
}

impl Writer {
    /// Writes everything; what was written is gone from the chunk, also if the future is dropped.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) async fn write_all(&mut self, chunk: &mut Chunk) -> io::Result<()> {
        while !chunk.left().is_empty() {
            let written = match self {
                Self::Plain(stream) => {
                    stream.writable().await?;
                    match stream.try_write(chunk.left()) {
                        Err(error) if is_transient(&error) => continue,
                        written => written?,
                    }
                }
                Self::Tls(stream) => stream.write(chunk.left()).await?,
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            chunk.written += written;
        }
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(stream) => stream.flush().await,
        }
    }
}

/// Bytes of which some have been written.
pub(super) struct Chunk {
    bytes: Vec<u8>,
    written: usize,
}

impl From<Vec<u8>> for Chunk {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, written: 0 }
    }
}

impl Chunk {
    fn left(&self) -> &[u8] {
        &self.bytes[self.written..]
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Bytes that one system call may bring.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Borrowed during one read of one connection, which calls nothing else that reads.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}
