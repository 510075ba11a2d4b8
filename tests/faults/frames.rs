//! Bytes that are no frames of the protocol.

use sealwire_tests::{account::resident_bytes, program::Program, tiers::plain_server, wire::Wire};
use serde_json::Value;
use wire_format::{CloseCode, limits::FRAME_BYTES_BEFORE_SIGN_IN};

/// The golden frames that a server must refuse: bytes, limit and close code.
fn invalid() -> Vec<(String, Vec<u8>, u64, CloseCode)> {
    let text = include_str!("../../wire-format/testdata/frames.json");
    let vectors: Value = serde_json::from_str(text).expect("golden vectors");
    let invalid = vectors["invalid"].as_array().expect("invalid frames");
    invalid
        .iter()
        .filter(|vector| vector["direction"] == "to_server")
        .map(|vector| {
            let text = |field: &str| vector[field].as_str().expect("a text").to_owned();
            let code = match vector["error"].as_str() {
                Some("too_large") => CloseCode::TooLarge,
                _ => CloseCode::Protocol,
            };
            let limit = vector["limit"].as_u64().expect("a limit");
            (text("name"), bytes(&text("frame")), limit, code)
        })
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[tokio::test]
async fn a_bad_frame_ends_its_connection_and_no_other() {
    let (_server, address) = plain_server(&[]).await;
    let (mut bystander, _) = Wire::guest(address, "bystander").await;
    bystander.enter("lobby").await;
    for (number, (name, frame, limit, code)) in invalid().into_iter().enumerate() {
        let mut wire = Wire::connect(address).await;
        if limit > u64::try_from(FRAME_BYTES_BEFORE_SIGN_IN).expect("a small limit") {
            // Another name each time: the last one is freed a moment behind the close.
            let name = format!("mallory {number}");
            wire.sign_in(&name).await.expect("a free name");
        }
        wire.send(&frame).await.expect("an open connection");
        // What a length promises never comes.
        assert_eq!(wire.closed().await, Some(code), "{name}");
        bystander
            .publish("lobby", name.clone())
            .await
            .expect("an undisturbed bystander");
        assert_eq!(bystander.deliver().await.payload, name.as_bytes());
    }
}

#[tokio::test]
async fn a_bad_frame_dripped_byte_by_byte_is_refused_all_the_same() {
    let (_server, address) = plain_server(&[]).await;
    for (number, (name, frame, _, code)) in invalid().into_iter().enumerate() {
        let mut wire = Wire::connect(address).await;
        let mallory = format!("mallory {number}");
        wire.sign_in(&mallory).await.expect("a free name");
        for byte in frame {
            if wire.send(&[byte]).await.is_err() {
                break;
            }
        }
        let closed = wire.closed().await;
        let early = name.contains("before sign-in");
        assert!(closed == Some(code) || early, "{name}: {closed:?}");
        drop(wire);
        let (mut probe, _) = Wire::guest(address, "probe").await;
        probe
            .command("auth.logout", serde_json::json!({}))
            .await
            .expect("a goodbye");
    }
}

#[tokio::test]
async fn a_length_of_100_mb_reserves_nothing() {
    let (server, address) = plain_server(&[]).await;
    let before = resident_bytes(server.process());
    for _ in 0..200 {
        let mut wire = Wire::connect(address).await;
        wire.send(&100_000_000_u32.to_be_bytes())
            .await
            .expect("an open connection");
        assert_eq!(wire.closed().await, Some(CloseCode::TooLarge));
    }
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut wire = Wire::connect(address).await;
        let promise = u32::try_from(FRAME_BYTES_BEFORE_SIGN_IN).expect("a small limit");
        wire.send(&promise.to_be_bytes())
            .await
            .expect("an open connection");
        wire.send(&[1]).await.expect("an open connection");
        held.push(wire);
    }
    let (_probe, _) = Wire::guest(address, "probe").await;
    let grown = resident_bytes(server.process()).saturating_sub(before);
    // 200 × 16 KiB were promised and may be reserved; 200 × 100 MB must not be.
    assert!(grown < 64 << 20, "grown by {grown} bytes");
    drop(held);
}

#[tokio::test]
async fn noise_is_answered_with_a_close_and_a_log_line_without_it() {
    let (server, address): (Program, _) = plain_server(&[]).await;
    for noise in [
        &b"GET / HTTP/1.1\r\nHost: canary-of-noise\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 canary-of-noise",
        b"\0\0\0\x20\x01\0\0\0\x01\0\0\0\x17{\"canary-of-noise\":1}",
    ] {
        let mut wire = Wire::connect(address).await;
        wire.send(noise).await.expect("an open connection");
        wire.send(&[0; 64]).await.ok();
        assert!(wire.closed().await.is_some(), "a close code");
    }
    assert!(
        !server.printed().contains("canary-of-noise"),
        "{}",
        server.printed()
    );
}
