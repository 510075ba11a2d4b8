//! `auth.*`: signing in and out, as a guest (docs/protocol.md#3-sessions) or with an account
//! (docs/protocol.md#145-signing-in-and-the-proof-of-keys).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::MemberId, secret::GuestToken};

mod account;
mod sessions;

pub use account::{
    Fresh, Login, Params, Password, Prove, Recover, Register, Rehearsed, Resume, SignInParams,
    SignedInAccount,
};
pub use sessions::{Delete, Revoke, SessionList, SessionSummary, Sessions};

/// `auth.guest`: signs in under a name, for as long as the session lives.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// The name as it was typed; the server prepares it.
    pub name: String,
    /// The session's secret. Absent only between a browser and its proxy, which makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<GuestToken>,
}

/// Who one is after signing in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SignedIn {
    /// Derived from the token.
    pub member: MemberId,
    /// The prepared name.
    pub name: String,
}

/// `auth.logout`: ends the session and frees its name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logout {}
