//! Chunks of files.

use bytes::Bytes;
use wire_format::file::UnopenedChunk;

use crate::{Verdict, corpus};

/// The layout of a chunk.
pub(super) fn file_chunk(input: &[u8]) -> Verdict {
    let read = UnopenedChunk::parse(Bytes::copy_from_slice(input));
    if let Ok(chunk) = &read {
        assert_eq!(&chunk.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// A chunk opened as the one of its file.
pub(super) fn file_chunk_opened(input: &[u8]) -> Verdict {
    let file = &corpus::world().file;
    let opened = file.open(0, Bytes::copy_from_slice(input));
    if let Ok(plain) = &opened {
        assert_eq!(
            u64::try_from(plain.len()).ok(),
            Some(file.cut().size().value())
        );
    }
    Verdict::of(&opened)
}
