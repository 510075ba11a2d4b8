//! `sealwire`: sealed rooms from a terminal or a script.
//!
//! Arguments, settings, run, exit code; docs/cli.md has what scripts rely on.

mod account;
mod cli;
mod exit;
mod input;
mod join;
mod json;
mod load;
mod plain;
mod printer;
mod rooms;
mod visit;

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use clap::Parser as _;
use tokio::runtime::Builder;
use tracing_subscriber::EnvFilter;

use crate::{
    cli::{Cli, Task},
    exit::Failure,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    let format = cli.error_format();
    let outcome = run(cli);
    if let Err(failure) = &outcome {
        failure.print(format);
    }
    exit::code(&outcome)
}

fn run(cli: Cli) -> Result<(), Failure> {
    let task = cli.into_task()?;
    let mut builder = match task {
        // What it measures is not to be disturbed by a second thread of its own.
        Task::Load(_) => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let runtime = builder
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(async {
        match task {
            Task::Join(join) => join::run(join).await,
            Task::Rooms(visit) => rooms::run(visit).await,
            Task::Account(task) => account::run(*task).await,
            Task::Load(load) => load::run(load).await,
        }
    });
    // A thread of the runtime may still be making keys that nobody needs any more.
    runtime.shutdown_timeout(Duration::from_millis(100));
    outcome
}

/// Logs go to standard error; `RUST_LOG` says how much, `error` without it.
fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
