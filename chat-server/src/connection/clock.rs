//! When a connection is pinged and when it is given up.

use tokio::time::Instant;
use wire_format::limits::{PING_EVERY, SERVER_SILENCE, SIGN_IN_WITHIN};

/// The deadlines of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Since when the connection is in its present phase without a sign of life.
    heard_at: Instant,
    /// When the last ping was sent; `None` before sign-in.
    pinged_at: Option<Instant>,
    /// Whether a pong is still to come.
    awaits_pong: bool,
}

/// What is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Due {
    /// Nothing yet.
    Nothing,
    /// A ping.
    Ping,
    /// The end: no sign-in, or no sign of life, in time.
    End,
}

impl Clock {
    /// A connection that has yet to sign in.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard_at: now,
            pinged_at: None,
            awaits_pong: false,
        }
    }

    /// The connection signed in: pings begin.
    pub(super) fn signed_in(&mut self, now: Instant) {
        self.heard_at = now;
        self.pinged_at = Some(now);
    }

    /// A whole frame arrived. Before sign-in that gives no more time.
    pub(super) fn heard(&mut self, now: Instant) {
        if self.pinged_at.is_some() {
            self.heard_at = now;
        }
    }

    /// A pong arrived; whether one was expected.
    pub(super) fn pong(&mut self) -> bool {
        std::mem::take(&mut self.awaits_pong)
    }

    /// When something is due next.
    pub(super) fn next(&self) -> Instant {
        match self.pinged_at {
            None => self.heard_at + SIGN_IN_WITHIN,
            Some(pinged_at) => (self.heard_at + SERVER_SILENCE).min(pinged_at + PING_EVERY),
        }
    }

    /// Whether something is due before a timer that was set earlier.
    pub(super) fn is_earlier_than(&self, timer: Instant) -> bool {
        self.next() < timer
    }

    /// What is due now; a ping counts as sent.
    pub(super) fn due(&mut self, now: Instant) -> Due {
        let Some(pinged_at) = self.pinged_at else {
            return match now >= self.heard_at + SIGN_IN_WITHIN {
                true => Due::End,
                false => Due::Nothing,
            };
        };
        if now >= self.heard_at + SERVER_SILENCE {
            Due::End
        } else if now >= pinged_at + PING_EVERY {
            self.pinged_at = Some(now);
            self.awaits_pong = true;
            Due::Ping
        } else {
            Due::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seconds(value: u64) -> Duration {
        Duration::from_secs(value)
    }

    #[test]
    fn ten_seconds_to_sign_in_whatever_arrives() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        clock.heard(start + seconds(9));
        assert_eq!(clock.next(), start + seconds(10));
        assert_eq!(clock.due(start + seconds(9)), Due::Nothing);
        assert_eq!(clock.due(start + seconds(10)), Due::End);
    }

    #[test]
    fn two_missed_pings_are_the_end() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        clock.signed_in(start + seconds(5));
        assert_eq!(clock.next(), start + seconds(20));
        assert_eq!(clock.due(start + seconds(20)), Due::Ping);
        assert_eq!(clock.due(start + seconds(20)), Due::Nothing);
        assert_eq!(clock.next(), start + seconds(35));
        assert_eq!(clock.due(start + seconds(35)), Due::End);
    }

    #[test]
    fn a_frame_gives_another_thirty_seconds() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        clock.signed_in(start);
        assert!(!clock.pong());
        assert_eq!(clock.due(start + seconds(15)), Due::Ping);
        clock.heard(start + seconds(16));
        assert!(clock.pong());
        assert!(!clock.pong());
        assert_eq!(clock.due(start + seconds(30)), Due::Ping);
        assert_eq!(clock.due(start + seconds(45)), Due::Ping);
        assert_eq!(clock.due(start + seconds(46)), Due::End);
    }
}
