//! Frames as WebSocket messages (RFC 6455 §5.2): what a server sends is not masked, so that a frame
//! is encoded once for all sessions, and only a header of two to ten bytes is put before it.

/// Appends frames as binary messages until there are no more or the chunk is large enough to be
/// written.
pub(super) fn append<F: AsRef<[u8]>>(chunk: &mut Vec<u8>, mut next: impl FnMut() -> Option<F>) {
    while chunk.len() < CHUNK_BYTES
        && let Some(frame) = next()
    {
        let frame = frame.as_ref();
        header(chunk, frame.len());
        chunk.extend_from_slice(frame);
    }
}

fn header(out: &mut Vec<u8>, length: usize) {
    out.push(FINAL | BINARY);
    if let Ok(length @ 0..=125) = u8::try_from(length) {
        out.push(length);
    } else if let Ok(length) = u16::try_from(length) {
        out.push(LENGTH_U16);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(LENGTH_U64);
        // Frames are bounded far below.
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        out.extend_from_slice(&length.to_be_bytes());
    }
}

/// What is written at once: enough that the system call does not count, and less than a kernel's
/// buffer.
const CHUNK_BYTES: usize = 64 * 1024;
const FINAL: u8 = 0x80;
const BINARY: u8 = 2;
const LENGTH_U16: u8 = 126;
const LENGTH_U64: u8 = 127;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use bytes::Bytes;
    use tokio_tungstenite::tungstenite::{
        Message,
        protocol::{Role, WebSocket},
    };

    use super::*;

    #[test]
    fn the_library_reads_every_length() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000] {
            let frame = Bytes::from(vec![7; length]);
            let mut frames = [frame.clone()].into_iter();
            let mut chunk = Vec::new();
            append(&mut chunk, || frames.next());
            let mut socket = WebSocket::from_raw_socket(Cursor::new(chunk), Role::Client, None);
            let read = socket.read().expect("a message");
            assert_eq!(read, Message::Binary(frame), "{length} bytes");
        }
    }

    #[test]
    fn a_chunk_ends_when_it_is_worth_a_write() {
        let mut left = 1_000;
        let mut chunk = Vec::new();
        append(&mut chunk, || {
            left -= 1;
            Some(Bytes::from_static(&[0; 1_000]))
        });
        assert!((CHUNK_BYTES..CHUNK_BYTES + 1_004).contains(&chunk.len()));
        assert_eq!(left, 1_000 - CHUNK_BYTES.div_ceil(1_004));
    }
}
