//! Bursts, talk and a paced room over raw connections, beside the brokers.

use chat_client::load::{Pace, Plan, Reading};

use crate::{
    bench::{Bench, Target},
    case::Case,
    servers::{Server, Who},
};

/// Measures each case once, on one server after the other: what is compared lies next to each other in
/// time, since a machine's speed drifts.
///
/// # Errors
/// Sealwire does not start.
pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    for case in CASES {
        if !bench.options.wants(&case.to_string()) {
            continue;
        }
        for who in [Who::Sealwire, Who::Nats, Who::Redis, Who::Mosquitto] {
            match Server::start(who, &bench.programs).await {
                Ok(server) => loaded(bench, *case, who, &server).await,
                Err(error) if who == Who::Sealwire => return Err(error),
                Err(error) => bench.leave_out(*case, who, &format!("{error:#}")),
            }
        }
    }
    Ok(())
}

async fn loaded(bench: &mut Bench, case: Case, who: Who, server: &Server) {
    let target = Target {
        who,
        address: server.address,
        pids: &server.pids(),
    };
    let plan = Plan {
        reading: Reading::Sample,
        ..plan(bench, case)
    };
    bench.measure(case, target, plan).await;
}

fn plan(bench: &Bench, case: Case) -> Plan {
    match case {
        Case::Burst(members) => bench.plan(members, SMALL),
        Case::Talk => Plan {
            publishers: 10,
            talk: true,
            ..bench.plan(100, SMALL)
        },
        Case::Large => bench.plan(1_000, LARGE),
        _ => Plan {
            pace: Pace::Rate(100.0),
            ..bench.plan(1_000, SMALL)
        },
    }
}

/// Bytes of a payload: a line of chat, sealed elsewhere.
const SMALL: usize = 128;
const LARGE: usize = 1024;
const CASES: &[Case] = &[
    Case::Burst(1),
    Case::Burst(10),
    Case::Burst(100),
    Case::Burst(1_000),
    Case::Burst(5_000),
    Case::Talk,
    Case::Large,
    Case::Paced,
];
