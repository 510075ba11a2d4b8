//! A message as JWE (RFC 7516 §7.2.1, General JSON Serialization), which any JOSE library opens that
//! knows RSA-OAEP-256 and A256CBC-HS512 (RFC 7518 §4.3 and §5.2.5).
//!
//! What is exported leaves the room's guarantees: a JWE says nothing of who made it, and whoever holds
//! one of its recipients' wrap keys opens it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use wire_format::{
    AccountId, OpenError, SealError,
    identity::{AccountWrapKey, WrapKey},
    limits::{CONTENT_BYTES, ROOM_MEMBERS},
    seal::{self, IV_BYTES, KEY_BYTES, TAG_BYTES},
};
use zeroize::Zeroizing;

/// Largest text that is exported at once, in bytes: a message's largest content.
pub const PLAIN_BYTES: usize = CONTENT_BYTES;
/// Most recipients of a JWE: as many as a room has members.
pub const RECIPIENTS: usize = ROOM_MEMBERS;

const ALGORITHM: &str = "RSA-OAEP-256";
const ENCRYPTION: &str = "A256CBC-HS512";
/// Above what else is wrapped to an account begins with, so that a content key is none of it.
const LEAST_FIRST_BYTE: u8 = 0x10;

/// Why a JWE is not made or not opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// More text than [`PLAIN_BYTES`].
    #[error("{0} bytes are too many for one JWE")]
    TooLarge(usize),
    /// No recipient, or more than [`RECIPIENTS`].
    #[error("a JWE cannot have {0} recipients")]
    Recipients(usize),
    /// It could not be sealed.
    #[error("a JWE could not be made")]
    Seal(#[from] SealError),
    /// It is not JSON of a JWE with these algorithms.
    #[error("not a JWE in General JSON Serialization by {ALGORITHM} and {ENCRYPTION}")]
    Layout,
    /// No recipient has this key.
    #[error("a JWE for other keys")]
    OtherKeys,
    /// It does not open.
    #[error("a JWE does not open")]
    Open(#[from] OpenError),
}

/// How it is sealed.
#[derive(Deserialize, Serialize)]
struct Protected {
    alg: String,
    enc: String,
}

#[derive(Deserialize, Serialize)]
struct General {
    protected: String,
    recipients: Vec<Recipient>,
    iv: String,
    ciphertext: String,
    tag: String,
}

#[derive(Deserialize, Serialize)]
struct Recipient {
    header: Header,
    encrypted_key: String,
}

#[derive(Deserialize, Serialize)]
struct Header {
    kid: String,
}

/// The name of a wrap key in a JWE: account and number.
pub fn key_id(account: AccountId, number: wire_format::WrapNumber) -> String {
    format!("{account}:{number}")
}

/// Seals a text, JSON as a rule, to the owners of wrap keys.
///
/// # Errors
/// [`JweError::TooLarge`], [`JweError::Recipients`], or [`JweError::Seal`] if a key refused to work.
pub fn seal<R: CryptoRng + ?Sized>(
    plain: &[u8],
    recipients: &[&WrapKey],
    rng: &mut R,
) -> Result<String, JweError> {
    if plain.len() > PLAIN_BYTES {
        return Err(JweError::TooLarge(plain.len()));
    }
    if !(1..=RECIPIENTS).contains(&recipients.len()) {
        return Err(JweError::Recipients(recipients.len()));
    }
    let key = content_key(rng);
    let mut iv = [0; IV_BYTES];
    rng.fill_bytes(&mut iv);
    let protected = Protected {
        alg: ALGORITHM.to_owned(),
        enc: ENCRYPTION.to_owned(),
    };
    let protected = serde_json::to_vec(&protected).map_err(|_| JweError::Layout)?;
    let protected = URL_SAFE_NO_PAD.encode(protected);
    let (ciphertext, tag) = seal::seal(&key, &iv, protected.as_bytes(), plain)?;
    let jwe = General {
        protected,
        recipients: recipients
            .iter()
            .map(|recipient| wrapped(recipient, &key, rng))
            .collect::<Result<_, SealError>>()?,
        iv: URL_SAFE_NO_PAD.encode(iv),
        ciphertext: URL_SAFE_NO_PAD.encode(ciphertext),
        tag: URL_SAFE_NO_PAD.encode(tag),
    };
    serde_json::to_string(&jwe).map_err(|_| JweError::Layout)
}

/// Opens a JWE with one of the recipients' keys.
///
/// # Errors
/// [`JweError::Layout`], [`JweError::OtherKeys`], or [`JweError::Open`], one and the same whatever is
/// wrong with what is sealed.
pub fn open<R: CryptoRng + ?Sized>(
    jwe: &str,
    account: AccountId,
    key: &AccountWrapKey,
    rng: &mut R,
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let jwe: General = serde_json::from_str(jwe).map_err(|_| JweError::Layout)?;
    let header = decoded(&jwe.protected)?;
    let header: Protected = serde_json::from_slice(&header).map_err(|_| JweError::Layout)?;
    if (&*header.alg, &*header.enc) != (ALGORITHM, ENCRYPTION) {
        return Err(JweError::Layout);
    }
    let kid = key_id(account, key.number());
    let mut recipients = jwe.recipients.iter();
    let own = recipients.find(|recipient| recipient.header.kid == kid);
    let encrypted_key = decoded(&own.ok_or(JweError::OtherKeys)?.encrypted_key)?;
    let iv: [u8; IV_BYTES] = fixed(&jwe.iv)?;
    let tag: [u8; TAG_BYTES] = fixed(&jwe.tag)?;
    let ciphertext = decoded(&jwe.ciphertext)?;
    // Neither step says whether it was the one that failed (RFC 7516 §11.5).
    let content_key = key.key().unwrap(&encrypted_key, rng);
    let content_key = content_key.map_err(|_| OpenError::Tag)?;
    let content_key: &[u8; KEY_BYTES] = content_key
        .as_slice()
        .try_into()
        .map_err(|_| OpenError::Tag)?;
    let plain = seal::open(
        content_key,
        &iv,
        jwe.protected.as_bytes(),
        &ciphertext,
        &tag,
    );
    Ok(Zeroizing::new(plain.map_err(|_| OpenError::Tag)?))
}

fn content_key<R: CryptoRng + ?Sized>(rng: &mut R) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    while key[0] < LEAST_FIRST_BYTE {
        rng.fill_bytes(key.as_mut());
    }
    key
}

fn wrapped<R: CryptoRng + ?Sized>(
    recipient: &WrapKey,
    key: &[u8; KEY_BYTES],
    rng: &mut R,
) -> Result<Recipient, SealError> {
    let encrypted_key = recipient.key().wrap(key, rng)?;
    Ok(Recipient {
        header: Header {
            kid: key_id(recipient.account(), recipient.number()),
        },
        encrypted_key: URL_SAFE_NO_PAD.encode(encrypted_key),
    })
}

fn decoded(text: &str) -> Result<Vec<u8>, JweError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JweError::Layout)
}

fn fixed<const N: usize>(text: &str) -> Result<[u8; N], JweError> {
    decoded(text)?.try_into().map_err(|_| JweError::Layout)
}
