//! `keys.*`: the public halves of sessions (docs/protocol.md#7-session-keys-the-announcement).

use serde::{Deserialize, Serialize};

use crate::ids::{Fingerprint, MemberId};

/// `keys.announce`: the tail is the session's announcement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Announce {}

/// What the server will tell others.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Announced {
    /// Of the announced identity keys.
    pub fingerprint: Fingerprint,
}

/// `keys.of`: the reply's tail is the member's announcement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// Whose.
    pub member: MemberId,
}
