//! The room's side of epochs: from a command to the state machine, and from its word to events.

use bytes::Bytes;
use tokio::time::Instant;
use wire_format::{
    EpochNumber, ErrorCode, Event, MemberId, Refusal, UnverifiedBundle, UnverifiedEpochStart,
    bundle_of,
};

use super::{
    Room, State,
    epochs::{Offer, Telling},
    event, event_with,
};
use crate::session::Session;

impl Room {
    /// `epochs.start`: a session starts the next epoch.
    ///
    /// # Errors
    /// `not_allowed` before the session announced its keys and for a start by other ones, and those
    /// of the state machine.
    pub(crate) fn start_epoch(
        &self,
        session: &Session,
        start: &UnverifiedEpochStart,
    ) -> Result<(), Refusal> {
        let announcement = session.announcement().ok_or(ErrorCode::NotAllowed)?;
        // By other keys than the announced ones nobody could verify it.
        if start.fingerprint() != announcement.fingerprint {
            return Err(ErrorCode::NotAllowed.into());
        }
        let offer = Offer {
            n: start.n(),
            starter: session.member(),
            reason: start.reason(),
            bundle: bundle_of(start.bytes(), &announcement.bytes),
        };
        self.with_epochs(session, |epochs, now| epochs.start(now, offer))
    }

    /// `epochs.hold`: a session holds the secret of an epoch.
    ///
    /// # Errors
    /// Those of the state machine.
    pub(crate) fn hold_epoch(
        &self,
        session: &Session,
        bundle: &UnverifiedBundle,
    ) -> Result<(), Refusal> {
        let start = bundle.start();
        let offer = Offer {
            n: start.n(),
            starter: start.starter(),
            reason: start.reason(),
            bundle: bundle_of(start.bytes(), bundle.starter().bytes()),
        };
        let holder = session.member();
        self.with_epochs(session, |epochs, now| epochs.hold(now, holder, offer))
    }

    /// `epochs.ask`: a session needs the secret.
    ///
    /// # Errors
    /// `not_allowed` before the session announced its keys, and those of the state machine.
    pub(crate) fn ask_epoch(
        &self,
        session: &Session,
        n: EpochNumber,
        refused: Option<MemberId>,
    ) -> Result<(), Refusal> {
        if session.announcement().is_none() {
            return Err(ErrorCode::NotAllowed.into());
        }
        let asker = session.member();
        self.with_epochs(session, |epochs, now| epochs.ask(now, asker, n, refused))
    }

    /// `epochs.answer`: a session sends the secret, wrapped for another.
    ///
    /// # Errors
    /// Those of the state machine.
    pub(crate) fn answer_epoch(
        &self,
        session: &Session,
        n: EpochNumber,
        to: MemberId,
        share: Bytes,
    ) -> Result<(), Refusal> {
        let from = session.member();
        self.with_epochs(session, |epochs, now| {
            epochs.answer(now, from, n, to, share)
        })
    }

    fn with_epochs(
        &self,
        session: &Session,
        step: impl FnOnce(&mut super::Epochs, std::time::Instant) -> Result<Vec<Telling>, Refusal>,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        if !state.is_here(session) {
            return Err(ErrorCode::NotInRoom.into());
        }
        let tellings = step(&mut state.epochs, Instant::now().into_std())?;
        self.tell(&mut state, tellings);
        // The room's task looks at its deadlines again.
        self.work.notify_one();
        Ok(())
    }

    /// Sends what the state machine said: to all through the stream, to one directly.
    pub(super) fn tell(&self, state: &mut State, tellings: Vec<Telling>) {
        let room = self.id;
        for telling in tellings {
            match telling {
                Telling::Started {
                    n,
                    starter,
                    reason,
                    bundle,
                } => {
                    let started = Event::EpochStarted {
                        room,
                        n,
                        starter,
                        reason,
                    };
                    state.stream.append_event(&event_with(&started, bundle));
                }
                Telling::Due { n, reason } => {
                    let due = Event::EpochDue { room, n, reason };
                    state.stream.append_event(&event(&due));
                }
                Telling::Asked { n, holder, asker } => state.tell_holder(room, n, holder, asker),
                Telling::Share { n, to, from, share } => {
                    let event = Event::EpochShare { room, n, from };
                    state.tell_one(to, event_with(&event, share));
                }
                Telling::Unanswered { n, to } => {
                    state.tell_one(to, event(&Event::EpochUnanswered { room, n }));
                }
            }
        }
    }
}

impl State {
    fn tell_holder(
        &self,
        room: wire_format::RoomId,
        n: EpochNumber,
        holder: MemberId,
        asker: MemberId,
    ) {
        // An asker that has left is not asked for; the state machine has forgotten it, too.
        let Some(occupant) = self.occupants.get(&asker) else {
            return;
        };
        let tail = occupant.session.announcement().map(|kept| kept.bytes);
        let asked = Event::EpochAsked {
            room,
            n,
            asker: occupant.session.as_member(),
        };
        self.tell_one(holder, event_with(&asked, tail.unwrap_or_default()));
    }

    fn tell_one(&self, member: MemberId, frame: Bytes) {
        if let Some(occupant) = self.occupants.get(&member) {
            occupant.seat.outbox().send_chunk(&frame);
        }
    }
}
