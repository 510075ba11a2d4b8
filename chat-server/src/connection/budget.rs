//! How fast one connection may go.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    rate::Bucket,
    settings::{Limits, Rate},
};

/// The three buckets of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    commands: Bucket,
    messages: Bucket,
    patience: Bucket,
}

/// What is spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spend {
    /// One command, or one heartbeat that nobody asked for.
    Command,
    /// One publish.
    Message,
}

/// Why nothing could be spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Overdrawn {
    /// It may be tried again after so long.
    Wait(Duration),
    /// It was told to wait too often and went on.
    Flood,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        let full = Bucket::full(now);
        Self {
            commands: full,
            messages: full,
            patience: full,
        }
    }

    /// Spends one token.
    ///
    /// # Errors
    /// [`Overdrawn`] if there is none.
    pub(super) fn spend(
        &mut self,
        what: Spend,
        limits: &Limits,
        now: Instant,
    ) -> Result<(), Overdrawn> {
        let (bucket, rate): (&mut Bucket, Rate) = match what {
            Spend::Command => (&mut self.commands, limits.commands),
            Spend::Message => (&mut self.messages, limits.messages),
        };
        let Err(wait) = bucket.take(rate, now) else {
            return Ok(());
        };
        match self.patience.take(limits.patience, now) {
            Ok(()) => Err(Overdrawn::Wait(wait)),
            Err(_) => Err(Overdrawn::Flood),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_wear_patience_out() {
        let now = Instant::now();
        let limits = Limits {
            messages: Rate::per_second(1, 1),
            patience: Rate::per_second(1, 2),
            ..Limits::default()
        };
        let mut budget = Budget::new(now);
        let mut spend = |what| budget.spend(what, &limits, now);
        assert_eq!(spend(Spend::Message), Ok(()));
        let wait = Err(Overdrawn::Wait(Duration::from_secs(1)));
        assert_eq!(spend(Spend::Message), wait);
        assert_eq!(spend(Spend::Message), wait);
        assert_eq!(spend(Spend::Message), Err(Overdrawn::Flood));
        assert_eq!(spend(Spend::Command), Ok(()));
    }
}
