//! The task that writes.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt, WriteHalf},
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use wire_format::{Encoded, limits::CLIENT_SILENCE};

use super::calls::Calls;
use crate::error::Ended;

/// Writes what is queued, gathering what is there, until a goodbye or the end.
pub(super) async fn run<S: AsyncWrite>(
    mut write: WriteHalf<S>,
    mut queue: mpsc::Receiver<Encoded>,
    calls: Arc<Calls>,
    end: CancellationToken,
) {
    let ended = tokio::select! {
        ended = write_all(&mut write, &mut queue) => ended,
        () = end.cancelled() => Ended::Here,
    };
    calls.end(ended);
    if ended == Ended::Here {
        queue.close();
        // What was queued before the end still goes, as far as the socket takes it at once: a
        // refusal of the protocol's breach, for example.
        let _ = timeout(GOODBYE, write_all(&mut write, &mut queue)).await;
    }
    let _ = timeout(GOODBYE, write.shutdown()).await;
    end.cancel();
}

async fn write_all<S: AsyncWrite>(
    write: &mut WriteHalf<S>,
    queue: &mut mpsc::Receiver<Encoded>,
) -> Ended {
    let mut gathered = BytesMut::new();
    while let Some(frame) = queue.recv().await {
        let mut last = is_close(&frame);
        let first = frame.stream();
        let result = match queue.try_recv() {
            // One frame alone is written without a copy.
            Err(_) => timeout(CLIENT_SILENCE, write_flush(write, &first)).await,
            Ok(second) => {
                gathered.extend_from_slice(&first);
                gathered.extend_from_slice(&second.stream());
                last |= is_close(&second);
                while gathered.len() < GATHERED_BYTES
                    && let Ok(next) = queue.try_recv()
                {
                    last |= is_close(&next);
                    gathered.extend_from_slice(&next.stream());
                }
                let result = timeout(CLIENT_SILENCE, write_flush(write, &gathered)).await;
                gathered.clear();
                result
            }
        };
        match result {
            Ok(Ok(())) if last => return Ended::Here,
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Ended::Cut(error.kind()),
            Err(_) => return Ended::Stuck,
        }
    }
    Ended::Here
}

async fn write_flush<S: AsyncWrite>(write: &mut WriteHalf<S>, bytes: &[u8]) -> std::io::Result<()> {
    write.write_all(bytes).await?;
    write.flush().await
}

/// A close is the last frame in its direction.
fn is_close(frame: &Encoded) -> bool {
    frame.message().first() == Some(&(wire_format::Kind::Close as u8))
}

/// Bytes that are gathered into one write, beside the frame that exceeds them.
const GATHERED_BYTES: usize = 16 * 1024;
/// How long the last words may take.
const GOODBYE: std::time::Duration = std::time::Duration::from_millis(500);
