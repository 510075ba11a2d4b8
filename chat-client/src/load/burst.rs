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
    press::Press,
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
    let window = u64::try_from(window).unwrap_or(u64::MAX);
    poll_fn(|cx| {
        while tick.poll_tick(cx).is_ready() {}
        hall.turn(cx)?;
        if meter.turn(hall, press)? == Load::Ends {
            return Poll::Ready(Ok(()));
        }
        fill(window, hall, press, cx);
        Poll::Pending
    })
    .await
}

/// Publishes what the window has room for, shared among the publishers.
fn fill<W: Wire>(window: u64, hall: &mut Hall<'_, W>, press: &mut Press, cx: &mut Context<'_>) {
    let listeners = u64::try_from(hall.listeners().len()).unwrap_or(u64::MAX);
    let arrived = hall.received() / listeners.max(1);
    let mut room = window.saturating_sub(press.sent().saturating_sub(arrived));
    let publishers = u64::try_from(press.publishers()).unwrap_or(u64::MAX);
    let each = (room / publishers.max(1)).max(1);
    for _ in 0..press.publishers() {
        if room == 0 {
            return;
        }
        let publisher = press.next();
        let Some(takes @ 1..) = press.takes(hall, publisher) else {
            continue;
        };
        let count = each.min(room).min(takes);
        let now = hall.clock.now();
        let _: Flushed = press.publish(hall, publisher, (count, now), cx);
        room -= count;
    }
}

/// How often it is looked whether the run is over while nothing arrives.
const TICK: Duration = Duration::from_millis(10);
