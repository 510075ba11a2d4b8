//! The operating system's account of processes: CPU time and resident memory.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::error::LoadError;

/// Processes that are accounted for together.
#[derive(Clone, Debug)]
pub struct Account(Vec<PathBuf>);

impl Account {
    /// The account of these processes together.
    pub fn of(pids: &[u32]) -> Self {
        let folder = |pid: &u32| Path::new("/proc").join(pid.to_string());
        Self(pids.iter().map(folder).collect())
    }

    pub(super) fn of_this_process() -> Self {
        Self(vec![PathBuf::from("/proc/self")])
    }

    /// CPU time used so far, in nanoseconds; `None` without processes.
    ///
    /// # Errors
    /// [`LoadError::Account`]: a process has gone, or never was.
    pub fn cpu(&self) -> Result<Option<u64>, LoadError> {
        self.sum(cpu_of)
    }

    /// Resident memory, in bytes; `None` without processes.
    ///
    /// # Errors
    /// As [`Account::cpu`].
    pub fn resident(&self) -> Result<Option<u64>, LoadError> {
        self.sum(|process| {
            let path = process.join("status");
            let status = read(&path)?;
            resident_of(&status).ok_or_else(|| unreadable(path))
        })
    }

    fn sum(&self, of: impl Fn(&Path) -> Result<u64, LoadError>) -> Result<Option<u64>, LoadError> {
        let each = self.0.iter().map(|process| of(process));
        let sum = each.sum::<Result<u64, LoadError>>()?;
        Ok((!self.0.is_empty()).then_some(sum))
    }
}

/// By the process's account, in hundredths of a second: unlike those of its threads, it keeps what
/// a thread has used that ended meanwhile.
fn cpu_of(process: &Path) -> Result<u64, LoadError> {
    let path = process.join("stat");
    let text = read(&path)?;
    ticks(&text)
        .map(|ticks| ticks * TICK_NANOS)
        .ok_or_else(|| unreadable(path))
}

fn read(path: &Path) -> Result<String, LoadError> {
    fs::read_to_string(path).map_err(failed(path))
}

fn failed(path: &Path) -> impl Fn(io::Error) -> LoadError + '_ {
    |error| LoadError::Account {
        path: path.to_owned(),
        error,
    }
}

fn unreadable(path: PathBuf) -> LoadError {
    LoadError::Account {
        path,
        error: io::ErrorKind::InvalidData.into(),
    }
}

/// The 14th and 15th field of a `stat`: ticks in the program and in the kernel (proc(5)). The second
/// field is the program's name, which may hold spaces and parentheses.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    user.checked_add(kernel)
}

/// `VmRSS` of a `status`, in bytes.
fn resident_of(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Linux shows every process hundredths of a second, whatever it counts in itself.
const TICK_NANOS: u64 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_texts_are_read() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 31 11 0 0 20 0 1 0 5 6 7";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (a) S 1"), None);
        let status = "Name:\tVmRSS: 9 kB\nVmHWM:\t   12 kB\nVmRSS:\t    1234 kB\n";
        assert_eq!(resident_of(status), Some(1234 * 1024));
        assert_eq!(resident_of("VmRSS:\tmuch\n"), None);
    }

    #[test]
    fn this_process_has_an_account_and_nobody_has_none() {
        let own = Account::of_this_process();
        assert!(own.cpu().expect("an account").is_some());
        assert!(
            own.resident()
                .expect("an account")
                .is_some_and(|rss| rss > 0)
        );
        let nobody = Account::of(&[]);
        assert_eq!(nobody.cpu().expect("an account"), None);
        let gone = Account::of(&[u32::MAX]).cpu().expect_err("no such process");
        assert!(
            gone.to_string()
                .starts_with("cannot read /proc/4294967295/")
        );
    }
}
