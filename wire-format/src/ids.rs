//! Identifiers, hashes and counters (docs/protocol.md#1-conventions).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use crate::schema;

/// Why a text is not an identifier or a number of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdError {
    /// The text has another length than the identifier.
    #[error("wrong length")]
    Length,
    /// The text holds something else than lower-case hexadecimal digits, or decimal digits.
    #[error("wrong digit")]
    Digit,
    /// The text holds something else than visible ASCII characters.
    #[error("wrong character")]
    Character,
}

macro_rules! fixed_bytes {
    ($($(#[doc = $doc:literal])* $name:ident: $length:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Size in bytes.
            pub const LEN: usize = $length;

            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes as they travel.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text_of(deserializer)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema::hex($length, concat!($($doc),*))
            }
        }

        impl ToSchema for $name {}
    )*};
}

fixed_bytes! {
    /// One session of a guest, or one account: who a message is from.
    MemberId: 16;
    /// An account: 16 random bytes that the client drew which registered it.
    AccountId: 16;
    /// One sign-in of an account: 16 random bytes.
    SessionId: 16;
    /// A room.
    RoomId: 16;
    /// A channel of a room: what has a sequence.
    ChannelId: 16;
    /// One numbering of a channel, from its first delivery until the server forgets it.
    RunId: 16;
    /// One start of a sender; its counters begin at zero.
    InstanceId: 16;
    /// A message, the same in every retry.
    MessageId: 16;
    /// SHA-256 over two identity keys (docs/protocol.md#6-primitives).
    Fingerprint: 32;
    /// SHA-256 over a signed epoch start or commit.
    CommitHash: 32;
    /// SHA-256 that commits to a secret or a message key.
    Commitment: 32;
    /// SHA-256 over a signed keyset: what the next one and a pin name.
    KeysetHash: 32;
    /// SHA-256 over a room's record: who is in it, and what it allows.
    MembersHash: 32;
    /// SHA-256 over a signed request to join or to leave a room.
    RequestHash: 32;
    /// SHA-256 over a signed invitation into a room.
    InvitationHash: 32;
    /// SHA-256 over a signed request for keys.
    KeyRequestHash: 32;
    /// SHA-256 over a signed report of a message.
    ReportHash: 32;
    /// SHA-256 over signed room settings.
    SettingsHash: 32;
    /// SHA-256 over a whole envelope, its signatures included: which message is meant.
    EnvelopeHash: 32;
    /// A file in a room: 16 random bytes.
    FileId: 16;
    /// An entry in a room's list of resources: 16 random bytes.
    ResourceId: 16;
    /// A vault key: random, new with every one.
    VaultKeyId: 16;
    /// A key that vault items are sealed under: random.
    ItemKeyId: 16;
    /// What goes into the stretching of an account's password, new with every password.
    Salt: 16;
    /// What the server asks a proxy, or the keys of an account, to answer.
    Challenge: 32;
    /// A proxy's answer to a [`Challenge`].
    Proof: 32;
    /// What a room allows, as it stands in the room's record (docs/protocol.md#147-rooms-roles-and-policy).
    PolicyBytes: 8;
    /// The public key that session tokens are checked with.
    Ed25519Key: 32;
}

impl From<AccountId> for MemberId {
    /// An account is a member of end-to-end rooms under its own id.
    fn from(account: AccountId) -> Self {
        Self(account.0)
    }
}

impl From<SessionId> for MemberId {
    /// An account's session is a member of proxy-sealed rooms under its own id.
    fn from(session: SessionId) -> Self {
        Self(session.0)
    }
}

impl RoomId {
    /// The id of the proxy-sealed room with this prepared name (docs/protocol.md#4-rooms).
    pub fn of_name(name: &str) -> Self {
        Self(first_half(&[b"sealwire/v1/room\0", name.as_bytes()]))
    }
}

impl ChannelId {
    /// The id of the one channel of a proxy-sealed room (docs/protocol.md#4-rooms).
    pub fn main_of(room: RoomId) -> Self {
        Self(first_half(&[
            b"sealwire/v1/channel\0",
            room.as_bytes(),
            b"main",
        ]))
    }
}

macro_rules! decimal {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(u64);

        impl $name {
            /// Takes the number as it is.
            pub const fn new(value: u64) -> Self {
                Self(value)
            }

            /// The number.
            pub const fn value(self) -> u64 {
                self.0
            }

            /// The number after this one; the largest stays.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_decimal(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text_of(deserializer)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                schema::decimal(concat!($($doc),*))
            }
        }

        impl ToSchema for $name {}
    )*};
}

decimal! {
    /// The place of a delivery in its channel: 1, 2, 3, …; 0 is before the first.
    Sequence;
    /// The number of an epoch in its room: 1, 2, 3, …; 0 is none.
    EpochNumber;
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Millis;
    /// The number of a keyset in its account's chain: 1, 2, 3, …
    KeysetNumber;
    /// The number of a wrap key over its account's life: 1, 2, 3, …
    WrapNumber;
    /// The number of a vault's root: 1, 2, 3, …
    RootNumber;
    /// The number of a report on its server: 1, 2, 3, …, in the order in which they came.
    ReportNumber;
    /// A length in bytes.
    ByteCount;
    /// The number of a room's state: 1, 2, 3, …; 0 is before the first.
    StateNumber;
    /// The number of a room's settings: 1, 2, 3, …; 0 is before the first.
    SettingsNumber;
    /// The number of an accepted change to a vault's items: 1, 2, 3, …; 0 is before the first.
    Revision;
}

fn first_half(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    half
}

pub(crate) fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads exactly `2 × N` lower-case hexadecimal digits.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return Err(IdError::Length);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Ok(bytes)
}

fn hex_digit(digit: u8) -> Result<u8, IdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(IdError::Digit),
    }
}

/// Reads a number in its one canonical form: digits without a sign or a leading zero.
fn parse_decimal(text: &str) -> Result<u64, IdError> {
    if text.is_empty() || text.len() > 20 || (text.len() > 1 && text.starts_with('0')) {
        return Err(IdError::Length);
    }
    if !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(IdError::Digit);
    }
    text.parse().map_err(|_| IdError::Length)
}

pub(crate) fn text_of<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = IdError>,
    D: Deserializer<'de>,
{
    struct Text<T>(std::marker::PhantomData<T>);

    impl<T: FromStr<Err = IdError>> de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an identifier or a number as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_lower_case_and_exact() {
        let id = MemberId::from_bytes(*b"0123456789abcdeO");
        assert_eq!(id.to_string(), "3031323334353637383961626364654f");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("30".parse::<MemberId>(), Err(IdError::Length));
        let upper = id.to_string().to_uppercase();
        assert_eq!(upper.parse::<MemberId>(), Err(IdError::Digit));
        assert_eq!("é".repeat(16).parse::<MemberId>(), Err(IdError::Digit));
    }

    #[test]
    fn numbers_have_one_form() {
        assert_eq!("0".parse(), Ok(Sequence::new(0)));
        assert_eq!("18446744073709551615".parse(), Ok(Sequence::new(u64::MAX)));
        for bad in ["", "01", "+1", "-1", "1 ", "18446744073709551616", "٣"] {
            assert!(bad.parse::<Sequence>().is_err(), "{bad}");
        }
        assert_eq!(
            serde_json::to_string(&Sequence::new(7)).ok().as_deref(),
            Some("\"7\"")
        );
        assert!(serde_json::from_str::<Sequence>("7").is_err());
    }

    #[test]
    fn the_lobby_has_the_same_ids_everywhere() {
        let room = RoomId::of_name("lobby");
        assert_eq!(room.to_string(), LOBBY_ROOM);
        assert_eq!(ChannelId::main_of(room).to_string(), LOBBY_CHANNEL);
    }

    const LOBBY_ROOM: &str = "e3efdb5684ea9254f5824d60ae0d62a4";
    const LOBBY_CHANNEL: &str = "e69d8549399b09c9b36df6eb685c0fb3";
}
