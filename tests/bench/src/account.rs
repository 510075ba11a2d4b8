//! What the operating system has on its account for a set of processes.

use std::{fs, hint::black_box, io, time::Duration};

use chat_client::load::{Account, LoadError};

/// Processor time of these processes, in nanoseconds; one that has ended counts nothing.
pub(crate) fn cpu_nanoseconds(pids: &[u32]) -> u64 {
    each(pids, Account::cpu)
}

/// Resident memory of these processes, in bytes.
pub(crate) fn resident_bytes(pids: &[u32]) -> u64 {
    each(pids, Account::resident)
}

fn each(pids: &[u32], of: fn(&Account) -> Result<Option<u64>, LoadError>) -> u64 {
    pids.iter()
        .filter_map(|pid| of(&Account::of(&[*pid])).ok().flatten())
        .sum()
}

/// CPU that one turn of `work` takes in this process, in µs, over so many turns.
pub(crate) fn cost_of<T>(turns: u32, mut work: impl FnMut() -> T) -> f64 {
    let before = on_cpu();
    for _ in 0..turns {
        black_box(work());
    }
    micros(on_cpu().saturating_sub(before)) / f64::from(turns.max(1))
}

/// As [`cost_of`], of work that is done without waiting and on this thread.
pub(crate) async fn cost_of_each(turns: u32, mut work: impl AsyncFnMut()) -> f64 {
    let before = on_cpu();
    for _ in 0..turns {
        work().await;
    }
    micros(on_cpu().saturating_sub(before)) / f64::from(turns.max(1))
}

/// Nanoseconds as microseconds.
pub(crate) fn micros(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6
}

/// Open descriptors of a process.
///
/// # Errors
/// The process has ended.
pub(crate) fn descriptors(pid: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// The first number of this thread's schedstat: nanoseconds spent on a processor.
fn on_cpu() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split_whitespace().next();
    first.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_something() {
        let sum = || (0..black_box(100_000_u64)).sum::<u64>();
        assert!(cost_of(100, sum) > 0.0);
    }

    #[test]
    fn this_process_has_an_account() {
        let me = [std::process::id()];
        assert!(resident_bytes(&me) > 100_000);
        assert!(descriptors(me[0]).expect("this process lives") >= 3);
    }
}
