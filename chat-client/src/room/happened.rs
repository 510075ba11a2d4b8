//! What a room tells its user.

use std::{ops::Deref, sync::Arc};

use wire_format::{
    ChannelId, Deliver, DeliverFlags, Encoded, EpochNumber, Marks, MemberId, MessageId, Millis,
    Name, OpenError, RunId, SealError, Sequence, ServerFrame,
    command::rooms::Member,
    event::{EpochReason, LeaveReason, MissedReason, UnreadableCause},
};

use super::SendFailure;
use crate::keyring::{Fault, OpenedFrame};

/// Something the user should see.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A message.
    Message(Message),
    /// A delivery that cannot be shown; a message in the same place may follow.
    Unreadable(Box<Unreadable>),
    /// Messages were missed here.
    Missed(MissedReason),
    /// Somebody else entered, or announced keys.
    Joined(Box<Member>),
    /// Somebody else left.
    Left {
        /// Who.
        member: MemberId,
        /// Why.
        reason: LeaveReason,
    },
    /// A member's keys are others than before.
    MemberChanged(MemberId),
    /// The newest epoch's secret is held.
    Keyed {
        /// The epoch.
        n: EpochNumber,
        /// Why it was started.
        reason: EpochReason,
    },
    /// The newest epoch's secret was asked for and has not come.
    Waiting {
        /// The epoch.
        n: EpochNumber,
        /// Since when.
        since: Millis,
    },
    /// One's own message stands in the channel.
    Sent {
        /// The message.
        message: MessageId,
        /// Its place.
        sequence: Sequence,
    },
    /// One's own message was given up.
    Unsent {
        /// The message.
        message: MessageId,
        /// Why.
        failure: SendFailure,
    },
    /// Something that an honest server and honest members do not do.
    Alarm(Box<Alarm>),
}

/// A message that was opened; derefs to what is the same for all sessions.
#[derive(Clone, Debug)]
pub struct Message {
    /// Whether this session sent it.
    pub is_own: bool,
    /// Whether the sender's keys changed since this session entered.
    pub keys_changed: bool,
    /// *Sent at* is more than 5 minutes from the clock here; only of live messages.
    pub clock_off: bool,
    /// Where it stands and what was in it; shared with the other sessions of the process.
    pub opened: Arc<OpenedFrame>,
}

impl Deref for Message {
    type Target = OpenedFrame;

    fn deref(&self) -> &OpenedFrame {
        &self.opened
    }
}

impl Message {
    /// What is to be said about the message beside its content.
    pub fn marks(&self) -> Marks {
        let clock = if self.clock_off {
            Marks::CLOCK_OFF
        } else {
            Marks::NONE
        };
        let keys = if self.keys_changed {
            Marks::KEYS_CHANGED
        } else {
            Marks::NONE
        };
        clock | keys
    }

    /// The deliver frame for a page, encoded once for all sessions of the process
    /// (docs/protocol.md#11-the-browsers-tier).
    pub fn page_frame(&self) -> Encoded {
        if self.keys_changed || self.clock_off {
            self.encode()
        } else {
            self.opened.page.get_or_init(|| self.encode()).clone()
        }
    }

    fn encode(&self) -> Encoded {
        ServerFrame::Deliver(Deliver {
            channel: self.channel,
            sequence: self.sequence,
            time: self.time,
            flags: DeliverFlags::Unstored,
            sender: self.sender,
            name: self.name.clone(),
            payload: self.opened.record(self.marks()).encode(),
        })
        .encode()
    }
}

/// A delivery that cannot be shown.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The channel.
    pub channel: ChannelId,
    /// The numbering that the place is in.
    pub run: RunId,
    /// The place.
    pub sequence: Sequence,
    /// The server's clock when it was delivered.
    pub time: Millis,
    /// Who sent it, by the server's word.
    pub sender: MemberId,
    /// The sender's name, by the server's word.
    pub name: Name,
    /// What to tell the user.
    pub cause: UnreadableCause,
    /// What exactly was wrong, where the cause is [`UnreadableCause::NotOpened`].
    pub fault: Option<Fault>,
}

/// Something that an honest server and honest members do not do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Alarm {
    /// An epoch start whose signatures, room, number or starter are not what they should be.
    #[error("an epoch was announced that does not verify: {0}")]
    EpochStart(EpochFault),
    /// A share that does not open, or does not match its epoch's commitment.
    #[error("a key came that is not the room's: {error}")]
    Share {
        /// Who sent it, by the server's word.
        from: MemberId,
        /// What was wrong.
        error: OpenError,
    },
    /// Somebody asked for the key with an announcement that does not verify.
    #[error("the key was asked for with an announcement that does not verify")]
    Asker {
        /// Who asked, by the server's word.
        asker: MemberId,
        /// What was wrong; `None` if another member's announcement was sent.
        error: Option<OpenError>,
    },
    /// This session's own keys failed.
    #[error("a key of this session does not work: {0}")]
    OwnKeys(SealError),
}

/// What is wrong with an epoch's bundle.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EpochFault {
    /// Broken, or a signature does not verify.
    #[error(transparent)]
    Open(OpenError),
    /// For another room, number or starter than the server says.
    #[error("for another room, number or starter than the server says")]
    Other,
}
