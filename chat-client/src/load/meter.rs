//! When measuring begins and ends, and what was measured.

use std::time::Duration;

use super::{
    account::Account,
    clock::{Clock, nanos},
    error::LoadError,
    hall::Hall,
    plan::Plan,
    press::Press,
    report::Progress,
    wire::Wire,
};

/// Decides when measuring begins and ends; tells where the run is.
pub(super) struct Meter<'a> {
    begins: u64,
    duration: u64,
    server: &'a Account,
    generator: Account,
    begun: Option<Reading>,
    ended: Option<Reading>,
    told_at: u64,
    progress: &'a mut dyn FnMut(Progress),
    is_stalled: bool,
}

/// All counters at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    at: u64,
    server: Option<u64>,
    generator: Option<u64>,
    received: u64,
    sent: u64,
}

/// The differences between two readings.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    pub(super) span: Duration,
    pub(super) server: Option<u64>,
    pub(super) generator: Option<u64>,
    pub(super) received: u64,
    pub(super) sent: u64,
}

/// Whether the load goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Load {
    GoesOn,
    Ends,
}

impl<'a> Meter<'a> {
    /// Measures after the plan's warm-up, counted from now.
    pub(super) fn new(
        plan: &Plan,
        clock: Clock,
        server: &'a Account,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        progress(Progress::WarmUp);
        let now = clock.now();
        Self {
            begins: now.saturating_add(nanos(plan.warm_up)),
            duration: nanos(plan.duration),
            server,
            generator: Account::of_this_process(),
            begun: None,
            ended: None,
            told_at: now,
            progress,
            is_stalled: false,
        }
    }

    /// Called once a round.
    pub(super) fn turn<W: Wire>(
        &mut self,
        hall: &Hall<'_, W>,
        press: &Press,
    ) -> Result<Load, LoadError> {
        let now = hall.clock.now();
        let received = hall.received();
        let is_silent = now.saturating_sub(hall.heard_at()) > SILENCE_NANOS;
        self.is_stalled = is_silent && received < press.expected();
        let Some(begun) = self.begun else {
            if now >= self.begins {
                self.begun = Some(self.read(hall, press)?);
                hall.ears().borrow_mut().tally.measure();
            }
            return Ok(if self.is_stalled {
                Load::Ends
            } else {
                Load::GoesOn
            });
        };
        if self.is_stalled || now >= begun.at.saturating_add(self.duration) {
            hall.ears().borrow_mut().tally.rest();
            self.ended = Some(self.read(hall, press)?);
            return Ok(Load::Ends);
        }
        if now.saturating_sub(self.told_at) > TELL_NANOS {
            self.told_at = now;
            (self.progress)(Progress::Measuring {
                deliveries: received - begun.received,
                millis: (now - begun.at) / 1_000_000,
            });
        }
        Ok(Load::GoesOn)
    }

    /// Whether nothing arrived for 4 s while messages were under way.
    pub(super) const fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// What was measured; nothing if it stalled before.
    pub(super) fn measured(&self) -> Measured {
        let (Some(begun), Some(ended)) = (self.begun, self.ended) else {
            return Measured::default();
        };
        let used = |from: Option<u64>, to: Option<u64>| Some(to?.saturating_sub(from?));
        Measured {
            span: Duration::from_nanos(ended.at - begun.at),
            server: used(begun.server, ended.server),
            generator: used(begun.generator, ended.generator),
            received: ended.received - begun.received,
            sent: ended.sent - begun.sent,
        }
    }

    fn read<W: Wire>(&self, hall: &Hall<'_, W>, press: &Press) -> Result<Reading, LoadError> {
        Ok(Reading {
            at: hall.clock.now(),
            server: self.server.cpu()?,
            generator: self.generator.cpu()?,
            received: hall.received(),
            sent: press.sent(),
        })
    }
}

/// Silence after which a run that waits for messages has stalled.
pub(super) const SILENCE_NANOS: u64 = 4_000_000_000;
/// How often it is told where the run is.
pub(super) const TELL_NANOS: u64 = 250_000_000;
