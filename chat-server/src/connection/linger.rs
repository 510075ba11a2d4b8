//! The last moments of a connection.
//!
//! A socket that is dropped while bytes of the peer lie unread resets the connection, and the reset
//! may overtake the close frame. So what still comes is read and dropped for a moment.

use std::sync::Arc;

use tokio::{io::AsyncRead, net::TcpStream, sync::OwnedSemaphorePermit, time::timeout};
use tokio_util::sync::CancellationToken;
use wire_format::CloseCode;

use super::scratch;
use crate::{
    node::Node,
    outbox::{LINGER, Outbox},
};

/// Reads and drops until the peer closes its side, for [`LINGER`] at most and no longer than the
/// server is there.
pub(super) async fn until_peer_closes<R: AsyncRead + Unpin>(
    reader: &mut R,
    gone: &CancellationToken,
) {
    let rest = async { while matches!(scratch::discard(reader).await, Ok(1..)) {} };
    tokio::select! {
        () = gone.cancelled() => {}
        // Whether the peer was in time changes nothing.
        _ = timeout(LINGER, rest) => {}
    }
}

/// Tells a connection that there is no place for it. Over TLS it is only dropped: a handshake is
/// what a full server should not pay for.
pub(crate) async fn turn_away(node: Arc<Node>, stream: TcpStream, _permit: OwnedSemaphorePermit) {
    if node.certificates.is_some() {
        node.figures.closed(CloseCode::Busy);
        return;
    }
    let outbox = Outbox::plain(Arc::clone(&node.outboxes), stream);
    outbox.close(CloseCode::Busy);
    outbox.closed().await;
    until_peer_closes(&mut outbox.incoming(), &node.gone).await;
}
