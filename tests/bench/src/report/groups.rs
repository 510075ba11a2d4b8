//! Which figures stand in which table.

use crate::case::{Case, Measure};

/// A title, and what stands below it.
type Group = (&'static str, &'static [(Case, Measure)]);

/// All tables, in their order.
pub(super) const GROUPS: &[Group] = &[
    (
        "Raw connections: server CPU for one delivery",
        &[
            (Case::Burst(1_000), Measure::CpuPerDelivery),
            (Case::Burst(10), Measure::CpuPerDelivery),
            (Case::Talk, Measure::CpuPerDelivery),
            (Case::Large, Measure::CpuPerDelivery),
            (Case::Paced, Measure::CpuPerDelivery),
            (Case::Paced, Measure::P50),
            (Case::Paced, Measure::P99),
            (Case::Paced, Measure::P999),
        ],
    ),
    (
        "The same burst to fewer and to more",
        &[
            (Case::Burst(1), Measure::CpuPerDelivery),
            (Case::Burst(100), Measure::CpuPerDelivery),
            (Case::Burst(5_000), Measure::CpuPerDelivery),
        ],
    ),
    (
        "Resident memory of an idle raw connection",
        &[
            (Case::Idle(10_000), Measure::Memory),
            (Case::Idle(3_000), Measure::Memory),
            (Case::Idle(1_000), Measure::Memory),
        ],
    ),
    (
        "Browser sessions: CPU of all tiers for one delivery",
        &[(Case::Browser, Measure::CpuPerDelivery)],
    ),
    (
        "Resident memory of an idle browser session, all tiers, no TLS",
        &[(Case::BrowserIdle, Measure::Memory)],
    ),
    (
        "Sign-in of a guest: CPU of all processes, and of the primitives it needs",
        &[
            (Case::SignIn, Measure::SignIn),
            (Case::SignInElsewhere, Measure::SignIn),
        ],
    ),
    (
        "A sign-in storm: time from one sign-in to the next, and what a chat feels of it",
        &[
            (Case::Storm, Measure::Interval),
            (Case::Storm, Measure::P99),
            (Case::Storm, Measure::Disturbance),
        ],
    ),
    (
        "Messages that are stored on SQLite before they are acknowledged, and one sync of the same disk",
        &[(Case::Stored, Measure::Acknowledged)],
    ),
    (
        "Reads on SQLite, with 100 000 accounts and 1 000 000 rows of friends",
        &[
            (Case::Read("account by id"), Measure::P99),
            (Case::Read("account by name"), Measure::P99),
            (Case::Read("credentials"), Measure::P99),
            (Case::Read("name held"), Measure::P99),
            (Case::Read("search, 20"), Measure::P99),
            (Case::Read("accounts, 100"), Measure::P99),
            (Case::Read("administrators"), Measure::P99),
            (Case::Read("friends, 10"), Measure::P99),
            (Case::Read("friends, a page"), Measure::P99),
            (Case::Read("company of 1 000 friends"), Measure::P99),
            (Case::Read("keyset chain"), Measure::P99),
            (Case::Read("wrap keys, 1"), Measure::P99),
            (Case::Read("wrap keys, 1 000"), Measure::P99),
            (Case::Read("vault root"), Measure::P99),
            (Case::Read("vault items, a page"), Measure::P99),
            (Case::Read("vault items of a kind"), Measure::P99),
            (Case::Read("session"), Measure::P99),
            (Case::Read("sessions"), Measure::P99),
            (Case::Read("audit log, 100"), Measure::P99),
        ],
    ),
    (
        "The check of an account's session that the proxy holds, and of a token that it does not know",
        &[(Case::SessionCheck, Measure::Check)],
    ),
    (
        "Messages and commits of end-to-end rooms: CPU, and that of the primitives they need",
        &[
            (Case::SealSigned, Measure::Work),
            (Case::OpenSigned, Measure::Work),
            (Case::Commit, Measure::Work),
        ],
    ),
    (
        "End-to-end conversations in Chromium, from browser to browser and on a new device",
        &[
            (Case::SendToShown, Measure::P50),
            (Case::SendToShown, Measure::P99),
            (Case::History, Measure::Opened),
            (Case::History, Measure::First),
            (Case::History, Measure::StoodStill),
        ],
    ),
    (
        "A room of 1 000 while a member talks, by the client library on SQLite: until another member has the new key",
        &[
            (Case::RoomStep("join"), Measure::Done),
            (Case::RoomStep("removal"), Measure::Done),
            (Case::RoomStep("rotation"), Measure::Done),
            (Case::RoomStep("join"), Measure::DoneNew),
            (Case::RoomTalk, Measure::P50),
            (Case::RoomTalk, Measure::P99),
        ],
    ),
    (
        "The same room in Chromium",
        &[
            (Case::PageStep("removal"), Measure::Done),
            (Case::PageStep("rotation"), Measure::Done),
            (Case::PageStep("removal"), Measure::DoneUnwrapped),
            (Case::PageStep("removal"), Measure::DoneNew),
            (Case::PageStep("join"), Measure::DoneNew),
            (Case::Channel, Measure::Painted),
            (Case::Channel, Measure::PaintedUnread),
            (Case::MemberList, Measure::Painted),
            (Case::MemberList, Measure::PaintedUnread),
        ],
    ),
    (
        "A file of 1 GiB, and what sealing alone does",
        &[
            (Case::File, Measure::Up),
            (Case::File, Measure::Down),
            (Case::PageFile, Measure::Up),
            (Case::PageFile, Measure::Down),
            (Case::PageFile, Measure::ExtraInProxy),
            (Case::PageFile, Measure::ExtraInPage),
        ],
    ),
    (
        "One proxy core that seals, opens and delivers to 100 listeners",
        &[(Case::Sealing, Measure::Message)],
    ),
];
