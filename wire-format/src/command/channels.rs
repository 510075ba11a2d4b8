//! `channels.*`: the channels of a public or private room
//! (docs/protocol.md#147-rooms-roles-and-policy).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{ChannelId, RoomId};

/// `channels.create`: an owner or admin makes another channel. Names and topics are for public rooms;
/// those of private ones are in their settings.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// A public or private room that the account is in.
    pub room: RoomId,
    /// Drawn by who makes it.
    pub channel: ChannelId,
    /// The name as it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// `channels.update`: an owner or admin changes a channel; what is absent stays.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// A public or private room that the account is in.
    pub room: RoomId,
    /// One of its channels.
    pub channel: ChannelId,
    /// The change of the room before this one.
    pub revision: u32,
    /// The name as it was typed; in public rooms only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for; in public rooms only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its place among the others; those with the same one are in the order of their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// How long a member waits between two messages, in milliseconds, at most an hour; 0 for not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_ms: Option<u32>,
}

/// `channels.archive`: an owner or admin says that a channel is only read from now on, or written in
/// again. The main channel always is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// A public or private room that the account is in.
    pub room: RoomId,
    /// One of its channels.
    pub channel: ChannelId,
    /// Whether it is only read.
    pub archived: bool,
}
