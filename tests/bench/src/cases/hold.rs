//! The long hold: everyone in, nobody talks, memory and descriptors stay where they are.

mod samples;

use std::{process::ExitCode, time::Duration};

use chat_client::load::{self, Browser, Pace, Plan, Progress, Raw, Reading, Report, Wire};
use tokio::{sync::watch, time::sleep};

use self::samples::{Sample, Watched, flatness, take, taken};
use crate::{
    bench::ROOM,
    cases::browser::KEY_POOL,
    cli::Options,
    pin,
    servers::{Programs, Proxied, Server, Who},
    table::Table,
};

/// Holds raw connections and browser sessions, each against servers of their own, and says whether
/// memory stayed flat, a last message reached everyone and every descriptor came back.
///
/// # Errors
/// Sealwire does not start, or failed.
pub(crate) async fn hold(
    programs: &Programs,
    options: &Options,
    seconds: u64,
) -> anyhow::Result<ExitCode> {
    let duration = Duration::from_secs(seconds);
    let server = Server::start(Who::Sealwire, programs).await?;
    let tiers = Proxied::start(programs, pin::BOTH_CORES, 1, KEY_POOL).await?;
    let watched = [
        ("chat-server, raw", server.pids()[0]),
        ("web-proxy", tiers.proxies[0].pid()),
        ("chat-server, browsers", tiers.server.pid()),
    ];
    sleep(SETTLE).await;
    let begun = take(&watched)?;

    let raw = Raw::new(server.address, ROOM.to_owned());
    let address = tiers.address();
    let browser = Browser::new(address, &address.to_string(), ROOM.to_owned())?;
    let (raw_tells, mut raw_is_in) = watch::channel(false);
    let (browser_tells, mut browsers_are_in) = watch::channel(false);
    let mut after_browsers = browser_tells.subscribe();
    // Both senders outlive what waits for them.
    let browser_plan = plan(options.members(BROWSERS), duration + RAW_JOINS_WITHIN);
    let browser_run = held(&browser, &browser_plan, &browser_tells);
    let raw_plan = plan(options.members(RAW), duration);
    let raw_run = async {
        drop(after_browsers.wait_for(|is_in| *is_in).await);
        held(&raw, &raw_plan, &raw_tells).await
    };
    let sampling = async {
        drop(browsers_are_in.wait_for(|is_in| *is_in).await);
        drop(raw_is_in.wait_for(|is_in| *is_in).await);
        println!("everyone is in and held for {seconds} s");
        anyhow::Ok(taken(&watched, duration).await?)
    };
    let (browser, raw, samples) = tokio::try_join!(browser_run, raw_run, sampling)?;
    let reports = [("raw", raw), ("browser", browser)];
    let ended = samples::after_all_left(&watched, &begun).await?;
    Ok(say(&watched, &begun, &samples, &ended, &reports))
}

fn plan(connections: usize, duration: Duration) -> Plan {
    Plan {
        publishers: 1,
        subscribers: connections,
        payload_bytes: PAYLOAD,
        pace: Pace::burst(PAYLOAD),
        talk: false,
        idle: true,
        reading: Reading::All,
        warm_up: Duration::ZERO,
        duration,
        pids: Vec::new(),
    }
}

async fn held<W: Wire>(
    wire: &W,
    plan: &Plan,
    is_in: &watch::Sender<bool>,
) -> anyhow::Result<Report> {
    let report = load::run(wire, plan, |progress| match progress {
        Progress::Joining { joined, of } if joined % TELL_EVERY == 0 => {
            println!("{joined} of {of} are in");
        }
        Progress::Holding { .. } => drop(is_in.send_replace(true)),
        _ => {}
    });
    Ok(report.await?)
}

fn say(
    watched: &[Watched],
    begun: &[Sample],
    samples: &[Vec<Sample>],
    ended: &[Sample],
    reports: &[(&str, Report)],
) -> ExitCode {
    println!("\n{}", table(watched, begun, samples, ended).plain());
    let mut is_good = true;
    for (place, (name, _)) in watched.iter().enumerate() {
        let of_one: Vec<Sample> = samples.iter().map(|sample| sample[place]).collect();
        let flat = flatness(&of_one);
        let leaked = ended[place]
            .descriptors
            .saturating_sub(begun[place].descriptors);
        is_good &= flat.is_flat && leaked == 0;
        println!("{name}: {flat}, {leaked} descriptors too many in the end");
    }
    for (name, report) in reports {
        is_good &= report.lost == 0 && report.cut == 0;
        println!(
            "{name}: {} connections, {} alive at the end, {} cut; the last message: {} lost",
            report.connections, report.alive, report.cut, report.lost
        );
    }
    println!("{}", if is_good { "held" } else { "NOT held" });
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn table(
    watched: &[Watched],
    begun: &[Sample],
    samples: &[Vec<Sample>],
    ended: &[Sample],
) -> Table {
    let row = |when: String, sample: &[Sample]| {
        let cells = sample.iter().map(ToString::to_string);
        std::iter::once(when).chain(cells).collect()
    };
    let mut rows = vec![row("before".to_owned(), begun)];
    for (place, sample) in samples.iter().enumerate() {
        let seconds = samples::EVERY.as_secs() * u64::try_from(place).unwrap_or(0);
        rows.push(row(format!("{seconds} s"), sample));
    }
    rows.push(row("all left".to_owned(), ended));
    let names = watched.iter().map(|(name, _)| *name);
    Table {
        title: "Resident MiB and open descriptors",
        header: std::iter::once("when").chain(names).collect(),
        rows,
    }
}

const RAW: usize = 10_000;
const BROWSERS: usize = 2_000;
const PAYLOAD: usize = 128;
const SETTLE: Duration = Duration::from_secs(2);
/// The browser sessions, which take minutes to come in, come first and stay so much longer: the raw
/// connections take half a minute on a quiet machine.
const RAW_JOINS_WITHIN: Duration = Duration::from_secs(180);
const TELL_EVERY: usize = 500;
