//! What goes wrong between a client and its server, by level: address, connection, call.

use std::io;

use wire_format::{CloseCode, ErrorCode, FrameError, Refusal, SealError};

use crate::{endpoint::EndpointError, tls::TlsError};

/// Why a connection is over. A reason, not always a fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Ended {
    /// The server closed it and said why.
    #[error("the server closed the connection: {}", .0.sentence())]
    Closed(CloseCode),
    /// The transport broke without a word.
    #[error("the connection was cut ({0})")]
    Cut(io::ErrorKind),
    /// Nothing arrived for [`CLIENT_SILENCE`](wire_format::limits::CLIENT_SILENCE).
    #[error("nothing was heard from the server in time")]
    Silent,
    /// The server took no bytes for [`CLIENT_SILENCE`](wire_format::limits::CLIENT_SILENCE).
    #[error("the server took nothing in time")]
    Stuck,
    /// The server broke the layout of the protocol.
    #[error("the server broke the protocol: {0}")]
    Protocol(FrameError),
    /// The server says about a room what cannot be true.
    #[error("the server says about a room what cannot be true")]
    Untrue,
    /// The server said more than was asked for, before it answered.
    #[error("the server said too much before it answered")]
    Unasked,
    /// This side closed it.
    #[error("the connection was closed here")]
    Here,
}

impl Ended {
    /// Whether connecting again can bring the session back.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Closed(
                CloseCode::Done | CloseCode::Version | CloseCode::Replaced | CloseCode::Revoked
            ) | Self::Here
        )
    }
}

/// Why a call has no result.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The server refused it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The connection ended before the reply came; the server may have carried it out.
    #[error("no reply: {0}")]
    Ended(#[from] Ended),
    /// The session is between two connections.
    #[error("not connected at the moment")]
    NotConnected,
    /// The session has as many calls under way as it may.
    #[error("too many calls at once")]
    Busy,
}

impl CallError {
    /// The code for a caller of one's own, as the web-proxy has them.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Ended(_) | Self::NotConnected => ErrorCode::Unavailable,
            Self::Busy => ErrorCode::Busy,
        }
    }
}

/// Why there is no signed-in session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server's address cannot be read.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// TLS cannot be set up on this side.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No connection came about.
    #[error("cannot connect: {0}")]
    Io(#[from] io::Error),
    /// Connecting and signing in took too long.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The connection ended during sign-in.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// The server refused a step of the sign-in.
    #[error("{command} was refused: {refusal}")]
    Refused {
        /// The command.
        command: &'static str,
        /// What the server said.
        refusal: Refusal,
    },
    /// The session's keys could not sign.
    #[error("the session's keys do not work: {0}")]
    Keys(#[from] SealError),
}

impl ConnectError {
    /// Whether trying again later can help.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Endpoint(_) | Self::Tls(_) | Self::Keys(_) => true,
            Self::Io(_) | Self::TimedOut => false,
            Self::Ended(ended) => ended.is_final(),
            Self::Refused { refusal, .. } => !matches!(
                refusal.code,
                ErrorCode::RateLimited
                    | ErrorCode::Busy
                    | ErrorCode::Unavailable
                    | ErrorCode::Internal
            ),
        }
    }

    /// How long the server asks to wait, in milliseconds.
    pub const fn retry_after_ms(&self) -> Option<u32> {
        match self {
            Self::Refused { refusal, .. } => refusal.retry_after_ms,
            _ => None,
        }
    }
}
