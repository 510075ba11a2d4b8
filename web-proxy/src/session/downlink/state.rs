//! What a session knows of its streams and channels, changed under one lock.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use wire_format::{
    Challenge, ChannelId, CloseCode, Event, EventFrame, RoomId, RunId, ServerFrame,
    command::rooms::Resume, event::LeaveReason,
};

use super::Common;
use crate::{
    backend::{Arrival, Delivery},
    figures::{Figures, StreamKind},
    session::{
        log::{Log, Rings},
        outbox::{Outbox, Taken},
    },
};

/// Streams, and what was delivered lately. A session has few rooms: lists cost less than tables.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) streams: Vec<Open>,
    pub(super) last_id: u64,
    /// Whether the last of them ended because its page said nothing more, or took nothing more.
    pub(super) is_silent: bool,
    pub(super) logs: Vec<(ChannelId, Log)>,
    /// The last event about each room's key, for streams that come later.
    pub(super) standing: Vec<(RoomId, Bytes)>,
    /// Enters under way.
    pub(super) holds: usize,
    /// What arrived meanwhile.
    pub(super) held: VecDeque<Arrival>,
    /// The size of their frames.
    pub(super) held_bytes: usize,
    /// Rooms entered by POST before there was a stream: the next stream gets what follows.
    pub(super) unanswered: Vec<(RoomId, Option<Resume>)>,
    /// What an account's keys are to answer.
    pub(super) challenge: Option<Challenge>,
    pub(super) end: Option<CloseCode>,
}

/// An open stream.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: u64,
    pub(super) kind: StreamKind,
    pub(super) outbox: Arc<Outbox>,
    pub(super) entered: Vec<RoomId>,
}

impl State {
    /// Gives arrivals to every stream, which are written to once for all of them.
    pub(super) fn pass(&mut self, arrivals: impl Iterator<Item = Arrival>, common: &Common) {
        let mut frames = Vec::with_capacity(arrivals.size_hint().1.unwrap_or_default());
        let mut opened = 0;
        for arrival in arrivals {
            match self.come_or_go(arrival, &common.rings) {
                Some(Arrival::Deliver(delivery)) => {
                    opened += 1;
                    frames.push(self.note(delivery));
                }
                Some(Arrival::Unreadable(delivery)) => frames.push(self.note(delivery)),
                Some(Arrival::Event(event)) => frames.push(self.tell(&event, &common.figures)),
                Some(Arrival::Relayed(frame)) => frames.push(frame),
                // What is left says nothing to a page.
                Some(_) | None => {}
            }
        }
        common.figures.opened(opened);
        self.send_all(|_| true, &frames, &common.figures);
    }

    /// Takes note of the rooms that the session is in, and gives what is left to tell.
    ///
    /// This and the reply to an enter make the log of a channel, and nothing else does: what is
    /// still under way when a room is left makes none, and so nobody keeps the ring of a room for
    /// a session that is not in it.
    fn come_or_go(&mut self, arrival: Arrival, rings: &Rings) -> Option<Arrival> {
        match arrival {
            Arrival::Entered { channel, run } => {
                self.log(channel, run, rings);
                None
            }
            Arrival::Exited { room, member } => {
                self.forget(room);
                let reason = LeaveReason::Lost;
                Some(Arrival::Event(Event::RoomLeft {
                    room,
                    member,
                    reason,
                }))
            }
            other => Some(other),
        }
    }

    /// Forgets a room that the session is not in any more.
    pub(super) fn forget(&mut self, room: RoomId) {
        let channel = ChannelId::main_of(room);
        self.logs.retain(|(other, _)| *other != channel);
        self.standing.retain(|(other, _)| *other != room);
        self.unanswered.retain(|(other, _)| *other != room);
        for open in &mut self.streams {
            open.entered.retain(|other| *other != room);
        }
    }

    fn log_of(&mut self, channel: ChannelId) -> Option<&mut Log> {
        let mut logs = self.logs.iter_mut();
        logs.find(|(other, _)| *other == channel)
            .map(|(_, log)| log)
    }

    fn tell(&mut self, event: &Event, figures: &Figures) -> Bytes {
        let frame = encode(event);
        match event {
            Event::ChannelMissed { channel, .. } => {
                if let Some(log) = self.log_of(*channel) {
                    log.forget();
                }
            }
            Event::RoomKeyed { room, .. } | Event::RoomWaiting { room, .. } => {
                self.standing.retain(|(other, _)| other != room);
                if self.log_of(ChannelId::main_of(*room)).is_some() {
                    self.standing.push((*room, frame.clone()));
                }
            }
            Event::SessionChallenge { challenge } => self.challenge = Some(*challenge),
            Event::BackendBack {} => {
                figures.backend_reconnects.inc();
            }
            _ => {}
        }
        frame
    }

    fn note(&mut self, delivery: Delivery) -> Bytes {
        let Delivery {
            channel,
            run,
            sequence,
            frame,
        } = delivery;
        let log = self.log_of(channel);
        if let Some(log) = log.filter(|log| !log.is_of_another(run)) {
            log.put(sequence, &frame);
        }
        frame
    }

    /// The log of a channel that the session is in; what is there of another run is forgotten.
    pub(super) fn log(&mut self, channel: ChannelId, run: RunId, rings: &Rings) -> &mut Log {
        let new = || Log::new(run, rings.of(channel, run));
        let found = self.logs.iter().position(|(other, _)| *other == channel);
        let at = found.unwrap_or_else(|| {
            self.logs.push((channel, new()));
            self.logs.len() - 1
        });
        let log = &mut self.logs[at].1;
        if log.is_of_another(run) {
            *log = new();
        }
        log
    }

    pub(super) fn send(&self, to: impl Fn(&Open) -> bool, frame: &Bytes, figures: &Figures) {
        self.send_all(to, std::slice::from_ref(frame), figures);
    }

    fn send_all(&self, to: impl Fn(&Open) -> bool, frames: &[Bytes], figures: &Figures) {
        for open in self.streams.iter().filter(|open| to(open)) {
            if open.outbox.push_all(frames) == Taken::TooSlow {
                figures.stream_ended(CloseCode::TooSlow);
            }
        }
    }

    /// Gives a stream what its page does not have: how the room's key stands, and the deliveries.
    pub(super) fn replay(
        &mut self,
        id: u64,
        room: RoomId,
        resume: Option<&Resume>,
        figures: &Figures,
    ) {
        let Some(open) = self.streams.iter_mut().find(|open| open.id == id) else {
            return;
        };
        if !open.entered.contains(&room) {
            open.entered.push(room);
        }
        let channel = ChannelId::main_of(room);
        let standing = self.standing.iter().find(|(other, _)| *other == room);
        let mut frames: Vec<_> = standing
            .map(|(_, frame)| frame.clone())
            .into_iter()
            .collect();
        if let Some((_, log)) = self.logs.iter().find(|(other, _)| *other == channel) {
            frames.extend(log.view().after(resume));
        }
        self.send_all(|open| open.id == id, &frames, figures);
    }

    /// Gives a new event stream what follows the enters that came by POST before it.
    pub(super) fn answer_late(&mut self, id: u64, figures: &Figures) {
        for (room, resume) in std::mem::take(&mut self.unanswered) {
            self.replay(id, room, resume.as_ref(), figures);
        }
    }

    /// The event streams that an enter by POST is for: those that have not entered, else all.
    pub(super) fn event_streams(&self, room: RoomId) -> Vec<u64> {
        let events = || {
            self.streams
                .iter()
                .filter(|open| open.kind == StreamKind::events)
        };
        let fresh: Vec<_> = events()
            .filter(|open| !open.entered.contains(&room))
            .map(|open| open.id)
            .collect();
        if fresh.is_empty() {
            events().map(|open| open.id).collect()
        } else {
            fresh
        }
    }

    pub(super) fn release(&mut self, common: &Common) {
        self.holds -= 1;
        if self.holds == 0 {
            self.pass_held(common);
        }
    }

    pub(super) fn pass_held(&mut self, common: &Common) {
        self.held_bytes = 0;
        let held = std::mem::take(&mut self.held);
        self.pass(held.into_iter(), common);
    }

    /// Takes arrivals while an enter is under way: they wait for its reply.
    pub(super) fn hold_back(&mut self, arrivals: impl Iterator<Item = Arrival>, common: &Common) {
        for arrival in arrivals {
            // Where the session is does not wait either: the reply to an enter may be about it.
            let Some(arrival) = self.come_or_go(arrival, &common.rings) else {
                continue;
            };
            // News of the connection itself does not wait for a reply that may not come because
            // of it.
            if let Arrival::Event(
                Event::BackendLost { .. } | Event::BackendBack {} | Event::SessionChallenge { .. },
            ) = arrival
            {
                self.pass(std::iter::once(arrival), common);
                continue;
            }
            if self.held.len() >= HELD || self.held_bytes >= HELD_BYTES {
                self.pass_held(common);
            }
            self.held_bytes += arrival.bytes();
            self.held.push_back(arrival);
        }
    }

    pub(super) fn close(&mut self, code: CloseCode, figures: &Figures) {
        self.end = Some(code);
        for open in &self.streams {
            if open.outbox.close(code) {
                figures.stream_ended(code);
            }
        }
    }
}

/// An event as pages get it.
pub(super) fn encode(event: &Event) -> Bytes {
    let frame = EventFrame::new(event, Bytes::new());
    ServerFrame::Event(frame).encode().message()
}

/// Arrivals that an enter may hold back; beyond that they go on.
const HELD: usize = 2_048;
/// Bytes of frames after which they do as well.
pub(super) const HELD_BYTES: usize = 4 * 1024 * 1024;
