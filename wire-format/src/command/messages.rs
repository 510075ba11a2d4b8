//! `messages.*`: what end-to-end rooms keep (docs/protocol.md#1410-messages).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{ChannelId, EnvelopeHash, EpochNumber, Sequence};

/// `messages.fetch`: the oldest behind `after`; else the newest in front of `before`, or of all. The
/// reply's tail is a record list of deliver bodies, ascending, at most 1 MiB.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// A channel of a room that the account is in.
    pub channel: ChannelId,
    /// Only what is behind this delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Sequence>,
    /// Only what is in front of this delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Sequence>,
    /// At most so many, and at most 500.
    pub limit: u16,
}

/// What a channel has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct FetchedPage {
    /// The oldest delivery that is left; 0 if there is none. What was before it is forgotten.
    pub first: Sequence,
    /// The newest one; 0 if there is none.
    pub last: Sequence,
    /// Whether there is more in the direction that was asked for.
    pub more: bool,
}

/// `messages.delete`: the tail is the tombstone's envelope.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// A channel of a room that the account is in.
    pub channel: ChannelId,
    /// The delivery that is to be erased.
    pub sequence: Sequence,
    /// Of the stored envelope.
    pub hash: EnvelopeHash,
    /// The newest epoch, under which the tombstone is sealed.
    pub n: EpochNumber,
}

/// What stands for it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Deleted {
    /// The tombstone's own place.
    pub sequence: Sequence,
}

/// `messages.report`: the tail is the report, which hands one message to the server's administrators.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {}
