//! `epochs.*`: the secrets of proxy-sealed rooms (docs/protocol.md#8-epochs-of-proxy-sealed-rooms).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{EpochNumber, MemberId, RoomId};

/// `epochs.start`: the tail is the signed epoch start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// A room that the session is in.
    pub room: RoomId,
    /// The current number plus one.
    pub n: EpochNumber,
}

/// `epochs.hold`: the tail is the bundle of an epoch whose secret the session holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// A room that the session is in.
    pub room: RoomId,
    /// The epoch that it holds.
    pub n: EpochNumber,
}

/// `epochs.ask`: somebody who holds the secret is asked to wrap it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// A room that the session is in.
    pub room: RoomId,
    /// The epoch that is wanted.
    pub n: EpochNumber,
    /// The member whose share did not match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<MemberId>,
}

/// `epochs.answer`: the tail is the share.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// A room that the session is in.
    pub room: RoomId,
    /// The epoch whose secret is wrapped.
    pub n: EpochNumber,
    /// Who asked.
    pub to: MemberId,
}
