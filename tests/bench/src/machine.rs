//! What the figures were measured on and with.

use std::{fs, path::Path, process::Command};

/// The machine, without its name.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) kernel: String,
    pub(crate) date: String,
}

impl Machine {
    /// Reads what the operating system says.
    pub(crate) fn look() -> Self {
        let processor = field("/proc/cpuinfo", "model name");
        let memory = field("/proc/meminfo", "MemTotal");
        let kibibytes = memory.split(' ').next().and_then(|n| n.parse::<u64>().ok());
        Self {
            processor: processor.trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: kibibytes.unwrap_or(0).div_ceil(1024 * 1024),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            date: first_line("date", &["-u", "+%Y-%m-%d"]).unwrap_or_default(),
        }
    }
}

/// The first line that a program prints; `None` if there is no such program.
pub(crate) fn first_line(program: impl AsRef<Path>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program.as_ref())
        .args(arguments)
        .output()
        .ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().map(|line| line.trim().to_owned())
}

fn field(file: &str, name: &str) -> String {
    let text = read(file);
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':'));
    value.map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}
