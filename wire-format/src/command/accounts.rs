//! `accounts.*`: finding people (docs/protocol.md#1417-people).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::AccountId;

/// `accounts.find`: who has this user name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The name as it was typed.
    pub name: String,
}

/// An account that is there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Found {
    /// Its id.
    pub account: AccountId,
    /// The prepared user name.
    pub name: String,
    /// The name that it shows beside; empty where it has none.
    pub display: String,
}

/// `accounts.update`: what the own account shows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// The name to show beside the user name, as it was typed; empty for none.
    pub display: String,
}
