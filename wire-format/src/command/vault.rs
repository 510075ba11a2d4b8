//! `vault.*`: what the server keeps for an account and cannot open (docs/protocol.md#146-the-vault).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{Revision, RootNumber};

/// `vault.root`: the reply's tail is the root.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Root {}

/// The root that the server has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RootState {
    /// Its number.
    pub number: RootNumber,
}

/// `vault.set_root`: the tail is the new root.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRoot {
    /// The root that it replaces.
    pub expected: RootNumber,
}

/// `vault.put`: the tail is a record list of items; all of them are taken, or none.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Put {}

/// How far the vault is after `vault.put`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PutState {
    /// The newest change.
    pub revision: Revision,
}

/// `vault.items`: what changed after a revision; the reply's tail is a record list of items.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// The last change that the device has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Revision>,
    /// Items of this kind only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<u8>,
}

/// A page of items, oldest change first, at most 1 MiB.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ItemPage {
    /// The last change here; `after` of the next page.
    pub revision: Revision,
    /// Whether there are changes after it.
    pub more: bool,
}
