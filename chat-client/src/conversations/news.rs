//! What happens in an account's conversations.

use wire_format::{
    AccountId, ChannelId, EpochNumber, KeyRequestHash, Millis, RoomId,
    command::commits::RefuseReason,
    event::{CommitDue, KeysetChange},
};

use crate::conversation::{Alarm, Received};

use super::Invitation;

/// Something that happened, in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum News {
    /// Something in a conversation.
    Received {
        /// Which.
        room: RoomId,
        /// In which of its channels.
        channel: ChannelId,
        /// What.
        received: Received,
    },
    /// Something that an honest server or member does not do.
    Alarm {
        /// Where, if it is about one conversation.
        room: Option<RoomId>,
        /// What.
        alarm: Alarm,
    },
    /// This account is in a conversation from now on.
    Added {
        /// Which.
        room: RoomId,
        /// Whether a stranger began it.
        is_request: bool,
    },
    /// This account is in a conversation no more.
    Removed(RoomId),
    /// Somebody invites this account.
    Invited(Box<Invitation>),
    /// Somebody asks to come in or to go: the next who sends commits first.
    Due {
        /// Where.
        room: RoomId,
        /// Why.
        reason: CommitDue,
    },
    /// What was said before a time is gone, by the room's policy.
    Forgot {
        /// Where.
        room: RoomId,
        /// Before which time, by the server's clock.
        before: Millis,
    },
    /// The room has another name, or other settings, or is archived or not any more.
    Renamed(RoomId),
    /// The room has another channel, or a channel of it is another than before.
    ChannelChanged {
        /// Where.
        room: RoomId,
        /// Which.
        channel: ChannelId,
    },
    /// Somebody asks for keys of older epochs; what the policy gives was given.
    KeysAsked {
        /// Where.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// What it is named by.
        request: KeyRequestHash,
        /// Epochs that were granted at once.
        granted: Vec<EpochNumber>,
        /// Epochs that this account may decide about.
        to_decide: Vec<EpochNumber>,
    },
    /// Keys that this account asked for came: what they open can be fetched again.
    KeysGranted {
        /// Where.
        room: RoomId,
        /// Of which epochs.
        epochs: Vec<EpochNumber>,
    },
    /// An owner or admin does not give the keys that this account asked for.
    KeysRefused {
        /// Where.
        room: RoomId,
        /// Why, if it was said.
        reason: Option<RefuseReason>,
    },
    /// Somebody has other keys than before.
    KeysChanged {
        /// Who.
        account: AccountId,
        /// How they follow.
        change: KeysetChange,
    },
    /// Somebody came or went.
    Presence {
        /// Who.
        account: AccountId,
        /// Whether it is there.
        is_online: bool,
    },
}
