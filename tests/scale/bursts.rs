//! Publishers that do not wait, and readers that cannot keep up.

use bytes::Bytes;
use futures_util::future::join_all;
use sealwire_tests::{
    account::Figures,
    crowd::{self, Tally, numbered},
    tiers::plain_server,
    wire::Wire,
};
use tokio::{sync::watch, task::JoinSet};
use wire_format::{CloseCode, ServerFrame};

use crate::bound::Bound;

const PAYLOAD_BYTES: usize = 8 * 1024;

#[tokio::test]
async fn who_stops_reading_is_cut_and_everyone_else_hears_every_burst() {
    const PUBLISHERS: usize = 3;
    /// Together far less than an outbox takes: nobody who reads can be cut.
    const BURST: u64 = 32;
    const OUTBOX_BYTES: usize = 4 * 1024 * 1024;
    /// More than loopback sockets hold in both directions.
    const ROUNDS: u64 = 128;
    /// In which more is said than the server may have in memory.
    const ROUNDS_AFTER: u64 = 64;

    let outbox = format!("--outbox-bytes={OUTBOX_BYTES}");
    let arguments = [
        "--messages=0",
        "--outbox-seconds=60",
        "--admin=127.0.0.1:0",
        &outbox,
    ];
    let (mut program, address) = plain_server(&arguments).await;
    let figures = Figures::of(&mut program).await;
    let mut sleeper = crowd::enter(address, "sleeper", 1).await;
    let mut publishers = crowd::enter(address, "publisher", PUBLISHERS).await;
    let mut listeners = crowd::enter(address, "listener", 5).await;
    let bound = Bound::of(program.process());
    let mut tallies = vec![Tally::new(PUBLISHERS); PUBLISHERS + listeners.len()];
    let (mut rounds, mut rounds_after) = (0, 0);
    while rounds_after < ROUNDS_AFTER {
        assert!(rounds_after > 0 || rounds < ROUNDS, "nobody was cut");
        let numbers = rounds * BURST..(rounds + 1) * BURST;
        rounds += 1;
        let all = rounds * BURST * u64::try_from(PUBLISHERS).expect("few");
        let members = publishers.iter_mut().chain(&mut listeners);
        let talking = members.zip(&mut tallies).enumerate();
        join_all(talking.map(|(at, (member, tally))| {
            let speaks = if at < PUBLISHERS {
                numbers.clone()
            } else {
                0..0
            };
            let frames = speaks.map(move |number| numbered(at, number, PAYLOAD_BYTES));
            member.burst(frames, |deliver| {
                tally.note(&deliver);
                tally.heard < all
            })
        }))
        .await;
        if figures.value(TOO_SLOW).await > 0 {
            rounds_after += 1;
        }
    }
    assert_eq!(figures.value(TOO_SLOW).await, 1, "one, and only one");
    bound.holds(PUBLISHERS, OUTBOX_BYTES);
    let heard = ends_in_order(&mut sleeper[0]).await;
    assert!(heard < tallies[0].heard, "{heard} were kept for nobody");
    Wire::guest(address, "sleeper 0").await;
}

/// Reads what was sent before a cut, in order and each whole, up to the end; counts it.
async fn ends_in_order(cut: &mut Wire) -> u64 {
    let mut tally = Tally::new(3);
    while let Some(frame) = cut.frame().await {
        match frame {
            ServerFrame::Deliver(deliver) => tally.note(&deliver),
            ServerFrame::Close(close) => assert_eq!(close.code, CloseCode::TooSlow),
            _ => {}
        }
    }
    tally.heard
}

#[tokio::test]
async fn a_publisher_faster_than_its_room_is_held_back_and_the_slow_but_steady_hear_all_of_it() {
    /// What is published at once, as fast as the socket takes it.
    const BURST: u64 = MESSAGES / 4;
    /// As far as the steady one stays behind: more than its socket takes.
    const LAG: u64 = MESSAGES / 8;
    /// A burst, the lag and a little more.
    const OUTBOX_BYTES: usize = 56 * 1024 * 1024;

    let outbox = format!("--outbox-bytes={OUTBOX_BYTES}");
    let arguments = ["--messages=0", "--outbox-seconds=60", &outbox];
    let (program, address) = plain_server(&arguments).await;
    let mut publisher = crowd::enter(address, "publisher", 1).await.remove(0);
    let quick = crowd::enter(address, "quick", 4).await;
    let mut steady = crowd::enter(address, "steady", 1).await.remove(0);
    let bound = Bound::of(program.process());
    // Each in a task of its own: one that always finds something to do keeps nobody else waiting.
    let mut members = JoinSet::new();
    let (published, mut ahead) = watch::channel(0);
    let (read, mut behind) = watch::channel(0);
    members.spawn(async move {
        let mut tally = Tally::new(1);
        while tally.heard < MESSAGES {
            let (from, until) = (tally.heard, tally.heard + BURST);
            let enough = behind.wait_for(|read| *read + LAG >= from).await;
            drop(enough.expect("a steady reader"));
            let frames = (from..until).map(|number| numbered(0, number, PAYLOAD_BYTES));
            hear(&mut publisher, frames, &mut tally, until).await;
            published.send_replace(until);
        }
    });
    for mut quick in quick {
        let mut tally = Tally::new(1);
        members.spawn(async move { hear(&mut quick, [], &mut tally, MESSAGES).await });
    }
    members.spawn(async move {
        let mut tally = Tally::new(1);
        while tally.heard < MESSAGES {
            let wanted = (tally.heard + LAG).min(MESSAGES);
            let enough = ahead.wait_for(|published| *published >= wanted).await;
            drop(enough.expect("a publisher that goes on"));
            tally.note(&steady.deliver().await);
            read.send_replace(tally.heard);
        }
    });
    while let Some(member) = members.join_next().await {
        member.expect("a member who heard all of it");
    }
    // Had the server kept what it read for as long as it could, all of it would be in memory.
    bound.holds(1, OUTBOX_BYTES);
}

/// Sends these and hears `until` messages in all.
async fn hear(
    member: &mut Wire,
    frames: impl IntoIterator<Item = Bytes>,
    tally: &mut Tally,
    until: u64,
) {
    let note = |deliver| {
        tally.note(&deliver);
        tally.heard < until
    };
    member.burst(frames, note).await;
}

/// 128 MiB of them.
const MESSAGES: u64 = 16 * 1024;
const TOO_SLOW: &str = "sealwire_server_closes_total{code=\"too_slow\"}";
