//! Reading without a buffer per connection.
//!
//! The scratch is erased behind every read: what signed somebody in would stay in it until as much
//! arrived at once again.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};

/// Appends what has arrived to the buffer and says how much it was; 0 is the end of the stream.
///
/// May be dropped: what was read is in the buffer.
pub(super) async fn read<R: AsyncRead + Unpin>(
    reader: &mut R,
    buffer: &mut BytesMut,
) -> io::Result<usize> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut arrived = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *reader).poll_read(cx, &mut arrived))?;
            buffer.extend_from_slice(arrived.filled());
            Poll::Ready(Ok(erase(arrived.filled_mut())))
        })
    })
    .await
}

/// Reads and drops what has arrived; 0 is the end of the stream.
///
/// May be dropped.
pub(super) async fn discard<R: AsyncRead + Unpin>(reader: &mut R) -> io::Result<usize> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut arrived = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *reader).poll_read(cx, &mut arrived))?;
            Poll::Ready(Ok(erase(arrived.filled_mut())))
        })
    })
    .await
}

/// Erases what has arrived; gives how much it was.
fn erase(arrived: &mut [u8]) -> usize {
    arrived.fill(0);
    arrived.len()
}

/// Bytes that one system call may bring.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Borrowed during one poll of one reader, which calls nothing else that reads.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}
