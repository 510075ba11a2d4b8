//! RSA keys as they travel and as they are used: one canonical encoding, few sizes, one exponent,
//! one use a key (docs/protocol.md#6-primitives).
//!
//! The rsa crate accepts 1024-bit moduli and small exponents, so everything a peer sends is checked
//! here first. Private operations are blinded and take their randomness as an argument.

use std::fmt;

use bytes::Bytes;
use rand::CryptoRng;
use rsa::{
    BoxedUint, Oaep, RsaPrivateKey, RsaPublicKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
    pss,
    signature::{
        SignatureEncoding,
        hazmat::{PrehashVerifier, RandomizedPrehashSigner},
    },
    traits::PublicKeyParts,
};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::open_error::{OpenError, SealError};

mod kept;
mod spki;

use self::kept::KeptKey;
pub use spki::RsaKeyError;

/// Modulus of the keys of a session, in bits (docs/protocol.md#7-session-keys-the-announcement).
pub const SESSION_KEY_BITS: usize = 2048;
/// Bytes of a signature or share made with a session's key.
pub const SESSION_MODULUS_BYTES: usize = SESSION_KEY_BITS / 8;
/// Bytes of the SubjectPublicKeyInfo of a session's key.
pub const SESSION_SPKI_BYTES: usize = spki::length(SESSION_MODULUS_BYTES);

/// Modulus of the keys that an account makes, in bits (docs/protocol.md#143-identity-the-keyset-chain).
pub const ACCOUNT_KEY_BITS: usize = 3072;
/// Bytes of what is wrapped to an account's key.
pub const ACCOUNT_MODULUS_BYTES: usize = ACCOUNT_KEY_BITS / 8;

/// Which modulus a key may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ModulusSize {
    /// Exactly this many bits.
    Exactly(usize),
    /// 2048 to 4096 bits, a multiple of 256.
    Accepted,
}

impl ModulusSize {
    pub(crate) fn allows(self, bits: usize) -> bool {
        match self {
            Self::Exactly(wanted) => bits == wanted,
            Self::Accepted => (2048..=4096).contains(&bits) && bits.is_multiple_of(256),
        }
    }
}

/// Checks that `spki` is the one encoding of a key that this protocol accepts, without using it.
///
/// # Errors
/// Says what is wrong: encoding, size or exponent.
pub fn check_spki(spki: &[u8], size: ModulusSize) -> Result<(), RsaKeyError> {
    spki::modulus(spki, size).map(|_| ())
}

fn public_key(spki: &[u8], size: ModulusSize) -> Result<RsaPublicKey, RsaKeyError> {
    let modulus = spki::modulus(spki, size)?;
    RsaPublicKey::new(
        BoxedUint::from_be_slice_vartime(modulus),
        BoxedUint::from(spki::EXPONENT),
    )
    .map_err(|_| RsaKeyError::Modulus)
}

/// A public key that verifies RSASSA-PSS signatures (SHA-256, MGF1-SHA-256, salt of 32 bytes).
#[derive(Clone)]
pub struct PssPublicKey {
    /// Checked; what is computed from it (10 µs) is not kept: most keys verify once.
    spki: Bytes,
    modulus_bytes: usize,
}

impl PssPublicKey {
    /// Takes a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Says what is wrong: encoding, size or exponent.
    pub fn from_spki(spki: Bytes, size: ModulusSize) -> Result<Self, RsaKeyError> {
        let key = public_key(&spki, size)?;
        let modulus_bytes = key.size();
        Ok(Self {
            spki,
            modulus_bytes,
        })
    }

    /// The SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &Bytes {
        &self.spki
    }

    /// Length of the modulus, and so of every signature, in bytes.
    pub fn modulus_bytes(&self) -> usize {
        self.modulus_bytes
    }

    /// Checks a signature over the message whose SHA-256 is `hash`.
    ///
    /// # Errors
    /// [`OpenError::PssLength`] or [`OpenError::PssSignature`].
    pub fn verify(&self, hash: &[u8; 32], signature: &[u8]) -> Result<(), OpenError> {
        if signature.len() != self.modulus_bytes {
            return Err(OpenError::PssLength(signature.len()));
        }
        let signature = pss::Signature::try_from(signature).map_err(|_| OpenError::PssSignature)?;
        let key =
            public_key(&self.spki, ModulusSize::Accepted).map_err(|_| OpenError::PssSignature)?;
        pss::VerifyingKey::<Sha256>::new(key)
            .verify_prehash(hash, &signature)
            .map_err(|_| OpenError::PssSignature)
    }
}

impl fmt::Debug for PssPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PssPublicKey({} bits)", self.modulus_bytes * 8)
    }
}

/// A private key that signs with RSASSA-PSS; erased from memory when dropped.
pub struct PssPrivateKey(KeptKey);

impl PssPrivateKey {
    /// Makes a session's key; takes tens to hundreds of milliseconds.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no key could be made.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        KeptKey::of(&generate(rng, SESSION_KEY_BITS)?).map(Self)
    }

    /// Makes an account's key; takes hundreds of milliseconds to seconds.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no key could be made.
    pub fn generate_for_account<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        KeptKey::of(&generate(rng, ACCOUNT_KEY_BITS)?).map(Self)
    }

    /// Reads a PKCS #8 key, for test vectors and stored keys.
    ///
    /// # Errors
    /// [`RsaKeyError`] if it is not an RSA key with the accepted size and exponent.
    pub fn from_pkcs8(der: &[u8], size: ModulusSize) -> Result<Self, RsaKeyError> {
        let key = private_key(der, size)?;
        KeptKey::of(&key)
            .map(Self)
            .map_err(|_| RsaKeyError::Encoding)
    }

    /// The key as PKCS #8, DER.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the key cannot be encoded.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        to_pkcs8(&self.0.ready()?)
    }

    /// The SubjectPublicKeyInfo of the public half, DER.
    pub fn spki(&self) -> &Bytes {
        self.0.spki()
    }

    /// Signs the message whose SHA-256 is `hash`; the salt and the blinding come from `rng`.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the private operation failed its own check.
    pub fn sign<R: CryptoRng + ?Sized>(
        &self,
        hash: &[u8; 32],
        rng: &mut R,
    ) -> Result<Vec<u8>, SealError> {
        pss::SigningKey::<Sha256>::new(self.0.ready()?)
            .sign_prehash_with_rng(rng, hash)
            .map(|signature| signature.to_vec())
            .map_err(|_| SealError::KeyOperation)
    }
}

impl fmt::Debug for PssPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PssPrivateKey(..)")
    }
}

/// A public key to which secrets are wrapped with RSAES-OAEP (SHA-256, MGF1-SHA-256, empty label).
#[derive(Clone)]
pub struct WrapPublicKey {
    /// Checked; what is computed from it (10 µs) is not kept: most keys wrap once or never.
    spki: Box<[u8]>,
}

impl WrapPublicKey {
    /// Takes a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Says what is wrong: encoding, size or exponent.
    pub fn from_spki(spki: &[u8], size: ModulusSize) -> Result<Self, RsaKeyError> {
        public_key(spki, size)?;
        Ok(Self { spki: spki.into() })
    }

    /// Encrypts up to 190 bytes (for 2048 bits) to the owner of the key.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the secret does not fit the modulus.
    pub fn wrap<R: CryptoRng + ?Sized>(
        &self,
        secret: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, SealError> {
        public_key(&self.spki, ModulusSize::Accepted)
            .map_err(|_| SealError::KeyOperation)?
            .encrypt(rng, Oaep::<Sha256>::new(), secret)
            .map_err(|_| SealError::KeyOperation)
    }
}

impl fmt::Debug for WrapPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrapPublicKey(..)")
    }
}

/// A private key that unwraps what was wrapped to it; erased from memory when dropped.
pub struct WrapPrivateKey(KeptKey);

impl WrapPrivateKey {
    /// Makes a session's key; takes tens to hundreds of milliseconds.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no key could be made.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        KeptKey::of(&generate(rng, SESSION_KEY_BITS)?).map(Self)
    }

    /// Makes an account's key; takes hundreds of milliseconds to seconds.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if no key could be made.
    pub fn generate_for_account<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SealError> {
        KeptKey::of(&generate(rng, ACCOUNT_KEY_BITS)?).map(Self)
    }

    /// Reads a PKCS #8 key, for test vectors and stored keys.
    ///
    /// # Errors
    /// [`RsaKeyError`] if it is not an RSA key with the accepted size and exponent.
    pub fn from_pkcs8(der: &[u8], size: ModulusSize) -> Result<Self, RsaKeyError> {
        let key = private_key(der, size)?;
        KeptKey::of(&key)
            .map(Self)
            .map_err(|_| RsaKeyError::Encoding)
    }

    /// The key as PKCS #8, DER.
    ///
    /// # Errors
    /// [`SealError::KeyOperation`] if the key cannot be encoded.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        to_pkcs8(&self.0.ready()?)
    }

    /// The SubjectPublicKeyInfo of the public half, DER.
    pub fn spki(&self) -> &Bytes {
        self.0.spki()
    }

    /// Decrypts what was wrapped to this key; the blinding comes from `rng`.
    ///
    /// # Errors
    /// [`OpenError::Share`], whatever is wrong with it.
    pub fn unwrap<R: CryptoRng + ?Sized>(
        &self,
        wrapped: &[u8],
        rng: &mut R,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        // The crate would accept a shorter ciphertext; on the wire there is one length.
        if wrapped.len() != self.0.modulus_bytes() {
            return Err(OpenError::Share);
        }
        let key = self.0.ready().map_err(|_| OpenError::Share)?;
        key.decrypt_blinded(rng, Oaep::<Sha256>::new(), wrapped)
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Share)
    }
}

impl fmt::Debug for WrapPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrapPrivateKey(..)")
    }
}

fn generate<R: CryptoRng + ?Sized>(rng: &mut R, bits: usize) -> Result<RsaPrivateKey, SealError> {
    RsaPrivateKey::new(rng, bits).map_err(|_| SealError::KeyOperation)
}

fn private_key(der: &[u8], size: ModulusSize) -> Result<RsaPrivateKey, RsaKeyError> {
    let key = RsaPrivateKey::from_pkcs8_der(der).map_err(|_| RsaKeyError::Encoding)?;
    check_spki(&spki::encode(&key.n_bytes()), size)?;
    if key.e() != &BoxedUint::from(spki::EXPONENT) {
        return Err(RsaKeyError::Exponent);
    }
    Ok(key)
}

fn to_pkcs8(key: &RsaPrivateKey) -> Result<Zeroizing<Vec<u8>>, SealError> {
    key.to_pkcs8_der()
        .map(|document| document.to_bytes())
        .map_err(|_| SealError::KeyOperation)
}
