//! AES-256-CBC and HMAC-SHA-512 alone, over what a chunk of a file is made of.

use wire_format::seal::{self, IV_BYTES, KEY_BYTES};

use crate::account::cost_of;

/// MB a second that one core seals.
///
/// # Errors
/// A key refuses.
pub(super) fn seal_alone() -> anyhow::Result<f64> {
    let chunk = vec![b'x'; CHUNK_BYTES];
    let seal = || seal::seal(&KEY, &IV, &HEAD, &chunk);
    seal()?;
    // A byte a microsecond is a megabyte a second.
    Ok(CHUNK / cost_of(CHUNKS, seal))
}

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
const IV: [u8; IV_BYTES] = [9; IV_BYTES];
/// The associated data of a chunk (docs/protocol.md#1412-files).
const HEAD: [u8; 23] = [1; 23];
const CHUNK_BYTES: usize = 1 << 20;
const CHUNK: f64 = 1_048_576.0;
const CHUNKS: u32 = 200;
