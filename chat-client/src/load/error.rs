//! Why a load run has no report.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan contradicts itself.
    #[error("{0}")]
    Plan(String),
    /// No connection came about.
    #[error("cannot connect to {address}: {error}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// This process may not open as many connections.
    #[error("this process may not open {wanted} connections")]
    OpenFiles {
        /// Connections that are to be opened.
        wanted: usize,
    },
    /// A connection broke while it was brought in.
    #[error("{step}: {error}")]
    Io {
        /// What was being done.
        step: &'static str,
        /// Why it failed.
        error: io::Error,
    },
    /// The server ended a connection while it was brought in.
    #[error("{step}: the server closed the connection: {reason}")]
    Closed {
        /// What was being done.
        step: &'static str,
        /// What the server said.
        reason: String,
    },
    /// The server did not answer.
    #[error("the server did not answer in time ({0} connections were in)")]
    TimedOut(usize),
    /// The server refused.
    #[error("{step} was refused: {reason}")]
    Refused {
        /// What was refused.
        step: &'static str,
        /// What the server said.
        reason: String,
        /// The next step, where one is known.
        hint: Option<&'static str>,
    },
    /// What arrived is not what this server should send.
    #[error("the server broke its protocol: {0}")]
    Layout(String),
    /// The bytes that a listener discarded do not say how many deliveries they were.
    #[error("what listener {listener} discarded cannot be counted: {miscount}")]
    Uncountable {
        /// The number of its seat.
        listener: usize,
        /// Why not.
        miscount: Miscount,
    },
    /// The account of a process cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Account {
        /// The file of the operating system.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Why bytes are no number of deliveries.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Miscount {
    /// Something else came among them, or the last one never ended.
    #[error("{bytes} bytes are left over")]
    Rest {
        /// So much is left over.
        bytes: usize,
    },
    /// Something else came among them, or some came twice.
    #[error("{deliveries} deliveries more than were published")]
    Surplus {
        /// So many too many.
        deliveries: u64,
    },
    /// After some were discarded, deliveries of another length or of nobody in this run were read.
    #[error("deliveries no longer have one length and one source")]
    Uneven,
}

impl LoadError {
    /// A connection that ended without a word.
    pub(super) fn silent_close(step: &'static str) -> Self {
        Self::Closed {
            step,
            reason: "without a word".to_owned(),
        }
    }

    /// The next step, where one is known.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { hint, .. } => *hint,
            Self::Connect { .. } => Some("Is the server running, and at this address?"),
            Self::OpenFiles { .. } => Some("Raise the limit of this shell first: ulimit -n 65536"),
            Self::Uncountable { .. } => Some("Let everyone read: --read all"),
            Self::Account { .. } => Some("Is --pid the id of a running process of yours?"),
            Self::TimedOut(_) => Some("Does the server speak another protocol, or TLS?"),
            _ => None,
        }
    }
}
