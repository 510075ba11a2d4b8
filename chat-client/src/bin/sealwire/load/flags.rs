//! The flags of `load`, made into a plan.

use std::time::Duration;

use chat_client::{
    Endpoint,
    endpoint::Transport,
    load::{Pace, Plan, Reading},
};
use clap::{Args, ValueEnum};
use http::Uri;

use super::{Load, Target};
use crate::{cli::Format, exit::Failure};

/// What `load` does.
#[derive(Args, Debug)]
pub(crate) struct LoadFlags {
    /// The chat-server: HOST:PORT, without TLS [default: 127.0.0.1:4444]
    #[arg(long, env = "SEALWIRE_SERVER", value_name = "ADDR")]
    server: Option<String>,
    /// Go through this web-proxy as its pages do, not to a chat-server: http://HOST:PORT
    #[arg(long, value_name = "URL")]
    through_proxy: Option<String>,
    /// Connections that publish
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    publishers: usize,
    /// Connections that listen
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    subscribers: usize,
    /// The publishers are the first of the subscribers, and everyone hears everyone
    #[arg(long)]
    talk: bool,
    /// Hold the subscribers for --seconds, then publish once in each room
    #[arg(long, conflicts_with_all = ["talk", "rate", "window"])]
    idle: bool,
    /// Bytes of a message
    #[arg(long, value_name = "BYTES", default_value_t = 128)]
    size: usize,
    /// Messages a second over all publishers; 0: as fast as it goes
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0)]
    rate: f64,
    /// Messages in flight at rate 0 [default: 256, above 512 bytes 32]
    #[arg(long, value_name = "NUMBER", conflicts_with = "rate")]
    window: Option<usize>,
    /// Who reads what it gets; those outside a sample discard it and count bytes [default: sample;
    /// through a proxy and with --idle: all]
    #[arg(long, value_enum, value_name = "WHO")]
    read: Option<Who>,
    /// How long it is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    seconds: f64,
    /// How long it runs before that
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    warm_up: f64,
    /// Processes of the server, for its CPU time and memory; may be given more than once
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    pid: Vec<u32>,
    /// The room; held connections sit in further ones, a thousand each
    #[arg(
        long,
        env = "SEALWIRE_ROOM",
        value_name = "NAME",
        default_value = "load"
    )]
    room: String,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

/// Who reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Who {
    /// Every listener
    All,
    /// The publishers and every 16th of the others
    Sample,
}

impl LoadFlags {
    /// `server` is what the settings file says.
    pub(crate) fn settle(self, server: Option<String>) -> Result<Load, Failure> {
        let target = match &self.through_proxy {
            Some(url) => proxy(url)?,
            None => self.server(server)?,
        };
        let pace = if self.rate == 0.0 {
            let window = |window| Pace::Burst { window };
            self.window.map_or_else(|| Pace::burst(self.size), window)
        } else {
            Pace::Rate(self.rate)
        };
        let reading = self.reading(&target)?;
        let plan = Plan {
            publishers: self.publishers,
            subscribers: self.subscribers,
            payload_bytes: self.size,
            pace,
            talk: self.talk,
            idle: self.idle,
            reading,
            warm_up: span("--warm-up", self.warm_up)?,
            duration: span("--seconds", self.seconds)?,
            pids: self.pid,
        };
        let format = if self.json {
            Format::Json
        } else {
            Format::Plain
        };
        Ok(Load {
            target,
            room: self.room,
            plan,
            format,
        })
    }

    fn reading(&self, target: &Target) -> Result<Reading, Failure> {
        let is_countable = matches!(target, Target::Server { .. }) && !self.idle;
        match self.read {
            Some(Who::Sample) if !is_countable => Err(Failure::Settings(
                "--read sample: only what a chat-server delivers can be counted by its bytes, and \
                 held connections must read its pings"
                    .to_owned(),
            )),
            Some(Who::Sample) => Ok(Reading::Sample),
            None if is_countable => Ok(Reading::Sample),
            Some(Who::All) | None => Ok(Reading::All),
        }
    }

    fn server(&self, file: Option<String>) -> Result<Target, Failure> {
        let server = self.server.clone().or(file);
        let server = server.unwrap_or_else(|| "127.0.0.1:4444".to_owned());
        let endpoint = server.parse::<Endpoint>();
        let endpoint =
            endpoint.map_err(|error| Failure::Settings(format!("--server {server}: {error}")))?;
        match endpoint.transport {
            Transport::Plain => Ok(Target::Server {
                host: endpoint.host,
                port: endpoint.port,
            }),
            Transport::Tls => Err(Failure::Settings(format!(
                "--server {server}: load is put on plain TCP only; give it a server that listens \
                 without TLS, as it may on loopback"
            ))),
        }
    }
}

fn proxy(url: &str) -> Result<Target, Failure> {
    let refuse = |words| Failure::Settings(format!("--through-proxy {url}: {words}"));
    let uri: Uri = url.parse().map_err(|_| refuse(PROXY_URL))?;
    match (uri.scheme_str(), uri.host(), uri.path()) {
        (Some("http"), Some(host), "/") => Ok(Target::Proxy {
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(80),
        }),
        (Some("https"), ..) => Err(refuse(
            "load is put on plain HTTP only; give it a proxy that listens without TLS, as it does on \
             loopback",
        )),
        _ => Err(refuse(PROXY_URL)),
    }
}

fn span(flag: &str, seconds: f64) -> Result<Duration, Failure> {
    let span = Duration::try_from_secs_f64(seconds).ok();
    span.filter(|span| *span <= LONGEST).ok_or_else(|| {
        let longest = LONGEST.as_secs();
        Failure::Settings(format!("{flag} {seconds}: seconds from 0 to {longest}"))
    })
}

const PROXY_URL: &str = "the address of a web-proxy is written like http://127.0.0.1:5000";
/// A day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
