//! The task of a conversation that somebody follows: it hands what is told to all seats.

use std::{pin::pin, sync::Arc};

use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;

use super::{Conversation, State};
use crate::{
    figures::Figures,
    room::{Chunk, Seat, deliver},
};

/// What the task does next.
enum Step {
    Flush(Chunk, Arc<[Arc<Seat>]>),
    Wait,
    /// Nobody follows, so that nobody is told.
    End,
}

impl Conversation {
    /// Flushes until nobody follows or the server has stopped.
    pub(super) async fn run(self: Arc<Self>, figures: Arc<Figures>, stopped: CancellationToken) {
        loop {
            // Whoever is ready to speak does so first and shares this flush.
            yield_now().await;
            match self.step() {
                Step::Flush(chunk, seats) => deliver(&figures, &chunk, &seats).await,
                Step::End => return,
                Step::Wait => tokio::select! {
                    () = self.work.notified() => {}
                    () = stopped.cancelled() => return,
                },
            }
        }
    }

    fn step(&self) -> Step {
        let mut state = self.lock();
        if std::mem::take(&mut state.flushing) {
            self.taken.notify_waiters();
        }
        if let Some(chunk) = state.stream.take() {
            self.taken.notify_waiters();
            let seats = state.seats();
            state.flushing = true;
            return Step::Flush(chunk, seats);
        }
        if state.followers.is_empty() {
            state.has_task = false;
            return Step::End;
        }
        Step::Wait
    }

    /// Waits, where so much waits for the flush that more should not be added, until the task has taken
    /// it; it never waits for a member.
    ///
    /// May be dropped.
    pub(crate) async fn until_uncrowded(&self) {
        loop {
            let mut taken = pin!(self.taken.notified());
            taken.as_mut().enable();
            if !self.is_crowded() {
                return;
            }
            taken.await;
        }
    }

    fn is_crowded(&self) -> bool {
        let state = self.lock();
        state.has_task && state.stream.pending_bytes() > CROWDED_BYTES
    }

    /// Waits until everything that was told has been handed to the outboxes.
    ///
    /// May be dropped.
    pub(super) async fn until_flushed(&self) {
        loop {
            let mut taken = pin!(self.taken.notified());
            taken.as_mut().enable();
            if self.is_flushed() {
                return;
            }
            taken.await;
        }
    }

    fn is_flushed(&self) -> bool {
        let state = self.lock();
        !state.has_task || (state.stream.pending_bytes() == 0 && !state.flushing)
    }
}

impl State {
    fn seats(&mut self) -> Arc<[Arc<Seat>]> {
        let followers = &self.followers;
        let seats = self.seats.get_or_insert_with(|| {
            let seats = followers.values().map(|follower| &follower.seat);
            seats.map(Arc::clone).collect()
        });
        Arc::clone(seats)
    }
}

/// Pending bytes above which what is told waits for the flush.
const CROWDED_BYTES: usize = 1024 * 1024;
