//! `keys.*`: the public halves of sessions (docs/protocol.md#7-session-keys-the-announcement) and of
//! accounts (docs/protocol.md#143-identity-the-keyset-chain).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Bounded;
use crate::{
    ids::{AccountId, Fingerprint, KeysetNumber, MemberId},
    limits::ACCOUNTS_ASKED,
};

/// `keys.announce`: the tail is the session's announcement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Announce {}

/// What the server will tell others.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Announced {
    /// Of the announced identity keys.
    pub fingerprint: Fingerprint,
}

/// `keys.of`: the reply's tail is the member's announcement.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// Whose.
    pub member: MemberId,
}

/// `keys.chain`: the reply's tail is a record list of keysets, ascending, at most 100.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// Whose.
    pub account: AccountId,
    /// The last keyset that the client has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<KeysetNumber>,
}

/// How far the chain goes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ChainPage {
    /// The number of the newest keyset.
    pub head: KeysetNumber,
    /// Whether there are keysets after the last one here.
    pub more: bool,
}

/// `keys.rotate`: the tail is a record list: keyset (rotated), its wrap key, vault root.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// The keyset that it follows.
    pub expected: KeysetNumber,
}

/// `keys.reset`: the tail is a record list: keyset (reset), its wrap key, vault root.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The keyset that it follows.
    pub expected: KeysetNumber,
}

/// `keys.wrap`: the tail is a record list: wrap key, vault root.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wrap {}

/// `keys.wraps`: the reply's tail is a record list of the newest wrap keys, in the order asked, none
/// for unknown accounts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wraps {
    /// At most 1 000.
    pub accounts: Accounts,
}

/// Accounts that are asked about.
pub type Accounts = Bounded<AccountId, ACCOUNTS_ASKED>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_asks_about_a_bounded_number_of_accounts() {
        let asked = |count| {
            let id = "ab".repeat(AccountId::LEN);
            let header = serde_json::json!({ "accounts": vec![id; count] });
            serde_json::from_value::<Wraps>(header).map(|wraps| wraps.accounts.as_slice().len())
        };
        for count in [0, 1, ACCOUNTS_ASKED - 1, ACCOUNTS_ASKED] {
            assert_eq!(asked(count).ok(), Some(count));
        }
        assert!(asked(ACCOUNTS_ASKED + 1).is_err());
    }
}
