//! `sealwire listen` while things happen: live, through cuts, and as keys change.

use std::net::SocketAddr;

use sealwire_tests::relay::Relay;
use tokio::net::TcpSocket;

use crate::owners::{House, command::Device, listening::Listening};

/// A place of this machine where nobody listens, and nobody else can as long as it is held.
fn unused() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(any).expect("a free port");
    let address = socket.local_addr().expect("an address");
    (socket, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_during_a_cut_comes_once_and_in_order() {
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let (ada, bob) = (Device::of(house.address), Device::of(relay.address()));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    ada.run(&["send", "bob", "before"]).await.well();
    let mut listening = Listening::start(&bob, &[]);
    assert_eq!(listening.text().await, "before");
    listening.until("caught_up").await;
    ada.run(&["send", "bob", "live"]).await.well();
    assert_eq!(listening.text().await, "live");
    // Nobody listens where it is led to now.
    let (_held, nowhere) = unused();
    relay.retarget(nowhere);
    relay.cut();
    listening.until("lost").await;
    ada.run(&["group", "rekey", "bob"]).await.well();
    ada.run(&["send", "bob", "missed"]).await.well();
    relay.retarget(house.address);
    assert_eq!(listening.text().await, "missed");
    listening.until("caught_up").await;
    ada.run(&["send", "bob", "after"]).await.well();
    assert_eq!(listening.text().await, "after");
    drop(listening);
    relay.stop().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_of_a_member_are_taken_up_by_the_room() {
    let house = House::start().await;
    let (ada, bob) = (Device::of(house.address), Device::of(house.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    ada.run(&["send", "bob", "old keys"]).await.well();
    let mut listening = Listening::start(&bob, &[]);
    assert_eq!(listening.text().await, "old keys");
    ada.run(&["rotate"]).await.well();
    ada.run(&["send", "bob", "new keys"]).await.well();
    assert_eq!(listening.text().await, "new keys");
    ada.run(&["rotate", "--wrap"]).await.well();
    drop(listening);
    bob.run(&["group", "rekey", "ada"]).await.well();
    bob.run(&["send", "ada", "to the new wrap key"])
        .await
        .well();
    let mut listening = Listening::start(&ada, &["--from", "1"]);
    for expected in ["old keys", "new keys", "to the new wrap key"] {
        assert_eq!(listening.text().await, expected);
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_hears_of_it_and_a_newcomer_is_heard() {
    let house = House::start().await;
    let (ada, bob) = (Device::of(house.address), Device::of(house.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    ada.run(&["group", "new", "ops"]).await.well();
    let mut waits = Listening::start(&bob, &[]);
    waits.until("caught_up").await;
    let invited = ada.run(&["group", "invite", "ops", "bob", "--json"]).await;
    assert_eq!(invited.object()["online"], serde_json::json!(true));
    let objects = waits.until("invited").await;
    let invitation = objects.last().expect("an invitation")["invitation"].clone();
    drop(waits);
    let mut adas = Listening::start(&ada, &[]);
    adas.until("caught_up").await;
    let hash = invitation.as_str().expect("a hash");
    bob.run(&["group", "join", hash]).await.well();
    adas.until("committed").await;
    let mine = bob.run(&["group", "--json"]).await.object();
    let room = mine["conversations"][0]["room"].as_str().expect("a room");
    bob.run(&["send", room, "hello"]).await.well();
    assert_eq!(adas.text().await, "hello");
    drop(adas);
    house.stop().await;
}
