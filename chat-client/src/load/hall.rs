//! All connections of a run, and one round over them.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::net::TcpStream;

use super::{
    clock::Clock,
    discarding::{Length, Sample},
    error::{LoadError, Miscount},
    listening::{Ears, Listening},
    outgoing::{Flushed, Outgoing},
    plan::Seat,
    wire::{Joined, Wire},
};

/// All connections of a run.
pub(super) struct Hall<'a, W: Wire> {
    pub(super) wire: &'a W,
    pub(super) clock: Clock,
    ears: &'a RefCell<Ears>,
    listening: FuturesUnordered<Listening<'a, W>>,
    /// By the seat's number; `None` before it came in.
    outgoing: Vec<Option<Outgoing>>,
    /// Seats that have more to send than their sockets took.
    blocked: Vec<usize>,
    /// Seats that hear.
    listeners: Vec<Seat>,
    cut_by: BTreeMap<String, u64>,
}

impl<'a, W: Wire> Hall<'a, W> {
    pub(super) fn new(wire: &'a W, ears: &'a RefCell<Ears>, clock: Clock, seats: usize) -> Self {
        Self {
            wire,
            clock,
            ears,
            listening: FuturesUnordered::new(),
            outgoing: (0..seats).map(|_| None).collect(),
            blocked: Vec::new(),
            listeners: Vec::new(),
            cut_by: BTreeMap::new(),
        }
    }

    /// Takes a connection in.
    pub(super) fn admit(&mut self, seat: Seat, stream: TcpStream, joined: Joined) {
        let (read, write) = stream.into_split();
        let left = joined.left;
        let listening = Listening::new(self.wire, self.ears, seat.number, read, left);
        self.listening.push(listening);
        if let Some(place) = self.outgoing.get_mut(seat.number) {
            *place = Some(Outgoing::new(write));
        }
        if joined.hears {
            self.listeners.push(seat);
        }
    }

    /// One round: reads what arrived on every connection and sends what waits.
    ///
    /// The task is woken when there is more to read or to send.
    pub(super) fn turn(&mut self, cx: &mut Context<'_>) -> Result<(), LoadError> {
        while let Poll::Ready(Some((seat, ended))) = self.listening.poll_next_unpin(cx) {
            *self.cut_by.entry(ended?).or_default() += 1;
            if let Some(outgoing) = self.outgoing(seat) {
                outgoing.end();
            }
        }
        let answers = std::mem::take(&mut self.ears.borrow_mut().answers);
        for (seat, bytes) in answers {
            if let Some(outgoing) = self.outgoing(seat) {
                outgoing.pending().extend_from_slice(&bytes);
            }
            self.flush(seat, cx);
        }
        for seat in std::mem::take(&mut self.blocked) {
            self.flush(seat, cx);
        }
        Ok(())
    }

    /// Sends what waits at a seat; what its socket does not take is sent in later rounds.
    pub(super) fn flush(&mut self, seat: usize, cx: &mut Context<'_>) -> Flushed {
        let Some(outgoing) = self.outgoing(seat) else {
            return Flushed::All;
        };
        let flushed = outgoing.flush(cx);
        if flushed == Flushed::Blocked && !self.blocked.contains(&seat) {
            self.blocked.push(seat);
        }
        flushed
    }

    /// Rounds while `future` is waited for.
    pub(super) async fn beside<T>(
        &mut self,
        future: impl Future<Output = T>,
    ) -> Result<T, LoadError> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            self.turn(cx)?;
            future.as_mut().poll(cx).map(Ok)
        })
        .await
    }

    /// Says goodbye on every connection; tells whether there was anything to say.
    pub(super) fn farewell(&mut self, cx: &mut Context<'_>) -> bool {
        let mut has_said = false;
        for seat in 0..self.outgoing.len() {
            let wire = self.wire;
            if let Some(outgoing) = self.outgoing(seat).filter(|outgoing| !outgoing.is_dead()) {
                wire.farewell(outgoing.pending());
                has_said |= outgoing.waiting() > 0;
            }
            self.flush(seat, cx);
        }
        has_said
    }

    pub(super) fn outgoing(&mut self, seat: usize) -> Option<&mut Outgoing> {
        self.outgoing.get_mut(seat)?.as_mut()
    }

    pub(super) const fn ears(&self) -> &'a RefCell<Ears> {
        self.ears
    }

    /// From now on a sample of those who hear reads, and the others discard.
    pub(super) fn sample(&self) {
        let ears = &mut *self.ears.borrow_mut();
        ears.sample = Sample::of(&self.listeners);
        // What a room kept of earlier runs has come by now.
        ears.length = Length::Unknown;
    }

    /// From now on everyone reads, from the next frame on.
    pub(super) fn read_all(&self) {
        self.ears.borrow_mut().sample = Sample::default();
    }

    /// Refuses to count what ends in the middle of a delivery that was discarded: it may be another
    /// frame.
    ///
    /// # Errors
    /// [`LoadError::Uncountable`].
    pub(super) fn check_ends(&self) -> Result<(), LoadError> {
        let mut begun = self.listening.iter().map(Listening::begun);
        match begun.find(|(_, bytes)| *bytes > 0) {
            Some((listener, bytes)) => Err(LoadError::Uncountable {
                listener,
                miscount: Miscount::Rest { bytes },
            }),
            None => Ok(()),
        }
    }

    /// Those who hear and read every message.
    pub(super) fn readers(&self) -> u64 {
        let tally = &self.ears.borrow().tally;
        let readers = self.listeners.iter();
        let readers = readers.filter(|seat| tally.unread(seat.number) == 0);
        u64::try_from(readers.count()).unwrap_or(u64::MAX)
    }

    /// Messages received, over all listeners.
    pub(super) fn received(&self) -> u64 {
        self.ears.borrow().tally.received()
    }

    /// When the last bytes arrived.
    pub(super) fn heard_at(&self) -> u64 {
        self.ears.borrow().heard_at
    }

    /// Seats that hear.
    pub(super) fn listeners(&self) -> &[Seat] {
        &self.listeners
    }

    /// Connections that are open.
    pub(super) fn alive(&self) -> usize {
        self.listening.len()
    }

    /// Connections that the server closed, by its reasons.
    pub(super) const fn cut_by(&self) -> &BTreeMap<String, u64> {
        &self.cut_by
    }
}
