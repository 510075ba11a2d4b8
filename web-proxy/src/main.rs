//! `web-proxy`: settings, log, an embedded chat-server where one is wanted, run, drain, exit code.
//!
//! Exit codes: 0 drained after SIGTERM or SIGINT; 1 could not start, or the grace period was over
//! first; 2 wrong usage; 130 after a second signal, at once.

mod cli;
mod demo;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use chat_server::{BindError, Running, Server, Transport};
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};
use web_proxy::{Outcome, Proxy, Settings, settings::plain, shutdown::Signals};
use wire_format::{OneTimeToken, ProxyKey};

use self::cli::{Demo, Embedded, Launch, LogFormat, Options};

fn main() -> ExitCode {
    start().unwrap_or_else(|error| {
        // On one line, each cause after what it caused; a backtrace says nothing about settings.
        eprintln!("web-proxy: {error:#}");
        ExitCode::FAILURE
    })
}

fn start() -> anyhow::Result<ExitCode> {
    let launch = Options::launch()?;
    start_log(launch.log_format);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime does not start")?
        .block_on(run(launch))
}

async fn run(launch: Launch) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen().context("signals cannot be listened to")?;
    let Launch {
        mut settings,
        embedded,
        ..
    } = launch;
    let grace = settings.grace.min(EMBEDDED_GRACE);
    let (chat_server, mut setup_token) = match &embedded {
        Some(embedded) => {
            let (running, setup_token) = embed(&mut settings, embedded).await?;
            (Some(running), setup_token)
        }
        None => (None, None),
    };
    let proxy = Proxy::bind(settings).await?;
    if let (Some(embedded), Some(running)) = (&embedded, &chat_server)
        && embedded.demo == Demo::On
    {
        let address = running.local_addr();
        let making = demo::run(address, &embedded.data, setup_token.clone());
        let made = tokio::select! {
            made = making => made.map(Some),
            () = signals.next() => Ok(None),
        };
        match made {
            Ok(Some(demo::Made::Now)) => setup_token = None,
            Ok(Some(demo::Made::Before)) => {}
            Ok(None) | Err(_) => {
                drain(chat_server, grace, &mut signals).await;
                return made.map(|_| ExitCode::SUCCESS).map_err(Into::into);
            }
        }
    }
    announce(&proxy, setup_token.as_ref())?;
    drop(setup_token);
    let handle = proxy.handle();
    let mut serving = std::pin::pin!(proxy.serve());
    let outcome = tokio::select! {
        outcome = &mut serving => outcome,
        () = signals.next() => {
            tracing::info!("stopping; a second signal stops at once");
            handle.shut_down();
            tokio::select! {
                outcome = serving => outcome,
                () = signals.next() => std::process::exit(AT_ONCE),
            }
        }
    };
    drain(chat_server, grace, &mut signals).await;
    Ok(match outcome {
        Outcome::Drained => {
            tracing::info!("drained");
            ExitCode::SUCCESS
        }
        Outcome::GraceOver { left } => {
            tracing::warn!(left, "the grace period was over first");
            ExitCode::FAILURE
        }
    })
}

/// Stops the embedded chat-server; a second signal stops at once.
async fn drain(chat_server: Option<Running>, grace: Duration, signals: &mut Signals) {
    let Some(chat_server) = chat_server else {
        return;
    };
    tokio::select! {
        _ = chat_server.shutdown(grace) => {}
        () = signals.next() => std::process::exit(AT_ONCE),
    }
}

/// Starts a chat-server in this process, on real TCP so that other programs can connect as well,
/// with a key that only this proxy knows unless one was given.
async fn embed(
    settings: &mut Settings,
    embedded: &Embedded,
) -> anyhow::Result<(Running, Option<OneTimeToken>)> {
    let key = settings
        .proxy_key
        .get_or_insert_with(|| ProxyKey::from_bytes(rand::random()));
    let server = chat_server::Settings {
        listen: embedded.listen,
        transport: Transport::Plain,
        proxy_key: Some(key.clone()),
        data: Some(embedded.data.clone()),
        alerts: embedded.alerts.clone().into_settings()?,
        ..Default::default()
    };
    let server = embedded.accounts.clone().apply(server)?;
    let mut server = Server::bind(server).await.map_err(|error| match error {
        BindError::Listen { address, source } => anyhow::Error::new(source).context(format!(
            "the chat-server cannot listen on {address}; choose another address with --chat-listen"
        )),
        other => anyhow::Error::new(other).context("the embedded chat-server does not start"),
    })?;
    let setup_token = server.take_setup_token();
    let running = server.start();
    settings.backend = plain(running.local_addr());
    Ok((running, setup_token))
}

/// Prints the address to open, off loopback how colleagues get in, and while there is no
/// administrator how to become one.
fn announce(proxy: &Proxy, setup_token: Option<&OneTimeToken>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Sealwire is listening on {} (open it in a browser)",
        proxy.url()
    )?;
    if let Some(admin) = proxy.admin_addr() {
        writeln!(out, "figures are on http://{admin}/metrics")?;
    }
    if let Some(url) = proxy.colleagues_url() {
        writeln!(out, "colleagues open {url}")?;
    }
    if let Some(fingerprint) = proxy.fingerprint() {
        writeln!(
            out,
            "the certificate's SHA-256 fingerprint is {fingerprint}"
        )?;
    }
    if let Some(token) = setup_token {
        writeln!(
            out,
            "there is no administrator yet: open {}, make an account, and give this setup token \
             as the invitation",
            proxy.url()
        )?;
        writeln!(
            out,
            "setup token (good once, for a week and until the next start): {}",
            *token.to_hex()
        )?;
    }
    out.flush()
}

/// Logs go to standard error; `RUST_LOG` says how much, `info` without it.
fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(io::stderr);
    let log = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(holds_no_content));
    match format {
        LogFormat::Text => log.with(lines.with_ansi(io::stderr().is_terminal())).init(),
        LogFormat::Json => log.with(lines.json()).init(),
    }
}

/// The WebSocket library writes whole frames, opened messages among them, into its most talkative
/// log; no setting brings them here.
fn holds_no_content(metadata: &Metadata<'_>) -> bool {
    let quiet = ["tungstenite", "tokio_tungstenite"];
    let is_library = quiet.iter().any(|name| metadata.target().starts_with(name));
    !is_library || *metadata.level() <= Level::INFO
}

/// The exit code after a second signal.
const AT_ONCE: i32 = 130;
/// The embedded chat-server has nobody left but other programs' connections.
const EMBEDDED_GRACE: Duration = Duration::from_secs(5);
