//! All gates.

use super::{Demand, Gate};
use crate::{
    case::{Case, Measure},
    servers::Who,
};

const fn gate(
    case: Case,
    measure: Measure,
    at_most: f64,
    beside: &'static [(Case, Who, Demand)],
) -> Gate {
    Gate {
        case,
        measure,
        at_most: Some(at_most),
        beside,
    }
}

/// 99 of 100 are answered within 5 ms.
const fn read(read: &'static str) -> Gate {
    gate(Case::Read(read), Measure::P99, 5_000.0, &[])
}

/// Everybody's keys are known, and it is done within 2 s.
const fn step(case: Case) -> Gate {
    gate(case, Measure::Done, 2_000_000.0, &[])
}

/// Keys are to be read first, and it is done within 6 s.
const fn cold_step(step: &'static str, measure: Measure) -> Gate {
    gate(Case::PageStep(step), measure, 6_000_000.0, &[])
}

/// What is opened stands there before somebody takes it for slow.
const fn painted(case: Case, measure: Measure) -> Gate {
    gate(case, measure, 300_000.0, &[])
}

const fn beside_seal(case: Case, measure: Measure, beside: &'static [(Case, Who, Demand)]) -> Gate {
    Gate {
        case,
        measure,
        at_most: None,
        beside,
    }
}

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;
/// Of what the seal alone does.
const FILE: &[(Case, Who, Demand)] = &[(Case::File, Who::Primitives, Demand::Reaches(0.6))];
const PAGE_FILE: &[(Case, Who, Demand)] =
    &[(Case::PageFile, Who::Primitives, Demand::Reaches(0.6))];

/// All of them, in the order of the tables.
pub(crate) const GATES: &[Gate] = &[
    gate(
        Case::Burst(1_000),
        Measure::CpuPerDelivery,
        0.04,
        &[
            (Case::Burst(1_000), Who::Nats, Demand::Times(10.0)),
            (Case::Burst(1_000), Who::Redis, Demand::Times(4.0)),
        ],
    ),
    gate(
        Case::Burst(10),
        Measure::CpuPerDelivery,
        0.06,
        &[
            (Case::Burst(10), Who::Nats, Demand::Times(3.0)),
            (Case::Burst(10), Who::Redis, Demand::Times(2.0)),
        ],
    ),
    gate(
        Case::Talk,
        Measure::CpuPerDelivery,
        0.04,
        &[
            (Case::Talk, Who::Nats, Demand::Times(8.0)),
            (Case::Talk, Who::Redis, Demand::Times(3.0)),
        ],
    ),
    gate(
        Case::Large,
        Measure::CpuPerDelivery,
        0.20,
        &[
            (Case::Large, Who::Nats, Demand::Times(7.0)),
            (Case::Large, Who::Redis, Demand::Times(3.0)),
        ],
    ),
    gate(
        Case::Paced,
        Measure::CpuPerDelivery,
        3.6,
        &[(Case::Paced, Who::Redis, Demand::AtMost(1.1))],
    ),
    Gate {
        case: Case::Paced,
        measure: Measure::P99,
        at_most: None,
        beside: &[(Case::Paced, Who::Redis, Demand::AtMost(1.0))],
    },
    gate(
        Case::Idle(10_000),
        Measure::Memory,
        3.0 * KIB,
        &[
            (Case::Idle(10_000), Who::Redis, Demand::Part(3.0)),
            (Case::Idle(10_000), Who::Nats, Demand::Part(6.0)),
        ],
    ),
    gate(
        Case::Browser,
        Measure::CpuPerDelivery,
        0.8,
        &[
            (Case::Browser, Who::SocketIo, Demand::Times(6.0)),
            (Case::TwoTier, Who::TwoTier, Demand::Times(40.0)),
        ],
    ),
    gate(
        Case::BrowserIdle,
        Measure::Memory,
        24.0 * KIB,
        &[(Case::BrowserIdle, Who::TwoTier, Demand::Part(4.0))],
    ),
    Gate {
        case: Case::SignIn,
        measure: Measure::SignIn,
        at_most: None,
        beside: &[(Case::SignIn, Who::Primitives, Demand::AtMost(1.5))],
    },
    Gate {
        case: Case::SignInElsewhere,
        measure: Measure::SignIn,
        at_most: None,
        beside: &[(Case::SignInElsewhere, Who::Primitives, Demand::AtMost(1.5))],
    },
    Gate {
        case: Case::Storm,
        measure: Measure::Interval,
        at_most: None,
        beside: &[(Case::Storm, Who::Primitives, Demand::AtMost(1.25))],
    },
    gate(Case::Storm, Measure::Disturbance, 1.25, &[]),
    read("account by id"),
    read("account by name"),
    read("credentials"),
    read("name held"),
    read("search, 20"),
    read("accounts, 100"),
    read("administrators"),
    read("friends, 10"),
    read("friends, a page"),
    read("company of 1 000 friends"),
    read("keyset chain"),
    read("wrap keys, 1"),
    read("wrap keys, 1 000"),
    read("vault root"),
    read("vault items, a page"),
    read("vault items of a kind"),
    read("session"),
    read("sessions"),
    read("audit log, 100"),
    gate(Case::SessionCheck, Measure::Check, 30.0, &[]),
    // 20 000 acknowledged a second.
    gate(Case::Stored, Measure::Acknowledged, 50.0, &[]),
    Gate {
        case: Case::SealSigned,
        measure: Measure::Work,
        at_most: None,
        beside: &[(Case::SealSigned, Who::Primitives, Demand::AtMost(1.2))],
    },
    Gate {
        case: Case::OpenSigned,
        measure: Measure::Work,
        at_most: None,
        beside: &[(Case::OpenSigned, Who::Primitives, Demand::AtMost(1.2))],
    },
    gate(Case::Commit, Measure::Work, 30_000.0, &[]),
    gate(Case::SendToShown, Measure::P50, 60_000.0, &[]),
    gate(Case::History, Measure::Opened, 1_000_000.0, &[]),
    // Below what somebody takes for standing still.
    gate(Case::History, Measure::StoodStill, 100_000.0, &[]),
    step(Case::RoomStep("join")),
    step(Case::RoomStep("removal")),
    step(Case::RoomStep("rotation")),
    step(Case::PageStep("removal")),
    step(Case::PageStep("rotation")),
    cold_step("removal", Measure::DoneUnwrapped),
    cold_step("removal", Measure::DoneNew),
    cold_step("join", Measure::DoneNew),
    painted(Case::Channel, Measure::Painted),
    painted(Case::Channel, Measure::PaintedUnread),
    painted(Case::MemberList, Measure::Painted),
    painted(Case::MemberList, Measure::PaintedUnread),
    beside_seal(Case::File, Measure::Up, FILE),
    beside_seal(Case::File, Measure::Down, FILE),
    beside_seal(Case::PageFile, Measure::Up, PAGE_FILE),
    beside_seal(Case::PageFile, Measure::Down, PAGE_FILE),
    gate(Case::PageFile, Measure::ExtraInProxy, 32.0 * MIB, &[]),
    gate(Case::PageFile, Measure::ExtraInPage, 32.0 * MIB, &[]),
    // 10 000 messages a second of one core.
    gate(Case::Sealing, Measure::Message, 100.0, &[]),
];
