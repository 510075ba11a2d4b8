//! From the chat-server to the streams of one session.
//!
//! Every stream gets every frame. A stream that enters a room gets the reply first, then what its
//! page does not have yet, then whatever is new: while an enter is under way arrivals are held back,
//! so that nothing overtakes the reply.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;
use wire_format::{
    Challenge, CloseCode, ErrorCode, Event, Refusal, ReplyFrame, RoomId, ServerFrame,
    command::{
        Done,
        rooms::{Entered, Resume},
    },
};

use self::state::{Open, State, encode};
use super::{log::Rings, outbox::Outbox};
use crate::{
    backend::Arrival,
    figures::{Figures, StreamKind},
};

/// The streams of a session and what was delivered lately.
#[derive(Debug)]
pub(crate) struct Downlink {
    /// Locked to hand frames to outboxes, which takes microseconds and never waits.
    state: Mutex<State>,
    /// Wakes the session's task when a stream opens or closes.
    changed: Notify,
    common: Arc<Common>,
}

/// What the sessions of the process share.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) figures: Arc<Figures>,
    pub(crate) rings: Rings,
}

impl Common {
    pub(crate) fn new(figures: Arc<Figures>) -> Self {
        Self {
            figures,
            rings: Rings::default(),
        }
    }
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
    /// `challenge` is what an account's keys are to answer first.
    pub(crate) fn new(common: Arc<Common>, challenge: Option<Challenge>) -> Self {
        Self {
            state: Mutex::new(State {
                challenge,
                ..State::default()
            }),
            changed: Notify::new(),
            common,
        }
    }

    /// Waits until as many streams are open as are wanted; for one task at a time.
    pub(crate) async fn until(&self, is_wanted: impl Fn(usize) -> bool) {
        loop {
            let changed = self.changed.notified();
            if is_wanted(self.lock().streams.len()) {
                return;
            }
            changed.await;
        }
    }

    /// Whether the page of the last stream fell silent, instead of leaving.
    pub(crate) fn is_silent(&self) -> bool {
        self.lock().is_silent
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
        state.is_silent = false;
        let id = state.last_id;
        let outbox = Arc::<Outbox>::default();
        state.streams.push(Open {
            id,
            kind,
            outbox: outbox.clone(),
            entered: Vec::new(),
        });
        if kind == StreamKind::events {
            state.answer_late(id, self.figures());
        }
        if let Some(challenge) = state.challenge {
            let event = encode(&Event::SessionChallenge { challenge });
            state.send(|open| open.id == id, &event, self.figures());
        }
        drop(state);
        self.changed.notify_one();
        self.figures().streams(kind).inc();
        Ok(Stream {
            id,
            kind,
            outbox,
            downlink: self.clone(),
        })
    }

    /// Takes what the chat-server sent.
    pub(crate) fn arrive(&self, arrivals: impl Iterator<Item = Arrival>) {
        let mut state = self.lock();
        if state.holds == 0 {
            state.pass(arrivals, &self.common);
        } else {
            state.hold_back(arrivals, &self.common);
        }
    }

    /// Holds arrivals back until the room is entered or the hold is dropped.
    pub(crate) fn hold(&self) -> Hold<'_> {
        self.lock().holds += 1;
        Hold { downlink: self }
    }

    /// Forgets a room that the session has left.
    pub(crate) fn left(&self, room: RoomId) {
        self.lock().forget(room);
    }

    /// Tells every stream to connect again later, and closes it.
    pub(crate) fn resume_later(&self, after_ms: u32) {
        let mut state = self.lock();
        let event = encode(&Event::SessionResume { after_ms });
        state.send(|_| true, &event, self.figures());
        state.close(CloseCode::Resume, self.figures());
    }

    /// What the keys of an account are to answer; `None` once they have, and for a guest.
    pub(crate) fn challenge(&self) -> Option<Challenge> {
        self.lock().challenge
    }

    /// The keys have answered this challenge.
    pub(crate) fn proven(&self, challenge: Option<Challenge>) {
        let mut state = self.lock();
        // On another connection there may be another one already.
        if state.challenge == challenge {
            state.challenge = None;
        }
    }

    /// Ends the session's streams, answering the command that asked for it first.
    pub(crate) fn end(&self, code: CloseCode, asker: Option<&Asker>, outcome: Result<(), Refusal>) {
        let mut state = self.lock();
        if let Some(&Asker::Stream { id, request }) = asker {
            let reply = match outcome {
                Ok(()) => ReplyFrame::ok(request, &Done {}, Bytes::new()),
                Err(refusal) => ReplyFrame::refused(request, &refusal),
            };
            let frame = ServerFrame::Reply(reply).encode().message();
            state.send(|open| open.id == id, &frame, self.figures());
        }
        if code == CloseCode::Revoked {
            let event = encode(&Event::SessionRevoked {});
            state.send(|_| true, &event, self.figures());
        }
        state.close(code, self.figures());
        state.logs.clear();
        state.held.clear();
        state.held_bytes = 0;
    }

    fn figures(&self) -> &Figures {
        &self.common.figures
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let Common { figures, rings } = &*self.downlink.common;
        let mut state = self.downlink.lock();
        let room = entered.id;
        let view = state.log(entered.channel, entered.run, rings).view();
        entered.missed = resume.is_some_and(|resume| {
            view.is_missing(resume) || view.is_out_of_reach(resume, entered.sequence)
        });
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

impl Hold<'_> {
    /// Answers a follow: the reply, then what was held back.
    pub(crate) fn followed(self, asker: Asker, reply: &ReplyFrame) {
        if let Asker::Stream { id, .. } = asker {
            let frame = ServerFrame::Reply(reply.clone()).encode().message();
            let Common { figures, .. } = &*self.downlink.common;
            let state = self.downlink.lock();
            state.send(|open| open.id == id, &frame, figures);
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.downlink.lock().release(&self.downlink.common);
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
            self.downlink.figures().stream_ended(code);
            let is_silent = matches!(code, CloseCode::Timeout | CloseCode::TooSlow);
            self.downlink.lock().is_silent = is_silent;
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.downlink.lock();
        state.streams.retain(|open| open.id != self.id);
        drop(state);
        self.downlink.changed.notify_one();
        self.downlink.figures().streams(self.kind).dec();
    }
}

/// Streams of one session (docs/protocol.md#11-the-browsers-tier).
const STREAMS: usize = 8;
/// What a page with too many streams is asked to wait, in milliseconds.
const TOO_MANY_STREAMS_MS: u32 = 2_000;

#[cfg(test)]
mod tests;
