//! What handles ask of the driver, and what waits for the server's reply.

use bytes::Bytes;
use tokio::sync::oneshot;
use wire_format::{
    ChannelId, EpochNumber, MemberId, MessageId, PublishFlags, ReplyFrame, RoomId, Sequence,
    command::{
        Command,
        rooms::{Entered, MemberPage, OpenedRoom, Resume, RoomList},
    },
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
    /// A command of accounts.
    Account {
        command: Box<Command>,
        tail: Bytes,
        reply: Reply<ReplyFrame>,
    },
    /// A payload that was sealed elsewhere.
    Publish {
        payload: Payload,
        reply: Reply<Sequence>,
    },
    Logout,
    Leave,
}

/// What a publish frame says beside the request.
pub(super) struct Payload {
    pub(super) channel: ChannelId,
    pub(super) epoch: EpochNumber,
    pub(super) flags: PublishFlags,
    pub(super) bytes: Bytes,
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
    Account(Reply<ReplyFrame>),
    /// A publish for a handle.
    Publish(Reply<Sequence>),
    /// `auth.prove`.
    Prove(Reply<ReplyFrame>),
    /// `keys.announce` after it; what is answered is the reply to the proof.
    Announce(Box<ReplyFrame>, Reply<ReplyFrame>),
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
            Self::Publish(reply) => drop(reply.send(Err(error))),
            Self::Account(reply) | Self::Prove(reply) | Self::Announce(_, reply) => {
                drop(reply.send(Err(error)));
            }
        }
    }
}

impl Request {
    /// Whether it is about rooms, where nobody is before the proof of keys.
    pub(super) const fn is_of_rooms(&self) -> bool {
        matches!(
            self,
            Self::Enter { .. }
                | Self::Exit { .. }
                | Self::Members { .. }
                | Self::Rooms { .. }
                | Self::Open { .. }
                | Self::Publish { .. }
        )
    }

    /// It is not carried out.
    pub(super) fn fail(self, error: CallError) {
        match self {
            Self::Enter { reply, .. } => drop(reply.send(Err(error))),
            Self::Exit { reply, .. } => drop(reply.send(Err(error))),
            Self::Members { reply, .. } => drop(reply.send(Err(error))),
            Self::Rooms { reply } => drop(reply.send(Err(error))),
            Self::Open { reply, .. } => drop(reply.send(Err(error))),
            Self::Send { reply, .. } => drop(reply.send(Err(SendFailure::Ended))),
            Self::Account { reply, .. } => drop(reply.send(Err(error))),
            Self::Publish { reply, .. } => drop(reply.send(Err(error))),
            Self::Logout | Self::Leave => {}
        }
    }
}
