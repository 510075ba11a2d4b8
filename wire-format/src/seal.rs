//! AES_256_CBC_HMAC_SHA_512, the content encryption of RFC 7518 §5.2.5.
//!
//! The MAC is checked, in constant time, before the cipher is touched.

use aes::{
    Aes256,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::open_error::{OpenError, SealError};

/// Bytes of a key: MAC key ‖ encryption key.
pub const KEY_BYTES: usize = 64;
/// Bytes of an initialisation vector.
pub const IV_BYTES: usize = 16;
/// Bytes of a tag: the first half of the HMAC.
pub const TAG_BYTES: usize = 32;
/// Bytes of a cipher block.
pub const BLOCK_BYTES: usize = 16;

/// Bytes of the ciphertext of this much plaintext: the next multiple of 16 above it.
pub const fn ciphertext_bytes(plaintext_bytes: usize) -> usize {
    plaintext_bytes - plaintext_bytes % BLOCK_BYTES + BLOCK_BYTES
}

/// Encrypts and authenticates; an IV is used once with a key.
///
/// # Errors
/// [`SealError::TooLarge`] only if memory's own limits are reached.
pub fn seal(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated_data: &[u8],
    plaintext: &[u8],
) -> Result<(Vec<u8>, [u8; TAG_BYTES]), SealError> {
    let mut buffer = vec![0; ciphertext_bytes(plaintext.len())];
    buffer[..plaintext.len()].copy_from_slice(plaintext);
    let tag = seal_in_place(key, iv, associated_data, &mut buffer, plaintext.len())?;
    Ok((buffer, tag))
}

/// As [`seal`], in a buffer of exactly [`ciphertext_bytes`] whose first `plaintext_bytes` are the
/// plaintext; the whole buffer becomes the ciphertext.
pub(crate) fn seal_in_place(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated_data: &[u8],
    buffer: &mut [u8],
    plaintext_bytes: usize,
) -> Result<[u8; TAG_BYTES], SealError> {
    let key = Halves::of(key);
    let length = buffer.len();
    cbc::Encryptor::<Aes256>::new((&*key.cipher).into(), iv.into())
        .encrypt_padded::<Pkcs7>(buffer, plaintext_bytes)
        .map_err(|_| SealError::TooLarge {
            length: plaintext_bytes,
            limit: length,
        })?;
    Ok(key.tag(iv, associated_data, buffer))
}

/// Checks the tag and decrypts.
///
/// # Errors
/// [`OpenError::Tag`] before anything is decrypted; [`OpenError::CbcPadding`] if the tag is right and
/// the padding is not.
pub fn open(
    key: &[u8; KEY_BYTES],
    iv: &[u8; IV_BYTES],
    associated_data: &[u8],
    ciphertext: &[u8],
    claimed: &[u8; TAG_BYTES],
) -> Result<Vec<u8>, OpenError> {
    let key = Halves::of(key);
    let computed = key.tag(iv, associated_data, ciphertext);
    if !bool::from(computed.ct_eq(claimed)) {
        return Err(OpenError::Tag);
    }
    let mut plaintext = vec![0; ciphertext.len()];
    let length = cbc::Decryptor::<Aes256>::new((&*key.cipher).into(), iv.into())
        .decrypt_padded_b2b::<Pkcs7>(ciphertext, &mut plaintext)
        .map_err(|_| OpenError::CbcPadding)?
        .len();
    plaintext.truncate(length);
    Ok(plaintext)
}

/// A key taken apart, each half in the form its algorithm wants.
struct Halves {
    /// Filled up with zeros to a block of SHA-512, as RFC 2104 §2 does with a shorter key.
    mac: Zeroizing<[u8; 128]>,
    cipher: Zeroizing<[u8; KEY_BYTES / 2]>,
}

impl Halves {
    fn of(key: &[u8; KEY_BYTES]) -> Self {
        let (mac_key, cipher_key) = key.split_at(KEY_BYTES / 2);
        let mut halves = Self {
            mac: Zeroizing::new([0; 128]),
            cipher: Zeroizing::new([0; 32]),
        };
        halves.mac[..KEY_BYTES / 2].copy_from_slice(mac_key);
        halves.cipher.copy_from_slice(cipher_key);
        halves
    }

    /// HMAC-SHA-512 over A ‖ IV ‖ E ‖ AL, cut to its first half; AL is the length of A in bits.
    fn tag(
        &self,
        iv: &[u8; IV_BYTES],
        associated_data: &[u8],
        ciphertext: &[u8],
    ) -> [u8; TAG_BYTES] {
        // A slice is shorter than 2^63 bytes, and this one has 203: nothing saturates.
        let bits = u64::try_from(associated_data.len())
            .unwrap_or(u64::MAX)
            .saturating_mul(8);
        let mac = Hmac::<Sha512>::new((&*self.mac).into())
            .chain_update(associated_data)
            .chain_update(iv)
            .chain_update(ciphertext)
            .chain_update(bits.to_be_bytes())
            .finalize()
            .into_bytes();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&mac[..TAG_BYTES]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
    const IV: [u8; IV_BYTES] = [9; IV_BYTES];

    #[test]
    fn the_ciphertext_is_the_next_multiple_of_a_block() {
        for (plaintext, ciphertext) in [(0, 16), (15, 16), (16, 32), (256, 272)] {
            assert_eq!(ciphertext_bytes(plaintext), ciphertext);
            let (sealed, _) = seal(&KEY, &IV, b"", &vec![1; plaintext]).expect("sealed");
            assert_eq!(sealed.len(), ciphertext);
        }
    }

    #[test]
    fn one_bit_anywhere_is_noticed() {
        let (ciphertext, tag) = seal(&KEY, &IV, b"associated", b"text").expect("sealed");
        let opens = |key: &[u8; KEY_BYTES], iv: &[u8; IV_BYTES], aad: &[u8], text: &[u8], tag| {
            open(key, iv, aad, text, tag)
        };
        assert_eq!(
            opens(&KEY, &IV, b"associated", &ciphertext, &tag),
            Ok(b"text".to_vec())
        );
        let mut key = KEY;
        key[0] ^= 1;
        let mut iv = IV;
        iv[15] ^= 0x80;
        let mut text = ciphertext.clone();
        text[3] ^= 1;
        let mut other = tag;
        other[31] ^= 1;
        for found in [
            opens(&key, &IV, b"associated", &ciphertext, &tag),
            opens(&KEY, &iv, b"associated", &ciphertext, &tag),
            opens(&KEY, &IV, b"associateD", &ciphertext, &tag),
            opens(&KEY, &IV, b"associated", &text, &tag),
            opens(&KEY, &IV, b"associated", &ciphertext, &other),
            opens(&KEY, &IV, b"associated", b"", &tag),
        ] {
            assert_eq!(found, Err(OpenError::Tag));
        }
        // Bytes cannot move between the parts: the length of the associated data is in the tag.
        let moved = opens(
            &KEY,
            &IV,
            b"associate",
            &[b"d", &ciphertext[..]].concat(),
            &tag,
        );
        assert_eq!(moved, Err(OpenError::Tag));
    }
}
