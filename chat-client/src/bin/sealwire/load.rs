//! `sealwire load`: many connections at once, and what they cost a server.

mod flags;
mod report;
mod status;

use std::net::SocketAddr;

use chat_client::load::{Browser, LoadError, Plan, Raw, Report, run as carry_out};
use tokio::{
    net::lookup_host,
    signal::unix::{SignalKind, signal},
};

pub(crate) use self::flags::LoadFlags;
use self::status::StatusLine;
use crate::{
    cli::Format,
    exit::{Failure, Signal},
};

/// What `load` does.
pub(crate) struct Load {
    pub(crate) target: Target,
    pub(crate) room: String,
    pub(crate) plan: Plan,
    pub(crate) format: Format,
}

/// What the load is put on.
pub(crate) enum Target {
    /// A chat-server over plain TCP.
    Server { host: String, port: u16 },
    /// A web-proxy over plain HTTP.
    Proxy { host: String, port: u16 },
}

pub(crate) async fn run(load: Load) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let mut status = StatusLine::new(load.format);
    let outcome = tokio::select! {
        outcome = report_of(&load, &mut status) => outcome.map_err(Failure::Load),
        _ = interrupt.recv() => Err(Failure::Interrupted(Signal::Interrupt)),
        _ = terminate.recv() => Err(Failure::Interrupted(Signal::Terminate)),
    };
    status.clear();
    let report = outcome?;
    report::print(&report, load.format).map_err(Failure::Output)?;
    if report.lost > 0 || report.cut > 0 || report.stalled {
        return Err(Failure::Lossy {
            lost: report.lost,
            cut: report.cut,
            stalled: report.stalled,
        });
    }
    Ok(())
}

async fn report_of(load: &Load, status: &mut StatusLine) -> Result<Report, LoadError> {
    let tell = |progress| status.tell(progress);
    match &load.target {
        Target::Server { host, port } => {
            let wire = Raw::new(resolve(host, *port).await?, load.room.clone());
            carry_out(&wire, &load.plan, tell).await
        }
        Target::Proxy { host, port } => {
            let address = resolve(host.trim_matches(['[', ']']), *port).await?;
            let authority = format!("{host}:{port}");
            let wire = Browser::new(address, &authority, load.room.clone())?;
            carry_out(&wire, &load.plan, tell).await
        }
    }
}

async fn resolve(host: &str, port: u16) -> Result<SocketAddr, LoadError> {
    let step = "looking the address up";
    let found = lookup_host((host, port)).await;
    let mut found = found.map_err(|error| LoadError::Io { step, error })?;
    found.next().ok_or_else(|| LoadError::Io {
        step,
        error: std::io::ErrorKind::NotFound.into(),
    })
}
