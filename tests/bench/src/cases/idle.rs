//! Memory of raw connections that are held, beside the brokers.

use std::time::Duration;

use chat_client::load::Plan;

use crate::{
    bench::{Bench, Target},
    case::Case,
    servers::{Server, Who},
};

/// Measures each number of connections against a fresh process, so that what earlier cases left
/// behind is not counted; all but the gate's number only in the first repetition.
///
/// # Errors
/// Sealwire does not start.
pub(super) async fn measure(bench: &mut Bench, repetition: u32) -> anyhow::Result<()> {
    for connections in CONNECTIONS {
        let case = Case::Idle(*connections);
        let is_left_out = *connections != GATE && (bench.options.quick || repetition > 0);
        if !bench.options.wants(&case.to_string()) || is_left_out {
            continue;
        }
        for who in [Who::Sealwire, Who::Nats, Who::Redis, Who::Mosquitto] {
            match Server::start(who, &bench.programs).await {
                Ok(server) => held(bench, case, who, &server, *connections).await,
                Err(error) if who == Who::Sealwire => return Err(error),
                Err(error) => bench.leave_out(case, who, &format!("{error:#}")),
            }
        }
    }
    Ok(())
}

async fn held(bench: &mut Bench, case: Case, who: Who, server: &Server, connections: usize) {
    let target = Target {
        who,
        address: server.address,
        pids: &server.pids(),
    };
    let plan = Plan {
        idle: true,
        duration: HELD,
        ..bench.plan(connections, PAYLOAD)
    };
    bench.measure(case, target, plan).await;
}

const CONNECTIONS: &[usize] = &[1_000, 3_000, GATE];
/// The number that the gate is about.
const GATE: usize = 10_000;
/// Memory is read once all are in and quiet; then one message must reach everyone.
const HELD: Duration = Duration::from_millis(200);
const PAYLOAD: usize = 128;
