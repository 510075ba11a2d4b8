//! What a delivery came to.

use wire_format::{
    AccountId, EnvelopeHash, EpochNumber, MessageId, Millis, Name, Sequence,
    room::{CommitReason, RoomContent},
};

use super::{Cause, Effect};

/// What a delivery came to.
#[derive(Clone, Debug)]
pub enum Received {
    /// A message that is certain and opened.
    Message(Box<Message>),
    /// A commit was taken: the members below it may be others.
    Committed(Committed),
    /// A message was here and was deleted; its tombstone follows, or an alarm.
    Erased(Erasure),
    /// It was here before: nothing is to be shown.
    Known,
    /// It is not shown, and why.
    Unreadable(Unreadable),
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its place; 0 for what is not stored.
    pub sequence: Sequence,
    /// When the server took it.
    pub time: Millis,
    /// When it was sealed, by its sender's clock.
    pub sent_at: Millis,
    /// Who wrote it, by its signatures.
    pub sender: AccountId,
    /// The sender's user name, as its keys sign it where that is known, else by the server's word.
    pub name: Name,
    /// The message.
    pub message: MessageId,
    /// What others name its envelope by.
    pub hash: EnvelopeHash,
    /// The epoch that it was sealed in.
    pub n: EpochNumber,
    /// What it says.
    pub content: RoomContent,
    /// What that did to the message that it names.
    pub effect: Effect,
    /// Whether this account wrote it.
    pub is_own: bool,
    /// A live one whose sender's clock is more than five minutes off.
    pub is_clock_off: bool,
    /// A live one of an epoch that is over, or one of an older epoch than what stands in front of it:
    /// its sender may have been removed since.
    pub is_late: bool,
}

/// A commit that was taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Committed {
    /// Its place in the main channel.
    pub sequence: Sequence,
    /// When the server took it.
    pub time: Millis,
    /// The epoch that it starts.
    pub n: EpochNumber,
    /// Who made it.
    pub author: AccountId,
    /// Why, by its author's word.
    pub reason: CommitReason,
    /// How many members there are after it.
    pub members: usize,
}

/// A message that was deleted.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// Its place.
    pub sequence: Sequence,
    /// When the server took it.
    pub time: Millis,
    /// Who had written it, by the server's word.
    pub name: Name,
    /// Where its tombstone is to be.
    pub tombstone: Sequence,
}

/// A delivery that is not shown.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Its place.
    pub sequence: Sequence,
    /// When the server took it.
    pub time: Millis,
    /// Who is said to have written it, by the server's word.
    pub name: Name,
    /// Why.
    pub cause: Cause,
}
