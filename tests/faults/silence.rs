//! Peers that are there and do nothing, or almost nothing.

use sealwire_tests::{tiers::plain_server, wire::Wire};
use tokio::time::{Duration, interval};
use wire_format::{CloseCode, Event, event::LeaveReason};

#[tokio::test]
async fn one_byte_every_few_seconds_is_too_slow_to_sign_in() {
    let (_server, address) = plain_server(&[]).await;
    let mut nothing = Wire::connect(address).await;
    let mut dripping = Wire::connect(address).await;
    let drip = async {
        let mut seconds = interval(Duration::from_secs(2));
        for byte in b"\0\0\0\x40\x01\0\0\0\x01\0\0\0".iter().cycle() {
            seconds.tick().await;
            if dripping.send(&[*byte]).await.is_err() {
                break;
            }
        }
    };
    let (_, silent) = tokio::join!(
        tokio::time::timeout(Duration::from_secs(20), drip),
        nothing.closed()
    );
    assert_eq!(silent, Some(CloseCode::Timeout));
    assert_eq!(dripping.closed().await, Some(CloseCode::Timeout));
}

#[tokio::test]
async fn a_half_open_peer_is_given_up_and_the_others_are_told() {
    let (_server, address) = plain_server(&[]).await;
    let (mut watcher, _) = Wire::guest(address, "watcher").await;
    watcher.enter("lobby").await;
    let (mut gone, token) = Wire::guest(address, "gone").await;
    gone.enter("lobby").await;
    // It reads nothing from here on, and so answers no ping.
    let left = watcher.event(|event| match event {
        Event::RoomLeft { member, reason, .. } => Some((member, reason)),
        _ => None,
    });
    assert_eq!(left.await, (token.member(), LeaveReason::Lost));
    let (mut again, _) = Wire::guest(address, "gone").await;
    again.enter("lobby").await;
}
