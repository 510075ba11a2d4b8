//! What is to be done: how many, how large, how fast, how long.

use std::time::Duration;

use super::{error::LoadError, stamp::Notation};

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Connections that publish.
    pub publishers: usize,
    /// Connections that listen; with `talk`, all connections.
    pub subscribers: usize,
    /// Bytes of a payload, its stamp included.
    pub payload_bytes: usize,
    /// When messages are published.
    pub pace: Pace,
    /// The publishers are the first of the subscribers: everyone in a room hears, some speak.
    pub talk: bool,
    /// Connections are held, not used; one publish a room at the end must reach everyone.
    pub idle: bool,
    /// Who reads what it receives.
    pub reading: Reading,
    /// Load before anything is measured.
    pub warm_up: Duration,
    /// What is measured, or how long `idle` connections are held.
    pub duration: Duration,
    /// Processes whose CPU time and memory the report accounts for.
    pub pids: Vec<u32>,
}

/// When messages are published.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As fast as it goes with so many messages in flight. A message leaves the window when every
    /// listener has it: total received / listeners.
    Burst {
        /// Messages.
        window: usize,
    },
    /// On a clock, so many messages a second over all publishers; latency counts from when a message
    /// was due.
    Rate(f64),
}

/// Who reads what it receives.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reading {
    /// Everyone.
    #[default]
    All,
    /// A sample: the publishers, every 16th of the others, two in all. It checks every frame, and
    /// latencies are its own. The others discard what comes and count it by its bytes, which is as
    /// exact for what is lost and cheaper for the server; what is repeated among those refuses the
    /// count. Where deliveries differ in length, and with `idle`, everyone reads.
    Sample,
}

impl Pace {
    /// A burst with the window that fits a payload: 256 messages, 32 above 512 bytes.
    pub const fn burst(payload_bytes: usize) -> Self {
        let window = if payload_bytes > LARGE_BYTES { 32 } else { 256 };
        Self::Burst { window }
    }
}

/// One connection's part in a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seat {
    /// 0, 1, 2, … over all connections.
    pub number: usize,
    /// The room it sits in: 0, or, of held connections, one a thousand.
    pub room: usize,
    /// Whether it subscribes.
    pub listens: bool,
    /// Whether it publishes.
    pub publishes: bool,
}

impl Seat {
    /// The name of its guest.
    pub fn name(&self) -> String {
        format!("load-{}", self.number)
    }
}

impl Plan {
    /// Everybody's part: listeners first.
    pub fn seats(&self) -> Vec<Seat> {
        let others = if self.talk || self.idle {
            0
        } else {
            self.publishers
        };
        let seat = |number| {
            let room = if self.idle { number / ROOM_MEMBERS } else { 0 };
            let publishes = if self.idle {
                number % ROOM_MEMBERS == 0
            } else if self.talk {
                number < self.publishers
            } else {
                number >= self.subscribers
            };
            Seat {
                number,
                room,
                listens: number < self.subscribers,
                publishes,
            }
        };
        (0..self.subscribers + others).map(seat).collect()
    }

    /// Refuses what cannot be done.
    pub(super) fn check(&self, notation: Notation) -> Result<(), LoadError> {
        let refuse = |words: String| Err(LoadError::Plan(words));
        if self.subscribers == 0 {
            return refuse("there must be a subscriber".to_owned());
        }
        if self.publishers == 0 && !self.idle {
            return refuse("there must be a publisher".to_owned());
        }
        if self.talk && self.publishers > self.subscribers {
            return refuse("with talk, the publishers are among the subscribers".to_owned());
        }
        let connections = self.subscribers.saturating_add(self.publishers);
        let publishers = if self.idle {
            self.subscribers / ROOM_MEMBERS + 1
        } else {
            self.publishers
        };
        let lanes = connections.saturating_mul(publishers);
        if connections > CONNECTIONS || lanes > LANES {
            return refuse(format!(
                "at most {CONNECTIONS} connections, and {LANES} pairs of a publisher and a listener"
            ));
        }
        let least = notation.stamp_bytes();
        if self.payload_bytes < least {
            return refuse(format!("a payload has at least {least} bytes: its stamp"));
        }
        if self.payload_bytes > PAYLOAD_BYTES {
            return refuse(format!("a payload has at most {PAYLOAD_BYTES} bytes"));
        }
        match self.pace {
            Pace::Burst { window } if !(1..=WINDOW).contains(&window) => {
                refuse(format!("the window holds 1 to {WINDOW} messages"))
            }
            Pace::Rate(rate) if !(rate.is_finite() && rate > 0.0) => {
                refuse("the rate is a number of messages a second".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Payloads above this get the smaller window.
const LARGE_BYTES: usize = 512;
/// Largest payload: what a frame of every protocol here takes.
const PAYLOAD_BYTES: usize = 256 * 1024;
/// Connections of a run: each costs this process a socket and some memory.
const CONNECTIONS: usize = 200_000;
/// Pairs of a publisher and a listener: each is counted by itself, in 16 bytes.
const LANES: usize = 20_000_000;
/// Largest window, in messages.
const WINDOW: usize = 1_000_000;
/// Members of a room of held connections: everyone who enters is announced to those who are in.
const ROOM_MEMBERS: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(publishers: usize, subscribers: usize) -> Plan {
        Plan {
            publishers,
            subscribers,
            payload_bytes: 128,
            pace: Pace::burst(128),
            talk: false,
            idle: false,
            reading: Reading::All,
            warm_up: Duration::ZERO,
            duration: Duration::from_secs(1),
            pids: Vec::new(),
        }
    }

    fn parts(plan: &Plan) -> String {
        let letter = |seat: &Seat| match (seat.listens, seat.publishes) {
            (true, true) => 'b',
            (true, false) => 'l',
            (false, true) => 'p',
            (false, false) => '-',
        };
        plan.seats().iter().map(letter).collect()
    }

    #[test]
    fn publishers_sit_behind_the_listeners_or_among_them() {
        assert_eq!(parts(&plan(2, 3)), "lllpp");
        let talk = Plan {
            talk: true,
            ..plan(2, 3)
        };
        assert_eq!(parts(&talk), "bbl");
    }

    #[test]
    fn held_connections_sit_in_rooms_of_a_thousand_with_one_publisher_each() {
        let seats = Plan {
            idle: true,
            ..plan(1, 2_001)
        }
        .seats();
        assert_eq!(seats.len(), 2_001);
        let publishers: Vec<_> = seats.iter().filter(|seat| seat.publishes).collect();
        let places: Vec<_> = publishers.iter().map(|s| (s.number, s.room)).collect();
        assert_eq!(places, [(0, 0), (1_000, 1), (2_000, 2)]);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let why = |plan: &Plan| plan.check(Notation::Bytes).err().map(|e| e.to_string());
        assert_eq!(why(&plan(1, 1)), None);
        for (bad, words) in [
            (plan(1, 0), "there must be a subscriber"),
            (plan(0, 1), "there must be a publisher"),
            (
                Plan {
                    talk: true,
                    ..plan(2, 1)
                },
                "with talk, the publishers are among the subscribers",
            ),
            (
                Plan {
                    payload_bytes: 23,
                    ..plan(1, 1)
                },
                "a payload has at least 24 bytes: its stamp",
            ),
            (
                Plan {
                    pace: Pace::Burst { window: 0 },
                    ..plan(1, 1)
                },
                "the window holds 1 to 1000000 messages",
            ),
            (
                plan(100_000, 100_000),
                "at most 200000 connections, and 20000000 pairs of a publisher and a listener",
            ),
            (
                Plan {
                    pace: Pace::Rate(f64::NAN),
                    ..plan(1, 1)
                },
                "the rate is a number of messages a second",
            ),
        ] {
            assert_eq!(why(&bad).as_deref(), Some(words));
        }
    }
}
