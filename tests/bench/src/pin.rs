//! Which core a process runs on, by util-linux' `taskset`.

use std::{io, process::Command};

/// The core of the servers while they are measured.
pub(crate) const SERVER_CORE: &str = "0";
/// The core of the generator, and of what is not measured.
pub(crate) const GENERATOR_CORE: &str = "1";
/// Both: while keys are made before anything is measured.
pub(crate) const BOTH_CORES: &str = "0,1";
/// How often `taskset` is asked, as it gives up where a thread ends between its list and its turn.
const TRIES: u32 = 20;

/// Moves all threads of a running process.
///
/// # Errors
/// The process has ended, or the machine does not have the core.
pub(crate) fn pin(pid: u32, cores: &str) -> io::Result<()> {
    let pid = pid.to_string();
    let mut refusal = String::new();
    for _ in 0..TRIES {
        let done = Command::new("taskset")
            .args(["-a", "-c", "-p", cores, &pid])
            .output()?;
        if done.status.success() {
            return Ok(());
        }
        refusal = String::from_utf8_lossy(&done.stderr).trim_end().to_owned();
    }
    Err(io::Error::other(format!("taskset: {refusal}")))
}

/// A command that starts on these cores, and ends when this process does, however that ends.
pub(crate) fn command(cores: &str, program: &std::path::Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "taskset", "-c", cores]);
    command.arg(program);
    // As a runtime on a machine of one core would: what is measured runs on one.
    command.env("TOKIO_WORKER_THREADS", "1");
    command
}
