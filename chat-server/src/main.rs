//! `chat-server`: settings, run, drain, exit code.
//!
//! Exit codes: 0 drained after SIGTERM or SIGINT; 1 could not start, or something was left behind;
//! 2 wrong usage; 130 or 143 after a second SIGINT or SIGTERM, at once. Those of an operator's
//! commands are in `operate`.

mod cli;
mod operate;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use chat_server::{Running, Server};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use wire_format::OneTimeToken;
use zeroize::Zeroizing;

use crate::cli::{Cli, LogFormat, Run};

fn main() -> anyhow::Result<ExitCode> {
    let mut cli = Cli::parse();
    if let Some(task) = cli.command.take() {
        return Ok(operate::run(task));
    }
    let run = cli.into_run()?;
    start_log(run.log_format);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(serve(run))
}

async fn serve(run: Run) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut server = Server::bind(run.settings).await?;
    let setup_token = server.take_setup_token();
    let running = server.start();
    if let Err(error) = tell(&running, setup_token) {
        // Who only looked at the first line is gone; the server is not.
        tracing::warn!(%error, "standard output is closed");
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let outcome = tokio::select! {
        outcome = running.shutdown(run.grace) => outcome,
        _ = terminate.recv() => std::process::exit(143),
        _ = interrupt.recv() => std::process::exit(130),
    };
    let is_whole = outcome.tasks_left == 0 && outcome.sessions_left == 0;
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Says where the server is, in one write: who reads a line and leaves has got all of it.
fn tell(running: &Running, setup_token: Option<OneTimeToken>) -> io::Result<()> {
    let mut lines = Zeroizing::new(format!("chat-server listens on {}\n", running.local_addr()));
    if let Some(admin) = running.admin_addr() {
        lines.push_str(&format!("figures on http://{admin}/metrics\n"));
    }
    if let Some(token) = setup_token {
        lines.push_str(
            "there is no administrator yet: register with this setup token as the invitation\n",
        );
        lines.push_str("setup token (good once, for a week and until the next start): ");
        lines.push_str(&token.to_hex());
        lines.push('\n');
    }
    let mut out = io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()
}

/// Logs go to standard error; `RUST_LOG` says how much, `info` without it.
fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
