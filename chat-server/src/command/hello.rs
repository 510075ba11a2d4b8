//! `session.hello`.

use wire_format::{
    Challenge, ErrorCode, Refusal,
    command::session::{Greeting, Hello, TokenKey},
    limits::{CLIENT_BYTES, FRAME_BYTES, PING_EVERY, PROTOCOL_VERSION},
};

use crate::phase::{Greeted, New};

/// Agrees on the version and draws the challenge.
pub(super) fn run(
    _: New,
    hello: &Hello,
    token_key: Option<TokenKey>,
) -> Result<(Greeted, Greeting), Refusal> {
    if hello.client.len() > CLIENT_BYTES {
        return Err(ErrorCode::Malformed.into());
    }
    if hello.version != PROTOCOL_VERSION {
        return Err(ErrorCode::UnsupportedVersion.into());
    }
    let challenge = Challenge::from_bytes(rand::random());
    let greeting = Greeting {
        version: PROTOCOL_VERSION,
        server: concat!("sealwire/", env!("CARGO_PKG_VERSION")).to_owned(),
        challenge,
        ping_ms: u32::try_from(PING_EVERY.as_millis()).unwrap_or(u32::MAX),
        frame_bytes: u32::try_from(FRAME_BYTES).unwrap_or(u32::MAX),
        token_key,
    };
    let client = hello.client.chars().filter(|scalar| !scalar.is_control());
    let greeted = Greeted {
        challenge,
        client: client.collect(),
    };
    Ok((greeted, greeting))
}
