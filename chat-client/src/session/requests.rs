//! What handles ask of the driver, and what waits for the server's reply.

use tokio::sync::oneshot;
use wire_format::{
    MemberId, MessageId, RoomId, Sequence,
    command::rooms::{Entered, MemberPage, OpenedRoom, Resume, RoomList},
};
use zeroize::Zeroizing;

use crate::{
    error::CallError,
    room::{Asked, SendFailure},
};

pub(super) type Reply<T> = oneshot::Sender<Result<T, CallError>>;

/// A call of a handle.
pub(super) enum Request {
    Enter {
        room: String,
        reply: Reply<Entered>,
    },
    Exit {
        room: RoomId,
        reply: Reply<()>,
    },
    Members {
        room: RoomId,
        after: Option<MemberId>,
        reply: Reply<MemberPage>,
    },
    Rooms {
        reply: Reply<RoomList>,
    },
    Open {
        room: String,
        reply: Reply<OpenedRoom>,
    },
    Send {
        room: RoomId,
        message: MessageId,
        content: Zeroizing<Vec<u8>>,
        reply: oneshot::Sender<Result<Sequence, SendFailure>>,
    },
    Logout,
}

/// A command whose reply has not come.
pub(super) enum Pending {
    /// A command of a room's own.
    Room(RoomId, Asked),
    /// `rooms.enter` for a handle.
    Enter {
        resumed: Option<Resume>,
        reply: Reply<Entered>,
    },
    /// `rooms.enter` of a room that the session was in.
    Again {
        room: RoomId,
        resumed: Option<Resume>,
    },
    /// `rooms.open` of a room that the session was in and the server has forgotten.
    Reopen(RoomId),
    Exit(RoomId, Reply<()>),
    Members(Reply<MemberPage>),
    Rooms(Reply<RoomList>),
    Open(Reply<OpenedRoom>),
}

impl Pending {
    /// The connection ended before the reply came.
    pub(super) fn fail(self, error: CallError) {
        // Who asked may have gone.
        match self {
            Self::Room(..) | Self::Again { .. } | Self::Reopen(_) => {}
            Self::Enter { reply, .. } => drop(reply.send(Err(error))),
            Self::Exit(_, reply) => drop(reply.send(Err(error))),
            Self::Members(reply) => drop(reply.send(Err(error))),
            Self::Rooms(reply) => drop(reply.send(Err(error))),
            Self::Open(reply) => drop(reply.send(Err(error))),
        }
    }
}

impl Request {
    /// The session is between two connections.
    pub(super) fn fail(self, error: CallError) {
        match self {
            Self::Enter { reply, .. } => drop(reply.send(Err(error))),
            Self::Exit { reply, .. } => drop(reply.send(Err(error))),
            Self::Members { reply, .. } => drop(reply.send(Err(error))),
            Self::Rooms { reply } => drop(reply.send(Err(error))),
            Self::Open { reply, .. } => drop(reply.send(Err(error))),
            Self::Send { reply, .. } => drop(reply.send(Err(SendFailure::Ended))),
            Self::Logout => {}
        }
    }
}
