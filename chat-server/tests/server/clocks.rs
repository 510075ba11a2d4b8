//! Everything with a deadline, in virtual time.

use wire_format::{ClientFrame, CloseCode, Sequence, command::rooms::Resume};

use crate::support::{House, Stopwatch, publish};

#[tokio::test]
async fn a_connection_has_ten_seconds_to_sign_in() {
    let house = House::open().await;
    let stopwatch = Stopwatch::stop();
    let mut silent = house.connect().await;
    let mut greeted = house.greeted().await;
    stopwatch.advance(9.9).await;
    greeted.send(ClientFrame::Ping([1; 8])).await;
    assert!(greeted.next().await.is_some(), "not yet");
    stopwatch.advance(0.2).await;
    assert_eq!(silent.closed().await, CloseCode::Timeout);
    assert_eq!(greeted.closed().await, CloseCode::Timeout);
    drop((silent, greeted));
    house.empties().await;
    drop(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn one_byte_every_ten_seconds_keeps_nobody_in() {
    let house = House::open().await;
    let stopwatch = Stopwatch::stop();
    let mut stranger = house.connect().await;
    stranger.write(&[0]).await;
    house.has_connections(1).await;
    stopwatch.advance(10.5).await;
    stranger.try_write(&[0]).await;
    assert_eq!(stranger.closed().await, CloseCode::Timeout);

    let mut guest = house.guest("dripper").await;
    let frame = publish(0, &[0; 64]).encode().stream();
    for byte in &frame[..3] {
        guest.try_write(&[*byte]).await;
        stopwatch.advance(10.5).await;
    }
    assert_eq!(guest.closed().await, CloseCode::Timeout);
    drop((stranger, guest));
    house.empties().await;
    drop(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn silence_is_the_end_after_thirty_seconds() {
    let house = House::open().await;
    let stopwatch = Stopwatch::stop();
    let mut silent = house.guest("silent").await;
    let mut lively = house.guest("lively").await;
    for _ in 0..3 {
        stopwatch.advance(14.0).await;
        lively.send(ClientFrame::Ping([2; 8])).await;
        assert!(lively.next().await.is_some());
    }
    assert_eq!(silent.closed().await, CloseCode::Timeout);
    assert_eq!(house.running().sessions(), 1);
    drop((silent, lively));
    house.empties().await;
    drop(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn an_empty_room_is_kept_for_two_minutes() {
    let house = House::open().await;
    let stopwatch = Stopwatch::stop();
    for room in ["lobby", "den"] {
        let mut ann = house.guest("Ann").await;
        let run = ann.enter(room).await.run;
        let after = Sequence::new(0);
        ann.vanish();
        house.empties().await;
        stopwatch.advance(119.0).await;
        let mut ann = house.guest("Ann").await;
        ann.call(
            &wire_format::command::rooms::Open { room: room.into() },
            bytes::Bytes::new(),
        )
        .await
        .expect("a room");
        let entered = ann.resume(room, Some(Resume { run, after })).await;
        assert_eq!((entered.run, entered.missed), (run, false));
        ann.vanish();
        house.empties().await;
        stopwatch.advance(120.5).await;
        tokio::task::yield_now().await;
        let mut ann = house.guest("Ann").await;
        let entered = ann.enter(room).await;
        assert_ne!(entered.run, run);
        ann.vanish();
        house.empties().await;
    }
    drop(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn a_room_that_nobody_enters_is_gone_after_ten_seconds() {
    let house = House::open().await;
    let stopwatch = Stopwatch::stop();
    let mut ann = house.guest("Ann").await;
    let open = wire_format::command::rooms::Open { room: "den".into() };
    let opened = ann.call(&open, bytes::Bytes::new()).await;
    opened.expect("a room");
    let mut rooms = async || {
        let list = wire_format::command::rooms::List {};
        let (listed, _) = ann.call(&list, bytes::Bytes::new()).await.expect("a list");
        listed.rooms.len()
    };
    stopwatch.advance(9.5).await;
    assert_eq!(rooms().await, 2);
    stopwatch.advance(1.0).await;
    tokio::task::yield_now().await;
    assert_eq!(rooms().await, 1);
    drop(ann);
    house.empties().await;
    drop(stopwatch);
    house.close().await;
}
