//! What each frame of a client leads to.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::BytesMut;
use tokio::time::Instant;
use wire_format::{
    ClientFrame, CloseCode, CommandFrame, ErrorCode, Millis, Publish, RawFrame, Refusal,
    ReplyFrame, ServerFrame, command::Command, limits::FRAME_BYTES,
};

use super::{
    Connection, End,
    budget::{Overdrawn, Spend},
    clock::Due,
};
use crate::{
    command::{self, Answer, Call},
    node::Node,
    phase::Phase,
    rate::retry_after_ms,
    room::{Room, Unpublished},
};

/// What the reader does after a frame.
enum Next {
    /// Reads on.
    Read,
    /// Lets the room flush, then tries this publish again.
    WaitFor(Arc<Room>, Publish),
    /// Stops.
    End(End),
}

/// What holds for all frames that one read brought: asking the clocks and the server for each
/// message shows in small rooms (docs/speed.md#what-was-tried).
#[derive(Clone, Copy)]
struct Batch {
    at: Instant,
    /// The server's clock, as deliveries say it.
    time: Millis,
    is_stopping: bool,
}

impl Batch {
    fn begin(node: &Node) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        Self {
            at: Instant::now(),
            time: Millis::new(u64::try_from(millis).unwrap_or(u64::MAX)),
            is_stopping: node.stopping.is_cancelled(),
        }
    }
}

impl Connection {
    /// Carries out every whole frame in the buffer; gives the end if one of them led to it.
    pub(super) async fn take_frames(&mut self, buffer: &mut BytesMut) -> Option<End> {
        let mut batch = Batch::begin(&self.node);
        loop {
            let next = match self.codec.cut(buffer) {
                Ok(Some(frame)) => self.take(frame, batch),
                Ok(None) => return None,
                Err(error) => Next::End(self.close(error.close_code())),
            };
            match next {
                Next::Read => {}
                Next::WaitFor(room, publish) => {
                    // Most connections never wait: what that takes is not part of every one.
                    Box::pin(self.publish_when_taken(room, publish)).await;
                    batch = Batch::begin(&self.node);
                }
                Next::End(end) => return Some(end),
            }
        }
    }

    /// Hands over a publish that met a crowded room, once there is space.
    async fn publish_when_taken(&self, mut room: Arc<Room>, mut publish: Publish) {
        loop {
            room.until_taken().await;
            match self.publish_paid(publish, Batch::begin(&self.node)) {
                Next::WaitFor(still, again) => (room, publish) = (still, again),
                // A publish that was paid for is answered and never ends a connection.
                Next::Read | Next::End(_) => return,
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

    fn take(&mut self, frame: RawFrame, batch: Batch) -> Next {
        let now = batch.at;
        self.clock.heard(now);
        match ClientFrame::parse(frame) {
            Ok(ClientFrame::Publish(publish)) => self.publish(publish, batch),
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

    fn publish(&mut self, publish: Publish, batch: Batch) -> Next {
        let cost = Spend::Message(publish.payload.len());
        if let Err(overdrawn) = self.budget.spend(cost, &self.node.limits, batch.at) {
            return self.overdrawn(publish.request, overdrawn);
        }
        self.publish_paid(publish, batch)
    }

    /// Hands over a publish that the budget had room for.
    fn publish_paid(&self, publish: Publish, batch: Batch) -> Next {
        let request = publish.request;
        let Phase::SignedIn(session) = &self.phase else {
            return self.refuse(request, ErrorCode::NotSignedIn.into());
        };
        if batch.is_stopping {
            return self.refuse(request, Refusal::retry_after(ErrorCode::Busy, RESTART_MS));
        }
        match session.publish(publish, batch.time) {
            Ok(published) => {
                self.node.figures.published();
                if request != 0 {
                    let reply = ReplyFrame::ok(request, &published.fields(), bytes::Bytes::new());
                    self.outbox.send(&ServerFrame::Reply(reply));
                }
                Next::Read
            }
            Err(Unpublished::Crowded(publish)) => match session.room_of(publish.channel) {
                Some(room) => Next::WaitFor(room, publish),
                None => self.refuse(request, ErrorCode::NotInRoom.into()),
            },
            Err(Unpublished::Refused(refusal)) => self.refuse(request, refusal),
        }
    }

    fn command(&mut self, frame: CommandFrame, now: Instant) -> Next {
        let CommandFrame {
            request,
            header,
            tail,
        } = frame;
        let parsed = Command::parse(&header);
        // Answers that the server asked for are not the client's pace; those that it did not ask
        // for are paid for below.
        let is_answer = matches!(parsed, Ok(Command::AnswerEpoch(_)));
        if !is_answer {
            let weight = parsed
                .as_ref()
                .map_or(1, |command| command::weight(command, &self.node.rooms));
            let cost = Spend::Command(weight);
            let spent = self.budget.spend(cost, &self.node.limits, now);
            if let Err(overdrawn) = spent {
                return self.overdrawn(request, overdrawn);
            }
        }
        let answer = match parsed {
            Ok(command) => self.run_command(request, command, tail, now),
            Err(error) => Err(error.code().into()),
        };
        if is_answer && answer.is_err() {
            let spent = self.budget.spend(Spend::Command(1), &self.node.limits, now);
            if spent == Err(Overdrawn::Flood) {
                return Next::End(self.close(CloseCode::Flood));
            }
        }
        match answer {
            Ok(Answer::Sent) => Next::Read,
            Ok(Answer::Reply(reply)) => {
                self.outbox.send(&ServerFrame::Reply(reply));
                Next::Read
            }
            Ok(Answer::Last(reply, code)) => {
                self.outbox.send(&ServerFrame::Reply(reply));
                Next::End(self.close(code))
            }
            Err(refusal) if refusal.code == ErrorCode::UnsupportedVersion => {
                self.refuse(request, refusal);
                Next::End(self.close(CloseCode::Version))
            }
            Err(refusal) => self.refuse(request, refusal),
        }
    }

    fn run_command(
        &mut self,
        request: u32,
        command: Command,
        tail: bytes::Bytes,
        now: Instant,
    ) -> command::Answered {
        let was_signed_in = matches!(self.phase, Phase::SignedIn(_));
        let call = Call {
            node: &self.node,
            outbox: &self.outbox,
            client: &mut self.client,
            entry: &mut self.entry,
            request,
            tail,
        };
        let answer = command::run(&mut self.phase, call, command)?;
        if !was_signed_in && matches!(self.phase, Phase::SignedIn(_)) {
            self.codec.set_limit(FRAME_BYTES);
            self.clock.signed_in(now);
        }
        Ok(answer)
    }

    fn overdrawn(&self, request: u32, overdrawn: Overdrawn) -> Next {
        match overdrawn {
            Overdrawn::Wait(wait) => {
                let wait = retry_after_ms(wait);
                self.refuse(request, Refusal::retry_after(ErrorCode::RateLimited, wait))
            }
            Overdrawn::Flood => Next::End(self.close(CloseCode::Flood)),
        }
    }

    fn refuse(&self, request: u32, refusal: Refusal) -> Next {
        self.node.figures.refused(refusal.code);
        let reply = ReplyFrame::refused(request, &refusal);
        self.outbox.send(&ServerFrame::Reply(reply));
        Next::Read
    }
}

/// When a publish that met a stopping server may be tried on the next one.
const RESTART_MS: u32 = 1_000;
