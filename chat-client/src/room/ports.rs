//! What goes into a room and what comes out of it.

use std::{fmt, time::Duration};

use bytes::Bytes;
use wire_format::{
    Deliver, EpochNumber, Event, MessageId, PublishFlags, Refusal, Sequence,
    command::{
        epochs as command,
        rooms::{Entered, Resume},
    },
};
use zeroize::Zeroizing;

use super::Happened;

/// What happens to a room.
pub enum Input {
    /// The reply to `rooms.enter`, after a cut or to see how things stand.
    Entered {
        /// The reply's fields.
        entered: Entered,
        /// The reply's tail.
        bundle: Bytes,
        /// What the command asked for.
        resumed: Option<Resume>,
    },
    /// An event of this room and its tail.
    Event(Event, Bytes),
    /// A delivery of this room's channel.
    Deliver(Deliver),
    /// The reply to a [`Command`] of this room; a publish's has its sequence.
    Replied(Asked, Result<Option<Sequence>, Refusal>),
    /// Content to be sent: goes out when connected and keyed, at the latest at the deadline.
    Send {
        /// Made once per message.
        message: MessageId,
        /// The content as it is sealed.
        content: Zeroizing<Vec<u8>>,
        /// On the clock of [`Now::at`](crate::clock::Now::at).
        deadline: Duration,
    },
    /// The connection is over; the next thing is [`Input::Entered`].
    Disconnected,
    /// The time of [`SealedRoom::timeout`](super::SealedRoom::timeout) has come, or the keyring has a key.
    Woken,
}

/// What a room wants.
#[derive(Debug)]
pub enum Output {
    /// To be sent to the server.
    Command(Command),
    /// To be told to the user.
    Happened(Happened),
}

/// What a room sends. Every one but [`Command::Enter`] comes back as [`Input::Replied`].
#[derive(Debug)]
pub enum Command {
    /// `epochs.start` and the signed epoch start.
    Start(command::Start, Bytes),
    /// `epochs.hold` and the bundle.
    Hold(command::Hold, Bytes),
    /// `epochs.ask`.
    Ask(command::Ask),
    /// `epochs.answer` and the share.
    Answer(command::Answer, Bytes),
    /// A publish frame.
    Publish {
        /// The message in it.
        message: MessageId,
        /// The epoch it is sealed for.
        epoch: EpochNumber,
        /// Whether it follows the one before it.
        flags: PublishFlags,
        /// The envelope.
        payload: Bytes,
    },
    /// `rooms.enter` with [`SealedRoom::resume`](super::SealedRoom::resume), to see how things stand.
    Enter,
}

/// Which command a reply is to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asked {
    /// [`Command::Start`].
    Start,
    /// [`Command::Hold`].
    Hold,
    /// [`Command::Ask`].
    Ask,
    /// [`Command::Answer`].
    Answer,
    /// [`Command::Publish`] of this message.
    Publish(MessageId),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entered { .. } => "Entered",
            Self::Event(..) => "Event",
            Self::Deliver(_) => "Deliver",
            Self::Replied(..) => "Replied",
            Self::Send { .. } => "Send",
            Self::Disconnected => "Disconnected",
            Self::Woken => "Woken",
        })
    }
}
