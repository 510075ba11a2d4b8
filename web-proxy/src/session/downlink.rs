//! From the chat-server to the streams of one session.
//!
//! Every stream gets every frame. A stream that enters a room gets the reply first, then what its
//! page does not have yet, then whatever is new: while an enter is under way arrivals are held back,
//! so that nothing overtakes the reply.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::watch;
use wire_format::{
    ChannelId, CloseCode, ErrorCode, Event, EventFrame, Refusal, ReplyFrame, RoomId, ServerFrame,
    command::{
        Done,
        rooms::{Entered, Resume},
    },
};

use super::{
    log::Log,
    outbox::{Outbox, Taken},
};
use crate::{
    backend::{Arrival, Delivery},
    figures::{Figures, StreamKind},
};

/// The streams of a session and what was delivered lately.
#[derive(Debug)]
pub(crate) struct Downlink {
    /// Locked to hand frames to outboxes, which takes microseconds and never waits.
    state: Mutex<State>,
    count: watch::Sender<usize>,
    figures: Arc<Figures>,
}

#[derive(Debug, Default)]
struct State {
    streams: Vec<Open>,
    last_id: u64,
    logs: HashMap<ChannelId, Log>,
    /// The last event about each room's key, for streams that come later.
    standing: HashMap<RoomId, Bytes>,
    /// Enters under way.
    holds: usize,
    /// What arrived meanwhile.
    held: VecDeque<Arrival>,
    /// Rooms entered by POST before there was a stream: the next stream gets what follows.
    unanswered: Vec<(RoomId, Option<Resume>)>,
    end: Option<CloseCode>,
}

#[derive(Debug)]
struct Open {
    id: u64,
    kind: StreamKind,
    outbox: Arc<Outbox>,
    entered: HashSet<RoomId>,
}

/// Who sent a command, and where its reply goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// A stream; the reply is a frame on it.
    Stream {
        /// Which stream.
        id: u64,
        /// The id of the request.
        request: u32,
    },
    /// A POST; the reply is its answer, frames go to the event streams.
    Post,
}

impl Asker {
    /// The request id of the reply.
    pub(crate) const fn request(self) -> u32 {
        match self {
            Self::Stream { request, .. } => request,
            Self::Post => 0,
        }
    }
}

impl Downlink {
    pub(crate) fn new(figures: Arc<Figures>) -> Self {
        Self {
            state: Mutex::default(),
            count: watch::Sender::new(0),
            figures,
        }
    }

    /// How many streams are open, now and whenever that changes.
    pub(crate) fn streams(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// `not_signed_in` if the session has ended, `busy` if it has as many streams as it may.
    pub(crate) fn open(self: &Arc<Self>, kind: StreamKind) -> Result<Stream, Refusal> {
        let mut state = self.lock();
        if state.end.is_some() {
            return Err(ErrorCode::NotSignedIn.into());
        }
        if state.streams.len() >= STREAMS {
            return Err(Refusal::retry_after(ErrorCode::Busy, TOO_MANY_STREAMS_MS));
        }
        state.last_id += 1;
        let id = state.last_id;
        let outbox = Arc::<Outbox>::default();
        state.streams.push(Open {
            id,
            kind,
            outbox: outbox.clone(),
            entered: HashSet::new(),
        });
        if kind == StreamKind::events {
            state.answer_late(id, &self.figures);
        }
        self.count.send_replace(state.streams.len());
        drop(state);
        self.figures.streams(kind).inc();
        Ok(Stream {
            id,
            kind,
            outbox,
            downlink: self.clone(),
        })
    }

    /// Takes what the chat-server sent.
    pub(crate) fn arrive(&self, arrival: Arrival) {
        let mut state = self.lock();
        // News of the connection itself does not wait for a reply that may not come because of it.
        let waits = !matches!(
            arrival,
            Arrival::Event(Event::BackendLost { .. } | Event::BackendBack {})
        );
        if state.holds == 0 || !waits {
            return state.pass(arrival, &self.figures);
        }
        if state.held.len() >= HELD {
            state.pass_held(&self.figures);
        }
        state.held.push_back(arrival);
    }

    /// Holds arrivals back until the room is entered or the hold is dropped.
    pub(crate) fn hold(&self) -> Hold<'_> {
        self.lock().holds += 1;
        Hold { downlink: self }
    }

    /// Forgets a room that the session has left.
    pub(crate) fn left(&self, room: RoomId) {
        let mut state = self.lock();
        state.logs.remove(&ChannelId::main_of(room));
        state.standing.remove(&room);
        state.unanswered.retain(|(other, _)| *other != room);
        for open in &mut state.streams {
            open.entered.remove(&room);
        }
    }

    /// Tells every stream to connect again later, and closes it.
    pub(crate) fn resume_later(&self, after_ms: u32) {
        let mut state = self.lock();
        let event = encode(&Event::SessionResume { after_ms });
        state.send(|_| true, &event, &self.figures);
        state.close(CloseCode::Resume, &self.figures);
    }

    /// Ends the session's streams, answering the command that asked for it first.
    pub(crate) fn end(&self, code: CloseCode, asker: Option<&Asker>) {
        let mut state = self.lock();
        if let Some(&Asker::Stream { id, request }) = asker {
            let done = ReplyFrame::ok(request, &Done {}, Bytes::new());
            let frame = ServerFrame::Reply(done).encode().message();
            state.send(|open| open.id == id, &frame, &self.figures);
        }
        state.close(code, &self.figures);
        state.logs.clear();
        state.held.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pass(&mut self, arrival: Arrival, figures: &Figures) {
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

    fn send(&mut self, to: impl Fn(&Open) -> bool, frame: &Bytes, figures: &Figures) {
        for open in self.streams.iter().filter(|open| to(open)) {
            if open.outbox.push(frame.clone()) == Taken::TooSlow {
                figures.stream_ended(CloseCode::TooSlow);
            }
        }
    }

    /// Gives a stream what its page does not have: how the room's key stands, and the deliveries.
    fn replay(&mut self, id: u64, room: RoomId, resume: Option<&Resume>, figures: &Figures) {
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
    fn answer_late(&mut self, id: u64, figures: &Figures) {
        for (room, resume) in std::mem::take(&mut self.unanswered) {
            self.replay(id, room, resume.as_ref(), figures);
        }
    }

    /// The event streams that an enter by POST is for: those that have not entered, else all.
    fn event_streams(&self, room: RoomId) -> Vec<u64> {
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

    fn release(&mut self, figures: &Figures) {
        self.holds -= 1;
        if self.holds == 0 {
            self.pass_held(figures);
        }
    }

    fn pass_held(&mut self, figures: &Figures) {
        for arrival in std::mem::take(&mut self.held) {
            self.pass(arrival, figures);
        }
    }

    fn close(&mut self, code: CloseCode, figures: &Figures) {
        self.end = Some(code);
        for open in &self.streams {
            if open.outbox.close(code) {
                figures.stream_ended(code);
            }
        }
    }
}

/// Arrivals wait while this is there.
#[must_use]
#[derive(Debug)]
pub(crate) struct Hold<'a> {
    downlink: &'a Downlink,
}

impl Hold<'_> {
    /// Answers an enter: the reply, then what the page does not have, then what was held back.
    ///
    /// Returns the reply, which has also been put on the stream that asked.
    pub(crate) fn entered(
        self,
        asker: Asker,
        resume: Option<&Resume>,
        mut entered: Entered,
    ) -> ReplyFrame {
        let figures = &self.downlink.figures;
        let mut state = self.downlink.lock();
        let room = entered.id;
        let log = state
            .logs
            .entry(entered.channel)
            .or_insert_with(|| Log::new(entered.run));
        log.follow(entered.run);
        entered.missed = resume.is_some_and(|resume| log.is_missing(resume));
        let reply = ReplyFrame::ok(asker.request(), &entered, Bytes::new());
        match asker {
            Asker::Stream { id, .. } => {
                let frame = ServerFrame::Reply(reply.clone()).encode().message();
                state.send(|open| open.id == id, &frame, figures);
                state.replay(id, room, resume, figures);
            }
            Asker::Post => {
                let streams = state.event_streams(room);
                if streams.is_empty() {
                    state.unanswered.retain(|(other, _)| *other != room);
                    state.unanswered.push((room, resume.copied()));
                }
                for id in streams {
                    state.replay(id, room, resume, figures);
                }
            }
        }
        reply
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.downlink.lock().release(&self.downlink.figures);
    }
}

/// One way to a page; closed when dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: u64,
    pub(crate) outbox: Arc<Outbox>,
    kind: StreamKind,
    downlink: Arc<Downlink>,
}

impl Stream {
    /// Closes the stream with a code, unless it is closed already.
    pub(crate) fn close(&self, code: CloseCode) {
        if self.outbox.close(code) {
            self.downlink.figures.stream_ended(code);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.downlink.lock();
        state.streams.retain(|open| open.id != self.id);
        self.downlink.count.send_replace(state.streams.len());
        drop(state);
        self.downlink.figures.streams(self.kind).dec();
    }
}

fn encode(event: &Event) -> Bytes {
    let frame = EventFrame::new(event, Bytes::new());
    ServerFrame::Event(frame).encode().message()
}

/// Streams of one session (docs/protocol.md#11-the-browsers-tier).
const STREAMS: usize = 8;
/// What a page with too many streams is asked to wait, in milliseconds.
const TOO_MANY_STREAMS_MS: u32 = 2_000;
/// Arrivals that an enter may hold back; beyond that they go on.
const HELD: usize = 2_048;

#[cfg(test)]
mod tests;
