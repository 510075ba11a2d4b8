//! Reading a body that is bounded in bytes and in time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;
use wire_format::{
    AccountId, ErrorCode,
    command::Command,
    limits::{ACCOUNTS_ASKED, FRAME_BYTES},
};

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

/// The largest body of a command by its name, in bytes.
pub(super) fn most(name: &str) -> usize {
    let tail_bytes = Command::contract_of(name).map_or(0, |contract| contract.tail_bytes);
    let list_bytes = match name {
        "keys.wraps" | "presence.of" => ACCOUNTS_BYTES,
        _ => 0,
    };
    COMMAND_BYTES + tail_bytes + list_bytes
}

/// Largest body of a command, in bytes: the longest names and ids several times over; also the
/// records of `auth.register`, which come to the chat-server before a sign-in.
pub(super) const COMMAND_BYTES: usize = 16 * 1024;
/// As many accounts as a command may ask about, in bytes of JSON.
const ACCOUNTS_BYTES: usize = ACCOUNTS_ASKED * (2 * AccountId::LEN + 3);
/// Largest body of a publish, in bytes.
pub(super) const PUBLISH_BYTES: usize = FRAME_BYTES - 1;
/// How long a body may take: a message of the largest size at 70 kB a second.
const WITHIN: Duration = Duration::from_secs(15);
