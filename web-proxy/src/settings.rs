//! What the web-proxy is told before it starts: parsed once, and nothing is left to validate.

mod data;
mod network;
mod origin;
mod rate;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    time::Duration,
};

use chat_client::{Endpoint, endpoint};
use wire_format::ProxyKey;

pub use data::default_data_folder;
pub use network::{Network, NetworkError};
pub use origin::{Origin, OriginError};
pub use rate::{Rate, RateError};

use crate::error::Error;

/// Everything that a [`Proxy`](crate::Proxy) needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers connect; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How browsers connect.
    pub transport: Transport,
    /// The chat-server.
    pub backend: Endpoint,
    /// Certificates that a `tls://` chat-server's must lead to, PEM; without it those of this machine.
    pub backend_ca: Option<PathBuf>,
    /// What proves to the chat-server that this is a proxy, whose word about addresses counts.
    pub proxy_key: Option<ProxyKey>,
    /// Where liveness, readiness and figures are served; nowhere if `None`.
    pub admin: Option<SocketAddr>,
    /// Origins that are allowed beside the proxy's own.
    pub origins: Vec<Origin>,
    /// Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<Network>,
    /// Rates and counts that nobody may exceed.
    pub limits: Limits,
    /// Session keys that are kept ready; refilled to this number once half of them are used.
    pub key_pool: NonZeroUsize,
    /// How long a stop waits for what is under way.
    pub grace: Duration,
    /// How long a session lives without a stream.
    pub session_idle: Duration,
}

impl Settings {
    /// Plain HTTP on a free loopback port, in front of a chat-server: what tests start from.
    pub fn loopback(backend: SocketAddr) -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            transport: Transport::Plain,
            backend: plain(backend),
            backend_ca: None,
            proxy_key: None,
            admin: None,
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
            key_pool: KEY_POOL,
            grace: GRACE,
            session_idle: SESSION_IDLE,
        }
    }

    /// Refuses a listener that other machines reach in the clear.
    ///
    /// # Errors
    /// [`Error::PlainOffLoopback`].
    pub(crate) fn check_transport(&self) -> Result<(), Error> {
        let plain = matches!(self.transport, Transport::Plain);
        if plain && !self.listen.ip().is_loopback() {
            return Err(Error::PlainOffLoopback(self.listen));
        }
        Ok(())
    }
}

/// How browsers connect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Plain HTTP, on loopback only.
    Plain,
    /// Plain HTTP anywhere, because something in front of the proxy encrypts.
    PlainAnywhere,
    /// TLS with a certificate from files, read again when they change.
    Files {
        /// The certificate and its chain, PEM.
        certificate: PathBuf,
        /// The private key, PEM.
        key: PathBuf,
    },
    /// TLS with a certificate that the proxy makes for itself once.
    Local {
        /// The folder that keeps it.
        folder: PathBuf,
    },
}

/// What nobody may exceed; addresses are counted one by one, IPv6 by /64.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Open connections of one address.
    pub connections_per_address: usize,
    /// New connections of one address.
    pub connection_rate: Rate,
    /// HTTP requests of one address, but for files of the page.
    pub request_rate: Rate,
    /// Files of the page of one address. Each page that starts asks for some 250, and does without
    /// none: eighty of them at once behind one address, and eighty more a minute.
    pub asset_rate: Rate,
    /// Sign-ins of one address.
    pub sign_in_rate: Rate,
    /// Commands of one session: a page that starts has some 45, and six for each of its rooms.
    pub command_rate: Rate,
    /// Messages of one session.
    pub message_rate: Rate,
    /// Chunks of files of one session, put and got.
    pub chunk_rate: Rate,
    /// Sessions in all.
    pub sessions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let rate =
            |count: u32, period| Rate::new(NonZeroU32::MIN.saturating_add(count - 1), period);
        Self {
            connections: 16_384,
            connections_per_address: 512,
            connection_rate: rate(200, Duration::from_secs(1)),
            request_rate: rate(500, Duration::from_secs(1)),
            asset_rate: rate(20_000, Duration::from_secs(60)),
            sign_in_rate: rate(60, Duration::from_secs(60)),
            command_rate: rate(200, Duration::from_secs(1)),
            message_rate: rate(30, Duration::from_secs(1)),
            chunk_rate: rate(300, Duration::from_secs(1)),
            sessions: 10_000,
        }
    }
}

/// A chat-server that is spoken to in plain TCP: what travels is sealed, names are not.
pub fn plain(address: SocketAddr) -> Endpoint {
    Endpoint {
        host: address.ip().to_string(),
        port: address.port(),
        transport: endpoint::Transport::Plain,
    }
}

/// Session keys kept ready when nothing else is said: enough for a class that signs in together.
pub const KEY_POOL: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);
/// Grace of a stop when nothing else is said.
pub const GRACE: Duration = Duration::from_secs(10);
/// How long a session lives without a stream (docs/protocol.md#11-the-browsers-tier): time to load
/// the page again or to change networks, and still gone for the others soon after a closed window.
pub const SESSION_IDLE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_loopback_unless_told_loudly() {
        let mut settings = Settings::loopback(([127, 0, 0, 1], 4444).into());
        assert!(settings.check_transport().is_ok());
        settings.listen = ([0, 0, 0, 0], 5000).into();
        let refused = settings.check_transport();
        assert!(matches!(refused, Err(Error::PlainOffLoopback(_))));
        settings.transport = Transport::PlainAnywhere;
        assert!(settings.check_transport().is_ok());
    }
}
