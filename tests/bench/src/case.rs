//! What is measured, by name.

use std::fmt;

/// One case; its members and sizes are those of the reference, whatever a quick run makes of them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Case {
    /// One publisher, as fast as it goes, and so many listeners; 128 bytes.
    Burst(usize),
    /// A room of 100, 10 of which publish as fast as it goes.
    Talk,
    /// As a burst to 1 000, with 1 KiB.
    Large,
    /// 100 messages a second to 1 000.
    Paced,
    /// So many connections, held.
    Idle(usize),
    /// A proxy-sealed room of 1 000 browser sessions, 100 of which talk; for others a broadcast to
    /// 1 000 WebSockets.
    Browser,
    /// The two-tier chat in Python: 50 users, 10 of which talk, everyone receives.
    TwoTier,
    /// Memory of a held browser session.
    BrowserIdle,
    /// A guest signs in through the proxy of those who are in the room.
    SignIn,
    /// A guest signs in through a proxy that has nobody in the room: it asks another one.
    SignInElsewhere,
    /// 100 sessions on one proxy, all of which talk; the proxy's CPU alone counts.
    Sealing,
}

/// What of a case.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Measure {
    /// Server CPU for one delivery, µs.
    CpuPerDelivery,
    /// Half of the deliveries came within, µs.
    P50,
    /// 99 of 100 deliveries came within, µs.
    P99,
    /// 999 of 1 000 deliveries came within, µs.
    P999,
    /// Resident memory for one connection, bytes.
    Memory,
    /// CPU of all processes for one sign-in, µs.
    SignIn,
    /// Proxy CPU for one message, its deliveries included, µs.
    Message,
}

impl Measure {
    /// The unit of its figures.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::CpuPerDelivery => "µs",
            Self::P50 | Self::P99 | Self::P999 => "ms",
            Self::Memory => "bytes",
            Self::SignIn => "ms",
            Self::Message => "µs",
        }
    }

    /// What figures are divided by to be in that unit.
    pub(crate) const fn scale(self) -> f64 {
        match self {
            Self::P50 | Self::P99 | Self::P999 | Self::SignIn => 1_000.0,
            _ => 1.0,
        }
    }

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CpuPerDelivery => "CPU a delivery",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::P999 => "p999",
            Self::Memory => "memory a connection",
            Self::SignIn => "CPU a sign-in",
            Self::Message => "proxy CPU a message",
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Burst(members) => f.pad(&format!("burst 1 to {members}")),
            Self::Talk => f.pad("talk 10 in 100"),
            Self::Large => f.pad("burst 1 to 1000 of 1 KiB"),
            Self::Paced => f.pad("paced 100/s to 1000"),
            Self::Idle(connections) => f.pad(&format!("idle raw {connections}")),
            Self::Browser => f.pad("browser room of 1000"),
            Self::TwoTier => f.pad("browser two-tier 10 in 50"),
            Self::BrowserIdle => f.pad("browser idle"),
            Self::SignIn => f.pad("sign-in"),
            Self::SignInElsewhere => f.pad("sign-in, first of a proxy"),
            Self::Sealing => f.pad("sealing for 100"),
        }
    }
}
