//! Flags, environment and file, made into settings.
//!
//! A flag counts more than its environment variable, and that more than the file.

mod data;
mod duration;
mod proxy_key;
mod task;

use std::{fs, io, net::SocketAddr, path::PathBuf, time::Duration};

use chat_server::{
    AccountFlags, AccountFlagsError, AccountLimits, AlertFlags, Limits, Rate, Settings, Transport,
    WebhookError, store::LocationError,
};
use clap::{Args, Parser, ValueEnum};
use serde::Deserialize;

use self::{data::DatabaseText, proxy_key::read_proxy_key};
pub(crate) use self::{
    proxy_key::make_proxy_key,
    task::{AuditTask, BackupTask, Emergency, Place, RestoreTask, Task, UserTask},
};

/// Carries sealed messages between the members of rooms.
#[derive(Debug, Parser)]
#[command(name = "chat-server", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// Read settings from this TOML file: the long flags as keys, without dashes in front
    #[arg(long, env = "SEALWIRE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    pub(crate) command: Option<Task>,
}

macro_rules! flags {
    ($($(#[$attribute:meta])* $name:ident: $kind:ty,)*) => {
        /// Every setting that has a flag, a variable and a place in the file.
        #[derive(Args, Debug, Default, Deserialize)]
        #[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
        struct Flags {
            $($(#[$attribute])* $name: Option<$kind>,)*
            #[command(flatten)]
            #[serde(flatten)]
            alerts: AlertFlags,
            #[command(flatten)]
            #[serde(flatten)]
            accounts: AccountFlags,
        }

        impl Flags {
            /// What is not set here is taken from `other`.
            fn or(self, other: Self) -> Self {
                Self {
                    $($name: self.$name.or(other.$name),)*
                    alerts: self.alerts.or(other.alerts),
                    accounts: self.accounts.or(other.accounts),
                }
            }
        }
    };
}

flags! {
    /// Where clients connect [default: 127.0.0.1:4444]
    #[arg(long, env = "SEALWIRE_LISTEN", value_name = "ADDR")]
    listen: SocketAddr,
    /// Certificate chain (PEM); read again when it changes
    #[arg(long, env = "SEALWIRE_TLS_CERT", value_name = "FILE")]
    tls_cert: PathBuf,
    /// Private key (PEM); read again when it changes
    #[arg(long, env = "SEALWIRE_TLS_KEY", value_name = "FILE")]
    tls_key: PathBuf,
    /// Serve without TLS on an address that others can reach
    #[arg(long, env = "SEALWIRE_INSECURE_PLAIN_TCP", num_args = 0..=1, default_missing_value = "true")]
    insecure_plain_tcp: bool,
    /// File with the key that proxies prove to know (make one with `chat-server proxy-key FILE`)
    #[arg(long, env = "SEALWIRE_PROXY_KEY", value_name = "FILE")]
    proxy_key: PathBuf,
    /// Serve /livez, /readyz and /metrics here
    #[arg(long, env = "SEALWIRE_ADMIN", value_name = "ADDR")]
    admin: SocketAddr,
    /// Folder for accounts and what they keep, in SQLite; without it and --database there are guests only
    #[arg(long, env = "SEALWIRE_DATA", value_name = "DIR")]
    data: PathBuf,
    /// Keep accounts here instead: postgres://USER@HOST/NAME or sqlite:FOLDER
    #[arg(long, env = "SEALWIRE_DATABASE", value_name = "URL", hide_env_values = true)]
    database: DatabaseText,
    /// How log lines look [default: text]
    #[arg(long, env = "SEALWIRE_LOG_FORMAT", value_name = "FORMAT")]
    log_format: LogFormat,
    /// Seconds to drain after SIGTERM; a second signal exits at once [default: 10]
    #[arg(long, env = "SEALWIRE_GRACE_SECONDS", value_name = "SECONDS")]
    grace_seconds: u64,
    /// Connections at once [default: 20000]
    #[arg(long, env = "SEALWIRE_CONNECTIONS", value_name = "NUMBER")]
    connections: usize,
    /// Connections at once from one address, loopback and proxies aside; 0: no limit [default: 256]
    #[arg(long, env = "SEALWIRE_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    connections_per_address: u32,
    /// Sign-ins of one address, as 20/s:60 or 30/m:30 (after the colon the burst); 0: no limit [default: 2/s:60]
    #[arg(long, env = "SEALWIRE_SIGN_INS", value_name = "RATE")]
    sign_ins: RateText,
    /// Attempts at passwords and recovery codes, of everybody together; 0: no limit [default: 20/s:200]
    #[arg(long, env = "SEALWIRE_TRIES", value_name = "RATE")]
    tries: RateText,
    /// Attempts at one name from addresses that it has no session from; 0: no limit [default: 30/m:60]
    #[arg(long, env = "SEALWIRE_TRIES_PER_NAME", value_name = "RATE")]
    tries_per_name: RateText,
    /// Attempts at one name from one address; 0: no limit [default: 6/m:10]
    #[arg(long, env = "SEALWIRE_TRIES_PER_NAME_AND_ADDRESS", value_name = "RATE")]
    tries_per_name_and_address: RateText,
    /// Commands of one connection, those that cost more counted several times; 0: no limit [default: 20/s:400]
    #[arg(long, env = "SEALWIRE_COMMANDS", value_name = "RATE")]
    commands: RateText,
    /// Messages of one connection, each 32 KiB counted as one more; 0: no limit [default: 20/s:100]
    #[arg(long, env = "SEALWIRE_MESSAGES", value_name = "RATE")]
    messages: RateText,
    /// Chunks of files that one connection puts and gets; 0: no limit [default: 300/s:600]
    #[arg(long, env = "SEALWIRE_CHUNKS", value_name = "RATE")]
    chunks: RateText,
    /// Refusals for going too fast before a connection is cut; 0: no limit [default: 5/s:200]
    #[arg(long, env = "SEALWIRE_PATIENCE", value_name = "RATE")]
    patience: RateText,
    /// Rooms at once beside the lobby [default: 1024]
    #[arg(long, env = "SEALWIRE_ROOMS", value_name = "NUMBER")]
    rooms: usize,
    /// Members of one room [default: 20000]
    #[arg(long, env = "SEALWIRE_MEMBERS_PER_ROOM", value_name = "NUMBER")]
    members_per_room: usize,
    /// Bytes that one connection may be behind before it is cut [default: 4194304]
    #[arg(long, env = "SEALWIRE_OUTBOX_BYTES", value_name = "BYTES")]
    outbox_bytes: usize,
    /// Seconds that one connection may be behind before it is cut [default: 10]
    #[arg(long, env = "SEALWIRE_OUTBOX_SECONDS", value_name = "SECONDS")]
    outbox_seconds: u64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs, an object a line.
    Json,
}

/// A [`Rate`] in the file, where it is a string, too.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct RateText(Rate);

impl std::str::FromStr for RateText {
    type Err = chat_server::RateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl TryFrom<String> for RateText {
    type Error = chat_server::RateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Everything that `main` needs to serve.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) settings: Settings,
    pub(crate) log_format: LogFormat,
    pub(crate) grace: Duration,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a settings file", path.display())]
    Toml {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("--tls-cert and --tls-key go together")]
    HalfTls,
    #[error("{} does not hold a proxy key of 64 hexadecimal digits", .0.display())]
    ProxyKey(PathBuf),
    #[error("PORT is not a port number")]
    Port,
    #[error(transparent)]
    Database(#[from] LocationError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("say where the data are, with --data or --database")]
    Nowhere,
    #[error(transparent)]
    Accounts(#[from] AccountFlagsError),
}

impl Cli {
    /// Joins flags, variables and file.
    ///
    /// `PORT`, `SSL_CERT_PATH` and `SSL_KEY_PATH` stand in where nothing else is said.
    pub(crate) fn into_run(self) -> Result<Run, CliError> {
        let file = match &self.config {
            None => Flags::default(),
            Some(path) => read_file(path)?,
        };
        let flags = self.flags.or(file).or(customary()?);
        Ok(Run {
            log_format: flags.log_format.unwrap_or_default(),
            grace: seconds(flags.grace_seconds.unwrap_or(10)),
            settings: flags.into_settings()?,
        })
    }
}

impl Flags {
    fn into_settings(self) -> Result<Settings, CliError> {
        let transport = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Transport::Tls { certificate, key },
            (None, None) if self.insecure_plain_tcp == Some(true) => Transport::InsecurePlain,
            (None, None) => Transport::Plain,
            _ => return Err(CliError::HalfTls),
        };
        let limits = Limits::default();
        let rate = |given: Option<RateText>, usual| given.map_or(usual, |RateText(rate)| rate);
        let settings = Settings {
            listen: self.listen.unwrap_or(DEFAULT_LISTEN),
            transport,
            proxy_key: self.proxy_key.map(read_proxy_key).transpose()?,
            admin: self.admin,
            database: self.database.map(DatabaseText::into_location).transpose()?,
            data: self.data,
            alerts: self.alerts.into_settings()?,
            limits: Limits {
                accounts: AccountLimits {
                    tries: rate(self.tries, limits.accounts.tries),
                    tries_per_name: rate(self.tries_per_name, limits.accounts.tries_per_name),
                    tries_per_name_and_address: rate(
                        self.tries_per_name_and_address,
                        limits.accounts.tries_per_name_and_address,
                    ),
                    ..limits.accounts
                },
                connections: self.connections.unwrap_or(limits.connections),
                connections_per_address: self
                    .connections_per_address
                    .unwrap_or(limits.connections_per_address),
                sign_ins: rate(self.sign_ins, limits.sign_ins),
                commands: rate(self.commands, limits.commands),
                messages: rate(self.messages, limits.messages),
                chunks: rate(self.chunks, limits.chunks),
                patience: rate(self.patience, limits.patience),
                rooms: self.rooms.unwrap_or(limits.rooms),
                members_per_room: self.members_per_room.unwrap_or(limits.members_per_room),
                outbox_bytes: self.outbox_bytes.unwrap_or(limits.outbox_bytes),
                outbox_deadline: self.outbox_seconds.map_or(limits.outbox_deadline, seconds),
                sweep_every: limits.sweep_every,
            },
            ..Settings::default()
        };
        Ok(self.accounts.apply(settings)?)
    }
}

/// At most a day: what is added to the present instant must stay one.
fn seconds(given: u64) -> Duration {
    Duration::from_secs(given.min(24 * 60 * 60))
}

fn read_file(path: &PathBuf) -> Result<Flags, CliError> {
    let text = fs::read_to_string(path).map_err(|source| {
        let path = path.clone();
        CliError::Read { path, source }
    })?;
    toml::from_str(&text).map_err(|source| CliError::Toml {
        path: path.clone(),
        source: Box::new(source),
    })
}

/// The variables that hosting platforms set.
#[expect(
    clippy::disallowed_methods,
    reason = "names that are not this program's flags; read once, at start"
)]
fn customary() -> Result<Flags, CliError> {
    let port = match std::env::var("PORT") {
        Err(_) => None,
        Ok(port) => Some(port.parse::<u16>().map_err(|_| CliError::Port)?),
    };
    Ok(Flags {
        listen: port.map(|port| SocketAddr::new(DEFAULT_LISTEN.ip(), port)),
        tls_cert: std::env::var_os("SSL_CERT_PATH").map(PathBuf::from),
        tls_key: std::env::var_os("SSL_KEY_PATH").map(PathBuf::from),
        ..Flags::default()
    })
}

/// Where clients connect unless something else is said.
const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4444);

#[cfg(test)]
mod tests;
