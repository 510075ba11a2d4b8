//! Section 5: from publish to deliver.

use bytes::Bytes;
use wire_format::{
    ChannelId, ClientFrame, Deliver, DeliverFlags, EpochNumber, ErrorCode, Publish, PublishFlags,
    Sequence, limits::FRAME_BYTES,
};

use crate::support::{House, Peer, generous, lobby, publish};

#[derive(Debug, serde::Deserialize)]
struct Published {
    sequence: Sequence,
}

fn to_lobby(request: u32) -> Publish {
    Publish {
        request,
        channel: ChannelId::main_of(lobby()),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::Unstored,
        payload: Bytes::from_static(b"payload"),
    }
}

async fn refused(peer: &mut Peer, publish: Publish) -> ErrorCode {
    let request = publish.request;
    peer.send(ClientFrame::Publish(publish)).await;
    let reply = peer.reply_to::<Published>(request).await;
    reply.expect_err("a refusal").code
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
        flags: PublishFlags::Stored,
        ..to_lobby(4)
    };
    assert_eq!(refused(&mut peer, stored).await, ErrorCode::NotAllowed);
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
