//! Flags, environment and the file of settings, in this order of precedence.

mod backend_choice;
mod launch;

use std::{
    fs,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use chat_server::{AccountFlags, AlertFlags};
use clap::{ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
use serde::Deserialize;
use web_proxy::{
    error::SettingsError,
    settings::{Network, Origin, Rate},
};

use self::backend_choice::BackendChoice;
pub(crate) use self::launch::{Demo, Embedded, Launch};

/// Serves the Sealwire page and seals for its sessions.
///
/// Every flag has an environment name and a place of the same name in the file of --config. Without any, the
/// page is at http://127.0.0.1:5000 with a chat-server of its own.
#[derive(Debug, Default, Deserialize, Parser)]
#[command(name = "web-proxy", version)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    /// File of settings, TOML
    #[arg(long, env = "SEALWIRE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Where browsers connect [default: 127.0.0.1:5000]
    #[arg(long, env = "SEALWIRE_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Port on loopback, where --listen is not given
    #[arg(long, env = "PORT", hide = true)]
    port: Option<u16>,
    /// The chat-server: embedded, HOST:PORT or tls://HOST:PORT [default: embedded]
    #[arg(long, env = "SEALWIRE_BACKEND", value_name = "BACKEND")]
    backend: Option<BackendChoice>,
    /// Certificates to trust for a tls:// backend, PEM
    #[arg(long, env = "SEALWIRE_BACKEND_CA", value_name = "FILE")]
    backend_ca: Option<PathBuf>,
    /// The key that this proxy shares with its chat-server, 64 hexadecimal digits
    #[arg(long, env = "SEALWIRE_PROXY_KEY", value_name = "FILE")]
    proxy_key: Option<PathBuf>,
    /// Where the embedded chat-server listens [default: 127.0.0.1:4444]
    #[arg(long, env = "SEALWIRE_CHAT_LISTEN", value_name = "ADDR")]
    chat_listen: Option<SocketAddr>,
    /// Make the accounts admin, alice, bob and charlie on new data of the embedded chat-server and
    /// print their passwords, once. For trying out only: their keys are made where the server runs
    #[arg(long, env = "SEALWIRE_DEMO", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    demo: Option<bool>,
    /// Folder for what is kept [default: the platform's]
    #[arg(long, env = "SEALWIRE_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where liveness, readiness and figures are served
    #[arg(long, env = "SEALWIRE_ADMIN", value_name = "ADDR")]
    admin: Option<SocketAddr>,
    /// Certificate and chain, PEM; read again when it changes
    #[arg(long, env = "SEALWIRE_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM
    #[arg(long, env = "SEALWIRE_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    #[arg(long, env = "SSL_CERT_PATH", hide = true)]
    #[serde(skip)]
    ssl_cert_path: Option<PathBuf>,
    #[arg(long, env = "SSL_KEY_PATH", hide = true)]
    #[serde(skip)]
    ssl_key_path: Option<PathBuf>,
    /// local: make a certificate and keep it under --data
    #[arg(long, env = "SEALWIRE_TLS", value_name = "HOW")]
    tls: Option<OwnCertificate>,
    /// Origin that is allowed beside the proxy's own, such as `https://chat.example.org`
    #[arg(
        long,
        env = "SEALWIRE_ORIGIN",
        value_name = "URL",
        value_delimiter = ','
    )]
    origin: Vec<Origin>,
    /// Whose X-Forwarded-For is believed: an address or a range
    #[arg(
        long,
        env = "SEALWIRE_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    trusted_proxy: Vec<Network>,
    /// Listen off loopback without TLS: everybody on the way reads everything. Give --origin with
    /// it: requests for other host names are then refused
    #[arg(long, env = "SEALWIRE_INSECURE_PLAIN_HTTP", action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    insecure_plain_http: Option<bool>,
    /// text or json [default: text]
    #[arg(long, env = "SEALWIRE_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// Connections in all
    #[arg(long, env = "SEALWIRE_MAX_CONNECTIONS", value_name = "COUNT")]
    max_connections: Option<NonZeroUsize>,
    /// Open connections of one address
    #[arg(
        long,
        env = "SEALWIRE_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "COUNT"
    )]
    max_connections_per_address: Option<NonZeroUsize>,
    /// Sessions in all
    #[arg(long, env = "SEALWIRE_MAX_SESSIONS", value_name = "COUNT")]
    max_sessions: Option<NonZeroUsize>,
    /// New connections of one address, such as 200/s
    #[arg(long, env = "SEALWIRE_CONNECTION_RATE", value_name = "RATE")]
    connection_rate: Option<Rate>,
    /// HTTP requests of one address, but for files of the page
    #[arg(long, env = "SEALWIRE_REQUEST_RATE", value_name = "RATE")]
    request_rate: Option<Rate>,
    /// Files of the page of one address
    #[arg(long, env = "SEALWIRE_ASSET_RATE", value_name = "RATE")]
    asset_rate: Option<Rate>,
    /// Sign-ins of one address
    #[arg(long, env = "SEALWIRE_SIGN_IN_RATE", value_name = "RATE")]
    sign_in_rate: Option<Rate>,
    /// Commands of one session
    #[arg(long, env = "SEALWIRE_COMMAND_RATE", value_name = "RATE")]
    command_rate: Option<Rate>,
    /// Messages of one session
    #[arg(long, env = "SEALWIRE_MESSAGE_RATE", value_name = "RATE")]
    message_rate: Option<Rate>,
    /// Chunks of files of one session, put and got
    #[arg(long, env = "SEALWIRE_CHUNK_RATE", value_name = "RATE")]
    chunk_rate: Option<Rate>,
    /// Session keys kept ready, as for a wave of sign-ins; refilled once half of them are used
    #[arg(long, env = "SEALWIRE_KEY_POOL", value_name = "COUNT")]
    key_pool: Option<NonZeroUsize>,
    /// Seconds that a stop waits for what is under way
    #[arg(long, env = "SEALWIRE_GRACE", value_name = "SECONDS")]
    grace: Option<u64>,
    /// Those of the embedded chat-server.
    #[command(flatten)]
    #[serde(flatten)]
    alerts: AlertFlags,
    /// Likewise.
    #[command(flatten)]
    #[serde(flatten)]
    accounts: AccountFlags,
    /// What the embedded chat-server is told, and no other one is refused with.
    #[arg(skip)]
    #[serde(skip)]
    environment: AccountFlags,
}

impl Options {
    /// Reads the flags and the environment of this process, then the file they name; exits with a
    /// usage message if a flag cannot be used.
    ///
    /// # Errors
    /// [`SettingsError`] for a file that cannot be read or settings that exclude each other.
    pub(crate) fn launch() -> Result<Launch, SettingsError> {
        let mut command = Self::command();
        let options = Self::of(&command.get_matches_mut());
        let options = options.unwrap_or_else(|error| error.format(&mut command).exit());
        options.with_file()?.into_launch()
    }

    /// What was said, with the server's name apart where the environment says it.
    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::from_arg_matches(matches)?;
        options.environment = options.accounts.take_environment_name(matches);
        Ok(options)
    }

    /// Adds what only the file of settings says.
    fn with_file(self) -> Result<Self, SettingsError> {
        let Some(path) = self.config.clone() else {
            return Ok(self);
        };
        let file = Self::from_toml(&path, &read("--config", &path)?)?;
        Ok(self.or(file))
    }

    fn from_toml(path: &Path, text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| SettingsError::Toml {
            path: path.into(),
            message: error.message().to_owned(),
        })
    }

    fn or(self, file: Self) -> Self {
        let first = |flags: Vec<_>, file| if flags.is_empty() { file } else { flags };
        Self {
            config: self.config,
            listen: self.listen.or(file.listen),
            port: self.port.or(file.port),
            backend: self.backend.or(file.backend),
            backend_ca: self.backend_ca.or(file.backend_ca),
            proxy_key: self.proxy_key.or(file.proxy_key),
            chat_listen: self.chat_listen.or(file.chat_listen),
            demo: self.demo.or(file.demo),
            data: self.data.or(file.data),
            admin: self.admin.or(file.admin),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            ssl_cert_path: self.ssl_cert_path,
            ssl_key_path: self.ssl_key_path,
            tls: self.tls.or(file.tls),
            origin: first(self.origin, file.origin),
            trusted_proxy: if self.trusted_proxy.is_empty() {
                file.trusted_proxy
            } else {
                self.trusted_proxy
            },
            insecure_plain_http: self.insecure_plain_http.or(file.insecure_plain_http),
            log_format: self.log_format.or(file.log_format),
            max_connections: self.max_connections.or(file.max_connections),
            max_connections_per_address: self
                .max_connections_per_address
                .or(file.max_connections_per_address),
            max_sessions: self.max_sessions.or(file.max_sessions),
            connection_rate: self.connection_rate.or(file.connection_rate),
            request_rate: self.request_rate.or(file.request_rate),
            asset_rate: self.asset_rate.or(file.asset_rate),
            sign_in_rate: self.sign_in_rate.or(file.sign_in_rate),
            command_rate: self.command_rate.or(file.command_rate),
            message_rate: self.message_rate.or(file.message_rate),
            chunk_rate: self.chunk_rate.or(file.chunk_rate),
            key_pool: self.key_pool.or(file.key_pool),
            grace: self.grace.or(file.grace),
            alerts: self.alerts.or(file.alerts),
            accounts: self.accounts.or(file.accounts),
            environment: self.environment,
        }
    }
}

/// How the proxy comes by a certificate of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum OwnCertificate {
    Local,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

fn read(flag: &'static str, path: &Path) -> Result<String, SettingsError> {
    fs::read_to_string(path).map_err(|source| SettingsError::File {
        flag,
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests;
