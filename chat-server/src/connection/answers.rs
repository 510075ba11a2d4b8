//! What a command leads to, at once or after a while.

use bytes::Bytes;
use tokio::time::Instant;
use wire_format::{
    CloseCode, CommandFrame, ErrorCode, Refusal, ReplyFrame, ServerFrame, command::Command,
    limits::FRAME_BYTES,
};

use super::{
    Connection, End,
    budget::{Overdrawn, Spend},
    frames::{Next, too_fast},
};
use crate::{
    command::{self, Answer, Answered, Call, Later, Turn},
    phase::{New, Phase, Proven},
    post::Lanes,
};

impl Connection {
    pub(super) fn command(&mut self, frame: CommandFrame, now: Instant) -> Next {
        let CommandFrame {
            request,
            header,
            tail,
        } = frame;
        let parsed = Command::parse(&header);
        // Answers that the server asked for are not the client's pace; those that it did not ask
        // for are paid for below.
        let is_answer = matches!(parsed, Ok(Command::AnswerEpoch(_)));
        // A session that is signed out must not go on because too much was asked for before.
        let is_farewell = matches!(parsed, Ok(Command::Logout(_)));
        if !is_answer {
            let weight = parsed
                .as_ref()
                .map_or(1, |command| command::weight(command, &self.node));
            let passed_on = parsed.as_ref().is_ok_and(command::is_passed_on);
            let passed_on = passed_on.then_some(Spend::Message(tail.len()));
            let moves_chunk = parsed.as_ref().is_ok_and(Command::moves_chunk);
            let own = match moves_chunk {
                true => Spend::Chunk,
                false => Spend::Command(weight),
            };
            for cost in [Some(own), passed_on] {
                let Some(cost) = cost else { continue };
                match self.budget.spend(cost, &self.node.limits, now) {
                    Ok(()) => {}
                    Err(Overdrawn::Wait(_)) if is_farewell => {}
                    Err(overdrawn) => return self.overdrawn(request, overdrawn),
                }
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
            Ok(Answer::Later(later)) => Next::Await(request, later),
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
        tail: Bytes,
        now: Instant,
    ) -> Answered {
        let was_signed_in = self.phase.is_signed_in();
        let call = Call {
            node: &self.node,
            outbox: &self.outbox,
            client: &mut self.client,
            entry: &mut self.entry,
            request,
            tail,
        };
        let answer = command::run(&mut self.phase, call, command)?;
        if !was_signed_in && self.phase.is_signed_in() {
            self.signed_in(now);
        }
        Ok(answer)
    }

    /// Waits for an answer; nothing more is read meanwhile. If the connection ends first the answer
    /// is dropped, and what that leaves behind is said where the command is.
    pub(super) async fn settle(&mut self, request: u32, later: Later) -> Option<End> {
        let turn = tokio::select! {
            biased;
            code = self.outbox.ending() => return Some(End::Closed(code)),
            turn = later => turn,
        };
        match turn {
            Ok(Turn::Reply(reply)) => self.outbox.send(&ServerFrame::Reply(reply)),
            Ok(Turn::Sent) => {}
            Ok(Turn::Enter(phase, reply)) => {
                self.enter(phase);
                self.outbox.send(&ServerFrame::Reply(reply));
            }
            Ok(Turn::Proven(reply)) => {
                self.prove();
                self.outbox.send(&ServerFrame::Reply(reply));
            }
            Ok(Turn::Last(reply, code)) => {
                self.outbox.send(&ServerFrame::Reply(reply));
                return Some(self.close(code));
            }
            Err(refusal) => {
                self.refuse(request, refusal);
            }
        }
        None
    }

    fn enter(&mut self, phase: Phase) {
        if !self.phase.is_signed_in() {
            self.signed_in(Instant::now());
        }
        self.phase = phase;
        self.node.count_sessions();
    }

    fn prove(&mut self) {
        self.phase = match std::mem::replace(&mut self.phase, Phase::New(New)) {
            Phase::Unproven(unproven) => match unproven.presence.admit() {
                Some(member) => {
                    let presence = unproven.presence;
                    let lanes = Lanes::default();
                    Phase::Account(Box::new(Proven {
                        presence,
                        member,
                        lanes,
                    }))
                }
                // The connection is being closed.
                None => Phase::Unproven(unproven),
            },
            phase => phase,
        };
    }

    /// Larger frames, and pings, from now on.
    fn signed_in(&mut self, now: Instant) {
        self.codec.set_limit(FRAME_BYTES);
        self.clock.signed_in(now);
    }

    fn overdrawn(&self, request: u32, overdrawn: Overdrawn) -> Next {
        match overdrawn {
            Overdrawn::Wait(wait) => self.refuse(request, too_fast(wait)),
            Overdrawn::Flood => Next::End(self.close(CloseCode::Flood)),
        }
    }

    fn refuse(&self, request: u32, refusal: Refusal) -> Next {
        let reply = self.refusal(request, &refusal);
        self.outbox.send(&ServerFrame::Reply(reply));
        Next::Read
    }

    pub(super) fn refusal(&self, request: u32, refusal: &Refusal) -> ReplyFrame {
        self.node.figures.refused(refusal.code);
        ReplyFrame::refused(request, refusal)
    }
}
