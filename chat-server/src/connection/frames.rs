//! What each frame of a client leads to.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::time::Instant;
use wire_format::{
    ClientFrame, CloseCode, ErrorCode, Millis, Publish, RawFrame, Refusal, ReplyFrame, ServerFrame,
};

use super::{
    Connection, End,
    budget::{Overdrawn, Spend},
    clock::Due,
    erased,
};
use crate::{
    command::Later,
    node::Node,
    outbox::Outbox,
    phase::Phase,
    rate::retry_after_ms,
    room::{Published, Room, Unpublished},
    wall_clock,
};

/// What the reader does after a frame.
pub(super) enum Next {
    /// Reads on.
    Read,
    /// Lets the room flush, then tries this publish again.
    WaitFor(Arc<Room>, Publish),
    /// Looks for the end-to-end room of this publish, then tries it again.
    Find(Publish),
    /// Waits for the answer to this request.
    Await(u32, Later),
    /// Stops.
    End(End),
}

/// What holds for all frames that one read brought: asking the clocks and the server for each
/// message shows in small rooms (docs/speed.md#what-was-tried).
#[derive(Clone, Copy)]
pub(super) struct Batch {
    at: Instant,
    /// The server's clock, as deliveries say it.
    pub(super) time: Millis,
    is_stopping: bool,
}

impl Batch {
    pub(super) fn begin(node: &Node) -> Self {
        Self {
            at: Instant::now(),
            time: wall_clock::now(),
            is_stopping: node.stopping.is_cancelled(),
        }
    }
}

/// Answers to publishes that one read brought, written together: a system call for each would cost
/// more than the publish.
#[derive(Default)]
pub(super) struct Replies(BytesMut);

impl Replies {
    pub(super) fn push(&mut self, reply: ReplyFrame) {
        let frame = ServerFrame::Reply(reply).encode();
        self.0.extend_from_slice(&frame.stream());
    }

    pub(super) fn send(&mut self, outbox: &Arc<Outbox>) {
        if !self.0.is_empty() {
            outbox.send_chunk(&std::mem::take(&mut self.0).freeze());
        }
    }
}

impl Connection {
    /// Carries out every whole frame in the buffer; gives the end if one of them led to it.
    pub(super) async fn take_frames(&mut self, buffer: &mut BytesMut) -> Option<End> {
        loop {
            match self.take_until_wait(buffer) {
                Next::Read => return None,
                Next::End(end) => return Some(end),
                // Most connections never wait: what that takes is not part of every one.
                waiting => {
                    let waited = Box::pin(self.wait(waiting));
                    if let Some(end) = waited.await {
                        return Some(end);
                    }
                }
            }
        }
    }

    async fn wait(&mut self, what: Next) -> Option<End> {
        match what {
            Next::Read => None,
            Next::End(end) => Some(end),
            Next::WaitFor(room, publish) => {
                self.publish_when_taken(room, publish).await;
                None
            }
            Next::Find(publish) => {
                self.publish_when_found(publish).await;
                None
            }
            Next::Await(request, later) => self.settle(request, later).await,
        }
    }

    /// Carries out whole frames up to one that has to wait; [`Next::Read`] if there are no more.
    fn take_until_wait(&mut self, buffer: &mut BytesMut) -> Next {
        let batch = Batch::begin(&self.node);
        let mut replies = Replies::default();
        let next = loop {
            let next = match erased::cut(&self.codec, buffer) {
                Ok(Some(frame)) => self.take(frame, batch, &mut replies),
                Ok(None) => break Next::Read,
                Err(error) => {
                    replies.send(&self.outbox);
                    Next::End(self.close(error.close_code()))
                }
            };
            if !matches!(next, Next::Read) {
                break next;
            }
        };
        replies.send(&self.outbox);
        next
    }

    /// Hands over a publish that met a crowded room, once there is space.
    async fn publish_when_taken(&mut self, mut room: Arc<Room>, mut publish: Publish) {
        loop {
            room.until_taken().await;
            let mut replies = Replies::default();
            let next = self.publish_paid(publish, Batch::begin(&self.node), &mut replies);
            replies.send(&self.outbox);
            match next {
                Next::WaitFor(still, again) => (room, publish) = (still, again),
                // A publish that was paid for is answered and never ends a connection.
                // The room was left meanwhile, and may never have been an entered one.
                Next::Find(publish) => return self.publish_when_found(publish).await,
                Next::Read | Next::Await(..) | Next::End(_) => return,
            }
        }
    }

    /// Does what the clock says is due.
    pub(super) fn tick(&mut self) {
        match self.clock.due(Instant::now()) {
            Due::Nothing => {}
            Due::Ping => self.outbox.send(&ServerFrame::Ping(rand::random())),
            // The reader sees the outbox ending.
            Due::End => self.outbox.close(CloseCode::Timeout),
        }
    }

    fn take(&mut self, frame: RawFrame, batch: Batch, replies: &mut Replies) -> Next {
        let now = batch.at;
        self.clock.heard(now);
        let frame = ClientFrame::parse(frame);
        if !matches!(frame, Ok(ClientFrame::Publish(_))) {
            // What follows may answer, or end the connection, by itself.
            replies.send(&self.outbox);
        }
        match frame {
            Ok(ClientFrame::Publish(publish)) => self.publish(publish, batch, replies),
            Ok(ClientFrame::Command(command)) => self.command(command, now),
            Ok(ClientFrame::Ping(token)) => self.ping(token, now),
            Ok(ClientFrame::Pong(_)) => self.pong(now),
            Ok(ClientFrame::Close(_)) => {
                self.outbox.close(CloseCode::Done);
                Next::End(End::ClosedByPeer)
            }
            Err(error) => Next::End(self.close(error.close_code())),
        }
    }

    fn ping(&mut self, token: [u8; 8], now: Instant) -> Next {
        match self.budget.spend(Spend::Command(1), &self.node.limits, now) {
            Ok(()) => self.outbox.send(&ServerFrame::Pong(token)),
            // There is no refusal for a ping; it only wears patience out.
            Err(Overdrawn::Wait(_)) => {}
            Err(Overdrawn::Flood) => return Next::End(self.close(CloseCode::Flood)),
        }
        Next::Read
    }

    fn pong(&mut self, now: Instant) -> Next {
        let unexpected = !self.clock.pong();
        if unexpected {
            let spent = self.budget.spend(Spend::Command(1), &self.node.limits, now);
            if spent == Err(Overdrawn::Flood) {
                return Next::End(self.close(CloseCode::Flood));
            }
        }
        Next::Read
    }

    fn publish(&mut self, publish: Publish, batch: Batch, replies: &mut Replies) -> Next {
        let cost = Spend::Message(publish.payload.len());
        match self.budget.spend(cost, &self.node.limits, batch.at) {
            Ok(()) => self.publish_paid(publish, batch, replies),
            Err(Overdrawn::Wait(wait)) => {
                self.phase.refused_publish(publish.channel);
                replies.push(self.refusal(publish.request, &too_fast(wait)));
                Next::Read
            }
            Err(Overdrawn::Flood) => {
                replies.send(&self.outbox);
                Next::End(self.close(CloseCode::Flood))
            }
        }
    }

    /// Hands over a publish that the budget had room for.
    fn publish_paid(&mut self, publish: Publish, batch: Batch, replies: &mut Replies) -> Next {
        let request = publish.request;
        match self.numbered(publish, batch) {
            Ok(published) if request != 0 => {
                let reply = ReplyFrame::ok(request, &published.fields(), bytes::Bytes::new());
                replies.push(reply);
            }
            Ok(_) => {}
            Err(Unpublished::Refused(refusal)) => replies.push(self.refusal(request, &refusal)),
            Err(Unpublished::Crowded(publish)) => match self.room_of(&publish) {
                Some(room) => return Next::WaitFor(room, publish),
                None => replies.push(self.refusal(request, &ErrorCode::NotInRoom.into())),
            },
            Err(Unpublished::Elsewhere(publish)) => return self.post(publish, batch, replies),
        }
        Next::Read
    }

    fn numbered(&self, publish: Publish, batch: Batch) -> Result<Published, Unpublished> {
        let session = match &self.phase {
            Phase::SignedIn(session) => session,
            Phase::Account(proven) => &proven.member,
            Phase::Unproven(_) => return Err(ErrorCode::KeysUnproven.into()),
            Phase::New(_) | Phase::Greeted(_) => return Err(ErrorCode::NotSignedIn.into()),
        };
        if batch.is_stopping {
            session.refused_publish(publish.channel);
            return Err(Refusal::retry_after(ErrorCode::Busy, RESTART_MS).into());
        }
        let published = session.publish(publish, batch.time)?;
        self.node.figures.published();
        Ok(published)
    }

    fn room_of(&self, publish: &Publish) -> Option<Arc<Room>> {
        let session = self.phase.member()?;
        session.room_of(publish.channel)
    }
}

pub(super) fn too_fast(wait: Duration) -> Refusal {
    Refusal::retry_after(ErrorCode::RateLimited, retry_after_ms(wait))
}

/// When a publish that met a stopping server may be tried on the next one.
const RESTART_MS: u32 = 1_000;
