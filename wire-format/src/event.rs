//! What a server tells its clients without being asked (docs/protocol.md#4-rooms and the sections after it).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    command::{commits::RefuseReason, friends::FriendState, rooms::Member},
    ids::{
        AccountId, Challenge, ChannelId, EpochNumber, FileId, KeyRequestHash, KeysetNumber,
        MemberId, Millis, ReportHash, Revision, RoomId, RootNumber, Sequence, StateNumber,
        WrapNumber,
    },
};

/// Something that happened.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "the fields are those of the document, named alike"
)]
pub enum Event {
    /// Somebody else entered, or announced keys.
    #[serde(rename = "room.joined")]
    RoomJoined { room: RoomId, member: Member },
    /// Somebody else left.
    #[serde(rename = "room.left")]
    RoomLeft {
        room: RoomId,
        member: MemberId,
        reason: LeaveReason,
    },
    /// The server is about to stop.
    #[serde(rename = "session.resume")]
    SessionResume { after_ms: u32 },

    /// The room has a new epoch; the tail is its bundle.
    #[serde(rename = "epoch.started")]
    EpochStarted {
        room: RoomId,
        n: EpochNumber,
        starter: MemberId,
        reason: EpochReason,
    },
    /// Epoch n is old; the next sender starts another one first.
    #[serde(rename = "epoch.due")]
    EpochDue {
        room: RoomId,
        n: EpochNumber,
        reason: EpochReason,
    },
    /// Somebody needs the secret; the tail is the asker's announcement.
    #[serde(rename = "epoch.asked")]
    EpochAsked {
        room: RoomId,
        n: EpochNumber,
        asker: Member,
    },
    /// The secret; the tail is the share.
    #[serde(rename = "epoch.share")]
    EpochShare {
        room: RoomId,
        n: EpochNumber,
        from: MemberId,
    },
    /// Nobody answered.
    #[serde(rename = "epoch.unanswered")]
    EpochUnanswered { room: RoomId, n: EpochNumber },

    /// How this account and another one stand has changed.
    #[serde(rename = "friends.changed")]
    FriendsChanged {
        account: AccountId,
        name: String,
        state: FriendState,
    },
    /// A friend, or a member of a followed room, has come or gone.
    #[serde(rename = "presence.changed")]
    PresenceChanged { account: AccountId, online: bool },
    /// An account has a new keyset: read `keys.chain`.
    #[serde(rename = "keys.changed")]
    KeysChanged {
        account: AccountId,
        number: KeysetNumber,
        link: KeysetChange,
    },
    /// Another session of this account changed the vault.
    #[serde(rename = "vault.changed")]
    VaultChanged {
        root: RootNumber,
        revision: Revision,
    },
    /// The account is in this room now: it was placed, or its join was taken in.
    #[serde(rename = "room.added")]
    RoomAdded { room: RoomId, request: bool },
    /// The account is in this room no more.
    #[serde(rename = "room.removed")]
    RoomRemoved { room: RoomId },
    /// Somebody invites the account; the tail is the invitation.
    #[serde(rename = "room.invited")]
    RoomInvited { room: RoomId },
    /// Somebody asks to join or to leave; the tail is the request.
    #[serde(rename = "room.requested")]
    RoomRequested { room: RoomId },
    /// The room has a new state; the tail is it.
    #[serde(rename = "room.state")]
    RoomState { room: RoomId, number: StateNumber },
    /// The room has a new epoch; the tail is the account's share.
    #[serde(rename = "epoch.committed")]
    EpochCommitted {
        room: RoomId,
        n: EpochNumber,
        wrap: WrapNumber,
    },
    /// What was said before this time is gone, by the room's policy.
    #[serde(rename = "room.forgot")]
    RoomForgot { room: RoomId, before: Millis },
    /// The next who wants to send commits first.
    #[serde(rename = "commit.due")]
    CommitDue {
        room: RoomId,
        n: EpochNumber,
        reason: CommitDue,
    },
    /// Somebody asks for the keys of older epochs; the tail is the key request.
    #[serde(rename = "epoch.keys_requested")]
    EpochKeysRequested { room: RoomId },
    /// The keys that the account asked for; the tail is the grant.
    #[serde(rename = "epoch.granted")]
    EpochGranted { room: RoomId },
    /// The account's request for keys was refused.
    #[serde(rename = "epoch.refused")]
    EpochRefused {
        room: RoomId,
        request: KeyRequestHash,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<RefuseReason>,
    },
    /// What a room is called was changed, or whether it is written in.
    #[serde(rename = "room.updated")]
    RoomUpdated {
        room: RoomId,
        revision: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        archived: bool,
    },
    /// The room has another channel, or one of its channels was changed.
    #[serde(rename = "channel.updated")]
    ChannelUpdated {
        room: RoomId,
        channel: ChannelId,
        revision: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        position: u32,
        slow_ms: u32,
        archived: bool,
    },
    /// To the server's administrators: somebody reported a message.
    #[serde(rename = "report.made")]
    ReportMade { report: ReportHash },
    /// Every chunk of a file is there.
    #[serde(rename = "file.whole")]
    FileWhole { room: RoomId, file: FileId },
    /// This session was ended from elsewhere; a close follows.
    #[serde(rename = "session.revoked")]
    SessionRevoked {},

    /// To the page: the session holds the epoch's secret.
    #[serde(rename = "room.keyed")]
    RoomKeyed {
        room: RoomId,
        n: EpochNumber,
        reason: EpochReason,
    },
    /// To the page: the secret was asked for and has not come.
    #[serde(rename = "room.waiting")]
    RoomWaiting {
        room: RoomId,
        n: EpochNumber,
        since: Millis,
    },
    /// To the page: in place of a delivery.
    #[serde(rename = "message.unreadable")]
    MessageUnreadable {
        channel: ChannelId,
        sequence: Sequence,
        sender: MemberId,
        name: String,
        cause: UnreadableCause,
    },
    /// To the page: messages were missed here.
    #[serde(rename = "channel.missed")]
    ChannelMissed {
        channel: ChannelId,
        reason: MissedReason,
    },
    /// To the page: the keys announced for a member changed.
    #[serde(rename = "member.changed")]
    MemberChanged { room: RoomId, member: MemberId },
    /// To the page: the chat-server cannot be reached.
    #[serde(rename = "backend.lost")]
    BackendLost { retry_ms: u32 },
    /// To the page: connected and entered again.
    #[serde(rename = "backend.back")]
    BackendBack {},
    /// To the page: an account's session is to prove its keys.
    #[serde(rename = "session.challenge")]
    SessionChallenge { challenge: Challenge },

    /// An event of a newer server.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// Why somebody left a room.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// `rooms.exit`.
    Exit,
    /// `auth.logout`, or a clean close.
    SignedOut,
    /// The connection was lost or cut.
    Lost,
}

/// Why an epoch was or is to be started.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EpochReason {
    /// The room had none.
    First = 1,
    /// Somebody left.
    Left = 2,
    /// The epoch reached its age.
    Age = 3,
    /// Nobody answered a newcomer.
    Unanswered = 4,
    /// Somebody wanted it.
    Demand = 5,
}

impl EpochReason {
    /// The reason with this byte in an epoch start.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::First,
            2 => Self::Left,
            3 => Self::Age,
            4 => Self::Unanswered,
            5 => Self::Demand,
            _ => return None,
        })
    }

    /// The byte in an epoch start.
    pub const fn byte(self) -> u8 {
        self as u8
    }
}

/// Why a commit of an end-to-end room is due (docs/protocol.md#149-commits).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommitDue {
    /// Somebody asks to join.
    Joined,
    /// Somebody asks to leave.
    Left,
    /// The epoch is a week old.
    Age,
    /// The epoch has 1 000 messages.
    Count,
    /// Somebody wanted it.
    Demand,
    /// A member's share did not open.
    BadShare,
    /// A member has new keys.
    Rekeyed,
}

/// How a keyset follows the one before it (docs/protocol.md#143-identity-the-keyset-chain).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeysetChange {
    /// Signed by the keys before it, too: contacts stay verified.
    Rotated,
    /// Not signed by the keys before it: whoever verified them is to look again.
    Reset,
}

/// Why the page cannot show a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreadableCause {
    /// The epoch's secret was asked for; the message follows when it comes.
    WaitingForKey,
    /// The epoch ended before the session was there.
    BeforeYouJoined,
    /// Forged, damaged, repeated or otherwise not what it should be.
    NotOpened,
}

/// Why messages are missing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissedReason {
    /// The server started its numbering afresh.
    Restart,
    /// The ring no longer had them.
    TooOld,
    /// A sender's counters have a hole.
    Withheld,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_survive_their_byte() {
        for byte in 1..=5 {
            assert_eq!(
                EpochReason::from_byte(byte).map(EpochReason::byte),
                Some(byte)
            );
        }
        assert_eq!(EpochReason::from_byte(0), None);
        assert_eq!(EpochReason::from_byte(6), None);
    }

    #[test]
    fn numbers_travel_as_text() {
        let keyed = Event::RoomKeyed {
            room: RoomId::from_bytes([0xab; 16]),
            n: EpochNumber::new(u64::MAX),
            reason: EpochReason::Unanswered,
        };
        let json = serde_json::to_string(&keyed).expect("an event encodes");
        assert_eq!(
            json,
            r#"{"event":"room.keyed","room":"abababababababababababababababab","n":"18446744073709551615","reason":"unanswered"}"#
        );
        assert_eq!(serde_json::from_str::<Event>(&json).ok(), Some(keyed));
    }

    #[test]
    fn what_happens_to_accounts_is_named_as_in_the_document() {
        let account = AccountId::from_bytes([0xab; 16]);
        let id = "ab".repeat(16);
        let changed = Event::KeysChanged {
            account,
            number: KeysetNumber::new(2),
            link: KeysetChange::Rotated,
        };
        let friends = Event::FriendsChanged {
            account,
            name: "Ada".to_owned(),
            state: FriendState::None,
        };
        for (event, json) in [
            (
                changed,
                format!(
                    r#"{{"event":"keys.changed","account":"{id}","number":"2","link":"rotated"}}"#
                ),
            ),
            (
                friends,
                format!(
                    r#"{{"event":"friends.changed","account":"{id}","name":"Ada","state":"none"}}"#
                ),
            ),
            (
                Event::SessionRevoked {},
                r#"{"event":"session.revoked"}"#.to_owned(),
            ),
        ] {
            assert_eq!(serde_json::to_string(&event).ok(), Some(json.clone()));
            assert_eq!(serde_json::from_str::<Event>(&json).ok(), Some(event));
        }
    }
}
