//! Values that no log, error or `Debug` shows.

use std::fmt;

use sha2::{Digest as _, Sha256};
use wire_format::OneTimeToken;

/// An argon2id string of a login half or a recovery login.
#[derive(Clone, Eq, PartialEq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes the PHC string as it is.
    pub const fn new(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, to verify against.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Key material of the server's own.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes as they are.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

/// SHA-256 of a one-time token; the token itself is never kept.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash under which a token is kept: SHA-256 of its 32 bytes.
    pub fn of(token: &OneTimeToken) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Takes the hash as it is.
    pub const fn from_bytes(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let hash = PasswordHash::new("$argon2id$canary".into());
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
        let key = SecretBytes::new(b"canary".to_vec());
        assert_eq!(format!("{key:?}"), "SecretBytes(..)");
        let token = TokenHash::from_bytes([7; 32]);
        assert_eq!(format!("{token:?}"), "TokenHash(..)");
    }
}
