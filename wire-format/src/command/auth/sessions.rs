//! What an account sees of its sessions, and ends.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{Millis, SessionId},
    secret::LoginHalf,
};

/// `auth.sessions`: the account's sessions.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sessions {}

/// The account's sessions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SessionList {
    /// One entry a session.
    pub sessions: Vec<SessionSummary>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SessionSummary {
    /// Its id.
    pub session: SessionId,
    /// The program that signed in, by its own word.
    pub client: String,
    /// The address that it was last seen from.
    pub address: String,
    /// When it signed in.
    pub started_at: Millis,
    /// When it was last seen.
    pub seen_at: Millis,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `auth.revoke`: ends one of the account's sessions.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Which.
    pub session: SessionId,
}

/// `auth.delete`: deletes the account.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The password's login half.
    pub login: LoginHalf,
}
