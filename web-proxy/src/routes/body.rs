//! Reading a body that is bounded in bytes and in time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;
use wire_format::{ErrorCode, limits::FRAME_BYTES};

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// `too_large`; `malformed` for a body that ends early or takes too long.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, ErrorCode> {
    match timeout(WITHIN, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ErrorCode::TooLarge),
        Ok(Err(_)) | Err(_) => Err(ErrorCode::Malformed),
    }
}

/// Largest body of a command, in bytes: the longest names and ids several times over.
pub(super) const COMMAND_BYTES: usize = 16 * 1024;
/// Largest body of a publish, in bytes.
pub(super) const PUBLISH_BYTES: usize = FRAME_BYTES - 1;
/// How long a body may take: a message of the largest size at 70 kB a second.
const WITHIN: Duration = Duration::from_secs(15);
