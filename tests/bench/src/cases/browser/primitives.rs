//! AES-CBC and HMAC alone, over what a message of the sealing case is made of.

use std::hint::black_box;

use wire_format::seal::{IV_BYTES, KEY_BYTES, open, seal};

use crate::account::cost_of;

/// CPU that sealing one message and opening it again takes, in µs.
///
/// # Errors
/// They do not fit each other.
pub(super) fn seal_and_open() -> anyhow::Result<f64> {
    let (key, iv) = ([7; KEY_BYTES], [9; IV_BYTES]);
    let header = [1; HEADER_BYTES];
    let padded = [b'x'; PADDED_BYTES];
    let (ciphertext, tag) = seal(&key, &iv, &header, &padded)?;
    open(&key, &iv, &header, &ciphertext, &tag)?;
    Ok(cost_of(TIMES, || {
        let (ciphertext, tag) = seal(black_box(&key), &iv, &header, &padded).ok()?;
        open(&key, &iv, &header, &ciphertext, &tag).ok()
    }))
}

/// The associated data of an envelope (docs/protocol.md#9-the-envelope).
const HEADER_BYTES: usize = 203;
/// The smallest bucket: a text of 128 bytes in its JSON.
const PADDED_BYTES: usize = 256;
const TIMES: u32 = 20_000;
