//! What a session tells its consumer.

use std::time::Duration;

use bytes::Bytes;
use wire_format::{Challenge, Deliver, Event, Refusal, RoomId, command::rooms::Entered};

use crate::{
    error::{ConnectError, Ended},
    room::Happened,
};

/// What a session tells its consumer, in order.
#[derive(Debug)]
pub enum SessionEvent {
    /// A room was entered, for the first time or after a cut: the state replaces what was known.
    Entered(Box<Entered>),
    /// Something in a room.
    Room {
        /// The room.
        room: RoomId,
        /// What.
        happened: Happened,
    },
    /// A room could not be entered again after a cut; the session is not in it any more.
    Exited {
        /// The room.
        room: RoomId,
        /// Why.
        refusal: Refusal,
    },
    /// There is no connection; the next attempt is made after this time.
    Lost {
        /// How long until the next attempt.
        retry_in: Duration,
        /// Why, for the local user and the log.
        cause: LostCause,
    },
    /// Connected and entered again.
    Back,
    /// An account's session has a new connection and is to prove its keys, see [`Session::prove`].
    ///
    /// [`Session::prove`]: super::Session::prove
    Challenge(Challenge),
    /// Something that concerns the account.
    Account(Box<Event>),
    /// Something in an end-to-end room, or about one, as the server told it: the account itself
    /// judges it.
    Conversation {
        /// What.
        event: Box<Event>,
        /// The record that came with it; empty where there is none.
        tail: Bytes,
    },
    /// A delivery of an end-to-end room that the session follows, as it came: nobody has opened it.
    Deliver(Box<Deliver>),
    /// The session is over; the last event.
    Ended(SessionEnd),
}

/// Why there is no connection at the moment.
#[derive(Debug, thiserror::Error)]
pub enum LostCause {
    /// The connection ended.
    #[error(transparent)]
    Ended(Ended),
    /// Connecting again did not work.
    #[error(transparent)]
    Connect(ConnectError),
}

/// Why a session is over for good.
#[derive(Debug, thiserror::Error)]
pub enum SessionEnd {
    /// Its owner signed out.
    #[error("signed out")]
    SignedOut,
    /// Its owner left, and an account's session can be resumed.
    #[error("left")]
    Left,
    /// The server ended it, or nobody came back in time.
    #[error(transparent)]
    Lost(LostCause),
    /// This program failed.
    #[error("the session failed here")]
    Internal,
}
