//! Padding to buckets, so that a length on the wire says little about a text's
//! (docs/protocol.md#9-the-envelope): content ‖ `0x80` ‖ zeros, up to the next bucket.

use crate::{
    limits::CONTENT_BYTES,
    open_error::{OpenError, SealError},
};

/// The byte after the content.
const END: u8 = 0x80;
/// The smallest bucket, in bytes.
const LEAST: usize = 256;
/// Up to here buckets double, from here on they grow by this much, in bytes.
const STEP: usize = 64 * 1024;

/// Longest content that fits the largest bucket, in bytes.
pub const MOST_CONTENT: usize = CONTENT_BYTES - 1;

/// The bucket for this much content, in bytes: the smallest that also holds the end mark.
///
/// # Errors
/// [`SealError::TooLarge`] above [`MOST_CONTENT`].
pub const fn bucket(content_bytes: usize) -> Result<usize, SealError> {
    if content_bytes > MOST_CONTENT {
        return Err(SealError::TooLarge {
            length: content_bytes,
            limit: MOST_CONTENT,
        });
    }
    let needed = content_bytes + 1;
    Ok(if needed <= LEAST {
        LEAST
    } else if needed <= STEP {
        needed.next_power_of_two()
    } else {
        needed.next_multiple_of(STEP)
    })
}

/// Pads `content` at the front of `padded`, which is a bucket long and zero behind the content.
pub(crate) fn mark_end(padded: &mut [u8], content_bytes: usize) {
    if let Some(end) = padded.get_mut(content_bytes) {
        *end = END;
    }
}

/// How much of `padded` is content.
///
/// # Errors
/// [`OpenError::BucketPadding`] if the last non-zero byte is not the end mark, or the length is not
/// the smallest bucket for what is inside.
pub fn content_bytes(padded: &[u8]) -> Result<usize, OpenError> {
    let end = padded
        .iter()
        .rposition(|&byte| byte != 0)
        .ok_or(OpenError::BucketPadding)?;
    if padded[end] != END || bucket(end) != Ok(padded.len()) {
        return Err(OpenError::BucketPadding);
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double_up_to_64_kib_and_then_grow_by_as_much() {
        let expected = [
            (0, 256),
            (255, 256),
            (256, 512),
            (511, 512),
            (65_535, 65_536),
            (65_536, 131_072),
            (131_072, 196_608),
            (MOST_CONTENT, CONTENT_BYTES),
        ];
        for (content, padded) in expected {
            assert_eq!(bucket(content), Ok(padded));
        }
        assert!(matches!(
            bucket(CONTENT_BYTES),
            Err(SealError::TooLarge { .. })
        ));
        assert!(matches!(
            bucket(usize::MAX),
            Err(SealError::TooLarge { .. })
        ));
    }
}
