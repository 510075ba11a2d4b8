//! Measures Sealwire and, in the same run, the servers that people would pick instead.
//!
//! ```text
//!  cases ──▶ servers (core 0, child processes) ◀── chat_client::load (core 1, this process) ── peers (wires)
//!    └─────▶ results ──▶ gates ──▶ report ──▶ the terminal, docs/speed.md, plots
//! ```
//!
//! Exit codes: 0 measured, even if a gate is missed; 1 could not measure, or with --strict a gate is
//! missed or a message lost, or with --quick a message is lost; 2 wrong usage; 130 interrupted. What
//! it started has ended then.

mod account;
mod bench;
mod case;
mod cases;
mod cli;
mod gates;
mod machine;
mod peers;
mod pin;
mod plot;
mod process;
mod report;
mod results;
mod servers;
mod statistics;
mod table;

use std::process::ExitCode;

use clap::Parser;
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
};

use crate::{bench::Bench, cli::Options, machine::Machine, servers::Programs};

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(until_interrupted(options)),
        Err(error) => Err(error.into()),
    };
    done.unwrap_or_else(|error| {
        eprintln!("bench: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs; an interrupt drops everything that runs, and with it the servers.
async fn until_interrupted(options: Options) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    select! {
        done = run(options) => done,
        _ = interrupt.recv() => Ok(ExitCode::from(INTERRUPTED)),
        _ = terminate.recv() => Ok(ExitCode::from(INTERRUPTED)),
    }
}

async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let programs = Programs::find(&options)?;
    pin::pin(std::process::id(), pin::GENERATOR_CORE)?;
    if let Some(seconds) = options.hold {
        return cases::hold(&programs, &options, seconds).await;
    }
    let machine = Machine::look();
    let versions = programs.versions();
    let mut bench = Bench::new(options, programs);
    cases::all(&mut bench).await?;
    let Bench {
        results, options, ..
    } = &bench;
    report::print(results, options);
    if !options.no_report && !options.quick {
        report::write(results, &machine, &versions, options)?;
    }
    let has_missed = options.strict && !options.quick && !report::missed(results).is_empty();
    // A quick run judges nothing but this.
    let has_lost = (options.strict || options.quick) && results.has_lost();
    Ok(if has_missed || has_lost {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

const INTERRUPTED: u8 = 130;
