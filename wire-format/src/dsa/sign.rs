//! Making keys and signatures, with the dsa crate.
//!
//! The crate derives nonces by RFC 6979 only without additional data. The nonce is therefore derived
//! here and handed to the crate's randomised signing as the only thing its random source says.

use std::convert::Infallible;

use crypto_bigint::{BoxedUint, U256};
use dsa::{
    Components, SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
    signature::hazmat::RandomizedPrehashSigner,
};
use rand::{CryptoRng, TryCryptoRng, TryRng};
use rfc6979::KGenerator;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::{PRIVATE_KEY_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, group};
use crate::open_error::{OpenError, SealError};

/// How many nonces are tried before giving up; the second is needed once in 2^255 signatures.
const NONCES: usize = 4;

pub(super) fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<SigningKey, SealError> {
    let components = pinned_components().ok_or(SealError::KeyOperation)?;
    SigningKey::try_generate_from_rng_with_components(rng, components)
        .map_err(|never: Infallible| match never {})
}

pub(super) fn from_pkcs8(der: &[u8]) -> Result<SigningKey, OpenError> {
    let key = SigningKey::from_pkcs8_der(der).map_err(|_| OpenError::DsaKey)?;
    if pinned_components().as_ref() != Some(key.verifying_key().components()) {
        return Err(OpenError::DsaKey);
    }
    Ok(key)
}

pub(super) fn to_pkcs8(key: &SigningKey) -> Result<Zeroizing<Vec<u8>>, SealError> {
    key.to_pkcs8_der()
        .map(|document| document.to_bytes())
        .map_err(|_| SealError::KeyOperation)
}

pub(super) fn public_bytes(key: &SigningKey) -> [u8; PUBLIC_KEY_BYTES] {
    right_aligned(&key.verifying_key().y().to_be_bytes())
}

/// The key with this private number; its public one is computed in constant time.
pub(super) fn from_private(x: &[u8; PRIVATE_KEY_BYTES]) -> Result<SigningKey, OpenError> {
    let group = group::Group::pinned();
    let exponent = Zeroizing::new(U256::from_be_slice(x));
    if *exponent == U256::ZERO || *exponent >= *group.q().as_ref() {
        return Err(OpenError::DsaKey);
    }
    let y = group.g().pow(&exponent).retrieve();
    let components = pinned_components().ok_or(OpenError::DsaKey)?;
    VerifyingKey::from_components(components, BoxedUint::from(y))
        .and_then(|y| SigningKey::from_components(y, BoxedUint::from(*exponent)))
        .map_err(|_| OpenError::DsaKey)
}

pub(super) fn private_bytes(key: &SigningKey) -> Zeroizing<[u8; PRIVATE_KEY_BYTES]> {
    Zeroizing::new(right_aligned(&Zeroizing::new(key.x().to_be_bytes())))
}

/// Signs with the nonce that RFC 6979 §3.6 derives from key, hash and additional data.
pub(super) fn sign(
    key: &SigningKey,
    hash: &[u8; 32],
    additional: &[u8],
) -> Result<[u8; SIGNATURE_BYTES], SealError> {
    let q = U256::from_be_slice(&right_aligned::<32>(
        &key.verifying_key().components().q().to_be_bytes(),
    ));
    let x = private_bytes(key);
    let mut nonces = KGenerator::<Sha256, U256>::new(x.as_ref(), hash, additional, &q);
    for _ in 0..NONCES {
        let mut nonce = ChosenNonce([0; 32]);
        nonces.fill_next_k(&mut nonce.0);
        if let Ok(signature) = key.sign_prehash_with_rng(&mut nonce, hash) {
            let mut bytes = [0; SIGNATURE_BYTES];
            let (r, s) = bytes.split_at_mut(SIGNATURE_BYTES / 2);
            r.copy_from_slice(&right_aligned::<32>(&signature.r().to_be_bytes()));
            s.copy_from_slice(&right_aligned::<32>(&signature.s().to_be_bytes()));
            return Ok(bytes);
        }
    }
    Err(SealError::KeyOperation)
}

fn pinned_components() -> Option<Components> {
    let number = |digits: &str, bits| BoxedUint::from_be_hex(digits, bits).into_option();
    Components::from_components(
        number(group::P_HEX, 2048)?,
        number(group::Q_HEX, 256)?,
        number(group::G_HEX, 2048)?,
    )
    .ok()
}

/// The last `N` bytes of a big-endian number, or the number with zeros before it.
fn right_aligned<const N: usize>(digits: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let kept = &digits[digits.len().saturating_sub(N)..];
    bytes[N - kept.len()..].copy_from_slice(kept);
    bytes
}

/// A random source that says one nonce k, as the crate's randomised signing reads it: it takes a
/// little-endian c of 320 bits and uses k = c mod (q − 1) + 1 (FIPS 186-4 §B.2.1). The vectors of
/// RFC 6979 are tested through this.
struct ChosenNonce([u8; 32]);

impl TryRng for ChosenNonce {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let less_one = U256::from_be_slice(&self.0).wrapping_sub(&U256::ONE);
        let digits = Zeroizing::new(less_one.to_le_bytes());
        out.fill(0);
        for (byte, digit) in out.iter_mut().zip(digits.as_ref()) {
            *byte = *digit;
        }
        Ok(())
    }
}

impl TryCryptoRng for ChosenNonce {}

impl Drop for ChosenNonce {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{Odd, U2048};
    use serde_json::Value;
    use sha2::Digest;

    use super::*;
    use crate::dsa::{group::Group, verify};

    fn hex_of(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The appendix's nonces go through [`ChosenNonce`], so this also holds the crate to its ways.
    #[test]
    fn signs_as_rfc_6979_does() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../testdata/dsa_rfc6979.json")).expect("vectors");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let number = |value: &Value, bits| {
            BoxedUint::from_be_hex(&text(value), bits)
                .into_option()
                .expect("a number")
        };
        let group = &vectors["group"];
        let components = Components::from_components(
            number(&group["p"], 2048),
            number(&group["q"], 256),
            number(&group["g"], 2048),
        )
        .expect("a group");
        let y = VerifyingKey::from_components(components, number(&vectors["y"], 2048));
        let key = SigningKey::from_components(y.expect("y"), number(&vectors["x"], 256));
        let key = key.expect("a key");
        let parameters = Group::new(
            Odd::<U2048>::from_be_hex(&text(&group["p"])),
            Odd::<U256>::from_be_hex(&text(&group["q"])),
            &U2048::from_be_hex(&text(&group["g"])),
        );
        let y = U2048::from_be_hex(&text(&vectors["y"]));
        let cases = vectors["cases"].as_array().expect("cases");
        assert_eq!(cases.len(), 2);
        for case in cases {
            let hash: [u8; 32] = Sha256::digest(text(&case["message"])).into();
            let signature = sign(&key, &hash, &[]).expect("a signature");
            assert_eq!(hex_of(&signature), text(&case["r"]) + &text(&case["s"]));
            assert!(verify::verify(&parameters, &y, &hash, &signature));
        }
    }

    #[test]
    fn additional_data_changes_the_nonce_and_keeps_the_signature_good() {
        let key = generate(&mut ChosenNonce([9; 32])).expect("a key");
        let y = U2048::from_be_slice(&public_bytes(&key));
        let hash = [7; 32];
        let without = sign(&key, &hash, &[]).expect("a signature");
        let with = sign(&key, &hash, &[1; 32]).expect("a signature");
        let again = sign(&key, &hash, &[1; 32]).expect("a signature");
        assert_ne!(without[..32], with[..32]);
        assert_eq!(with, again);
        for signature in [without, with] {
            assert!(verify::verify(Group::pinned(), &y, &hash, &signature));
        }
    }

    #[test]
    fn a_private_number_is_the_whole_key() {
        let key = generate(&mut ChosenNonce([9; 32])).expect("a key");
        let again = from_private(&private_bytes(&key)).expect("the key");
        assert_eq!(public_bytes(&again), public_bytes(&key));
        let q: &U256 = Group::pinned().q().as_ref();
        let bytes_of = |number: U256| -> [u8; 32] { right_aligned(number.to_be_bytes().as_ref()) };
        for good in [U256::ONE, q.wrapping_sub(&U256::ONE)] {
            assert!(from_private(&bytes_of(good)).is_ok());
        }
        for bad in [U256::ZERO, *q, q.wrapping_add(&U256::ONE), U256::MAX] {
            assert_eq!(from_private(&bytes_of(bad)).err(), Some(OpenError::DsaKey));
        }
    }

    #[test]
    fn a_key_of_another_group_is_refused() {
        let key = generate(&mut ChosenNonce([5; 32])).expect("a key");
        let der = to_pkcs8(&key).expect("encoded");
        assert!(from_pkcs8(&der).is_ok());
        // One digit of g: still a number, no longer the group.
        let g = key.verifying_key().components().g().to_be_bytes();
        let at = der
            .windows(32)
            .position(|window| *window == g[..32])
            .expect("g is in there");
        let mut other = der.to_vec();
        other[at + 31] ^= 1;
        assert!(from_pkcs8(&other).is_err());
        assert!(from_pkcs8(&der[1..]).is_err());
    }
}
