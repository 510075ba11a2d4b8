//! Secrets that two tiers share: what signs a guest or an account in, and a proxy's key.
//!
//! None shows itself in `Debug`, and all are erased from memory when dropped.

use std::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    ids::{Challenge, IdError, MemberId, Proof, parse_hex, text_of},
    schema,
};

mod sign_in;

pub use sign_in::{LoginHalf, OneTimeToken, RecoveryLogin, SessionToken};

/// What a guest's session keeps to sign in again: 32 random bytes (docs/protocol.md#3-sessions).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct GuestToken([u8; 32]);

impl GuestToken {
    /// Takes 32 bytes from a cryptographic random source.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The member id that only the owner of this token can have.
    pub fn member(&self) -> MemberId {
        let hash = Sha256::new()
            .chain_update(b"sealwire/v1/member\0")
            .chain_update(self.0)
            .finalize();
        let mut id = [0; MemberId::LEN];
        id.copy_from_slice(&hash[..MemberId::LEN]);
        MemberId::from_bytes(id)
    }
}

impl fmt::Debug for GuestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestToken(..)")
    }
}

impl FromStr for GuestToken {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_hex(text).map(Self)
    }
}

impl Serialize for GuestToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex_of(&self.0))
    }
}

impl<'de> Deserialize<'de> for GuestToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_of(deserializer)
    }
}

impl PartialSchema for GuestToken {
    fn schema() -> RefOr<Schema> {
        schema::hex(32, "What a guest's session keeps to sign in again.")
    }
}

impl ToSchema for GuestToken {}

/// What a chat-server and its proxies share, so that a proxy's word about addresses counts.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ProxyKey([u8; 32]);

impl ProxyKey {
    /// Takes 32 bytes from a cryptographic random source.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key as 64 hexadecimal digits, for the file that both tiers read.
    pub fn to_hex(&self) -> Zeroizing<String> {
        hex_of(&self.0)
    }

    /// Answers the server's challenge for a client's address (docs/protocol.md#3-sessions).
    pub fn prove(&self, challenge: &Challenge, address: &str) -> Proof {
        Proof::from_bytes(self.mac(challenge, address).finalize().into_bytes().into())
    }

    /// Whether the answer is right, compared in constant time.
    pub fn verify(&self, challenge: &Challenge, address: &str, proof: &Proof) -> bool {
        self.mac(challenge, address)
            .verify_slice(proof.as_bytes())
            .is_ok()
    }

    fn mac(&self, challenge: &Challenge, address: &str) -> Hmac<Sha256> {
        // HMAC fills a key up to its block with zeros (RFC 2104 §2); a whole block cannot fail.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(&self.0);
        Hmac::<Sha256>::new((&*block).into())
            .chain_update(b"sealwire/v1/carry\0")
            .chain_update(challenge.as_bytes())
            .chain_update(address.as_bytes())
    }
}

impl fmt::Debug for ProxyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyKey(..)")
    }
}

impl FromStr for ProxyKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_hex(text).map(Self)
    }
}

pub(crate) fn hex_of(bytes: &[u8]) -> Zeroizing<String> {
    use fmt::Write as _;
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_one_key_challenge_and_address() {
        let key = ProxyKey::from_bytes([1; 32]);
        let challenge = Challenge::from_bytes([2; 32]);
        let proof = key.prove(&challenge, "192.0.2.7");
        assert!(key.verify(&challenge, "192.0.2.7", &proof));
        assert!(!key.verify(&challenge, "192.0.2.8", &proof));
        assert!(!key.verify(&Challenge::from_bytes([3; 32]), "192.0.2.7", &proof));
        assert!(!ProxyKey::from_bytes([4; 32]).verify(&challenge, "192.0.2.7", &proof));
    }

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(
            format!("{:?}", GuestToken::from_bytes([7; 32])),
            "GuestToken(..)"
        );
        assert_eq!(
            format!("{:?}", ProxyKey::from_bytes([7; 32])),
            "ProxyKey(..)"
        );
    }
}
