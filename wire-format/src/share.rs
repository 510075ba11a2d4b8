//! Shares: an epoch's secret, wrapped to one member (docs/protocol.md#8-epochs-of-proxy-sealed-rooms).

use bytes::Bytes;
use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    epoch::{EpochSecret, EpochStart},
    open_error::{OpenError, SealError},
    rsa_keys::{WrapPrivateKey, WrapPublicKey},
};

/// The first byte of what is encrypted.
const VERSION: u8 = 0x01;
const PLAIN_BYTES: usize = 1 + EpochSecret::LEN;

/// Encrypts `0x01 ‖ secret` to a member's wrap key.
pub(crate) fn wrap<R: CryptoRng + ?Sized>(
    key: &WrapPublicKey,
    secret: &EpochSecret,
    rng: &mut R,
) -> Result<Bytes, SealError> {
    let mut plain = Zeroizing::new([VERSION; PLAIN_BYTES]);
    plain[1..].copy_from_slice(secret.as_bytes());
    key.wrap(plain.as_ref(), rng).map(Bytes::from)
}

/// Decrypts a share and checks its length, its first byte and its secret's commitment.
pub(crate) fn open<R: CryptoRng + ?Sized>(
    key: &WrapPrivateKey,
    share: &[u8],
    start: &EpochStart,
    rng: &mut R,
) -> Result<EpochSecret, OpenError> {
    let plain = key.unwrap(share, rng)?;
    let Some((&VERSION, secret)) = plain.split_first() else {
        return Err(OpenError::Share);
    };
    let secret = EpochSecret::from_bytes(secret.try_into().map_err(|_| OpenError::Share)?);
    let commitment = secret.commitment(start.room(), start.n());
    if !bool::from(commitment.as_bytes().ct_eq(start.commitment().as_bytes())) {
        return Err(OpenError::ShareCommitment);
    }
    Ok(secret)
}
