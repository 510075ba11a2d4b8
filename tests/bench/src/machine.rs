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
            // Not those that this process may use: it keeps to one of them.
            cores: cores(&read("/proc/cpuinfo")),
            memory_gib: kibibytes.unwrap_or(0).div_ceil(1024 * 1024),
            kernel: version(&read("/proc/sys/kernel/osrelease")).to_owned(),
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

fn cores(cpuinfo: &str) -> usize {
    let processors = cpuinfo.lines().filter(|line| line.starts_with("processor"));
    processors.count().max(1)
}

/// The kernel's version without what its builder adds.
fn version(release: &str) -> &str {
    release.trim().split('-').next().unwrap_or_default()
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_texts_are_read() {
        assert_eq!(
            cores("processor\t: 0\nmodel name\t: A\nprocessor\t: 1\n"),
            2
        );
        assert_eq!(cores(""), 1);
        assert_eq!(version("6.12.3-amd64\n"), "6.12.3");
    }
}
