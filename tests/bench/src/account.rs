//! What the operating system has on its account for a set of processes.

use std::{fs, hint::black_box, io, path::Path, time::Duration};

/// Processor time of all threads of these processes, in nanoseconds; one that has ended counts
/// nothing.
pub(crate) fn cpu_nanoseconds(pids: &[u32]) -> u64 {
    pids.iter().map(|pid| of_threads(*pid)).sum()
}

/// Resident memory of these processes, in bytes.
pub(crate) fn resident_bytes(pids: &[u32]) -> u64 {
    pids.iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
        .filter_map(|status| kibibytes(&status, "VmRSS:"))
        .map(|kibibytes| kibibytes * 1024)
        .sum()
}

/// CPU that one turn of `work` takes in this process, in µs, over so many turns.
pub(crate) fn cost_of<T>(turns: u32, mut work: impl FnMut() -> T) -> f64 {
    let me = [std::process::id()];
    let before = cpu_nanoseconds(&me);
    for _ in 0..turns {
        black_box(work());
    }
    micros(cpu_nanoseconds(&me).saturating_sub(before)) / f64::from(turns.max(1))
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

fn of_threads(pid: u32) -> u64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return 0;
    };
    threads
        .flatten()
        .map(|thread| on_cpu(&thread.path().join("schedstat")))
        .sum()
}

/// The first number of a thread's schedstat: nanoseconds spent on a processor.
fn on_cpu(schedstat: &Path) -> u64 {
    let text = fs::read_to_string(schedstat).unwrap_or_default();
    let first = text.split_whitespace().next();
    first.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn kibibytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_the_status_is_found() {
        let status = "Name:\tx\nVmRSS:\t    5120 kB\nThreads:\t1\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(5120));
        assert_eq!(kibibytes(status, "VmHWM:"), None);
    }

    #[test]
    fn this_process_has_an_account() {
        let me = [std::process::id()];
        assert!(cpu_nanoseconds(&me) > 0 && resident_bytes(&me) > 100_000);
        assert!(descriptors(me[0]).expect("this process lives") >= 3);
    }
}
