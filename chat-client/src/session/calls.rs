//! What handles ask.

use bytes::Bytes;
use tokio::sync::oneshot;
use wire_format::{
    ErrorCode, MessageId, RoomId, Sequence,
    command::rooms::{Enter, Entered, Exit, List, Members, Open},
};
use zeroize::Zeroizing;

use super::{
    SessionEnd,
    driver::{Driver, Waiting},
    link::Link,
    requests::{Payload, Pending, Reply, Request},
};
use crate::{
    error::CallError,
    room::{Input, SendFailure},
};

impl Driver {
    pub(super) async fn request(&mut self, request: Request) -> Result<(), SessionEnd> {
        let is_message = matches!(request, Request::Send { .. } | Request::Publish { .. });
        if self.pending.len() >= PENDING && !is_message {
            request.fail(CallError::Busy);
            return Ok(());
        }
        if matches!(self.link, Link::Unproven(_)) && request.is_of_rooms() {
            request.fail(CallError::Refused(ErrorCode::KeysUnproven.into()));
            return Ok(());
        }
        match request {
            Request::Enter { room, reply } => self.enter(room, reply),
            Request::Exit { room, reply } => {
                let pending = Pending::Exit(room, reply);
                self.post(&Exit { room }, Bytes::new(), pending);
            }
            Request::Members { room, after, reply } => {
                let members = Members { room, after };
                self.post(&members, Bytes::new(), Pending::Members(reply));
            }
            Request::Rooms { reply } => {
                self.post(&List {}, Bytes::new(), Pending::Rooms(reply));
            }
            Request::Open { room, reply } => {
                self.post(&Open { room }, Bytes::new(), Pending::Open(reply));
            }
            Request::Send {
                room,
                message,
                content,
                reply,
            } => return self.send(room, message, content, reply).await,
            Request::Account {
                command,
                tail,
                reply,
            } => self.account(&command, tail, reply),
            Request::Publish { payload, reply } => self.publish(payload, reply),
            Request::Logout => return Err(SessionEnd::SignedOut),
            Request::Leave => return Err(SessionEnd::Left),
        }
        Ok(())
    }

    fn enter(&mut self, room: String, reply: Reply<Entered>) {
        let known = self.rooms.iter().find(|known| known.name() == room);
        let resumed = known.and_then(|known| known.resume());
        let enter = Enter {
            room,
            resume: resumed,
        };
        self.post(&enter, Bytes::new(), Pending::Enter { resumed, reply });
    }

    /// Sends a payload as it is.
    fn publish(&mut self, payload: Payload, reply: Reply<Sequence>) {
        let pending = Pending::Publish(reply);
        let under_way = self.pending.iter();
        let under_way = under_way.filter(|(_, pending)| matches!(pending, Pending::Publish(_)));
        if under_way.count() >= PUBLISHES {
            return pending.fail(CallError::Busy);
        }
        let Some(connection) = self.link.connection() else {
            return pending.fail(CallError::NotConnected);
        };
        let Payload {
            channel,
            epoch,
            flags,
            bytes,
        } = payload;
        match connection.publish(channel, epoch, flags, bytes) {
            Ok(request) => self.expect(request, pending),
            Err(ended) => pending.fail(CallError::Ended(ended)),
        }
    }

    async fn send(
        &mut self,
        room: RoomId,
        message: MessageId,
        content: Zeroizing<Vec<u8>>,
        reply: oneshot::Sender<Result<Sequence, SendFailure>>,
    ) -> Result<(), SessionEnd> {
        let bytes = content.len();
        let is_same = |known: &Waiting| known.room == room && known.message == message;
        let is_known = self.sends.iter().any(is_same);
        let failure = if self.room(room).is_none() {
            Some(SendFailure::NotInRoom)
        } else if is_known || self.sends.len() >= SENDS || self.sends_bytes + bytes > SENDS_BYTES {
            Some(SendFailure::Busy)
        } else {
            None
        };
        if let Some(failure) = failure {
            let _ = reply.send(Err(failure));
            return Ok(());
        }
        self.sends_bytes += bytes;
        self.sends.push(Waiting {
            room,
            message,
            reply,
            bytes,
        });
        let deadline = self.clock.now().at + self.settings.send_within;
        let input = Input::Send {
            message,
            content,
            deadline,
        };
        self.feed(room, input).await
    }

    /// The session is not in this room any more.
    pub(super) fn forget(&mut self, id: RoomId) {
        self.rooms.retain(|room| room.id() != id);
        let unsent = self.sends.iter().filter(|waiting| waiting.room == id);
        let unsent: Vec<_> = unsent.map(|waiting| waiting.message).collect();
        for message in unsent {
            self.settle(id, message, Err(SendFailure::NotInRoom));
        }
    }
}

/// Calls that may wait for the server at once.
const PENDING: usize = 256;
/// Payloads that were sealed elsewhere and may wait for the server at once.
const PUBLISHES: usize = 256;
/// Messages that may wait to be sent, in all rooms of a session.
const SENDS: usize = 256;
/// Bytes of content that may wait to be sent.
const SENDS_BYTES: usize = 4 * 1024 * 1024;
