//! What is left of a connection after an upgrade: the stream itself, without the layers that were
//! for HTTP.

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::{rt::TokioIo, server::conn::auto::upgrade};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::{deadline::Deadline, strict_lines::StrictLines};

/// A connection as the listener made it.
type Layers<S> = TokioIo<StrictLines<Deadline<S>>>;

/// A stream that speaks no HTTP any more.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Takes the layers off; gives the stream and the bytes that were read already. `None` if the
/// connection is not one of the listener's.
pub(crate) fn transport_of(upgraded: Upgraded) -> Option<(Transport, Bytes)> {
    let upgraded = match upgrade::downcast::<Layers<TcpStream>>(upgraded) {
        Ok(parts) => {
            let stream = parts.io.into_inner().into_inner().into_inner();
            return Some((Transport::Plain(stream), parts.read_buf));
        }
        Err(upgraded) => upgraded,
    };
    let parts = upgrade::downcast::<Layers<TlsStream<TcpStream>>>(upgraded).ok()?;
    let stream = parts.io.into_inner().into_inner().into_inner();
    Some((Transport::Tls(Box::new(stream)), parts.read_buf))
}
