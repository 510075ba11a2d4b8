//! Messages that are stored before they are acknowledged, beside what one sync of the same disk takes.

mod sender;

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{task::JoinSet, time::sleep};

use self::sender::Crowd;
use crate::{
    account,
    bench::Bench,
    case::{Case, Measure},
    servers::{Server, Who},
    statistics::Digits,
};

/// Measures it once.
pub(super) async fn measure(bench: &mut Bench) {
    if bench.options.wants(&CASE.to_string())
        && let Err(error) = stored(bench).await
    {
        bench.results.unfinished(CASE);
        bench.leave_out(CASE, Who::Sealwire, &format!("{error:#}"));
    }
}

async fn stored(bench: &mut Bench) -> anyhow::Result<()> {
    let sync = sync_of(&bench.programs.folder, bench.options.duration())?;
    let server = Server::with_accounts(&bench.programs).await?;
    let crowd = Crowd::gather(server.address, SENDERS).await?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut senders = JoinSet::new();
    crowd.send(OUTSTANDING, &acknowledged, &mut senders);
    sleep(bench.options.warm_up()).await;
    let (before, cpu) = (
        read(&acknowledged),
        account::cpu_nanoseconds(&server.pids()),
    );
    let began = Instant::now();
    tokio::select! {
        () = sleep(bench.options.duration()) => {}
        Some(ended) = senders.join_next() => ended??,
    }
    let count = read(&acknowledged) - before;
    let each = micros_each(began.elapsed(), count).context("nothing was acknowledged")?;
    let cpu = account::cpu_nanoseconds(&server.pids()).saturating_sub(cpu);
    let cpu = micros_each(Duration::from_nanos(cpu), count).unwrap_or_default();
    senders.shutdown().await;
    println!(
        "{CASE:<26} {:<24} {:.0} acknowledged/s, {} µs of CPU each; this disk syncs {:.0} times/s",
        Who::Sealwire.name(),
        1e6 / each,
        Digits(cpu),
        1e6 / sync,
    );
    for (measure, who, value) in [
        (Measure::Acknowledged, Who::Sealwire, each),
        (Measure::Acknowledged, Who::Primitives, sync),
    ] {
        bench.results.add(CASE, measure, who, Some(value));
    }
    Ok(())
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of some seconds are far below 2^52"
)]
fn micros_each(time: Duration, count: u64) -> Option<f64> {
    (count > 0).then(|| time.as_secs_f64() * 1e6 / count as f64)
}

/// How long one appended page takes to be on this disk, in µs, over so long.
fn sync_of(folder: &Path, span: Duration) -> io::Result<f64> {
    let path = folder.join("synced");
    let mut file = File::create(&path)?;
    let page = [7; 4_096];
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < span {
        file.write_all(&page)?;
        file.sync_data()?;
        count += 1;
    }
    let each = micros_each(began.elapsed(), count);
    std::fs::remove_file(path)?;
    Ok(each.unwrap_or_default())
}

const CASE: Case = Case::Stored;
const SENDERS: usize = 20;
/// Messages that each of them has under way.
const OUTSTANDING: u32 = 256;
