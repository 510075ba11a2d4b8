//! Work that takes long: keys, signatures, stretching.

use super::error::{AccountError, OwnFault};

/// Does it on a thread that may block. A dropped future lets it go on, for nobody.
pub(super) async fn blocking<T, W>(work: W) -> Result<T, AccountError>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| OwnFault::Thread.into())
}
