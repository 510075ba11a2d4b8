//! What a server is told before it starts.

mod account_flags;
mod accounts;
mod alert_flags;
mod alerts;

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use wire_format::{ProxyKey, limits, passwords::ServerName};

pub use self::{
    account_flags::{AccountFlags, AccountFlagsError, RegistrationMode},
    accounts::AccountLimits,
    alert_flags::AlertFlags,
    alerts::AlertSettings,
};
use crate::{
    blobs::BlobsPlace,
    store::{Location, server::Registration},
};

/// Everything that [`Server::bind`](crate::Server::bind) needs to know; the defaults serve plain
/// TCP on a free loopback port.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients connect; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What protects the bytes on their way.
    pub transport: Transport,
    /// What proxies prove to know before their word about addresses counts.
    pub proxy_key: Option<ProxyKey>,
    /// Where liveness, readiness and figures are served.
    pub admin: Option<SocketAddr>,
    /// The folder for what is kept: SQLite, unless [`Settings::database`] says otherwise. Without
    /// both there are no accounts.
    pub data: Option<PathBuf>,
    /// Where accounts and what belongs to them are kept.
    pub database: Option<Location>,
    /// Where the chunks of files are kept, if not below the folder of the data.
    pub blobs: Option<BlobsPlace>,
    /// The name of new data (docs/protocol.md#142-passwords-and-recovery-codes); data that are there
    /// keep theirs.
    pub server_name: ServerName,
    /// Who may register on new data.
    pub registration: Registration,
    /// Who is told when something is wrong.
    pub alerts: AlertSettings,
    /// What one client may take.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            transport: Transport::Plain,
            proxy_key: None,
            admin: None,
            data: None,
            database: None,
            blobs: None,
            server_name: ServerName::localhost(),
            registration: Registration::Open,
            alerts: AlertSettings::default(),
            limits: Limits::default(),
        }
    }
}

impl Settings {
    /// Where the record is kept, if anywhere.
    pub(crate) fn location(&self) -> Option<Location> {
        let folder = self.data.clone().map(Location::Sqlite);
        self.database.clone().or(folder)
    }

    /// Where the chunks of files are kept: where it is said, else below the folder of the data, if there is
    /// one.
    pub(crate) fn place_of_files(&self) -> Option<BlobsPlace> {
        let of_database = || match &self.database {
            Some(Location::Sqlite(folder)) => Some(folder.clone()),
            _ => None,
        };
        let below = |folder: PathBuf| BlobsPlace::Folder(folder.join("files"));
        let usual = || self.data.clone().or_else(of_database).map(below);
        self.blobs.clone().or_else(usual)
    }
}

/// What protects the bytes on their way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transport {
    /// Nothing; refused on an address that is not loopback.
    Plain,
    /// Nothing, on any address: somebody said so loudly.
    InsecurePlain,
    /// TLS 1.2 or 1.3 with a certificate chain and key from PEM files, read again when they change.
    Tls {
        /// The certificate chain, the server's own first.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

/// What one client, one address and the server as a whole may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; further ones are told `busy`.
    pub connections: usize,
    /// Connections at once from one address (IPv6: one /64); 0 is no limit. Loopback and proxies
    /// are exempt.
    pub connections_per_address: u32,
    /// Sign-ins of one address (IPv6: one /64). Loopback is exempt.
    pub sign_ins: Rate,
    /// What accounts may take.
    pub accounts: AccountLimits,
    /// Commands of one connection; one that is answered with a page, tells many, or reads an end-to-end
    /// room into memory counts as five, making a room as ten. A page that starts spends some 130, and a
    /// browser has one connection for all its tabs: the usual burst is enough for three in a row.
    pub commands: Rate,
    /// Publishes of one connection, and what else it has told to others; each 32 KiB of it count as one
    /// more.
    pub messages: Rate,
    /// Chunks of files that one connection puts and gets: each is up to 1 MiB and a sync of the disk.
    pub chunks: Rate,
    /// Refusals for going too fast that one connection may collect before it is cut as a flood.
    pub patience: Rate,
    /// Rooms at once, the lobby not counted.
    pub rooms: usize,
    /// Members of one room.
    pub members_per_room: usize,
    /// What one connection may be behind, in bytes, a commit in many channels counted once; at least
    /// [`Limits::OUTBOX_BYTES_LEAST`].
    pub outbox_bytes: usize,
    /// How long one connection may be behind, with each channel's frame of a commit in many channels
    /// likewise.
    pub outbox_deadline: Duration,
    /// How often what is over is forgotten, and sessions that another process ended are looked for.
    pub sweep_every: Duration,
}

impl Limits {
    /// The reply to `rooms.enter`, a full ring and one full flush must fit into an outbox.
    pub const OUTBOX_BYTES_LEAST: usize =
        limits::HEADER_BYTES + limits::RING_BYTES + 2 * limits::FRAME_BYTES;
    /// The usual [`Limits::sweep_every`]: each sweep writes a row for every session that is
    /// connected.
    pub const SWEEP_EVERY: Duration = Duration::from_secs(60);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: 256,
            sign_ins: Rate::per_second(2, 60),
            accounts: AccountLimits::default(),
            commands: Rate::per_second(20, 400),
            messages: Rate::per_second(20, 100),
            chunks: Rate::per_second(300, 600),
            patience: Rate::per_second(5, 200),
            rooms: limits::ROOMS,
            members_per_room: 20_000,
            outbox_bytes: 4 * 1024 * 1024,
            outbox_deadline: Duration::from_secs(10),
            sweep_every: Self::SWEEP_EVERY,
        }
    }
}

/// How often something may happen: one token every so long, and as many saved up as the burst.
///
/// As text `20/s:60` or `30/m:30` (a second, a minute; after the colon the burst, without it as
/// much as a unit brings), or `0` for no limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// The time that brings one token; zero is no limit.
    pub every: Duration,
    /// Tokens at most, 1 and up.
    pub burst: u32,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Self = Self {
        every: Duration::ZERO,
        burst: 1,
    };

    /// So many a second; 0 is no limit.
    pub fn per_second(tokens: u32, burst: u32) -> Self {
        Self::per(Duration::from_secs(1), tokens, burst)
    }

    /// So many a minute; 0 is no limit.
    pub fn per_minute(tokens: u32, burst: u32) -> Self {
        Self::per(Duration::from_secs(60), tokens, burst)
    }

    fn per(unit: Duration, tokens: u32, burst: u32) -> Self {
        let Some(every) = unit.checked_div(tokens) else {
            return Self::UNLIMITED;
        };
        Self {
            every: every.max(Duration::from_nanos(1)),
            burst: burst.max(1),
        }
    }
}

/// A text that is not a [`Rate`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a rate is written like 20/s:60, 30/m:30 or 0")]
pub struct RateError;

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (rate, burst) = match text.split_once(':') {
            Some((rate, burst)) => (rate, Some(burst.parse().map_err(|_| RateError)?)),
            None => (text, None),
        };
        let (tokens, unit) = rate.split_once('/').unwrap_or((rate, "s"));
        let tokens: u32 = tokens.parse().map_err(|_| RateError)?;
        let burst = burst.unwrap_or(tokens);
        match unit {
            "s" => Ok(Self::per_second(tokens, burst)),
            "m" => Ok(Self::per_minute(tokens, burst)),
            _ => Err(RateError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_text() {
        assert_eq!("20/s:60".parse(), Ok(Rate::per_second(20, 60)));
        assert_eq!("30/m".parse(), Ok(Rate::per_minute(30, 30)));
        assert_eq!("7".parse(), Ok(Rate::per_second(7, 7)));
        assert_eq!("0".parse(), Ok(Rate::UNLIMITED));
        for bad in ["", "x", "1/h", "1:x", "-1", "1/s:"] {
            assert_eq!(bad.parse::<Rate>(), Err(RateError), "{bad}");
        }
    }
}
