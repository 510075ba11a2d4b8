//! How fast one connection may go.

use std::time::Duration;

use tokio::time::Instant;

use crate::{rate::Bucket, settings::Limits};

/// The buckets of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    commands: Bucket,
    messages: Bucket,
    chunks: Bucket,
    patience: Bucket,
}

/// What is spent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Spend {
    /// A command of this weight, or a heartbeat that nobody asked for.
    Command(u32),
    /// A publish with so many bytes of payload.
    Message(usize),
    /// A chunk of a file, put or got.
    Chunk,
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
            chunks: full,
            patience: full,
        }
    }

    /// Spends what it costs.
    ///
    /// # Errors
    /// [`Overdrawn`] if there is not as much.
    pub(super) fn spend(
        &mut self,
        what: Spend,
        limits: &Limits,
        now: Instant,
    ) -> Result<(), Overdrawn> {
        let spent = match what {
            Spend::Command(weight) => self.commands.take(limits.commands, weight, now),
            Spend::Message(bytes) => self.messages.take(limits.messages, tokens_of(bytes), now),
            Spend::Chunk => self.chunks.take(limits.chunks, 1, now),
        };
        let Err(wait) = spent else {
            return Ok(());
        };
        match self.patience.take(limits.patience, 1, now) {
            Ok(()) => Err(Overdrawn::Wait(wait)),
            Err(_) => Err(Overdrawn::Flood),
        }
    }
}

/// What a payload costs: it is sent once to every member.
fn tokens_of(bytes: usize) -> u32 {
    u32::try_from(1 + bytes / BYTES_A_TOKEN).unwrap_or(u32::MAX)
}

/// Bytes of payload that cost one more token: what people write costs one, the largest frame 33.
const BYTES_A_TOKEN: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Rate;

    #[test]
    fn a_payload_costs_by_its_bytes() {
        for (bytes, tokens) in [(0, 1), (32 * 1024 - 1, 1), (32 * 1024, 2), (1 << 20, 33)] {
            assert_eq!(tokens_of(bytes), tokens, "{bytes} bytes");
        }
        let now = Instant::now();
        let mut budget = Budget::new(now);
        let mut largest = || budget.spend(Spend::Message(1 << 20), &Limits::default(), now);
        assert!((0..3).all(|_| largest().is_ok()));
        assert!(largest().is_err());
    }

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
        assert_eq!(spend(Spend::Message(1)), Ok(()));
        let wait = Err(Overdrawn::Wait(Duration::from_secs(1)));
        assert_eq!(spend(Spend::Message(1)), wait);
        assert_eq!(spend(Spend::Message(1)), wait);
        assert_eq!(spend(Spend::Message(1)), Err(Overdrawn::Flood));
        assert_eq!(spend(Spend::Command(1)), Ok(()));
    }
}
