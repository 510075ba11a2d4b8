//! How one kind of server is spoken to.

use std::{future::Future, net::SocketAddr, time::Duration};

use tokio::net::TcpStream;

use super::{error::LoadError, plan::Seat, stamp::Notation};

/// How one kind of server is spoken to. The generator knows sockets and counts, a wire knows bytes.
pub trait Wire {
    /// Where the server listens.
    fn address(&self) -> SocketAddr;

    /// Brings a fresh connection in: signs in and, for a listener, subscribes or enters.
    ///
    /// # Errors
    /// Why the server does not take it; the run ends.
    fn join(
        &self,
        stream: &mut TcpStream,
        seat: &Seat,
    ) -> impl Future<Output = Result<Joined, LoadError>>;

    /// Appends one publish carrying `payload`, whose start is a [`Stamp`](super::Stamp).
    fn publish(&self, seat: &Seat, payload: &[u8], out: &mut Vec<u8>);

    /// The next whole frame at the start of `bytes`; `None`: more bytes are needed.
    ///
    /// # Errors
    /// [`LoadError::Layout`] for what this server should not send, [`LoadError::Refused`] for a refused
    /// publish; the run ends.
    fn cut<'a>(&self, bytes: &'a [u8]) -> Result<Option<Cut<'a>>, LoadError>;

    /// What a listener gets beside deliveries while nobody comes or goes; `None`: nothing.
    fn heartbeat(&self) -> Option<Heartbeat> {
        None
    }

    /// Appends what says goodbye, where closing the connection does not end the session.
    fn farewell(&self, _out: &mut Vec<u8>) {}

    /// How payloads are written.
    fn notation(&self) -> Notation {
        Notation::Bytes
    }

    /// How many connections are brought in at the same time.
    fn joins_at_once(&self) -> usize {
        16
    }

    /// How long one connection may take to come in.
    fn patience(&self) -> Duration {
        Duration::from_secs(20)
    }
}

/// A connection that came in.
#[derive(Debug, Default)]
pub struct Joined {
    /// Whether deliveries come to it: a publisher of some servers hears, though it did not subscribe.
    pub hears: bool,
    /// Bytes that arrived behind the last answer.
    pub left: Vec<u8>,
}

/// How a server asks who only listens for a sign of life: frames of [`Kind::Answer`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Heartbeat {
    /// The least time from one to the next, and from coming in to the first that counts.
    pub every: Duration,
    /// So long after coming in others may come, which are waited for.
    pub settled: Duration,
}

/// A whole frame.
#[derive(Debug, Eq, PartialEq)]
pub struct Cut<'a> {
    /// How long it is; at least 1.
    pub bytes: usize,
    /// What it means.
    pub kind: Kind<'a>,
}

/// What a frame means to the generator.
#[derive(Debug, Eq, PartialEq)]
pub enum Kind<'a> {
    /// A payload from its stamp on.
    Delivery(&'a [u8]),
    /// Bytes to send back, as a pong.
    Answer(Vec<u8>),
    /// The last frame, and why.
    Closed(String),
    /// Nothing to count.
    Other,
}
