//! `friends.*` and `presence.*`: who knows whom, and who is there (docs/protocol.md#1417-people).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::keys::Accounts;
use crate::ids::{AccountId, RoomId};

/// `friends.add`: asks somebody to be a friend.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// Whom.
    pub account: AccountId,
    /// The room whose invitation link led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
}

/// `friends.accept`: answers a request with yes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// Whose.
    pub account: AccountId,
}

/// `friends.decline`: answers a request with no.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// Whose.
    pub account: AccountId,
}

/// `friends.remove`: ends a friendship, or takes a request back.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// With whom.
    pub account: AccountId,
}

/// `friends.block`: hears nothing more from somebody, who is not told.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// From whom.
    pub account: AccountId,
}

/// `friends.unblock`: takes a block back.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unblock {
    /// Whose.
    pub account: AccountId,
}

/// `friends.list`: the people this account knows, a page at a time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Begin behind this one; the last of a page leads to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AccountId>,
}

/// The people this account knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct FriendList {
    /// One entry an account, ascending by id, at most
    /// [`FRIENDS_PER_PAGE`](crate::limits::FRIENDS_PER_PAGE).
    pub friends: Vec<Friend>,
    /// Whether there is another page.
    pub more: bool,
}

/// Somebody this account knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Friend {
    /// The account's id.
    pub account: AccountId,
    /// Its user name.
    pub name: String,
    /// The name that it shows beside; empty where it has none.
    pub display: String,
    /// How far it is.
    pub state: FriendState,
    /// Whether it is there; told of friends only.
    pub online: bool,
}

/// How two accounts stand, seen from the one that is told.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FriendState {
    /// This account asked, and has no answer.
    Asked,
    /// The other account asks.
    Asking,
    /// Both said yes.
    Friend,
    /// This account blocks the other one; only in `friends.list`.
    Blocked,
    /// Nothing, or nothing any more; only in `friends.changed`.
    None,
}

/// `presence.of`: who of these is there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// At most 1 000.
    pub accounts: Accounts,
}

/// Who is there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Online {
    /// Of those asked about, in the order asked.
    pub online: Vec<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DISPLAY_SCALARS, FRIENDS_PER_PAGE, HEADER_BYTES, NAME_SCALARS};

    #[test]
    fn the_longest_page_fits_a_header() {
        let friend = Friend {
            account: AccountId::from_bytes([0xab; 16]),
            name: "\u{10437}".repeat(NAME_SCALARS),
            display: "\u{10437}".repeat(DISPLAY_SCALARS),
            state: FriendState::Blocked,
            online: false,
        };
        let list = |count| FriendList {
            friends: vec![friend.clone(); count],
            more: false,
        };
        let bytes = |count| {
            let header = serde_json::json!({ "ok": list(count) });
            header.to_string().len()
        };
        assert!(bytes(FRIENDS_PER_PAGE) <= HEADER_BYTES);
        assert!(bytes(2 * FRIENDS_PER_PAGE) > HEADER_BYTES);
    }

    #[test]
    fn a_list_may_begin_anywhere() {
        assert_eq!(serde_json::from_str("{}").ok(), Some(List::default()));
        let after = Some(AccountId::from_bytes([0xab; 16]));
        let header = format!(r#"{{"after":"{}"}}"#, "ab".repeat(16));
        assert_eq!(serde_json::from_str(&header).ok(), Some(List { after }));
        assert_eq!(serde_json::to_string(&List { after }).ok(), Some(header));
    }
}
