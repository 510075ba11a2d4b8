//! A sign-in storm: how fast passwords are taken beside argon2id alone, and what a chat in a room
//! feels of it meanwhile.

mod argon2id;
mod crowd;

use std::net::SocketAddr;

use anyhow::Context;
use chat_client::load::{self, Pace, Plan, Progress, Raw, Report};

use self::crowd::{Crowd, Storm};
use crate::{
    bench::{Bench, ROOM},
    case::{Case, Measure},
    results::Faults,
    servers::{Server, Who},
    statistics::Digits,
};

/// Measures all pairs, in the first repetition only: they are repetitions of their own.
pub(super) async fn measure(bench: &mut Bench, repetition: u32) {
    let is_wanted = repetition == 0 && bench.options.wants(&CASE.to_string());
    if is_wanted && let Err(error) = pairs(bench).await {
        bench.results.unfinished(CASE);
        bench.leave_out(CASE, Who::Sealwire, &format!("{error:#}"));
    }
}

async fn pairs(bench: &mut Bench) -> anyhow::Result<()> {
    let server = Server::with_accounts(&bench.programs).await?;
    let (pairs, accounts) = match bench.options.quick {
        true => (1, 1),
        false => (PAIRS, ACCOUNTS),
    };
    let crowd = Crowd::register(server.address, accounts).await?;
    for number in 0..pairs {
        pair(bench, server.address, &crowd, number).await?;
    }
    Ok(())
}

/// A chat undisturbed and one in a storm, the one or the other first: a machine's speed drifts.
async fn pair(
    bench: &mut Bench,
    address: SocketAddr,
    crowd: &Crowd,
    number: u32,
) -> anyhow::Result<()> {
    let calm_first = number.is_multiple_of(2);
    let before = match calm_first {
        true => Some(chat(bench, address).await?),
        false => None,
    };
    let storm = Storm::begin(crowd, AT_ONCE).await?;
    let stormy = chat(bench, address).await;
    let each = storm.end().await?;
    let stormy = stormy?;
    let calm = match before {
        Some(calm) => calm,
        None => chat(bench, address).await?,
    };
    let alone = argon2id::alone(WORKERS, bench.options.duration())?;

    let p99 = |report: &Report| report.p99_us.context("no message arrived");
    let (stormy_p99, calm_p99) = (p99(&stormy)?, p99(&calm)?);
    println!(
        "{CASE:<26} {:<24} a sign-in every {} ms, argon2id alone {} ms; a chat's p99 {} ms, undisturbed {} ms",
        Who::Sealwire.name(),
        Digits(each / 1e3),
        Digits(alone / 1e3),
        Digits(stormy_p99 / 1e3),
        Digits(calm_p99 / 1e3),
    );
    let results = &mut bench.results;
    for (measure, who, value) in [
        (Measure::Interval, Who::Sealwire, each),
        (Measure::Interval, Who::Primitives, alone),
        (Measure::P99, Who::Sealwire, stormy_p99),
        (Measure::P99, Who::Undisturbed, calm_p99),
        (Measure::Disturbance, Who::Sealwire, stormy_p99 / calm_p99),
    ] {
        results.add(CASE, measure, who, Some(value));
    }
    for (who, report) in [(Who::Sealwire, &stormy), (Who::Undisturbed, &calm)] {
        results.add_faults(CASE, who, Faults::of(report));
    }
    Ok(())
}

/// One of a few guests in a room speaks on a clock, and all hear it.
async fn chat(bench: &Bench, address: SocketAddr) -> anyhow::Result<Report> {
    let plan = Plan {
        pace: Pace::Rate(MESSAGES_PER_S),
        talk: true,
        duration: bench.options.duration() * SPANS,
        ..bench.plan(MEMBERS, PAYLOAD)
    };
    let wire = Raw::new(address, ROOM.to_owned());
    Ok(load::run(&wire, &plan, |_: Progress| ()).await?)
}

const CASE: Case = Case::Storm;
/// Pairs of a chat undisturbed and one in a storm.
const PAIRS: u32 = 5;
/// Who signs in: each has 100 sessions before the oldest of them ends for a new one.
const ACCOUNTS: usize = 4;
/// Sign-ins under way: the queue before the workers is never empty, and never full.
const AT_ONCE: usize = 16;
/// As many as the chat-server has on the two cores that it runs on: all cores but one
/// (chat-server/src/account/work.rs).
const WORKERS: usize = 1;
const MEMBERS: usize = 20;
const MESSAGES_PER_S: f64 = 100.0;
/// A chat is measured for so many of the usual spans: of 300 messages only three are above the p99.
const SPANS: u32 = 3;
const PAYLOAD: usize = 128;
