//! Good frames at the wrong time, twice, or with the wrong fields.

use bytes::Bytes;
use sealwire_tests::{
    tiers::plain_server,
    wire::{Wire, command},
};
use serde_json::{Value, json};
use wire_format::{ClientFrame, CloseCode, CommandFrame, ServerFrame};

async fn refusal(wire: &mut Wire, name: &str, fields: Value) -> String {
    match wire.command(name, fields).await {
        Ok(ok) => panic!("{name} is answered with {ok}"),
        Err((code, _)) => code,
    }
}

fn token() -> String {
    "00".repeat(31) + "01"
}

#[tokio::test]
async fn nothing_but_hello_comes_first() {
    let (_server, address) = plain_server(&[]).await;
    let mut wire = Wire::connect(address).await;
    let guest = json!({"name": "early", "token": token()});
    for (name, fields) in [
        ("rooms.list", json!({})),
        ("rooms.enter", json!({"room": "lobby"})),
        ("auth.logout", json!({})),
        ("keys.announce", json!({})),
    ] {
        assert_eq!(
            refusal(&mut wire, name, fields).await,
            "not_signed_in",
            "{name}"
        );
    }
    let early = refusal(&mut wire, "auth.guest", guest.clone()).await;
    assert_eq!(early, "not_allowed");
    wire.hello().await;
    assert_eq!(
        refusal(&mut wire, "rooms.list", json!({})).await,
        "not_signed_in"
    );
    wire.command("auth.guest", guest.clone())
        .await
        .expect("a free name");
    assert_eq!(
        refusal(&mut wire, "auth.guest", guest).await,
        "already_signed_in"
    );
}

#[tokio::test]
async fn another_version_is_refused_and_the_connection_ends() {
    let (_server, address) = plain_server(&[]).await;
    let mut wire = Wire::connect(address).await;
    let hello = json!({"version": 2, "client": "test/1"});
    assert_eq!(
        refusal(&mut wire, "session.hello", hello).await,
        "unsupported_version"
    );
    assert_eq!(wire.closed().await, Some(CloseCode::Version));
}

#[tokio::test]
async fn headers_that_cannot_be_read_are_answered_and_the_connection_goes_on() {
    let (_server, address) = plain_server(&["--patience=0", "--commands=0"]).await;
    let (mut wire, _) = Wire::guest(address, "somebody").await;
    let deep = "[".repeat(100_000);
    for (header, code) in [
        ("", "malformed"),
        ("null", "malformed"),
        ("[]", "malformed"),
        ("{}", "malformed"),
        ("{\"command\":1}", "malformed"),
        ("{\"command\":\"rooms.list\"", "malformed"),
        ("{\"command\":\"rooms.list\"}{}", "malformed"),
        ("{\"command\":\"rooms.list\",\"more\":1}", "malformed"),
        ("{\"command\":\"rooms.enter\"}", "malformed"),
        ("{\"command\":\"rooms.enter\",\"room\":7}", "malformed"),
        (
            "{\"command\":\"rooms.enter\",\"room\":\"a\",\"room\":\"b\"}",
            "malformed",
        ),
        (
            "{\"command\":\"rooms.exit\",\"room\":\"not an id\"}",
            "malformed",
        ),
        ("{\"command\":\"vault.root\"}", "unknown_command"),
        ("{\"command\":\"\"}", "unknown_command"),
        ("\u{feff}{\"command\":\"rooms.list\"}", "malformed"),
        (deep.as_str(), "malformed"),
    ] {
        let header = Bytes::copy_from_slice(header.as_bytes());
        let answer = wire
            .request(|request| {
                ClientFrame::Command(CommandFrame {
                    request,
                    header: header.clone(),
                    tail: Bytes::new(),
                })
            })
            .await;
        assert_eq!(
            answer.map_err(|(code, _)| code),
            Err(code.to_owned()),
            "{header:?}"
        );
    }
    wire.command("rooms.list", json!({}))
        .await
        .expect("a connection that goes on");
}

#[tokio::test]
async fn a_publish_outside_the_room_or_for_another_epoch_is_refused() {
    let (_server, address) = plain_server(&[]).await;
    let (mut wire, _) = Wire::guest(address, "outsider").await;
    let refused = wire.publish("lobby", "x").await.map_err(|(code, _)| code);
    assert_eq!(refused, Err("not_in_room".to_owned()));
    let entered = wire.enter("lobby").await;
    let refused = wire
        .publish("another room", "x")
        .await
        .map_err(|(code, _)| code);
    assert_eq!(refused, Err("not_in_room".to_owned()));
    wire.publish("lobby", "x")
        .await
        .expect("a member's message");
    wire.command("rooms.exit", json!({"room": entered["id"]}))
        .await
        .expect("a way out");
    let refused = wire.publish("lobby", "x").await.map_err(|(code, _)| code);
    assert_eq!(refused, Err("not_in_room".to_owned()));
}

#[tokio::test]
async fn request_ids_may_repeat_and_each_is_answered_once() {
    let (_server, address) = plain_server(&[]).await;
    let (mut wire, _) = Wire::guest(address, "repeater").await;
    let list = command(7, "rooms.list", json!({}), Bytes::new())
        .encode()
        .stream();
    wire.send(&list).await.expect("an open connection");
    wire.send(&list).await.expect("an open connection");
    for _ in 0..2 {
        let frame = wire.frame().await.expect("an answer");
        assert!(
            matches!(&frame, ServerFrame::Reply(reply) if reply.request == 7),
            "{frame:?}"
        );
    }
}

#[tokio::test]
async fn the_same_token_takes_the_session_over() {
    let (_server, address) = plain_server(&[]).await;
    let guest = json!({"name": "twice", "token": token()});
    let mut first = Wire::connect(address).await;
    first.hello().await;
    first
        .command("auth.guest", guest.clone())
        .await
        .expect("a free name");
    let mut second = Wire::connect(address).await;
    second.hello().await;
    second
        .command("auth.guest", guest)
        .await
        .expect("a session taken over");
    assert_eq!(first.closed().await, Some(CloseCode::Replaced));
    second
        .command("rooms.list", json!({}))
        .await
        .expect("the session");
}

#[tokio::test]
async fn a_proof_is_asked_of_proxies() {
    let (_server, address) = plain_server(&[]).await;
    let mut wire = Wire::connect(address).await;
    wire.hello().await;
    let carry = json!({"address": "192.0.2.7", "proof": "00".repeat(32)});
    assert_eq!(
        refusal(&mut wire, "session.carry", carry).await,
        "not_allowed"
    );
}
