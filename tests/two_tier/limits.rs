//! Floods, and who chats on.

use http::header::RETRY_AFTER;
use sealwire_tests::{
    page::{Path, Response, Session},
    tiers::{ChatServer, WebProxy, plain_server},
    wire::Wire,
};
use serde_json::json;
use wire_format::CloseCode;

fn waits(response: &Response) -> bool {
    let after = response
        .headers
        .get(RETRY_AFTER)
        .and_then(|after| after.to_str().ok()?.parse::<u64>().ok());
    response.status.as_u16() == 429 && after.is_some_and(|seconds| seconds >= 1)
}

#[tokio::test]
async fn a_flood_of_messages_is_told_to_wait_while_another_address_chats_on() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start_as(&server, &["--message-rate=5/h"]).await;
    let flooder = Session::sign_in(proxy.address, "flooder").await;
    let mut flooder = flooder.enter(Path::Posts, "lobby").await;
    let ben = Session::try_sign_in("127.0.0.2", proxy.address, "Ben")
        .await
        .expect("another address");
    let mut ben = ben.enter(Path::Posts, "lobby").await;
    let mut refused = None;
    for number in 0..200 {
        let response = flooder.post_text(&format!("flood {number}")).await;
        if !response.status.is_success() {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("a limit");
    assert!(waits(&refused), "{refused:?}");
    ben.say("all is well here")
        .await
        .expect("another session's message");
    while ben.hear().await.text != "all is well here" {}
    assert!(waits(&flooder.post_text("still too fast").await));
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_told_to_wait_while_another_address_signs_in() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start_as(&server, &["--sign-in-rate=5/m"]).await;
    let mut sessions = Vec::new();
    let refused = loop {
        let name = format!("guest {}", sessions.len());
        match Session::try_sign_in("127.0.0.1", proxy.address, &name).await {
            Ok(session) => sessions.push(session),
            Err(response) => break response,
        }
        assert!(sessions.len() < 50, "no limit");
    };
    assert!(waits(&refused), "{refused:?}");
    let other = Session::try_sign_in("127.0.0.2", proxy.address, "somebody else").await;
    other
        .expect("another address")
        .enter(Path::Posts, "lobby")
        .await;
}

#[tokio::test]
async fn a_flood_of_requests_is_told_to_wait() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start_as(&server, &["--command-rate=5/h"]).await;
    let session = Session::sign_in(proxy.address, "curious").await;
    let mut refused = None;
    for _ in 0..100 {
        let response = session.post("rooms.list", json!({})).await;
        if !response.status.is_success() {
            refused = Some(response);
            break;
        }
    }
    assert!(waits(&refused.expect("a limit")));
}

#[tokio::test]
async fn the_chat_server_has_limits_of_its_own() {
    let (_server, address) = plain_server(&["--messages=5/m", "--patience=0/s"]).await;
    let (mut flooder, _) = Wire::guest(address, "flooder").await;
    flooder.enter("lobby").await;
    let (mut ben, _) = Wire::guest(address, "Ben").await;
    ben.enter("lobby").await;
    let refusal = loop {
        if let Err(refusal) = flooder.publish("lobby", "flood").await {
            break refusal;
        }
    };
    assert_eq!(refusal.0, "rate_limited");
    assert!(refusal.1.is_some_and(|wait| wait > 0));
    ben.publish("lobby", "all is well here")
        .await
        .expect("another connection's message");
}

#[tokio::test]
async fn who_goes_on_regardless_is_cut_and_nobody_else() {
    let (_server, address) = plain_server(&["--messages=5/s", "--patience=1/s:20"]).await;
    let (mut flooder, _) = Wire::guest(address, "flooder").await;
    flooder.enter("lobby").await;
    let (mut ben, _) = Wire::guest(address, "Ben").await;
    ben.enter("lobby").await;
    let frame = sealwire_tests::wire::publish(9, "lobby", "flood".into())
        .encode()
        .stream();
    for _ in 0..2_000 {
        if flooder.send(&frame).await.is_err() {
            break;
        }
    }
    assert_eq!(flooder.closed().await, Some(CloseCode::Flood));
    ben.publish("lobby", "all is well here")
        .await
        .expect("another connection's message");
}
