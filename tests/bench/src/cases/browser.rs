//! Browser sessions: a proxy-sealed room, broadcasts of others, and what one proxy core seals.

mod primitives;

use std::io;

use chat_client::load::{self, Browser, LoadError, Plan, Progress, Report};

use crate::{
    bench::{Bench, ROOM, Target},
    case::{Case, Measure},
    pin,
    servers::{Proxied, Server, Who},
};

/// Measures each case once.
///
/// # Errors
/// Sealwire does not start.
pub(super) async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    if bench.wants_any(&[Case::Browser, Case::BrowserIdle]) {
        sealed_room(bench).await?;
        for who in [Who::SocketIo, Who::Flask] {
            let plan = talk(bench, SESSIONS, SPEAKERS);
            peer(bench, Case::Browser, who, plan).await;
        }
    }
    if bench.wants_any(&[Case::Browser, Case::BrowserIdle, Case::TwoTier]) {
        let plan = talk(bench, TWO_TIER_USERS, TWO_TIER_SPEAKERS);
        peer(bench, Case::TwoTier, Who::TwoTier, plan).await;
    }
    if bench.wants_any(&[Case::Sealing]) {
        sealing(bench).await?;
    }
    Ok(())
}

/// A room in which everyone hears and some speak. One session has at most 32 messages under way, so
/// that a single speaker never fills a room.
fn talk(bench: &Bench, members: usize, speakers: usize) -> Plan {
    let plan = bench.plan(members, PAYLOAD);
    Plan {
        publishers: speakers.min(plan.subscribers),
        talk: true,
        ..plan
    }
}

async fn peer(bench: &mut Bench, case: Case, who: Who, plan: Plan) {
    match Server::start(who, &bench.programs).await {
        Ok(server) => {
            let target = Target {
                who,
                address: server.address,
                pids: &server.pids(),
            };
            bench.measure(case, target, plan).await;
        }
        Err(error) => bench.leave_out(case, who, &format!("{error:#}")),
    }
}

/// A room of browser sessions on one proxy; both tiers count.
async fn sealed_room(bench: &mut Bench) -> anyhow::Result<()> {
    let tiers = Proxied::start(&bench.programs, pin::BOTH_CORES, 1, KEY_POOL).await?;
    let plan = Plan {
        pids: tiers.pids(),
        ..talk(bench, SESSIONS, SPEAKERS)
    };
    let settle = || tiers.pin(pin::SERVER_CORE, pin::SERVER_CORE);
    let report = sessions(&tiers, &plan, settle).await?;
    bench.keep(Case::Browser, Who::Sealwire, report);
    Ok(())
}

/// 100 listeners on one proxy, which has a core for itself: only its CPU counts.
async fn sealing(bench: &mut Bench) -> anyhow::Result<()> {
    let tiers = Proxied::start(&bench.programs, pin::BOTH_CORES, 1, KEY_POOL).await?;
    let plan = Plan {
        pids: vec![tiers.proxies[0].pid()],
        ..talk(bench, LISTENERS, SPEAKERS)
    };
    let settle = || tiers.pin(pin::SERVER_CORE, pin::GENERATOR_CORE);
    let report = sessions(&tiers, &plan, settle).await?;
    if let Ok(report) = &report {
        let listeners = f64::from(u32::try_from(report.listeners)?);
        let message = report.server_cpu_us_per_delivery.map(|us| us * listeners);
        let results = &mut bench.results;
        results.add(Case::Sealing, Measure::Message, Who::Sealwire, message);
        let alone = primitives::seal_and_open()?;
        results.add(
            Case::Sealing,
            Measure::Message,
            Who::Primitives,
            Some(alone),
        );
    }
    bench.keep(Case::Sealing, Who::Sealwire, report);
    Ok(())
}

/// Puts a load of browser sessions on the proxy. Making their keys takes longer than anything that is
/// measured, so both cores do it; `settle` moves the programs once everyone is in.
async fn sessions(
    tiers: &Proxied,
    plan: &Plan,
    settle: impl Fn() -> io::Result<()>,
) -> anyhow::Result<Result<Report, LoadError>> {
    let address = tiers.address();
    let wire = Browser::new(address, &address.to_string(), ROOM.to_owned())?;
    let mut settled = Ok(());
    let report = load::run(&wire, plan, |progress| match progress {
        Progress::Joining { joined, of } if joined % TELL_EVERY == 0 => {
            println!("{joined} of {of} browser sessions are in");
        }
        Progress::Quiet => settled = settle(),
        _ => {}
    })
    .await;
    settled?;
    Ok(report)
}

const SESSIONS: usize = 1_000;
const TELL_EVERY: usize = 250;
const LISTENERS: usize = 100;
const SPEAKERS: usize = 100;
const TWO_TIER_USERS: usize = 50;
const TWO_TIER_SPEAKERS: usize = 10;
/// Bytes of a text.
const PAYLOAD: usize = 128;
/// Small, so that the last refill is over before anything is measured.
pub(super) const KEY_POOL: usize = 8;
