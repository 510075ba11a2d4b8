//! The servers that are measured, and how each is started.

mod brokers;
mod ours;
mod programs;
mod socket_io;

use std::{net::SocketAddr, path::Path};

pub(crate) use self::{
    ours::{HOST, Proxied},
    programs::Programs,
};
use crate::{pin, process::Process};

/// Whose figures these are.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Who {
    /// Sealwire.
    Sealwire,
    /// nats-server.
    Nats,
    /// redis-server, publish and subscribe.
    Redis,
    /// mosquitto.
    Mosquitto,
    /// socket.io on Node.
    SocketIo,
    /// Flask-SocketIO on gevent.
    Flask,
    /// The two-tier chat in Python.
    TwoTier,
    /// The primitives alone, in this process.
    Primitives,
    /// Sealwire while nobody else wants anything of it.
    Undisturbed,
    /// Sealwire without what it remembers.
    Uncached,
}

impl Who {
    /// What it is called in tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sealwire => "Sealwire",
            Self::Nats => "NATS",
            Self::Redis => "Redis",
            Self::Mosquitto => "Mosquitto",
            Self::SocketIo => "socket.io",
            Self::Flask => "Flask-SocketIO",
            Self::TwoTier => "two-tier chat in Python",
            Self::Primitives => "the primitives alone",
            Self::Undisturbed => "itself, undisturbed",
            Self::Uncached => "itself, not remembered",
        }
    }
}

/// A server as clients see it: one process or two.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where clients connect.
    pub(crate) address: SocketAddr,
    /// Its processes.
    processes: Vec<Process>,
}

impl Server {
    /// Starts one on the servers' core: of Sealwire a chat-server.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) async fn start(who: Who, programs: &Programs) -> anyhow::Result<Self> {
        match who {
            Who::Sealwire => Ok(Self::of(
                ours::chat_server(programs, pin::SERVER_CORE).await?,
            )),
            Who::Nats => brokers::nats(programs).await,
            Who::Redis => brokers::redis(programs).await,
            Who::Mosquitto => brokers::mosquitto(programs).await,
            Who::SocketIo => socket_io::node(programs).await,
            Who::Flask => socket_io::flask(programs).await,
            Who::TwoTier => socket_io::two_tier(programs).await,
            Who::Primitives | Who::Undisturbed | Who::Uncached => {
                anyhow::bail!("not a server of its own")
            }
        }
    }

    /// Starts a chat-server that serves accounts, on both cores.
    ///
    /// # Errors
    /// It does not start.
    pub(crate) async fn with_accounts(programs: &Programs) -> anyhow::Result<Self> {
        let process = ours::with_accounts(programs, pin::BOTH_CORES).await?;
        Ok(Self::of(process))
    }

    /// Starts a chat-server on data that may be there already, on both cores; it is called [`HOST`].
    ///
    /// # Errors
    /// It does not start.
    pub(crate) async fn on_data(programs: &Programs, data: &Path) -> anyhow::Result<Self> {
        let process = ours::on_data(programs, pin::BOTH_CORES, data).await?;
        Ok(Self::of(process))
    }

    /// The ids of its processes.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::pid).collect()
    }

    fn of(process: Process) -> Self {
        Self {
            address: process.address(),
            processes: vec![process],
        }
    }
}
