//! Connections that are held, and one publish a room at the end.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    clock::nanos, error::LoadError, hall::Hall, meter::TELL_NANOS, plan::Plan, press::Press,
    report::Progress, wire::Wire,
};

/// Holds everyone for the plan's duration, or until nobody is left, and publishes once in each room.
pub(super) async fn held<W: Wire>(
    hall: &mut Hall<'_, W>,
    press: &mut Press,
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), LoadError> {
    let begun = hall.clock.now();
    let mut told_at = begun;
    loop {
        let now = hall.clock.now();
        if now >= begun.saturating_add(nanos(plan.duration)) || hall.alive() == 0 {
            break;
        }
        if now.saturating_sub(told_at) > TELL_NANOS {
            told_at = now;
            progress(Progress::Holding {
                alive: hall.alive(),
                millis: (now - begun) / 1_000_000,
            });
        }
        hall.beside(sleep(LOOK)).await?;
    }
    hall.ears().borrow_mut().tally.measure();
    for publisher in 0..press.publishers() {
        let now = hall.clock.now();
        press.publish_one(hall, publisher, now).await;
    }
    Ok(())
}

/// How often it is looked whether the time is over.
const LOOK: Duration = Duration::from_millis(50);
