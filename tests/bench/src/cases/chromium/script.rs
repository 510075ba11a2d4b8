//! A script that drives browsers, as a child process.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use tokio::time::sleep;

use crate::{pin, process::last_words, servers::Programs};

/// A script while it runs. It ends when its input does, and with it browsers and servers: so it does
/// when this is dropped, or this program is killed.
#[derive(Debug)]
pub(in crate::cases) struct Script {
    child: Child,
    answer: PathBuf,
    log: PathBuf,
}

impl Script {
    /// Starts the one of this name on both cores.
    ///
    /// # Errors
    /// There is no Node.
    pub(in crate::cases) fn start(
        programs: &Programs,
        name: &str,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let [answer, log] = ["json", "log"].map(|kind| {
            let name = format!("chromium-{name}.{kind}");
            programs.folder.join(name)
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("browser/{name}.js"));
        // This process is bound to one core, and its children would be.
        let child = Command::new("taskset")
            .args(["-c", pin::BOTH_CORES, "node"])
            .arg(script)
            .args(arguments)
            .arg("--attended")
            .env("SEALWIRE_BIN_DIR", programs.where_ours_are())
            .stdin(Stdio::piped())
            .stdout(File::create(&answer)?)
            .stderr(File::create(&log)?)
            .spawn()
            .context("node does not start")?;
        Ok(Self { child, answer, log })
    }

    /// Waits for its end, and gives what it has printed.
    ///
    /// # Errors
    /// It failed; with the last lines it wrote.
    pub(in crate::cases) async fn printed(mut self) -> anyhow::Result<String> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!("{status}:\n{}", last_words(&self.log));
                }
                return Ok(std::fs::read_to_string(&self.answer)?);
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // Waiting closes its input. Errors mean that it has ended already.
        drop(self.child.wait());
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(100);
