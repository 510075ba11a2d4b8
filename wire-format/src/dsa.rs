//! DSA in the one pinned group, with SHA-256 (FIPS 186-4 §4; docs/protocol.md#6-primitives).
//!
//! There is no way in from other parameters: a key is its number y, and the group is a constant.
//! A signature is r ‖ s, 32 bytes each; DER has another length and does not get this far.

use std::fmt;

use crypto_bigint::U2048;
use rand::CryptoRng;
use zeroize::Zeroizing;

use crate::open_error::{OpenError, SealError};

mod group;
mod sign;
mod verify;
#[cfg(test)]
mod wycheproof_test;

/// Bytes of a public key.
pub const PUBLIC_KEY_BYTES: usize = 256;
/// Bytes of a private number.
pub const PRIVATE_KEY_BYTES: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A public key that was checked to lie in the pinned group.
#[derive(Clone, Eq, PartialEq)]
pub struct DsaPublicKey {
    y: U2048,
}

impl DsaPublicKey {
    /// Takes y, big-endian: 2 ≤ y ≤ p − 2 and y^q mod p = 1. Costs one exponentiation.
    ///
    /// # Errors
    /// [`OpenError::DsaKey`].
    pub fn from_bytes(y: &[u8; PUBLIC_KEY_BYTES]) -> Result<Self, OpenError> {
        let y = U2048::from_be_slice(y);
        if verify::is_in_group(group::Group::pinned(), &y) {
            Ok(Self { y })
        } else {
            Err(OpenError::DsaKey)
        }
    }

    /// Checks a signature over the message whose SHA-256 is `hash`. Costs about two exponentiations.
    ///
    /// # Errors
    /// [`OpenError::DsaSignature`].
    pub fn verify(
        &self,
        hash: &[u8; 32],
        signature: &[u8; SIGNATURE_BYTES],
    ) -> Result<(), OpenError> {
        if verify::verify(group::Group::pinned(), &self.y, hash, signature) {
            Ok(())
        } else {
            Err(OpenError::DsaSignature)
        }
    }
}

impl fmt::Debug for DsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DsaPublicKey(..)")
    }
}

/// A private key in the pinned group; erased from memory when dropped.
pub struct DsaPrivateKey {
    key: dsa::SigningKey,
}

impl DsaPrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no key could be made.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        sign::generate(rng).map(|key| Self { key })
    }

    /// Reads a PKCS #8 key of the pinned group, for test vectors and stored keys.
    ///
    /// # Errors
    /// [`OpenError::DsaKey`] if it is not a key of this group.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, OpenError> {
        sign::from_pkcs8(der).map(|key| Self { key })
    }

    /// The key as PKCS #8, DER.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the key cannot be encoded.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        sign::to_pkcs8(&self.key)
    }

    /// Takes x, big-endian, as a vault keeps it (docs/protocol.md#146-the-vault).
    ///
    /// # Errors
    /// [`OpenError::DsaKey`] unless 1 ≤ x ≤ q − 1.
    pub fn from_private_bytes(x: &[u8; PRIVATE_KEY_BYTES]) -> Result<Self, OpenError> {
        sign::from_private(x).map(|key| Self { key })
    }

    /// The private number x, big-endian.
    pub fn private_bytes(&self) -> Zeroizing<[u8; PRIVATE_KEY_BYTES]> {
        sign::private_bytes(&self.key)
    }

    /// The public half y, big-endian.
    pub fn public_bytes(&self) -> [u8; PUBLIC_KEY_BYTES] {
        sign::public_bytes(&self.key)
    }

    /// Signs the message whose SHA-256 is `hash`, with the nonce of RFC 6979 §3.6 and 32 bytes of
    /// `rng` as its additional data.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no signature could be made.
    pub fn sign<R: CryptoRng + ?Sized>(
        &self,
        hash: &[u8; 32],
        rng: &mut R,
    ) -> Result<[u8; SIGNATURE_BYTES], SealError> {
        let mut additional = Zeroizing::new([0; 32]);
        rng.fill_bytes(additional.as_mut());
        sign::sign(&self.key, hash, additional.as_ref())
    }
}

impl fmt::Debug for DsaPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DsaPrivateKey(..)")
    }
}
