//! The task of a room: it flushes, and it knows when something is due.

use std::{pin::pin, sync::Arc};

use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Room, Rooms, Seat, State, stream::Chunk};
use crate::figures::Figures;

/// What the room's task does next.
enum Turn {
    /// Hand a chunk to these seats.
    Flush(Chunk, Arc<[Arc<Seat>]>),
    /// Wait for work, or until then.
    Wait(Option<Instant>),
    /// Nobody has been here for long.
    Expired,
}

impl Room {
    /// Flushes until the room is forgotten or the server has stopped.
    pub(super) async fn run(self: Arc<Self>, rooms: Arc<Rooms>, stopped: CancellationToken) {
        loop {
            // Whoever is ready to speak does so first and shares this flush: without it ten
            // publishers in a room of 100 got a flush each, at five times the cost.
            yield_now().await;
            match self.turn(Instant::now()) {
                Turn::Flush(chunk, seats) => deliver(&self.figures, &chunk, &seats).await,
                Turn::Expired if rooms.forget(&self) => return,
                Turn::Expired => {}
                Turn::Wait(until) => {
                    let due = async {
                        match until {
                            Some(until) => sleep_until(until).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = self.work.notified() => {}
                        () = due => {}
                        () = stopped.cancelled() => return,
                    }
                }
            }
        }
    }

    fn turn(&self, now: Instant) -> Turn {
        let mut state = self.lock();
        if std::mem::take(&mut state.flushing) {
            self.taken.notify_waiters();
        }
        let tellings = state.epochs.tick(now.into_std());
        self.tell(&mut state, tellings);
        if let Some(chunk) = state.stream.take() {
            let seats = state.seats();
            state.flushing = true;
            drop(state);
            self.taken.notify_waiters();
            return Turn::Flush(chunk, seats);
        }
        let expires = state.expires();
        if expires.is_some_and(|expires| expires <= now) {
            return Turn::Expired;
        }
        let tick = state.epochs.next_tick().map(Instant::from_std);
        Turn::Wait(tick.into_iter().chain(expires).min())
    }

    fn is_flushed(&self) -> bool {
        let state = self.lock();
        state.stream.pending_bytes() == 0 && !state.flushing
    }

    /// Waits until everything that was said has been handed to the outboxes.
    ///
    /// May be dropped.
    pub(crate) async fn until_flushed(&self) {
        loop {
            let mut taken = pin!(self.taken.notified());
            taken.as_mut().enable();
            if self.is_flushed() {
                return;
            }
            taken.await;
        }
    }
}

impl State {
    fn seats(&mut self) -> Arc<[Arc<Seat>]> {
        let occupants = &self.occupants;
        let seats = self.seats.get_or_insert_with(|| {
            occupants
                .values()
                .map(|occupant| Arc::clone(&occupant.seat))
                .collect()
        });
        Arc::clone(seats)
    }
}

/// Hands a chunk to every seat, letting others work now and then.
///
/// A dropped future leaves some seats without it.
pub(crate) async fn deliver(figures: &Figures, chunk: &Chunk, seats: &[Arc<Seat>]) {
    figures.delivered(chunk.frames, seats.len());
    for group in seats.chunks(SEATS_AT_A_TIME) {
        for seat in group {
            seat.deliver(chunk);
        }
        if group.len() == SEATS_AT_A_TIME {
            yield_now().await;
        }
    }
}

/// Seats served before the room's task lets others work: some 400 µs.
const SEATS_AT_A_TIME: usize = 128;
