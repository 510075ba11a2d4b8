//! A reader that stops reading is cut; nobody else is cut or loses anything.

use sealwire_tests::{
    account::{Figures, until},
    page::{Path, Session},
    tiers::{ChatServer, WebProxy, plain_server},
    wire::Wire,
};
use wire_format::{CloseCode, Event, ServerFrame, event::LeaveReason};

use crate::house::guest;

const MESSAGES: u64 = 400;
const MESSAGE_BYTES: usize = 64 * 1024;

#[tokio::test]
async fn a_slow_reader_of_the_wire_is_cut_and_nobody_else_notices() {
    let (_server, address) = plain_server(&["--messages=0"]).await;
    let (mut slow, token) = Wire::guest(address, "slow").await;
    slow.enter("lobby").await;
    let (mut talker, _) = Wire::guest(address, "talker").await;
    talker.enter("lobby").await;
    let (mut reader, _) = Wire::guest(address, "reader").await;
    reader.enter("lobby").await;
    let talking = async {
        for number in 0..MESSAGES {
            let mut payload = number.to_be_bytes().to_vec();
            payload.resize(MESSAGE_BYTES, 0);
            talker.publish("lobby", payload).await.expect("a message");
        }
        talker
    };
    let reading = async {
        let (mut next, mut cut) = (0, None);
        while next < MESSAGES || cut.is_none() {
            match reader.frame().await.expect("an undisturbed reader") {
                ServerFrame::Deliver(deliver) => {
                    assert_eq!(deliver.payload[..8], next.to_be_bytes());
                    next += 1;
                    assert_eq!(deliver.sequence.value(), next);
                }
                ServerFrame::Event(frame) => {
                    if let Ok(Event::RoomLeft { member, reason, .. }) = frame.event() {
                        cut = Some((member, reason));
                    }
                }
                frame => panic!("{frame:?}"),
            }
        }
        cut
    };
    let (_talker, cut) = tokio::join!(talking, reading);
    assert_eq!(cut, Some((token.member(), LeaveReason::Lost)));
    let code = slow.closed().await;
    assert!(matches!(code, Some(CloseCode::TooSlow) | None), "{code:?}");
    Wire::guest(address, "slow").await;
}

// With a thread that goes on closing the talker's own unread stream while the proxy is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_stops_reading_is_cut_and_nobody_else_notices() {
    let server = ChatServer::start_with(&["--messages=0"], &[]).await;
    let arguments = ["--message-rate=10000/s", "--admin=127.0.0.1:0"];
    let mut proxy = WebProxy::start_as(&server, &arguments).await;
    let figures = Figures::of(&mut proxy.program).await;
    let slow = Session::sign_in(proxy.address, "slow").await;
    let slow_socket = slow.enter(Path::Socket, "lobby").await;
    let slow_events = slow.open(Path::Posts, "lobby").await;
    let mut talker = guest(&proxy, "talker", Path::Posts).await;
    let mut reader = guest(&proxy, "reader", Path::Socket).await;
    let text = "x".repeat(MESSAGE_BYTES);
    let talking = async {
        for number in 0..MESSAGES {
            talker
                .say(&format!("{number} {text}"))
                .await
                .expect("a message");
        }
    };
    let reading = async {
        for number in 0..MESSAGES {
            let heard = reader.hear().await;
            assert_eq!(
                heard.text.split(' ').next(),
                Some(number.to_string().as_str())
            );
        }
    };
    tokio::join!(talking, reading);
    // The slow streams end, however much of what was in flight is read now.
    for (mut slow, path) in [(slow_socket, "socket"), (slow_events, "events")] {
        let mut frames = 0_u64;
        while let Some(frame) = slow.next().await {
            frames += 1;
            if let ServerFrame::Close(close) = frame {
                assert_eq!(close.code, CloseCode::TooSlow, "{path}");
            }
        }
        assert!(
            frames < MESSAGES,
            "{path}: {frames} frames were kept for a stream that nobody read"
        );
    }
    // These two, and the talker's own stream, which nobody reads either.
    until("three streams are cut", async || {
        figures.value(TOO_SLOW).await == 3
    })
    .await;
    reader.say("still here").await.expect("a message");
}

const TOO_SLOW: &str = "sealwire_proxy_stream_ends_total{code=\"too_slow\"}";
