//! What a session knows of its streams and channels, changed under one lock.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use wire_format::{
    ChannelId, CloseCode, Event, EventFrame, RoomId, ServerFrame, command::rooms::Resume,
};

use crate::{
    backend::{Arrival, Delivery},
    figures::{Figures, StreamKind},
    session::{
        log::Log,
        outbox::{Outbox, Taken},
    },
};

/// Streams, and what was delivered lately.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) streams: Vec<Open>,
    pub(super) last_id: u64,
    pub(super) logs: HashMap<ChannelId, Log>,
    /// The last event about each room's key, for streams that come later.
    pub(super) standing: HashMap<RoomId, Bytes>,
    /// Enters under way.
    pub(super) holds: usize,
    /// What arrived meanwhile.
    pub(super) held: VecDeque<Arrival>,
    /// The size of their frames.
    pub(super) held_bytes: usize,
    /// Rooms entered by POST before there was a stream: the next stream gets what follows.
    pub(super) unanswered: Vec<(RoomId, Option<Resume>)>,
    pub(super) end: Option<CloseCode>,
}

/// An open stream.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) id: u64,
    pub(super) kind: StreamKind,
    pub(super) outbox: Arc<Outbox>,
    pub(super) entered: HashSet<RoomId>,
}

impl State {
    pub(super) fn pass(&mut self, arrival: Arrival, figures: &Figures) {
        match arrival {
            Arrival::Deliver(delivery) => {
                figures.opened();
                self.deliver(delivery, figures);
            }
            Arrival::Unreadable(delivery) => self.deliver(delivery, figures),
            Arrival::Event(event) => self.tell(&event, figures),
            Arrival::Ended(_) => {}
        }
    }

    fn tell(&mut self, event: &Event, figures: &Figures) {
        let frame = encode(event);
        match event {
            Event::ChannelMissed { channel, .. } => {
                if let Some(log) = self.logs.get_mut(channel) {
                    log.forget();
                }
            }
            Event::RoomKeyed { room, .. } | Event::RoomWaiting { room, .. } => {
                self.standing.insert(*room, frame.clone());
            }
            Event::BackendBack {} => {
                figures.backend_reconnects.inc();
            }
            _ => {}
        }
        self.send(|_| true, &frame, figures);
    }

    fn deliver(&mut self, delivery: Delivery, figures: &Figures) {
        let Delivery {
            channel,
            run,
            sequence,
            frame,
        } = delivery;
        let log = self.logs.entry(channel).or_insert_with(|| Log::new(run));
        log.follow(run);
        log.put(sequence, frame.clone());
        self.send(|_| true, &frame, figures);
    }

    pub(super) fn send(&mut self, to: impl Fn(&Open) -> bool, frame: &Bytes, figures: &Figures) {
        for open in self.streams.iter().filter(|open| to(open)) {
            if open.outbox.push(frame.clone()) == Taken::TooSlow {
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
        open.entered.insert(room);
        let standing = self.standing.get(&room).cloned();
        let log = self.logs.get(&ChannelId::main_of(room));
        let deliveries = log.into_iter().flat_map(|log| log.after(resume));
        for frame in standing.into_iter().chain(deliveries) {
            if open.outbox.push(frame) == Taken::TooSlow {
                figures.stream_ended(CloseCode::TooSlow);
            }
        }
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

    pub(super) fn release(&mut self, figures: &Figures) {
        self.holds -= 1;
        if self.holds == 0 {
            self.pass_held(figures);
        }
    }

    pub(super) fn pass_held(&mut self, figures: &Figures) {
        self.held_bytes = 0;
        for arrival in std::mem::take(&mut self.held) {
            self.pass(arrival, figures);
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
