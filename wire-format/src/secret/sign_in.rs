//! What signs an account in (docs/protocol.md#145-signing-in-and-the-proof-of-keys).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::hex_of;
use crate::{
    ids::{IdError, parse_hex, text_of},
    limits::TOKEN_BYTES,
    schema,
};

/// Secrets in a place of their own: one that moves leaves its bytes behind wherever it was.
macro_rules! secret_bytes {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name(Box<[u8; Self::LEN]>);

        impl $name {
            /// Size in bytes.
            pub const LEN: usize = 32;

            /// Takes the bytes as they are.
            pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
                Self(Box::new(bytes))
            }

            /// The bytes: what a server hashes, and never keeps.
            pub fn as_bytes(&self) -> &[u8; Self::LEN] {
                &self.0
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let bytes = Zeroizing::new(parse_hex(text)?);
                Ok(Self::from_bytes(*bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&hex_of(self.as_bytes()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text_of(deserializer)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema::hex(Self::LEN, concat!($($doc),*))
            }
        }

        impl ToSchema for $name {}
    )*};
}

secret_bytes! {
    /// What proves that its sender knows the password, and opens nothing
    /// (docs/protocol.md#142-passwords-and-recovery-codes).
    LoginHalf;
    /// What proves that its sender has the recovery code, and opens nothing.
    RecoveryLogin;
    /// What an administrator hands out once, so that its owner may start with new keys.
    OneTimeToken;
}

impl OneTimeToken {
    /// The token as 64 hexadecimal digits, for the one time that it is shown.
    pub fn to_hex(&self) -> Zeroizing<String> {
        hex_of(self.as_bytes())
    }
}

/// What continues a session on another connection: visible ASCII, which its client does not read.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken(String);

impl SessionToken {
    /// The token as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

impl FromStr for SessionToken {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if !(1..=TOKEN_BYTES).contains(&text.len()) {
            return Err(IdError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IdError::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Serialize for SessionToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SessionToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_of(deserializer)
    }
}

impl PartialSchema for SessionToken {
    fn schema() -> RefOr<Schema> {
        schema::visible_ascii(
            TOKEN_BYTES,
            "What continues a session on another connection.",
        )
    }
}

impl ToSchema for SessionToken {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_visible_ascii_of_bounded_length() {
        let longest = "t".repeat(TOKEN_BYTES);
        for good in ["t", "eyJ0.eyJz-_.c2ln", &longest] {
            let token: SessionToken = good.parse().expect("a token");
            assert_eq!(token.as_str(), good);
        }
        let longer = "t".repeat(TOKEN_BYTES + 1);
        for (bad, error) in [
            ("", IdError::Length),
            (longer.as_str(), IdError::Length),
            ("two words", IdError::Character),
            ("line\n", IdError::Character),
            ("clé", IdError::Character),
        ] {
            assert_eq!(bad.parse::<SessionToken>().err(), Some(error));
        }
    }

    #[test]
    fn what_signs_in_does_not_show() {
        let token: SessionToken = "planted-canary".parse().expect("a token");
        assert_eq!(format!("{token:?}"), "SessionToken(..)");
        assert_eq!(
            format!("{:?}", LoginHalf::from_bytes([7; 32])),
            "LoginHalf(..)"
        );
        assert_eq!(
            format!("{:?}", RecoveryLogin::from_bytes([7; 32])),
            "RecoveryLogin(..)"
        );
        assert_eq!(
            format!("{:?}", OneTimeToken::from_bytes([7; 32])),
            "OneTimeToken(..)"
        );
    }

    #[test]
    fn what_signs_in_is_hexadecimal_in_json() {
        let half = LoginHalf::from_bytes([0xab; 32]);
        let json = serde_json::to_string(&half).expect("JSON");
        assert_eq!(json, format!("\"{}\"", "ab".repeat(32)));
        let read: LoginHalf = serde_json::from_str(&json).expect("a half");
        assert_eq!(read.as_bytes(), half.as_bytes());
    }
}
