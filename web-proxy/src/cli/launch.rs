//! What the flags come to.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use chat_client::{Endpoint, endpoint};
use chat_server::{AccountFlags, AlertFlags};
use web_proxy::{
    error::SettingsError,
    settings::{
        GRACE, KEY_POOL, Limits, SESSION_IDLE, Settings, Transport, default_data_folder, plain,
    },
};
use wire_format::ProxyKey;

use super::{BackendChoice, LogFormat, Options, OwnCertificate, read};

/// What `main` does with the flags.
#[derive(Debug)]
pub(crate) struct Launch {
    /// The proxy's settings; for an embedded chat-server the address is where it will listen.
    pub(crate) settings: Settings,
    /// The chat-server that is to be started in this process, if one is.
    pub(crate) embedded: Option<Embedded>,
    /// How the log is written.
    pub(crate) log_format: LogFormat,
}

/// A chat-server in this process.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The folder for what is kept; it exists.
    pub(crate) data: PathBuf,
    /// Who is told when something is wrong.
    pub(crate) alerts: AlertFlags,
    /// What new data are made with, and what an account may keep.
    pub(crate) accounts: AccountFlags,
    /// Whether it begins with accounts.
    pub(crate) demo: Demo,
}

/// Whether accounts are made to try things out with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Demo {
    /// They are not.
    Off,
    /// They are, on new data.
    On,
}

impl Options {
    pub(super) fn into_launch(self) -> Result<Launch, SettingsError> {
        let data = self.data.clone().unwrap_or_else(default_data_folder);
        fs::create_dir_all(&data).map_err(|source| SettingsError::Data {
            path: data.clone(),
            source,
        })?;
        let (backend, embedded) = self.backend(&data)?;
        let settings = Settings {
            listen: self.listen_address(),
            transport: self.transport(&data)?,
            backend,
            backend_ca: self.backend_ca.clone(),
            proxy_key: self.proxy_key.as_deref().map(read_proxy_key).transpose()?,
            admin: self.admin,
            limits: self.limits(),
            key_pool: self.key_pool.unwrap_or(KEY_POOL),
            grace: self.grace.map_or(GRACE, Duration::from_secs),
            session_idle: SESSION_IDLE,
            origins: self.origin,
            trusted_proxies: self.trusted_proxy,
        };
        Ok(Launch {
            settings,
            embedded,
            log_format: self.log_format.unwrap_or_default(),
        })
    }

    pub(super) fn listen_address(&self) -> SocketAddr {
        let by_port = self.port.map(|port| SocketAddr::new(LOOPBACK, port));
        self.listen.or(by_port).unwrap_or(LISTEN)
    }

    fn backend(&self, data: &Path) -> Result<(Endpoint, Option<Embedded>), SettingsError> {
        let (endpoint, embedded) = match self.backend.clone().unwrap_or_default() {
            BackendChoice::Embedded => {
                let embedded = self.embedded(data);
                (plain(embedded.listen), Some(embedded))
            }
            BackendChoice::At(endpoint) => {
                self.has_nothing_of_embedded()?;
                (endpoint, None)
            }
        };
        if endpoint.transport == endpoint::Transport::Plain && self.backend_ca.is_some() {
            return Err(SettingsError::Together(
                "--backend-ca needs a --backend tls://HOST:PORT",
            ));
        }
        Ok((endpoint, embedded))
    }

    pub(super) fn embedded(&self, data: &Path) -> Embedded {
        Embedded {
            listen: self.chat_listen.unwrap_or(CHAT_LISTEN),
            data: data.into(),
            alerts: self.alerts.clone(),
            // A flag hides the variable, and the variable comes before the file.
            accounts: self.environment.clone().or(self.accounts.clone()),
            demo: match self.demo {
                Some(true) => Demo::On,
                Some(false) | None => Demo::Off,
            },
        }
    }

    /// Refuses what only a chat-server in this process could do.
    fn has_nothing_of_embedded(&self) -> Result<(), SettingsError> {
        if self.demo == Some(true) {
            return Err(SettingsError::Together(
                "--demo makes accounts on the embedded chat-server: leave out --backend",
            ));
        }
        if !self.alerts.is_empty() {
            return Err(SettingsError::Together(
                "--alert-webhook, --alert-webhook-ca and --alert-disk-free are for the embedded \
                 chat-server: give them to the one at --backend",
            ));
        }
        if !self.accounts.is_empty() {
            return Err(SettingsError::Together(
                "--server-name, --registration and --account-storage are for the embedded \
                 chat-server: give them to the one at --backend",
            ));
        }
        Ok(())
    }

    fn transport(&self, data: &Path) -> Result<Transport, SettingsError> {
        let certificate = self.tls_cert.clone().or(self.ssl_cert_path.clone());
        let key = self.tls_key.clone().or(self.ssl_key_path.clone());
        match (certificate, key, self.tls) {
            (Some(certificate), Some(key), None) => Ok(Transport::Files { certificate, key }),
            (None, None, Some(OwnCertificate::Local)) => Ok(Transport::Local {
                folder: data.join("tls"),
            }),
            (None, None, None) if self.insecure_plain_http == Some(true) => {
                Ok(Transport::PlainAnywhere)
            }
            (None, None, None) => Ok(Transport::Plain),
            (_, _, Some(_)) => Err(SettingsError::Together(
                "--tls local makes its own certificate: leave out --tls-cert and --tls-key",
            )),
            _ => Err(SettingsError::Together(
                "--tls-cert and --tls-key are given together",
            )),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        let standard = Limits::default();
        Limits {
            connections: self
                .max_connections
                .map_or(standard.connections, usize::from),
            connections_per_address: self
                .max_connections_per_address
                .map_or(standard.connections_per_address, usize::from),
            connection_rate: self.connection_rate.unwrap_or(standard.connection_rate),
            request_rate: self.request_rate.unwrap_or(standard.request_rate),
            asset_rate: self.asset_rate.unwrap_or(standard.asset_rate),
            sign_in_rate: self.sign_in_rate.unwrap_or(standard.sign_in_rate),
            command_rate: self.command_rate.unwrap_or(standard.command_rate),
            message_rate: self.message_rate.unwrap_or(standard.message_rate),
            chunk_rate: self.chunk_rate.unwrap_or(standard.chunk_rate),
            sessions: self.max_sessions.map_or(standard.sessions, usize::from),
        }
    }
}

pub(super) fn read_proxy_key(path: &Path) -> Result<ProxyKey, SettingsError> {
    let text = zeroize::Zeroizing::new(read("--proxy-key", path)?);
    text.trim()
        .parse()
        .map_err(|_| SettingsError::ProxyKey(path.into()))
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LISTEN: SocketAddr = SocketAddr::new(LOOPBACK, 5000);
const CHAT_LISTEN: SocketAddr = SocketAddr::new(LOOPBACK, 4444);
