//! Checking a session token without asking the chat-server: EdDSA (RFC 8037) and nothing else.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::de::IgnoredAny;
use wire_format::{SessionToken, command::session::TokenKey};

/// The chat-server's key for tokens.
pub(super) struct Verifier {
    key_id: String,
    key: DecodingKey,
    validation: Validation,
}

/// What a token is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It was signed by this key and has not expired. Whether its session still is one, the
    /// chat-server knows.
    Holds,
    /// It names another key.
    OtherKey,
    /// It is forged, expired or none at all.
    Fails,
}

impl Verifier {
    /// Takes a key as the chat-server tells it; `None` for a `kid` that is too long to be one.
    pub(super) fn new(key: &TokenKey) -> Option<Self> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = 0;
        validation.validate_aud = false;
        (key.id.len() <= KEY_ID_BYTES).then(|| Self {
            key_id: key.id.clone(),
            key: DecodingKey::from_ed_der(key.key.as_bytes()),
            validation,
        })
    }

    pub(super) fn check(&self, token: &SessionToken) -> Verdict {
        let Ok(header) = decode_header(token.as_str()) else {
            return Verdict::Fails;
        };
        let Some(key_id) = header.kid else {
            return Verdict::Fails;
        };
        if header.alg != Algorithm::EdDSA {
            return Verdict::Fails;
        }
        if key_id != self.key_id {
            return Verdict::OtherKey;
        }
        match decode::<IgnoredAny>(token.as_str(), &self.key, &self.validation) {
            Ok(_) => Verdict::Holds,
            Err(_) => Verdict::Fails,
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

/// Longest `kid`, in bytes: more than any server makes.
const KEY_ID_BYTES: usize = 128;
