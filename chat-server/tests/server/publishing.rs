//! Section 5: from publish to deliver.

use bytes::Bytes;
use chat_server::{Limits, Rate};
use wire_format::{
    ChannelId, ClientFrame, Deliver, DeliverFlags, EpochNumber, ErrorCode, Publish, PublishFlags,
    RoomId, Sequence, limits::FRAME_BYTES,
};

use crate::support::{House, Peer, Stopwatch, generous, lobby, publish};

#[derive(Debug, serde::Deserialize)]
struct Published {
    sequence: Sequence,
}

fn to_lobby(request: u32) -> Publish {
    Publish {
        request,
        channel: ChannelId::main_of(lobby()),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::UNSTORED,
        payload: Bytes::from_static(b"payload"),
    }
}

async fn refused(peer: &mut Peer, publish: Publish) -> ErrorCode {
    let request = publish.request;
    peer.send(ClientFrame::Publish(publish)).await;
    let reply = peer.reply_to::<Published>(request).await;
    reply.expect_err("a refusal").code
}

async fn accepted(peer: &mut Peer, publish: Publish) -> u64 {
    let request = publish.request;
    peer.send(ClientFrame::Publish(publish)).await;
    let reply = peer.reply_to::<Published>(request).await;
    reply.expect("a number").0.sequence.value()
}

#[tokio::test]
async fn everyone_gets_the_same_frame_and_the_publisher_its_number() {
    let house = House::open().await;
    let mut ann = house.in_lobby("Ann").await;
    let mut boris = house.in_lobby("Boris").await;
    ann.send(publish(5, b"opaque")).await;
    let (published, _) = ann.reply_to::<Published>(5).await.expect("a number");
    assert_eq!(published.sequence, Sequence::new(1));
    let here = ann.delivery().await;
    let there = boris.delivery().await;
    assert_eq!(here, there);
    assert!(here.time.value() > 1_700_000_000_000);
    assert_eq!(here.channel, ChannelId::main_of(lobby()));
    assert_eq!(here.flags, DeliverFlags::Unstored);
    assert_eq!((here.sender, here.name.as_str()), (ann.member, "Ann"));
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn a_publish_to_where_one_is_not_is_refused() {
    let house = House::open().await;
    let mut peer = house.guest("Ann").await;
    assert_eq!(refused(&mut peer, to_lobby(1)).await, ErrorCode::NotInRoom);
    // Request 0 is answered, too, when it is refused.
    assert_eq!(refused(&mut peer, to_lobby(0)).await, ErrorCode::NotInRoom);
    peer.enter("lobby").await;
    let elsewhere = Publish {
        channel: ChannelId::from_bytes([9; 16]),
        ..to_lobby(2)
    };
    assert_eq!(refused(&mut peer, elsewhere).await, ErrorCode::NotInRoom);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn an_epoch_that_the_room_does_not_have_is_stale() {
    let house = House::open().await;
    let mut peer = house.in_lobby("Ann").await;
    let sealed = Publish {
        epoch: EpochNumber::new(1),
        ..to_lobby(3)
    };
    assert_eq!(refused(&mut peer, sealed).await, ErrorCode::StaleEpoch);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn nothing_is_stored_in_a_room_that_stores_nothing() {
    let house = House::open().await;
    let mut peer = house.in_lobby("Ann").await;
    let stored = Publish {
        flags: PublishFlags::STORED,
        ..to_lobby(4)
    };
    assert_eq!(refused(&mut peer, stored).await, ErrorCode::NotAllowed);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn what_follows_a_refused_publish_is_refused_until_one_that_does_not_follow() {
    let house = House::open().await;
    let mut peer = house.in_lobby("Ann").await;
    let following = |request| Publish {
        flags: PublishFlags::UNSTORED.following(),
        ..to_lobby(request)
    };
    let stale = |request| Publish {
        epoch: EpochNumber::new(1),
        ..following(request)
    };
    assert_eq!(refused(&mut peer, following(1)).await, ErrorCode::OutOfTurn);
    assert_eq!(accepted(&mut peer, to_lobby(2)).await, 1);
    assert_eq!(accepted(&mut peer, following(3)).await, 2);
    assert_eq!(refused(&mut peer, stale(4)).await, ErrorCode::StaleEpoch);
    for request in 5..8 {
        let code = refused(&mut peer, following(request)).await;
        assert_eq!(code, ErrorCode::OutOfTurn);
    }
    // Before the epoch is compared.
    assert_eq!(refused(&mut peer, stale(8)).await, ErrorCode::OutOfTurn);
    assert_eq!(accepted(&mut peer, to_lobby(9)).await, 3);
    assert_eq!(accepted(&mut peer, following(10)).await, 4);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn what_follows_is_a_matter_of_one_channel() {
    let house = House::open().await;
    let mut peer = house.in_lobby("Ann").await;
    peer.enter("attic").await;
    let attic = ChannelId::main_of(RoomId::of_name("attic"));
    let to_attic = |request, epoch| Publish {
        channel: attic,
        epoch: EpochNumber::new(epoch),
        flags: PublishFlags::UNSTORED.following(),
        ..to_lobby(request)
    };
    accepted(&mut peer, to_lobby(1)).await;
    let code = refused(&mut peer, to_attic(2, 0)).await;
    assert_eq!(code, ErrorCode::OutOfTurn);
    let following = Publish {
        flags: PublishFlags::UNSTORED.following(),
        ..to_lobby(3)
    };
    assert_eq!(accepted(&mut peer, following).await, 2);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn what_follows_one_that_was_too_fast_is_refused() {
    let limits = Limits {
        messages: Rate::per_second(1, 1),
        ..generous()
    };
    let house = House::limited(limits).await;
    let mut peer = house.in_lobby("Ann").await;
    let watch = Stopwatch::stop();
    accepted(&mut peer, to_lobby(1)).await;
    let following = |request| Publish {
        flags: PublishFlags::UNSTORED.following(),
        ..to_lobby(request)
    };
    let code = refused(&mut peer, following(2)).await;
    assert_eq!(code, ErrorCode::RateLimited);
    watch.advance(1.5).await;
    assert_eq!(refused(&mut peer, following(3)).await, ErrorCode::OutOfTurn);
    drop(watch);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn the_largest_payload_fits_and_one_byte_more_does_not() {
    let house = House::limited(generous()).await;
    let mut peer = house.in_lobby("Ann").await;
    let largest = FRAME_BYTES - 1 - Deliver::HEAD_BYTES - "Ann".len();
    peer.send(publish(0, &vec![7; largest])).await;
    assert_eq!(peer.delivery().await.payload.len(), largest);
    let above = Publish {
        payload: vec![7; largest + 1].into(),
        ..to_lobby(5)
    };
    assert_eq!(refused(&mut peer, above).await, ErrorCode::TooLarge);
    peer.send(publish(0, b"")).await;
    assert_eq!(peer.delivery().await.payload.len(), 0);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn many_publishers_make_one_order() {
    let house = House::limited(generous()).await;
    let mut peers = Vec::new();
    for name in ["Ann", "Boris", "Chidi", "Dora"] {
        peers.push(house.in_lobby(name).await);
    }
    for round in 0..50 {
        for peer in &mut peers {
            peer.say(&round.to_string()).await;
        }
    }
    let mut heard = Vec::new();
    for peer in &mut peers {
        let mut all = Vec::new();
        for _ in 0..200 {
            all.push(peer.delivery().await);
        }
        heard.push(all);
    }
    assert!(heard.windows(2).all(|pair| pair[0] == pair[1]));
    let numbers = heard[0].iter().map(|deliver| deliver.sequence.value());
    assert!(numbers.eq(1..=200));
    drop(peers);
    house.close().await;
}
