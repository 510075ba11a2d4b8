//! Listening on a connection: through one shared buffer, frame by frame, or discarding.

use std::{
    cell::RefCell,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::tcp::OwnedReadHalf,
};

use super::{
    clock::{Clock, nanos},
    discarding::{Discarded, Length, Sample, Void},
    error::LoadError,
    stamp::{Notation, Stamp},
    tally::Tally,
    wire::{Heartbeat, Kind, Wire},
};

/// What all connections read into and count in.
pub(super) struct Ears {
    scratch: Vec<u8>,
    void: Void,
    pub(super) tally: Tally,
    /// Who reads while others discard; at first, and at the end, nobody discards.
    pub(super) sample: Sample,
    /// How long deliveries are.
    pub(super) length: Length,
    /// Answers that are to be sent, and by which seat.
    pub(super) answers: Vec<(usize, Vec<u8>)>,
    /// When the last bytes arrived.
    pub(super) heard_at: u64,
    clock: Clock,
}

impl Ears {
    pub(super) fn new(tally: Tally, clock: Clock) -> Self {
        Self {
            scratch: vec![0; SCRATCH_BYTES],
            void: Void::new(),
            tally,
            sample: Sample::default(),
            length: Length::Unknown,
            answers: Vec::new(),
            heard_at: clock.now(),
            clock,
        }
    }
}

/// A connection that is listened to until it ends; gives its seat, and why it ended.
pub(super) struct Listening<'a, W> {
    wire: &'a W,
    notation: Notation,
    ears: &'a RefCell<Ears>,
    seat: usize,
    half: OwnedReadHalf,
    /// The start of a frame whose end has not come.
    kept: Vec<u8>,
    is_new: bool,
    /// Since when the server may send its next heartbeat: then everything is read until it has come.
    beat_at: u64,
    /// While what arrives is discarded.
    discarded: Option<Discarded>,
}

impl<'a, W: Wire> Listening<'a, W> {
    /// Goes on behind `left`, the bytes that were read already.
    pub(super) fn new(
        wire: &'a W,
        ears: &'a RefCell<Ears>,
        seat: usize,
        half: OwnedReadHalf,
        left: Vec<u8>,
    ) -> Self {
        Self {
            wire,
            notation: wire.notation(),
            ears,
            seat,
            half,
            kept: left,
            is_new: true,
            beat_at: next_beat(wire.heartbeat(), ears.borrow().clock.now()),
            discarded: None,
        }
    }

    /// The seat, and how many bytes it has discarded of a delivery whose end has not come.
    pub(super) fn begun(&self) -> (usize, usize) {
        let begun = self.discarded.map_or(0, |discarded| discarded.begun());
        (self.seat, begun)
    }

    /// Reads behind what was kept; gives how many bytes there are now.
    fn read(&mut self, ears: &mut Ears, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let kept = self.kept.len();
        if kept > ears.scratch.len() / 2 {
            ears.scratch.resize(kept * 2, 0);
        }
        let (start, free) = ears.scratch.split_at_mut(kept);
        let mut free = ReadBuf::new(free);
        ready!(Pin::new(&mut self.half).poll_read(cx, &mut free))?;
        let read = free.filled().len();
        if read == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        start.copy_from_slice(&self.kept);
        ears.heard_at = ears.clock.now();
        Poll::Ready(Ok(kept + read))
    }

    /// Counts the frames among the first bytes of the shared buffer and keeps an unfinished one.
    fn walk(&mut self, ears: &mut Ears, filled: usize) -> Result<Option<String>, LoadError> {
        let Ears {
            scratch,
            tally,
            length,
            answers,
            heard_at,
            ..
        } = ears;
        let mut rest = scratch.get(..filled).unwrap_or_default();
        while let Some(cut) = self.wire.cut(rest)? {
            match cut.kind {
                Kind::Delivery(payload) => match Stamp::read(self.notation, payload) {
                    Some(stamp) if tally.is_of_run(stamp) => {
                        length.note(cut.bytes);
                        tally.count(self.seat, stamp, *heard_at);
                    }
                    _ => *length = Length::Uneven,
                },
                Kind::Answer(bytes) => {
                    self.beat_at = next_beat(self.wire.heartbeat(), *heard_at);
                    answers.push((self.seat, bytes));
                }
                Kind::Closed(reason) => return Ok(Some(reason)),
                Kind::Other => {}
            }
            rest = rest.get(cut.bytes.max(1)..).unwrap_or_default();
        }
        self.kept.clear();
        self.kept.extend_from_slice(rest);
        Ok(None)
    }

    /// Begins to discard, or to read again, between two frames; gives how many bytes may be discarded.
    fn discardable(&mut self, ears: &Ears) -> Option<usize> {
        let may = ears.sample.discards(self.seat) && ears.clock.now() < self.beat_at;
        match (self.discarded, ears.length) {
            (Some(_), _) if may => return Some(usize::MAX),
            (Some(discarded), _) if discarded.begun() > 0 => return Some(discarded.remaining()),
            (None, Length::Even(length))
                if may && self.kept.is_empty() && ears.tally.has_heard_all(self.seat) =>
            {
                self.discarded = Some(Discarded::new(length));
                return Some(usize::MAX);
            }
            _ => self.discarded = None,
        }
        None
    }

    /// Discards what has arrived and counts the deliveries that end in it.
    fn discard(
        &mut self,
        ears: &mut Ears,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let taken = ready!(ears.void.poll_discard(self.half.as_ref(), limit, cx))?;
        if taken == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        ears.heard_at = ears.clock.now();
        if let Some(discarded) = &mut self.discarded {
            ears.tally.count_unread(self.seat, discarded.take(taken));
        }
        Poll::Ready(Ok(()))
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<Result<String, LoadError>> {
        let ears = &mut *self.ears.borrow_mut();
        loop {
            if let Some(limit) = self.discardable(ears) {
                match ready!(self.discard(ears, limit, cx)) {
                    Ok(()) => continue,
                    Err(error) => return Poll::Ready(Ok(reason(&error))),
                }
            }
            let filled = if std::mem::take(&mut self.is_new) {
                let left = self.kept.len();
                if ears.scratch.len() < left {
                    ears.scratch.resize(left, 0);
                }
                ears.scratch[..left].copy_from_slice(&self.kept);
                left
            } else {
                match ready!(self.read(ears, cx)) {
                    Ok(filled) => filled,
                    Err(error) => return Poll::Ready(Ok(reason(&error))),
                }
            };
            if let Some(reason) = self.walk(ears, filled)? {
                return Poll::Ready(Ok(reason));
            }
        }
    }
}

impl<W: Wire> Future for Listening<'_, W> {
    type Output = (usize, Result<String, LoadError>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let seat = this.seat;
        this.turn(cx).map(|ended| (seat, ended))
    }
}

/// When a listener begins to wait for the heartbeat behind one at `now`.
fn next_beat(heartbeat: Option<Heartbeat>, now: u64) -> u64 {
    heartbeat.map_or(u64::MAX, |heartbeat| {
        let wait = heartbeat.every.saturating_sub(BEAT_EARLY);
        now.saturating_add(nanos(wait))
    })
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "without a word".to_owned(),
        kind => kind.to_string(),
    }
}

/// What one system call may bring: a whole window of messages of ordinary size, and what a core's
/// second-level cache holds beside the counters.
const SCRATCH_BYTES: usize = 256 * 1024;
/// How much earlier a heartbeat may come than it is due: by how late this program may have seen the
/// one before.
const BEAT_EARLY: Duration = Duration::from_secs(1);
