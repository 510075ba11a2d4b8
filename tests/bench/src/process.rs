//! A server as a child process: started on a core, waited for, stopped by its own id.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::net::TcpStream;

use crate::pin;

/// A running server. Dropping it ends it, also when this program panics or is interrupted.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

/// What to start.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// What the log file is called.
    pub(crate) name: &'a str,
    /// On which cores.
    pub(crate) cores: &'a str,
    /// The program.
    pub(crate) program: &'a Path,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// Where it will listen.
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts a server and waits until its port answers.
    ///
    /// # Errors
    /// It cannot be started, or ended, or does not listen in time; with the last lines it wrote.
    pub(crate) async fn start(folder: &Path, launch: Launch<'_>) -> anyhow::Result<Self> {
        let log = folder.join(format!("{}.log", launch.name));
        let output = File::create(&log).with_context(|| format!("{}", log.display()))?;
        let child = pin::command(launch.cores, launch.program)
            .args(&launch.arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{} does not start", launch.program.display()))?;
        let address = launch.address;
        let mut process = Self {
            child,
            address,
            log,
        };
        process.is_ready(launch.name).await?;
        Ok(process)
    }

    /// Its id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Moves it to these cores.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn pin(&self, cores: &str) -> io::Result<()> {
        pin::pin(self.pid(), cores)
    }

    async fn is_ready(&mut self, name: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(self.address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{name} ended at once ({status}):\n{}",
                    last_words(&self.log)
                );
            }
            if begun.elapsed() > READY_WITHIN {
                bail!("{name} does not listen:\n{}", last_words(&self.log));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It keeps nothing that a gentler end would save. Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The last lines of a log.
pub(crate) fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().rev().take(LAST_LINES).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// A loopback address that is free at the moment.
///
/// # Errors
/// None is.
pub(crate) fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// How long a server may take to listen: Python on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LAST_LINES: usize = 20;
