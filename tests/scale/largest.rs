//! The largest frames, from several publishers at once to a hundred listeners.

use bytes::Bytes;
use futures_util::future::join_all;
use sealwire_tests::{
    crowd::{self, Tally, numbered},
    tiers::plain_server,
    wire::Wire,
};
use wire_format::{CloseCode, Deliver, Event, event::LeaveReason, limits::FRAME_BYTES};

use crate::bound::Bound;

const PUBLISHERS: usize = 4;
const LISTENERS: usize = 100;
/// Takes all the frames of this test: nobody is cut, whoever reads first.
const OUTBOX_BYTES: usize = 16 * 1024 * 1024;

/// The payload that fills a deliver frame.
const LARGEST: usize = FRAME_BYTES - 1 - Deliver::HEAD_BYTES - "publisher 0".len();
/// The payload that fills a publish frame.
const LARGEST_SENT: usize = FRAME_BYTES - 1 - PUBLISH_HEAD_BYTES;
/// Request, channel, epoch and flags of a publish frame.
const PUBLISH_HEAD_BYTES: usize = 4 + 16 + 8 + 1;

#[tokio::test]
async fn the_largest_frames_arrive_whole_and_larger_ones_end_only_their_own_connection() {
    let outbox = format!("--outbox-bytes={OUTBOX_BYTES}");
    let arguments = ["--messages=0", "--outbox-seconds=60", &outbox];
    let (program, address) = plain_server(&arguments).await;
    let mut listeners = crowd::enter(address, "listener", LISTENERS).await;
    let mut publishers = crowd::enter(address, "publisher", PUBLISHERS).await;
    let bound = Bound::of(program.process());

    let sizes = [LARGEST - 1, LARGEST];
    join_all(publishers.iter_mut().enumerate().map(|(at, publisher)| {
        let frames = (0..)
            .zip(sizes)
            .map(move |(number, size)| numbered(at, number, size));
        hear_all(publisher, frames)
    }))
    .await;
    // Nobody else has read anything so far: the server has all of it for them.
    join_all(listeners.iter_mut().map(|listener| hear_all(listener, []))).await;
    bound.holds(PUBLISHERS, OUTBOX_BYTES);

    for size in [LARGEST + 1, LARGEST_SENT] {
        let refused = publishers[0].publish("lobby", vec![7; size]).await;
        assert_eq!(refused.map_err(|(code, _)| code), Err("too_large".into()));
    }
    let mut offender = publishers.pop().expect("a publisher");
    let frame = numbered(0, 0, LARGEST_SENT + 1);
    // The server does not read what it refuses, so sending may fail half-way.
    let _ = offender.send(&frame).await;
    assert_eq!(offender.closed().await, Some(CloseCode::TooLarge));
    let mut left = publishers;
    left.append(&mut listeners);
    left[0]
        .publish("lobby", "after")
        .await
        .expect("a member's message");
    for member in &mut left[1..] {
        let reason = member.event(|event| match event {
            Event::RoomLeft { reason, .. } => Some(reason),
            _ => None,
        });
        assert_eq!(reason.await, LeaveReason::Lost);
        assert_eq!(member.deliver().await.payload, "after");
    }
    bound.holds(PUBLISHERS, OUTBOX_BYTES);
}

/// Sends these and hears what all publishers sent.
async fn hear_all(member: &mut Wire, frames: impl IntoIterator<Item = Bytes>) {
    let mut tally = Tally::new(PUBLISHERS);
    let hear = |deliver| {
        tally.note(&deliver);
        tally.heard < MESSAGES
    };
    member.burst(frames, hear).await;
}

/// Two of each publisher.
const MESSAGES: u64 = 8;
