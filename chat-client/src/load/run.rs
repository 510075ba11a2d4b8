//! A run from its first connection to its report.

use std::{cell::RefCell, future::poll_fn, task::Poll, time::Duration};

use tokio::{task::coop::unconstrained, time::sleep};

use super::{
    account::Account,
    burst::burst,
    clock::{Clock, nanos},
    error::LoadError,
    hall::Hall,
    held::held,
    joining::join_all,
    listening::Ears,
    meter::{Measured, Meter},
    paced::paced,
    plan::{Pace, Plan, Reading},
    press::Press,
    report::{Progress, Report},
    tally::Tally,
    wire::Wire,
};

/// Carries a plan out and reports what it found.
///
/// It reads, counts and publishes in the task that awaits it: on a runtime of one thread, it is one
/// thread. A dropped future closes all connections.
///
/// # Errors
/// Why there is nothing to report. A cut connection and a lost message are findings, not errors.
pub async fn run<W: Wire>(
    wire: &W,
    plan: &Plan,
    mut progress: impl FnMut(Progress),
) -> Result<Report, LoadError> {
    plan.check(wire.notation())?;
    // One task reads every connection: the runtime's budget for a task would cut its rounds short.
    unconstrained(carry_out(wire, plan, &mut progress)).await
}

async fn carry_out<W: Wire>(
    wire: &W,
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, LoadError> {
    let seats = plan.seats();
    let run = rand::random();
    let mut press = Press::new(run, wire.notation(), &seats, plan.payload_bytes);
    let tally = Tally::new(run, seats.len(), press.publishers());
    let tally = tally.map_err(|error| LoadError::Plan(error.to_string()))?;
    let server = Account::of(&plan.pids);
    let before = server.resident()?;

    let clock = Clock::start();
    let ears = RefCell::new(Ears::new(tally, clock));
    let mut hall = Hall::new(wire, &ears, clock, seats.len());
    let of = seats.len();
    join_all(&mut hall, &seats, |joined| {
        progress(Progress::Joining { joined, of })
    })
    .await?;
    press.meet(hall.listeners());
    progress(Progress::Quiet);
    quiet(&mut hall, plan, &server).await?;
    let after = server.resident()?;

    let mut is_stalled = false;
    let mut measured = Measured::default();
    if plan.idle {
        held(&mut hall, &mut press, plan, progress).await?;
    } else {
        if plan.reading == Reading::Sample {
            hall.sample();
        }
        let mut meter = Meter::new(plan, clock, &server, progress);
        match plan.pace {
            Pace::Burst { window } => burst(&mut hall, &mut press, &mut meter, window).await?,
            Pace::Rate(rate) => paced(&mut hall, &mut press, &mut meter, rate).await?,
        }
        is_stalled = meter.is_stalled();
        measured = meter.measured();
    }
    progress(Progress::Draining);
    hall.read_all();
    drain(&mut hall, &press).await?;
    if plan.idle {
        measured.received = hall.received();
        measured.sent = press.sent();
    }

    let connections = u64::try_from(seats.len()).unwrap_or(u64::MAX);
    let grown = before
        .zip(after)
        .map(|(before, after)| after as f64 - before as f64);
    let report = Report {
        connections,
        stalled: is_stalled,
        server_rss_bytes_per_connection: grown.map(|bytes| bytes / connections as f64),
        ..Report::default()
    };
    let report = found(report, &hall, &press, measured)?;
    leave(&mut hall).await?;
    Ok(report)
}

/// Says goodbye where that is needed, and waits until the server has closed everything, or too long.
async fn leave<W: Wire>(hall: &mut Hall<'_, W>) -> Result<(), LoadError> {
    let begun = hall.clock.now();
    let has_said = poll_fn(|cx| Poll::Ready(hall.farewell(cx))).await;
    while has_said && hall.alive() > 0 && hall.clock.now() - begun < DRAIN_NANOS {
        hall.beside(sleep(LOOK)).await?;
    }
    Ok(())
}

/// Rounds until nothing arrives any more, since those who are in are told of those who come in, and
/// until the server rests: a web-proxy makes keys for the next ones. Early heartbeats are waited for.
async fn quiet<W: Wire>(
    hall: &mut Hall<'_, W>,
    plan: &Plan,
    server: &Account,
) -> Result<(), LoadError> {
    let silence = nanos(if plan.idle { 2 * QUIET } else { QUIET });
    let settled = hall.wire.heartbeat().map_or(0, |beat| nanos(beat.settled));
    let joined = hall.clock.now();
    let mut looked = (joined, server.cpu()?);
    let mut is_busy = false;
    loop {
        let now = hall.clock.now();
        let span = now.saturating_sub(looked.0);
        if span >= LOOK_AT_CPU_NANOS {
            let used = server.cpu()?;
            let busy = used.zip(looked.1).map(|(to, from)| to.saturating_sub(from));
            is_busy = busy.is_some_and(|busy| busy > span / BUSY_PART);
            looked = (now, used);
        }
        let is_silent = now.saturating_sub(hall.heard_at().max(joined)) >= silence;
        let is_settled = now - joined >= settled;
        if is_silent && is_settled && !is_busy || now - joined > QUIET_NANOS_AT_MOST {
            return Ok(());
        }
        hall.beside(sleep(LOOK)).await?;
    }
}

/// Rounds until everything under way has come, or has not come in time.
async fn drain<W: Wire>(hall: &mut Hall<'_, W>, press: &Press) -> Result<(), LoadError> {
    let begun = hall.clock.now();
    while hall.received() < press.expected()
        && hall.clock.now() - begun < DRAIN_NANOS
        && hall.alive() > 0
    {
        hall.beside(sleep(LOOK)).await?;
    }
    Ok(())
}

fn found<W: Wire>(
    report: Report,
    hall: &Hall<'_, W>,
    press: &Press,
    measured: Measured,
) -> Result<Report, LoadError> {
    hall.check_ends()?;
    let tally = &hall.ears().borrow().tally;
    let seconds = measured.span.as_secs_f64();
    let deliveries = measured.received as f64;
    let micros = |nanos: u64| nanos as f64 / 1e3;
    let each = |nanos: u64| (deliveries > 0.0).then(|| micros(nanos) / deliveries);
    Ok(Report {
        listeners: u64::try_from(hall.listeners().len()).unwrap_or(u64::MAX),
        readers: hall.readers(),
        messages: measured.sent,
        deliveries: measured.received,
        seconds,
        deliveries_per_s: if seconds > 0.0 {
            deliveries / seconds
        } else {
            0.0
        },
        server_cpu_us_per_delivery: measured.server.and_then(each),
        generator_cpu_us_per_delivery: measured.generator.and_then(each),
        p50_us: tally.within(500).map(micros),
        p99_us: tally.within(990).map(micros),
        p999_us: tally.within(999).map(micros),
        lost: press.lost(hall)?,
        repeated: tally.repeated(),
        reordered: tally.reordered(),
        cut: hall.cut_by().values().sum(),
        cut_by: hall.cut_by().clone(),
        alive: u64::try_from(hall.alive()).unwrap_or(u64::MAX),
        ..report
    })
}

/// Silence after which everyone is in; held connections get twice that.
const QUIET: Duration = Duration::from_secs(1);
/// How often it is looked whether the server rests.
const LOOK_AT_CPU_NANOS: u64 = 250_000_000;
/// A server that uses more than this part of a core does not rest.
const BUSY_PART: u64 = 10;
/// It is never waited longer for silence and rest.
const QUIET_NANOS_AT_MOST: u64 = 60_000_000_000;
/// How long what is under way may take.
const DRAIN_NANOS: u64 = 3_000_000_000;
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(5);
