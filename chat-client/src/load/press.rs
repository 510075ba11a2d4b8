//! What publishes: payloads with their stamps, numbered for each publisher.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use super::{
    discarding::Length,
    error::{LoadError, Miscount},
    hall::Hall,
    outgoing::Flushed,
    plan::Seat,
    stamp::{Notation, Stamp},
    wire::Wire,
};

/// Numbers and writes payloads.
pub(super) struct Press {
    run: u32,
    notation: Notation,
    publishers: Vec<Publisher>,
    /// Whose turn it was last.
    turn: usize,
    payload: Vec<u8>,
    /// Messages published.
    sent: u64,
    /// Deliveries that they should become.
    expected: u64,
}

struct Publisher {
    seat: Seat,
    sent: u64,
    /// Connections that hear it.
    listeners: u64,
}

impl Press {
    pub(super) fn new(run: u32, notation: Notation, seats: &[Seat], payload_bytes: usize) -> Self {
        let publisher = |seat: &Seat| Publisher {
            seat: *seat,
            sent: 0,
            listeners: 0,
        };
        let publishers = seats.iter().filter(|seat| seat.publishes);
        Self {
            run,
            notation,
            publishers: publishers.map(publisher).collect(),
            turn: 0,
            payload: vec![b'x'; payload_bytes],
            sent: 0,
            expected: 0,
        }
    }

    /// Learns who hears whom.
    pub(super) fn meet(&mut self, listeners: &[Seat]) {
        for publisher in &mut self.publishers {
            let hears = |seat: &&Seat| seat.room == publisher.seat.room;
            publisher.listeners = listeners
                .iter()
                .filter(hears)
                .count()
                .try_into()
                .unwrap_or(u64::MAX);
        }
    }

    /// Publishers.
    pub(super) const fn publishers(&self) -> usize {
        self.publishers.len()
    }

    /// The publisher whose turn it is: one after the other.
    pub(super) fn next(&mut self) -> usize {
        self.turn = (self.turn + 1) % self.publishers.len().max(1);
        self.turn
    }

    /// Messages published.
    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Deliveries that they should become.
    pub(super) const fn expected(&self) -> u64 {
        self.expected
    }

    /// Queues `count` messages of a publisher that were due at `due`, and sends them as far as its
    /// socket takes them.
    pub(super) fn publish<W: Wire>(
        &mut self,
        hall: &mut Hall<'_, W>,
        publisher: usize,
        (count, due): (u64, u64),
        cx: &mut Context<'_>,
    ) -> Flushed {
        let number = u32::try_from(publisher).unwrap_or(u32::MAX);
        let Some(publisher) = self.publishers.get_mut(publisher) else {
            return Flushed::All;
        };
        let (wire, seat) = (hall.wire, publisher.seat);
        let outgoing = hall.outgoing(seat.number);
        let Some(outgoing) = outgoing.filter(|outgoing| !outgoing.is_dead()) else {
            return Flushed::All;
        };
        for _ in 0..count {
            let stamp = Stamp {
                run: self.run,
                publisher: number,
                number: publisher.sent,
                due,
            };
            stamp.write(self.notation, &mut self.payload);
            wire.publish(&seat, &self.payload, outgoing.pending());
            publisher.sent += 1;
        }
        self.sent += count;
        self.expected += count * publisher.listeners;
        hall.flush(seat.number, cx)
    }

    /// Likewise one message.
    pub(super) async fn publish_one<W: Wire>(
        &mut self,
        hall: &mut Hall<'_, W>,
        publisher: usize,
        due: u64,
    ) {
        poll_fn(|cx| Poll::Ready(self.publish(hall, publisher, (1, due), cx))).await;
    }

    /// Messages that a publisher may append in one go: 0 until its socket has taken what waits, `None`
    /// if it takes nothing any more.
    pub(super) fn takes<W: Wire>(&self, hall: &mut Hall<'_, W>, publisher: usize) -> Option<u64> {
        let seat = self.publishers.get(publisher)?.seat;
        let outgoing = hall.outgoing(seat.number)?;
        if outgoing.is_dead() {
            return None;
        }
        if outgoing.waiting() > WAITING_BYTES {
            return Some(0);
        }
        let messages = WAITING_BYTES / self.payload.len().max(1) + 1;
        Some(u64::try_from(messages).unwrap_or(u64::MAX))
    }

    /// Messages that a listener should have received and did not, over all listeners.
    ///
    /// # Errors
    /// [`LoadError::Uncountable`]: what one of them discarded is no number of deliveries.
    pub(super) fn lost<W: Wire>(&self, hall: &Hall<'_, W>) -> Result<u64, LoadError> {
        let ears = hall.ears().borrow();
        let lost_by = |listener: &Seat| {
            let heard = self.publishers.iter().enumerate();
            let heard = heard.filter(|(_, publisher)| publisher.seat.room == listener.room);
            let missing: u64 = heard
                .map(|(number, publisher)| ears.tally.missing(listener, number, publisher.sent))
                .sum();
            let unread = ears.tally.unread(listener.number);
            let miscount = match missing.checked_sub(unread) {
                Some(lost) if unread == 0 || ears.length != Length::Uneven => return Ok(lost),
                Some(_) => Miscount::Uneven,
                None => Miscount::Surplus {
                    deliveries: unread - missing,
                },
            };
            Err(LoadError::Uncountable {
                listener: listener.number,
                miscount,
            })
        };
        hall.listeners().iter().map(lost_by).sum()
    }
}

/// Bytes that one publisher's socket may be behind before the others go on without it.
const WAITING_BYTES: usize = 1 << 20;
