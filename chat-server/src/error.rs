//! Why a server does not start; what goes wrong with a peer is a code of wire-format.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::{alert::WebhookError, blobs::BlobError, settings::Limits, store::StoreError};

/// Why [`Server::bind`](crate::Server::bind) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The address for clients cannot be listened on.
    #[error("cannot listen on {address} ({source}); choose another address with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The address for liveness and figures cannot be listened on.
    #[error("cannot serve figures on {address} ({source}); choose another address with --admin")]
    Admin {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Plain TCP on an address that others can reach.
    #[error(
        "{0} can be reached from other machines: give --tls-cert and --tls-key, \
         or --insecure-plain-tcp if something else protects the bytes"
    )]
    PlainOffLoopback(SocketAddr),
    /// Certificate or key cannot be used.
    #[error("--tls-cert and --tls-key")]
    Tls(#[from] TlsError),
    /// An outbox that the reply to entering a full room would overflow.
    #[error("--outbox-bytes {0} is less than {least}", least = Limits::OUTBOX_BYTES_LEAST)]
    OutboxTooSmall(usize),
    /// The data cannot be opened.
    #[error("the data cannot be opened (--data, --database)")]
    Data(#[from] StoreError),
    /// The place of files cannot be opened.
    #[error("the place of files cannot be opened (--blobs)")]
    Blobs(#[from] BlobError),
    /// The webhook cannot be used.
    #[error("alerts cannot be posted")]
    Webhook(#[from] WebhookError),
    /// No connection could ever be accepted.
    #[error("--connections 0 lets nobody in")]
    NoConnections,
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file that cannot be read or holds no PEM of its kind.
    #[error("{} holds no readable {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What the PEM reader says.
        source: rustls::pki_types::pem::Error,
    },
    /// The chain is empty.
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    /// Certificate and key do not go together, or their kind is not supported.
    #[error("certificate and key cannot be used together")]
    Pair(#[from] rustls::Error),
}
