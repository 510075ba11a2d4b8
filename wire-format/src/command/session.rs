//! `session.*`: the first words on a connection (docs/protocol.md#3-sessions).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{Challenge, Ed25519Key, Proof};

/// `session.hello`: comes first, once.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`](crate::limits::PROTOCOL_VERSION).
    pub version: u32,
    /// The client's program and version, at most 64 bytes.
    pub client: String,
}

/// What `session.hello` answers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Greeting {
    /// The version that is spoken.
    pub version: u32,
    /// The server's program and version.
    pub server: String,
    /// What a proxy answers in [`Carry`].
    pub challenge: Challenge,
    /// How often the server pings, in milliseconds.
    pub ping_ms: u32,
    /// Largest frame after sign-in, in bytes.
    pub frame_bytes: u32,
    /// What session tokens are checked with, where accounts are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_key: Option<TokenKey>,
}

/// The public half of the key that session tokens are signed with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TokenKey {
    /// Its `kid`.
    pub id: String,
    /// Ed25519 (RFC 8032).
    pub key: Ed25519Key,
}

/// `session.carry`: a proxy names the client that it speaks for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Carry {
    /// The client's IP address as text.
    pub address: String,
    /// HMAC-SHA-256 under the proxy key.
    pub proof: Proof,
}
