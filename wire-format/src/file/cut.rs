//! How long a file is, in one piece and in chunks.

use crate::{
    ids::ByteCount,
    limits::{FILE_CHUNK_BYTES, FILE_CHUNK_RECORD_BYTES, FILE_CHUNKS, FILE_FILL_BYTES},
    seal::BLOCK_BYTES,
};

/// A whole chunk of a file, in bytes.
pub(super) const WHOLE: usize = 1024 * 1024;
/// Bytes of a chunk's record beside what the chunk holds of the file and its filling.
const AROUND: usize = FILE_CHUNK_RECORD_BYTES - WHOLE;

/// How a file of some size is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileCut {
    size: u64,
    chunks: u32,
}

impl FileCut {
    /// Cuts a file; `None` if it would have more than [`FILE_CHUNKS`] chunks.
    pub fn of_size(size: ByteCount) -> Option<Self> {
        let size = size.value();
        // An empty file is one empty chunk.
        let chunks = size.div_ceil(FILE_CHUNK_BYTES).max(1);
        let chunks = u32::try_from(chunks).ok()?;
        (chunks <= FILE_CHUNKS).then_some(Self { size, chunks })
    }

    /// How long the file is.
    pub const fn size(&self) -> ByteCount {
        ByteCount::new(self.size)
    }

    /// How many chunks it has: 1 to [`FILE_CHUNKS`].
    pub const fn chunks(&self) -> u32 {
        self.chunks
    }

    /// Whether the chunk at this place is the last.
    pub const fn is_last(&self, index: u32) -> bool {
        index == self.chunks - 1
    }

    /// Where in the file a chunk begins, in bytes; `None` if there is no such chunk.
    pub fn offset(&self, index: u32) -> Option<u64> {
        (index < self.chunks).then(|| u64::from(index) * FILE_CHUNK_BYTES)
    }

    /// How much of the file is in a chunk, in bytes; `None` if there is no such chunk.
    pub fn plain_bytes(&self, index: u32) -> Option<usize> {
        let offset = self.offset(index)?;
        let bytes = (self.size - offset).min(FILE_CHUNK_BYTES);
        usize::try_from(bytes).ok()
    }

    /// What its chunks take.
    pub fn sealed(&self) -> SealedCut {
        let last = self.plain_bytes(self.chunks - 1).unwrap_or(WHOLE);
        SealedCut {
            chunks: self.chunks,
            last_bytes: filled(last) + AROUND,
        }
    }
}

/// How many chunks a file has and what they take as they travel: what a server knows of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SealedCut {
    chunks: u32,
    last_bytes: usize,
}

impl SealedCut {
    /// Reads what `files.create` says: the number of chunks, and the bytes of all of them together.
    /// `None` if no file has so many chunks with so many bytes.
    pub fn of(chunks: u32, bytes: ByteCount) -> Option<Self> {
        if !(1..=FILE_CHUNKS).contains(&chunks) {
            return None;
        }
        let before = u64::from(chunks - 1) * FILE_CHUNK_RECORD_BYTES as u64;
        let last = usize::try_from(bytes.value().checked_sub(before)?).ok()?;
        is_last_chunk(last).then_some(Self {
            chunks,
            last_bytes: last,
        })
    }

    /// How many chunks there are.
    pub const fn chunks(&self) -> u32 {
        self.chunks
    }

    /// What all of them take, in bytes.
    pub fn bytes(&self) -> ByteCount {
        let before = u64::from(self.chunks - 1) * FILE_CHUNK_RECORD_BYTES as u64;
        ByteCount::new(before + self.last_bytes as u64)
    }

    /// What one of them takes, in bytes; `None` if there is no such chunk.
    pub const fn chunk_bytes(&self, index: u32) -> Option<usize> {
        if index == self.chunks - 1 {
            Some(self.last_bytes)
        } else if index < self.chunks {
            Some(FILE_CHUNK_RECORD_BYTES)
        } else {
            None
        }
    }

    /// Whether the chunk at this place is the last.
    pub const fn is_last(&self, index: u32) -> bool {
        index == self.chunks - 1
    }
}

/// How much of a last chunk is sealed: what it holds of the file, filled up with zeros.
pub(super) fn filled(plain_bytes: usize) -> usize {
    plain_bytes.max(1).next_multiple_of(FILE_FILL_BYTES)
}

/// Whether a last chunk's record may have so many bytes.
fn is_last_chunk(bytes: usize) -> bool {
    let filled = bytes.checked_sub(AROUND);
    filled.is_some_and(|filled| is_filled(filled, true))
}

/// Whether a chunk may have so much sealed.
pub(super) fn is_filled(bytes: usize, last: bool) -> bool {
    match last {
        true => (1..=WHOLE).contains(&bytes) && bytes.is_multiple_of(FILE_FILL_BYTES),
        false => bytes == WHOLE,
    }
}

/// How much was sealed in a ciphertext of so many bytes: what is padded is a multiple of a block.
pub(super) const fn sealed_in(ciphertext_bytes: usize) -> Option<usize> {
    ciphertext_bytes.checked_sub(BLOCK_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn cut(size: u64) -> FileCut {
        FileCut::of_size(ByteCount::new(size)).expect("a file")
    }

    #[test]
    fn the_constants_are_those_of_the_layout() {
        assert_eq!(u64::try_from(WHOLE).ok(), Some(FILE_CHUNK_BYTES));
        // Version, type, file, index, last; IV, length, a block of padding, tag.
        assert_eq!(AROUND, 2 + 16 + 4 + 1 + 16 + 4 + 16 + 32);
    }

    #[test]
    fn a_file_has_as_many_chunks_as_its_size_needs() {
        for (size, chunks, last) in [
            (0, 1, 16_384),
            (1, 1, 16_384),
            (16_384, 1, 16_384),
            (16_385, 1, 32_768),
            (MIB - 1, 1, 1_048_576),
            (MIB, 1, 1_048_576),
            (MIB + 1, 2, 16_384),
            (4096 * MIB, 4096, 1_048_576),
        ] {
            let cut = cut(size);
            assert_eq!(cut.chunks(), chunks, "{size}");
            let sealed = cut.sealed();
            assert_eq!(sealed.chunk_bytes(chunks - 1), Some(last + AROUND));
            assert_eq!(sealed.chunk_bytes(chunks), None);
            assert_eq!(SealedCut::of(chunks, sealed.bytes()), Some(sealed));
            let parts = (0..chunks).map(|index| cut.plain_bytes(index).expect("a chunk") as u64);
            assert_eq!(parts.sum::<u64>(), size);
        }
        assert_eq!(FileCut::of_size(ByteCount::new(4096 * MIB + 1)), None);
        assert_eq!(FileCut::of_size(ByteCount::new(u64::MAX)), None);
    }

    #[test]
    fn no_other_bytes_are_those_of_a_file() {
        let sealed = cut(3 * MIB + 5).sealed();
        let bytes = sealed.bytes().value();
        for (chunks, bytes) in [
            (0, 0),
            (0, bytes),
            (3, bytes),
            (5, bytes),
            (4, bytes + 1),
            (4, bytes - 1),
            (4, 0),
            (4, u64::MAX),
            (1, 75 + 16),
            (1, AROUND as u64),
            (4097, 4097 * FILE_CHUNK_RECORD_BYTES as u64),
            (u32::MAX, bytes),
        ] {
            assert_eq!(SealedCut::of(chunks, ByteCount::new(bytes)), None);
        }
        let one_more_fill = ByteCount::new(bytes + 16_384);
        assert!(SealedCut::of(4, one_more_fill).is_some());
    }
}
