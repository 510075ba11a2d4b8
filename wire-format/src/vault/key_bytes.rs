//! Secret bytes inside the vault's JSON; none shows itself, and all are erased when dropped.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::{ids::parse_hex, secret::hex_of};

/// A key of exactly `N` bytes: hexadecimal in JSON.
#[derive(Clone, Eq, PartialEq)]
pub struct KeyBytes<const N: usize>(Zeroizing<[u8; N]>);

impl<const N: usize> KeyBytes<N> {
    /// Draws a new key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new([0; N]);
        rng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }

    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: [u8; N]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for KeyBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyBytes(..)")
    }
}

impl<const N: usize> Serialize for KeyBytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex_of(self.0.as_ref()))
    }
}

impl<'de, const N: usize> Deserialize<'de> for KeyBytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        parse_hex(&text)
            .map(Self::from_bytes)
            .map_err(de::Error::custom)
    }
}

/// Bytes of any length: base64 in JSON (RFC 4648 §4, with padding).
#[derive(Clone, Eq, PartialEq)]
pub struct StoredBytes(Zeroizing<Vec<u8>>);

impl StoredBytes {
    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for StoredBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredBytes(..)")
    }
}

impl Serialize for StoredBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(&*self.0)))
    }
}

impl<'de> Deserialize<'de> for StoredBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        STANDARD
            .decode(text.as_bytes())
            .map(|bytes| Self(Zeroizing::new(bytes)))
            // The crate's error names a byte of the secret.
            .map_err(|_| de::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_form_in_json_and_do_not_show() {
        let key: KeyBytes<2> = serde_json::from_str("\"0aff\"").expect("a key");
        assert_eq!(key.as_bytes(), &[0x0a, 0xff]);
        assert_eq!(
            serde_json::to_string(&key).ok().as_deref(),
            Some("\"0aff\"")
        );
        assert_eq!(format!("{key:?}"), "KeyBytes(..)");
        for bad in ["\"0AFF\"", "\"0aff00\"", "\"0af\"", "2815"] {
            assert!(serde_json::from_str::<KeyBytes<2>>(bad).is_err(), "{bad}");
        }
        let bytes: StoredBytes = serde_json::from_str("\"+/8=\"").expect("bytes");
        assert_eq!(bytes.as_bytes(), &[0xfb, 0xff]);
        assert_eq!(
            serde_json::to_string(&bytes).ok().as_deref(),
            Some("\"+/8=\"")
        );
        assert_eq!(format!("{bytes:?}"), "StoredBytes(..)");
        for bad in ["\"+/8\"", "\"-_8=\"", "\"+/9=\"", "\"+/8= \""] {
            assert!(serde_json::from_str::<StoredBytes>(bad).is_err(), "{bad}");
        }
    }
}
