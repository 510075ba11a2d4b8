//! `rooms.*` of end-to-end rooms: who may come in, and what such a room is called
//! (docs/protocol.md#147-rooms-roles-and-policy).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Bounded;
use crate::{
    event::CommitDue,
    ids::{
        ChannelId, CommitHash, EpochNumber, InvitationHash, RoomId, RunId, Sequence, StateNumber,
        WrapNumber,
    },
    limits::ROOM_MEMBERS,
};

/// The wrap keys that the shares of a commit are for, in the order of the resulting list; 0 where a
/// placeholder stands in the place of a share.
pub type WrapNumbers = Bounded<WrapNumber, ROOM_MEMBERS>;

/// `rooms.create`: the tail is the room's first commit, behind its length, and a share a member. A
/// public room has a name, and perhaps a topic, that everybody sees; the others keep theirs sealed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// Drawn by the founder.
    pub room: RoomId,
    /// The wrap keys used.
    pub wraps: WrapNumbers,
    /// The name as it was typed; of a public room only, and never absent there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the room is for; of a public room only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

impl Create {
    /// Makes a room whose name is nobody's business.
    pub const fn unnamed(room: RoomId, wraps: WrapNumbers) -> Self {
        Self {
            room,
            wraps,
            name: None,
            topic: None,
        }
    }
}

/// A room that was made.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Created {
    /// Its first channel, derived from the room's id.
    pub channel: ChannelId,
}

/// `rooms.mine`: the end-to-end rooms of this account, ascending by id.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mine {
    /// The last room of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RoomId>,
}

/// A page of the account's rooms.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct OwnRooms {
    /// At most 500, with at most 4 000 channels.
    pub rooms: Vec<OwnRoom>,
    /// Whether there are rooms after the last one here.
    pub more: bool,
}

/// A room that the account is in, by the server's word.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct OwnRoom {
    /// The room.
    pub room: RoomId,
    /// Its newest epoch.
    pub n: EpochNumber,
    /// The commit that started it.
    pub commit: CommitHash,
    /// Its channels.
    pub channels: Vec<ChannelId>,
    /// Whether a stranger began it, and the account has not written there yet.
    pub request: bool,
}

/// `rooms.follow`: deliveries of the room's channels start after the reply.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// A room that the account is in.
    pub room: RoomId,
}

/// Where a room stands as it is followed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Followed {
    /// Its newest epoch.
    pub n: EpochNumber,
    /// The commit that started it.
    pub commit: CommitHash,
    /// Why the next who wants to send commits first; `None` if nothing is due.
    pub due: Option<CommitDue>,
    /// Whether it is only read.
    pub archived: bool,
    /// The newest change of what the room and its channels are called; 0 before the first.
    pub revision: u32,
    /// What a public room is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a public room is for; empty if nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its channels, archived ones too, ascending by id.
    pub channels: Vec<FollowedChannel>,
}

/// How far a channel has come, and what holds in it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct FollowedChannel {
    /// The channel.
    pub channel: ChannelId,
    /// Its numbering.
    pub run: RunId,
    /// Its newest delivery; 0 if it has none.
    pub sequence: Sequence,
    /// Its place among the others; those with the same one are in the order of their ids.
    pub position: u32,
    /// Whether it is only read.
    pub archived: bool,
    /// How long a member waits between two messages, in milliseconds; 0 for not.
    pub slow_ms: u32,
    /// What it is called, in a public room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for, in a public room; empty if nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// `rooms.unfollow`: no more deliveries of the room on this connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Unfollow {
    /// A room that the session follows.
    pub room: RoomId,
}

/// `rooms.request`: the tail is the account's request to join or to leave.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {}

/// `rooms.invite`: the tail is the invitation.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {}

/// An invitation that waits for its invitee.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Invited {
    /// Whether the invitee is there, and was told at once.
    pub online: bool,
}

/// `rooms.invitations`: the reply's tail is a record list of the invitations to this account.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitations {}

/// `rooms.decline`: an invitation to this account waits no more.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// Which.
    pub invitation: InvitationHash,
}

/// `rooms.state`: the reply's tail is the newest room state, or nothing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GetState {
    /// A room that the account is in.
    pub room: RoomId,
}

/// Which state came.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct StateOf {
    /// Its number; 0 before the first.
    pub number: StateNumber,
}

/// `rooms.set_state`: the tail is the new room state.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetState {
    /// A room that the account is in.
    pub room: RoomId,
    /// The state that it replaces; 0 for the first.
    pub expected: StateNumber,
}
