//! `rooms.*`: proxy-sealed rooms and who is in them (docs/protocol.md#4-rooms).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{
    AccountId, ChannelId, EpochNumber, Fingerprint, MemberId, RoomId, RunId, Sequence,
};

/// `rooms.open`: makes the room if it is not there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The name as it was typed.
    pub room: String,
}

/// A room that is there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct OpenedRoom {
    /// Derived from the name.
    pub id: RoomId,
    /// Derived from the room's id.
    pub channel: ChannelId,
    /// The prepared name.
    pub name: String,
}

/// `rooms.list`: the rooms of this server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// The rooms of this server, the fullest first, at most 500.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RoomList {
    /// One entry a room.
    pub rooms: Vec<RoomSummary>,
}

/// A room as the list shows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RoomSummary {
    /// The prepared name.
    pub name: String,
    /// The room's id.
    pub id: RoomId,
    /// Its channel's id.
    pub channel: ChannelId,
    /// How many sessions are in it.
    pub members: u32,
}

/// `rooms.enter`: joins the fan-out of a room, or catches up with it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enter {
    /// The room's name.
    pub room: String,
    /// The last delivery that the client has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// Where a client left off.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// The run that the sequence belongs to.
    pub run: RunId,
    /// The last delivery that the client has.
    pub after: Sequence,
}

/// The state of a room at the moment of entering; deliveries and events follow without gap.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Entered {
    /// The room's id.
    pub id: RoomId,
    /// Its channel's id.
    pub channel: ChannelId,
    /// The prepared name.
    pub name: String,
    /// The channel's present run.
    pub run: RunId,
    /// The last delivery of the channel.
    pub sequence: Sequence,
    /// Whether deliveries between `resume.after` and the first that follows are gone.
    pub missed: bool,
    /// The first members in the order of their ids, at most 500.
    pub members: Vec<Member>,
    /// How many members there are in all.
    pub member_count: u32,
    /// The room's epoch; the reply's tail is its bundle.
    pub epoch: Option<EpochState>,
}

/// The epoch of a room as its members are told.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct EpochState {
    /// Its number.
    pub n: EpochNumber,
    /// Whether the next sender starts another one first.
    pub due: bool,
}

/// Somebody in a room.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Member {
    /// The member's id.
    pub id: MemberId,
    /// The prepared name.
    pub name: String,
    /// Guest or account.
    pub kind: MemberKind,
    /// Of the announced keys, by the server's word; `None` before they were announced.
    pub fingerprint: Option<Fingerprint>,
    /// Whose session it is, if an account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

/// How a member got its name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MemberKind {
    /// For as long as the session lives.
    Guest,
    /// Registered.
    Account,
}

/// `rooms.members`: the members after one, in the order of their ids.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// A room that the session is in.
    pub room: RoomId,
    /// The last member of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<MemberId>,
}

/// A page of members.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MemberPage {
    /// At most 500.
    pub members: Vec<Member>,
    /// Whether there are members after the last one here.
    pub more: bool,
}

/// `rooms.exit`: leaves the fan-out of a room.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// A room that the session is in.
    pub room: RoomId,
}
