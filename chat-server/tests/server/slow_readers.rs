//! A reader that stops reading is cut; nobody else is cut or loses anything.

use std::time::Duration;

use chat_server::Limits;
use wire_format::{CloseCode, Event, Sequence, ServerFrame, event::LeaveReason};

use crate::support::{House, Stopwatch, generous, lobby, publish};

/// More than loopback sockets hold in both directions.
const ENOUGH: usize = 64 * 1024 * 1024;
const PIECE: usize = 512 * 1024;

#[tokio::test]
async fn an_outbox_that_is_full_cuts_its_reader_and_nobody_else() {
    let house = House::limited(generous()).await;
    let mut talker = house.in_lobby("talker").await;
    let mut listener = house.in_lobby("listener").await;
    let mut sleeper = house.in_lobby("sleeper").await;
    talker.event().await;
    talker.event().await;
    listener.event().await;
    let payload = vec![1; PIECE];
    let mut sent = 0;
    while house.running().sessions() == 3 {
        assert!(sent < ENOUGH / PIECE, "nobody was cut");
        talker.send(publish(0, &payload)).await;
        sent += 1;
        let (mine, others) = (talker.next().await, listener.next().await);
        assert_eq!(mine, others);
        assert!(matches!(mine, Some(ServerFrame::Deliver(_))), "{mine:?}");
    }
    // What had been sent before the cut is whole, in order, and ends with the close frame.
    let mut last = Sequence::new(0);
    let close = loop {
        match sleeper.next().await.expect("a close frame before the end") {
            ServerFrame::Deliver(deliver) => {
                assert_eq!(deliver.sequence, last.next());
                last = deliver.sequence;
            }
            ServerFrame::Close(close) => break close.code,
            other => panic!("unexpected: {other:?}"),
        }
    };
    assert_eq!(close, CloseCode::TooSlow);
    assert!(usize::try_from(last.value()).expect("small") < sent);
    let (room, member, reason) = (lobby(), sleeper.member, LeaveReason::Lost);
    let left = Event::RoomLeft {
        room,
        member,
        reason,
    };
    assert_eq!(listener.event().await.0, left);
    listener.say("after").await;
    assert_eq!(talker.event().await.0, left);
    talker.hears("after").await;
    listener.hears("after").await;
    drop((talker, listener, sleeper));
    house.empties().await;
    house.close().await;
}

#[tokio::test]
async fn a_reader_that_stays_behind_is_cut_at_the_deadline() {
    let house = House::limited(Limits {
        outbox_bytes: ENOUGH,
        outbox_deadline: Duration::from_secs(3),
        ..generous()
    })
    .await;
    let mut talker = house.in_lobby("talker").await;
    let mut sleeper = house.in_lobby("sleeper").await;
    let stopwatch = Stopwatch::stop();
    let payload = vec![1; PIECE];
    for _ in 0..ENOUGH / PIECE / 2 {
        talker.send(publish(0, &payload)).await;
        talker.delivery().await;
    }
    assert_eq!(house.running().sessions(), 2);
    stopwatch.advance(3.1).await;
    house.has_sessions(1).await;
    // The close frame waits behind what the socket holds; the reader finds it there.
    assert_eq!(sleeper.closed().await, CloseCode::TooSlow);
    talker.say("still here").await;
    talker.hears("still here").await;
    drop((talker, sleeper));
    drop(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn a_reader_that_catches_up_loses_nothing() {
    let house = House::limited(Limits {
        outbox_bytes: ENOUGH,
        ..generous()
    })
    .await;
    let mut talker = house.in_lobby("talker").await;
    let mut slow = house.in_lobby("slow").await;
    let payload = vec![1; PIECE];
    let pieces = ENOUGH / PIECE / 2;
    for _ in 0..pieces {
        talker.send(publish(0, &payload)).await;
        talker.delivery().await;
    }
    for number in 1..=pieces {
        let sequence = slow.delivery().await.sequence;
        assert_eq!(usize::try_from(sequence.value()), Ok(number));
    }
    talker.say("small").await;
    slow.hears("small").await;
    drop((talker, slow));
    house.close().await;
}
