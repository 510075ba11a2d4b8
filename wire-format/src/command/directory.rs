//! `rooms.*` of public and private rooms: which public ones there are, what they are called, and
//! which take nothing more (docs/protocol.md#147-rooms-roles-and-policy).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{ChannelId, CommitHash, EpochNumber, PolicyBytes, RoomId};

/// `rooms.directory`: the public rooms that are not archived, ascending by id.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// The last room of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RoomId>,
    /// Only those whose name has this in it, whatever the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<String>,
}

/// A page of public rooms.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct DirectoryPage {
    /// At most 200.
    pub rooms: Vec<ListedRoom>,
    /// Whether there are rooms after the last one here.
    pub more: bool,
}

/// A public room as everybody sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ListedRoom {
    /// The room.
    pub room: RoomId,
    /// What it is called.
    pub name: String,
    /// What it is for; empty if nothing was said.
    pub topic: String,
    /// How many members it has.
    pub members: u32,
    /// Its newest epoch.
    pub n: EpochNumber,
}

/// `rooms.look`: what a public room is, for who thinks about joining.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// A public room.
    pub room: RoomId,
}

/// A public room as it is seen from outside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Looked {
    /// Its newest epoch.
    pub n: EpochNumber,
    /// The commit that started it.
    pub commit: CommitHash,
    /// What it is called.
    pub name: String,
    /// What it is for; empty if nothing was said.
    pub topic: String,
    /// What it allows, as its record has it.
    pub policy: PolicyBytes,
    /// Its channels that are not archived, in their order.
    pub channels: Vec<NamedChannel>,
}

/// A channel of a public room as it is seen from outside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct NamedChannel {
    /// The channel.
    pub channel: ChannelId,
    /// What it is called.
    pub name: String,
    /// What it is for; empty if nothing was said.
    pub topic: String,
}

/// `rooms.update`: an owner or admin calls a public room otherwise.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// A public room that the account is in.
    pub room: RoomId,
    /// The change before this one.
    pub revision: u32,
    /// The name as it was typed; what it was if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the room is for; what it was if it is absent, and nothing if it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// A room, or a channel of it, that was changed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Revised {
    /// The number of the change in its room.
    pub revision: u32,
}

/// `rooms.archive`: an owner says that a room is only read from now on, or written in again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// A public or private room that the account is in.
    pub room: RoomId,
    /// Whether it is only read.
    pub archived: bool,
}
