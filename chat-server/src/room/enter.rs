//! Coming, catching up and leaving.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use tokio::time::Instant;
use wire_format::{
    ErrorCode, Event, MemberId, ReplyFrame, ServerFrame,
    command::rooms::{Entered, Resume},
    event::LeaveReason,
};

use super::{Occupant, Room, Seat, State, event, stream::Replay};
use crate::session::Session;

/// Why a room was not entered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EnterError {
    /// The room was forgotten a moment ago.
    Forgotten,
    /// The room has as many members as it may.
    Full,
    /// The session was taken over, and the newer one is here already.
    TakenOver,
}

impl From<EnterError> for ErrorCode {
    fn from(error: EnterError) -> Self {
        match error {
            EnterError::Forgotten => Self::NoSuchRoom,
            EnterError::Full => Self::RoomFull,
            EnterError::TakenOver => Self::NotSignedIn,
        }
    }
}

impl Room {
    /// Lets a session in, or brings up to date one that is in already. The reply, the deliveries
    /// that it asked for and everything new reach its outbox in this order.
    ///
    /// # Errors
    /// [`EnterError`]; nothing was sent.
    pub(crate) fn enter(
        &self,
        session: &Arc<Session>,
        request: u32,
        resume: Option<Resume>,
    ) -> Result<Arc<Seat>, EnterError> {
        let mut state = self.lock();
        if state.forgotten {
            return Err(EnterError::Forgotten);
        }
        let member = session.member();
        let seat = match state.occupants.get(&member) {
            Some(occupant) if Arc::ptr_eq(&occupant.session, session) => Arc::clone(&occupant.seat),
            // It has yet to be told of its end; who came after it is not put out.
            Some(occupant) if occupant.session.is_newer_than(session) => {
                return Err(EnterError::TakenOver);
            }
            Some(_) => {
                // The same person's older session has not finished leaving.
                self.leave_locked(&mut state, member, LeaveReason::Lost);
                self.take_seat(&mut state, session)
            }
            None if state.occupants.len() >= self.members_most => return Err(EnterError::Full),
            None => self.take_seat(&mut state, session),
        };
        let Replay { frames, missed } = state.stream.replay(resume);
        let reply = self.entered(&state, request, missed);
        seat.catch_up(state.stream.end(), [reply, frames]);
        Ok(seat)
    }

    /// Lets a session out; nothing of the room reaches it afterwards.
    pub(crate) fn exit(&self, session: &Session, reason: LeaveReason) {
        let mut state = self.lock();
        if state.is_here(session) {
            self.leave_locked(&mut state, session.member(), reason);
        }
    }

    fn take_seat(&self, state: &mut State, session: &Arc<Session>) -> Arc<Seat> {
        let seat = Arc::new(Seat::new(Arc::clone(session.outbox())));
        state.stream.append_event(&self.joined(session.as_member()));
        let occupant = Occupant {
            session: Arc::clone(session),
            seat: Arc::clone(&seat),
        };
        state.occupants.insert(session.member(), occupant);
        state.occupants_changed(&self.member_count);
        self.work.notify_one();
        seat
    }

    fn leave_locked(&self, state: &mut State, member: MemberId, reason: LeaveReason) {
        let Some(occupant) = state.occupants.remove(&member) else {
            return;
        };
        occupant.seat.leave();
        state.occupants_changed(&self.member_count);
        state.stream.append_event(&event(&Event::RoomLeft {
            room: self.id,
            member,
            reason,
        }));
        let tellings = state.epochs.left(Instant::now().into_std(), member);
        self.tell(state, tellings);
        self.work.notify_one();
    }

    fn entered(&self, state: &State, request: u32, missed: bool) -> Bytes {
        let fields = Entered {
            id: self.id,
            channel: self.channel,
            name: self.name.clone(),
            run: state.stream.run(),
            sequence: state.stream.sequence(),
            missed,
            members: state.members(None).members,
            member_count: self.member_count.load(Ordering::Relaxed),
            epoch: state.epochs.state(),
        };
        let reply = ReplyFrame::ok(request, &fields, state.epochs.bundle());
        ServerFrame::Reply(reply).encode().stream()
    }
}
