//! The sealed end of a record: IV, length, ciphertext and tag, bound to everything above
//! (docs/protocol.md#141-records).

use bytes::{BufMut, Bytes, BytesMut};
use zeroize::Zeroizing;

use crate::{
    open_error::{Field, OpenError, SealError},
    padding,
    record::Record,
    seal::{self, BLOCK_BYTES, IV_BYTES, KEY_BYTES, TAG_BYTES},
};

/// A sealed part that was read and not yet opened.
#[derive(Clone, Debug)]
pub(crate) struct SealedPart {
    /// Everything above it in its record.
    associated_data: Bytes,
    iv: [u8; IV_BYTES],
    ciphertext: Bytes,
    tag: [u8; TAG_BYTES],
}

impl SealedPart {
    /// Reads it where the record stands.
    pub(crate) fn read(record: &mut Record) -> Result<Self, OpenError> {
        let associated_data = record.so_far();
        let iv = record.array()?;
        let length = record.u32()?;
        let length = usize::try_from(length).map_err(|_| OpenError::Truncated)?;
        if length == 0 || !length.is_multiple_of(BLOCK_BYTES) {
            return Err(OpenError::Field(Field::CiphertextLength));
        }
        Ok(Self {
            associated_data,
            iv,
            ciphertext: record.bytes(length)?,
            tag: record.array()?,
        })
    }

    /// Bytes of what is sealed, with its block of padding.
    pub(crate) fn ciphertext_bytes(&self) -> usize {
        self.ciphertext.len()
    }

    /// Opens it as [`append_filled`] sealed it: nothing is taken off.
    pub(crate) fn open_filled(
        &self,
        key: &[u8; KEY_BYTES],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let plain = seal::open(
            key,
            &self.iv,
            &self.associated_data,
            &self.ciphertext,
            &self.tag,
        );
        plain.map(Zeroizing::new)
    }

    /// Opens it, and takes the padding to buckets off.
    pub(crate) fn open(&self, key: &[u8; KEY_BYTES]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut plain = self.open_filled(key)?;
        let length = padding::content_bytes(&plain)?;
        plain.truncate(length);
        Ok(plain)
    }
}

/// Pads and seals `content` behind what `record` holds so far; an IV is used once with a key.
///
/// # Errors
/// [`SealError::TooLarge`] if the record would be longer than `limit`.
pub(crate) fn append(
    record: &mut BytesMut,
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    content: &[u8],
    limit: usize,
) -> Result<(), SealError> {
    let padded_bytes = padding::bucket(content.len())?;
    let length = record.len() + sealed_bytes(padded_bytes);
    if length > limit {
        return Err(SealError::TooLarge { length, limit });
    }
    let mark = |buffer: &mut [u8]| padding::mark_end(buffer, content.len());
    put(record, key, iv, content, padded_bytes, mark)
}

/// Seals `content`, filled up with zeros to so many bytes, behind what `record` holds so far; an IV is
/// used once with a key.
pub(crate) fn append_filled(
    record: &mut BytesMut,
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    content: &[u8],
    filled_bytes: usize,
) -> Result<(), SealError> {
    put(record, key, iv, content, filled_bytes, |_| ())
}

/// Bytes of a sealed part with so much padded content.
const fn sealed_bytes(padded_bytes: usize) -> usize {
    IV_BYTES + 4 + seal::ciphertext_bytes(padded_bytes) + TAG_BYTES
}

fn put(
    record: &mut BytesMut,
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    content: &[u8],
    padded_bytes: usize,
    mark_end: impl FnOnce(&mut [u8]),
) -> Result<(), SealError> {
    let ciphertext_bytes = seal::ciphertext_bytes(padded_bytes);
    let above = record.len();
    record.reserve(sealed_bytes(padded_bytes));
    record.put_slice(iv);
    // At most 1 MiB and a block.
    record.put_u32(u32::try_from(ciphertext_bytes).map_err(|_| SealError::KeyOperation)?);
    let front = record.len();
    record.put_slice(content);
    record.put_bytes(0, ciphertext_bytes - content.len());
    let (front, buffer) = record.split_at_mut(front);
    mark_end(buffer);
    let tag = seal::seal_in_place(key, iv, &front[..above], buffer, padded_bytes)?;
    record.put_slice(&tag);
    Ok(())
}
