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
    /// Accounts sign in as fast as it goes, while a few guests talk in a room.
    Storm,
    /// 20 senders with 256 messages under way each, on SQLite; acknowledged when durable. For others one
    /// sync of the same disk.
    Stored,
    /// One of [`READS`], on SQLite.
    Read(&'static str),
    /// A request's cookie is checked.
    SessionCheck,
    /// A message of 256 bytes is sealed and signed with both keys.
    SealSigned,
    /// Both signatures of such a message are verified, and it is opened.
    OpenSigned,
    /// A commit is made for a room of 100, with all its shares.
    Commit,
    /// From Enter in one browser to the row in another, in an end-to-end conversation; for others through
    /// a broadcast of plain text.
    SendToShown,
    /// 300 messages of an end-to-end conversation, read back on a new device.
    History,
    /// 100 sessions on one proxy, all of which talk; the proxy's CPU alone counts.
    Sealing,
    /// One of [`STEPS`] in a room of 1 000 on SQLite, by a program with the client library.
    RoomStep(&'static str),
    /// What a member of that room says meanwhile, ten times a second.
    RoomTalk,
    /// One of [`STEPS`] in a room of 1 000, by the page.
    PageStep(&'static str),
    /// A channel of 10 000 messages in a room of 1 000 is opened.
    Channel,
    /// The list of 1 000 members is opened with it.
    MemberList,
    /// A file of 1 GiB goes up and comes down, by the client library.
    File,
    /// Likewise by the page.
    PageFile,
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
    /// Time from one sign-in to the next, µs.
    Interval,
    /// The p99 of what is disturbed, in parts of its own undisturbed one in the same pair of runs.
    Disturbance,
    /// Time from one acknowledgement to the next, µs.
    Acknowledged,
    /// CPU for one check, µs.
    Check,
    /// Proxy CPU for one message, its deliveries included, µs.
    Message,
    /// CPU for doing it once, µs.
    Work,
    /// Time until all of it is on the page, µs.
    Opened,
    /// Time until the newest of it is on the page, µs.
    First,
    /// Longest time between two frames of the page meanwhile, µs.
    StoodStill,
    /// Time until it is done and another member has the new key, everybody's keys verified before, µs.
    Done,
    /// Likewise where the identity keys were verified before and the wrap keys were not, µs.
    DoneUnwrapped,
    /// Likewise by a device that has nothing but the account's vault, µs.
    DoneNew,
    /// Time until the first of it is on the page, µs.
    Painted,
    /// Likewise where all of it is unread, µs.
    PaintedUnread,
    /// MB of it a second, up.
    Up,
    /// MB of it a second, down.
    Down,
    /// The most that the proxy's resident memory grew by meanwhile, bytes.
    ExtraInProxy,
    /// The most that the page's resident memory grew by meanwhile, bytes.
    ExtraInPage,
}

impl Measure {
    /// The unit of its figures.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::CpuPerDelivery => "µs",
            Self::Memory => "bytes",
            Self::Disturbance => "×",
            Self::Acknowledged | Self::Check | Self::Message => "µs",
            Self::Up | Self::Down => "MB/s",
            Self::ExtraInProxy | Self::ExtraInPage => "MiB",
            _ => "ms",
        }
    }

    /// What figures are divided by to be in that unit.
    pub(crate) const fn scale(self) -> f64 {
        match self {
            Self::CpuPerDelivery
            | Self::Memory
            | Self::Disturbance
            | Self::Acknowledged
            | Self::Check
            | Self::Message
            | Self::Up
            | Self::Down => 1.0,
            Self::ExtraInProxy | Self::ExtraInPage => 1_048_576.0,
            _ => 1_000.0,
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
            Self::Interval | Self::Acknowledged => "from one to the next",
            Self::Disturbance => "p99 of a chat, disturbed / undisturbed",
            Self::Check => "CPU a check",
            Self::Message => "proxy CPU a message",
            Self::Work => "CPU",
            Self::Opened => "all on the page",
            Self::First => "the newest on the page",
            Self::StoodStill => "longest time between two frames",
            Self::Done => "keys verified before",
            Self::DoneUnwrapped => "wrap keys not read before",
            Self::DoneNew => "on a new device",
            Self::Painted => "first paint",
            Self::PaintedUnread => "first paint, all of it unread",
            Self::Up => "up",
            Self::Down => "down",
            Self::ExtraInProxy => "memory that the proxy took for it",
            Self::ExtraInPage => "memory that the page took for it",
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
            Self::Storm => f.pad("sign-in storm"),
            Self::Stored => f.pad("stored messages"),
            Self::Read(read) => f.pad(&format!("read {read}")),
            Self::SessionCheck => f.pad("session check"),
            Self::SealSigned => f.pad("seal 256 bytes, signed"),
            Self::OpenSigned => f.pad("open 256 bytes, signed"),
            Self::Commit => f.pad("commit for 100 members"),
            Self::SendToShown => f.pad("chromium, send to shown"),
            Self::History => f.pad("chromium, history of 300"),
            Self::Sealing => f.pad("sealing for 100"),
            Self::RoomStep(step) => f.pad(&format!("room of 1000, {step}")),
            Self::RoomTalk => f.pad("room of 1000, messages meanwhile"),
            Self::PageStep(step) => f.pad(&format!("chromium, {step} in 1000")),
            Self::Channel => f.pad("chromium, channel of 10000"),
            Self::MemberList => f.pad("chromium, list of 1000"),
            Self::File => f.pad("file of 1 GiB"),
            Self::PageFile => f.pad("chromium, file of 1 GiB"),
        }
    }
}

/// What starts a new epoch of a room, and is waited for by whoever does it.
pub(crate) const STEPS: [&str; 3] = ["join", "removal", "rotation"];

/// The reads of the store that people wait for.
pub(crate) const READS: &[&str] = &[
    "account by id",
    "account by name",
    "credentials",
    "name held",
    "search, 20",
    "accounts, 100",
    "administrators",
    "friends, 10",
    "friends, a page",
    "company of 1 000 friends",
    "keyset chain",
    "wrap keys, 1",
    "wrap keys, 1 000",
    "vault root",
    "vault items, a page",
    "vault items of a kind",
    "session",
    "sessions",
    "audit log, 100",
];
