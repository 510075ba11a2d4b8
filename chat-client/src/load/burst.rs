//! As fast as it goes, with a window of messages in flight.

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::interval;

use super::{
    error::LoadError,
    hall::Hall,
    meter::{Load, Meter},
    outgoing::Flushed,
    press::{Press, WAITING_BYTES},
    wire::Wire,
};

/// Publishes until the meter has its fill.
pub(super) async fn burst<W: Wire>(
    hall: &mut Hall<'_, W>,
    press: &mut Press,
    meter: &mut Meter<'_>,
    window: usize,
) -> Result<(), LoadError> {
    let mut tick = interval(TICK);
    let mut window = Window {
        messages: u64::try_from(window).unwrap_or(u64::MAX),
        turn: 0,
    };
    poll_fn(|cx| {
        while tick.poll_tick(cx).is_ready() {}
        hall.turn(cx)?;
        if meter.turn(hall, press)? == Load::Ends {
            return Poll::Ready(Ok(()));
        }
        window.fill(hall, press, cx);
        Poll::Pending
    })
    .await
}

struct Window {
    messages: u64,
    /// Whose turn it was last.
    turn: usize,
}

impl Window {
    /// Publishes what the window has room for, shared among the publishers.
    fn fill<W: Wire>(&mut self, hall: &mut Hall<'_, W>, press: &mut Press, cx: &mut Context<'_>) {
        let listeners = u64::try_from(hall.listeners().len()).unwrap_or(u64::MAX);
        let arrived = hall.received() / listeners.max(1);
        let mut room = self
            .messages
            .saturating_sub(press.sent().saturating_sub(arrived));
        let publishers = u64::try_from(press.publishers()).unwrap_or(u64::MAX);
        let each = (room / publishers.max(1)).max(1);
        for _ in 0..press.publishers() {
            if room == 0 {
                return;
            }
            self.turn = (self.turn + 1) % press.publishers();
            let count = match press.waiting(hall, self.turn) {
                None => continue,
                // It goes on when its socket has taken that.
                Some(bytes) if bytes > WAITING_BYTES => continue,
                Some(_) => each.min(room).min(press.at_once()),
            };
            let now = hall.clock.now();
            let _: Flushed = press.publish(hall, self.turn, (count, now), cx);
            room -= count;
        }
    }
}

/// How often it is looked whether the run is over while nothing arrives.
const TICK: Duration = Duration::from_millis(10);
