//! `epochs.*` of end-to-end rooms: commits, their shares, and the keys of older epochs
//! (docs/protocol.md#149-commits and docs/protocol.md#1413-history-key-requests-and-grants).

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::conversations::WrapNumbers;
use crate::ids::{EpochNumber, KeyRequestHash, RoomId, WrapNumber};

/// `epochs.commit`: the tail is the commit, behind its length, and a share a member.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// A room that the account is in, or comes into by this commit.
    pub room: RoomId,
    /// The current number plus one.
    pub n: EpochNumber,
    /// The wrap keys used.
    pub wraps: WrapNumbers,
}

/// `epochs.chain`: the reply's tail is a record list of commits, ascending, at most 1 MiB.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// A room that the account is in or is invited to, or a public one that is open to it.
    pub room: RoomId,
    /// The last commit that the client has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<EpochNumber>,
}

/// How far the chain goes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CommitPage {
    /// The newest epoch.
    pub head: EpochNumber,
    /// Whether there are commits after the last one here.
    pub more: bool,
}

/// `epochs.share`: the reply's tail is this account's share of an epoch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// A room that the account is or was in.
    pub room: RoomId,
    /// An epoch that it was in.
    pub n: EpochNumber,
}

/// What a share is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ShareOf {
    /// The account's wrap key; 0 where a placeholder stands in the place of a share.
    pub wrap: WrapNumber,
}

/// `epochs.pending`: the reply's tail is a record list of the requests that the next commit must
/// take in.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// A room that the account is in, or asks to come into.
    pub room: RoomId,
}

/// `epochs.bad_share`: the own share of an epoch does not open.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BadShare {
    /// A room that the account is in.
    pub room: RoomId,
    /// The newest epoch.
    pub n: EpochNumber,
}

/// `epochs.request_keys`: the tail is the account's request for keys of older epochs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestKeys {}

/// `epochs.key_requests`: the reply's tail is a record list of those that are pending.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequests {
    /// A room that the account is in.
    pub room: RoomId,
}

/// `epochs.grant`: the tail is the grant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {}

/// `epochs.grants`: the reply's tail is a record list of the grants for the account's request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// A room that the account is in.
    pub room: RoomId,
}

/// What became of the account's request for keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct GrantsOf {
    /// The request; `None` if there is none.
    pub request: Option<KeyRequestHash>,
    /// Whether an owner or admin said no.
    pub refused: bool,
    /// Why, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefuseReason>,
}

/// `epochs.refuse`: an owner or admin does not grant a request for keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// A room that the account is in.
    pub room: RoomId,
    /// Which request.
    pub request: KeyRequestHash,
    /// Why not, which whoever asked is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefuseReason>,
}

/// Why a request for keys is not granted; it travels as a number.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum RefuseReason {
    /// Not at present.
    NotNow = 1,
    /// Here everybody reads from joining on.
    FromJoiningOn = 2,
    /// Nobody knows who asks.
    UnknownPerson = 3,
}

/// A number that no reason has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no reason has the number {0}")]
pub struct NoReason(u8);

impl TryFrom<u8> for RefuseReason {
    type Error = NoReason;

    fn try_from(number: u8) -> Result<Self, NoReason> {
        Ok(match number {
            1 => Self::NotNow,
            2 => Self::FromJoiningOn,
            3 => Self::UnknownPerson,
            _ => return Err(NoReason(number)),
        })
    }
}

impl From<RefuseReason> for u8 {
    fn from(reason: RefuseReason) -> Self {
        reason as Self
    }
}

impl PartialSchema for RefuseReason {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(3))
            .description(Some(
                "1: not now, 2: only from joining on, 3: an unknown person",
            ))
            .into()
    }
}

impl ToSchema for RefuseReason {}

/// `epochs.rotate`: an owner or admin wants a new epoch; whoever sends next commits first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// A room that the account is in.
    pub room: RoomId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_travel_as_their_numbers_and_no_other_does() {
        for (number, reason) in [
            (1, RefuseReason::NotNow),
            (2, RefuseReason::FromJoiningOn),
            (3, RefuseReason::UnknownPerson),
        ] {
            assert_eq!(
                serde_json::to_string(&reason).ok(),
                Some(number.to_string())
            );
            assert_eq!(RefuseReason::try_from(number), Ok(reason));
        }
        for other in ["0", "4", "255", "256", "-1", "\"1\"", "null"] {
            assert!(
                serde_json::from_str::<RefuseReason>(other).is_err(),
                "{other}"
            );
        }
    }
}
