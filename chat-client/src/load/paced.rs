//! On a clock, whatever arrives.

use std::time::Duration;

use tokio::{task::yield_now, time::sleep_until};

use super::{
    clock::nanos,
    error::LoadError,
    hall::Hall,
    meter::{Load, Meter},
    press::Press,
    wire::Wire,
};

/// Publishes `rate` messages a second, by one publisher after the other, until the meter has its fill.
pub(super) async fn paced<W: Wire>(
    hall: &mut Hall<'_, W>,
    press: &mut Press,
    meter: &mut Meter<'_>,
    rate: f64,
) -> Result<(), LoadError> {
    let interval = nanos(Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX)).max(1);
    let mut due = hall.clock.now().saturating_add(interval);
    loop {
        if meter.turn(hall, press)? == Load::Ends {
            return Ok(());
        }
        for _ in 0..AT_ONCE {
            if hall.clock.now() < due {
                break;
            }
            let publisher = press.next();
            if press.takes(hall, publisher) == Some(0) {
                // What is due stays due, and counts as late.
                break;
            }
            press.publish_one(hall, publisher, due).await;
            due = due.saturating_add(interval);
        }
        until(hall, due).await?;
    }
}

/// Rounds until about `due`. The runtime's timer counts whole milliseconds; the last one is spent
/// looking at the clock.
async fn until<W: Wire>(hall: &mut Hall<'_, W>, due: u64) -> Result<(), LoadError> {
    let now = hall.clock.now();
    if due.saturating_sub(now) < TIMER_NANOS {
        return hall.beside(yield_now()).await;
    }
    let wake = (due - TIMER_NANOS).min(now + LOOK_NANOS);
    let wake = hall.clock.instant(wake);
    hall.beside(sleep_until(wake)).await
}

/// Messages published in one round, when they are due faster than they can be written.
const AT_ONCE: usize = 1_024;
/// How late the runtime's timer may be, and a little.
const TIMER_NANOS: u64 = 1_200_000;
/// How often it is looked whether the run is over while nothing is due.
const LOOK_NANOS: u64 = 50_000_000;
