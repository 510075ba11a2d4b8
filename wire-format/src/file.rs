//! Files of end-to-end rooms: cut into chunks, and each of them sealed on its own
//! (docs/protocol.md#1412-files).
//!
//! ```text
//!  size ──FileCut──▶ how many chunks, and what of the file is in each ──▶ SealedCut: what they take
//!  file secret, file id ──SealedFile──▶ seal, open ──▶ the tail of files.put and files.chunk
//! ```
//!
//! A chunk is bound to its file, its place and whether it is the last. A file is whole when each of its
//! chunks was opened in its place: who reads it knows their number from the message that names the file,
//! so what is missing at its end is noticed, too.

mod chunk;
mod cut;

pub use chunk::{ChunkError, SealedFile, UnopenedChunk};
pub use cut::{FileCut, SealedCut};

use crate::vault::KeyBytes;

/// What the chunks of one file are sealed under: random, and in the message that names the file.
pub type FileSecret = KeyBytes<32>;
