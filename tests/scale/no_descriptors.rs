//! More connections than a program has descriptors for: who is in talks on, and so does who comes
//! when there is a place again.

use futures_util::future::join_all;
use sealwire_tests::{
    account::{descriptors, limit_descriptors},
    page::{Path, Session},
    program::Program,
    tiers::{ChatServer, WebProxy, plain_server},
    wire::Wire,
};
use std::net::SocketAddr;

/// Opens connections until the program says that it can take no more.
async fn exhaust(program: &mut Program, address: SocketAddr) -> Vec<Wire> {
    let process = program.process();
    limit_descriptors(process, descriptors(process) + SPARE);
    let crowd = join_all((0..2 * SPARE).map(|_| Wire::connect(address))).await;
    program.says("accept").await;
    crowd
}

#[tokio::test]
async fn a_chat_server_without_descriptors_serves_who_is_in_and_recovers() {
    let (mut server, address) = plain_server(&[]).await;
    let (mut anna, _) = Wire::guest(address, "Anna").await;
    anna.enter("lobby").await;
    let crowd = exhaust(&mut server, address).await;
    anna.publish("lobby", "still here")
        .await
        .expect("a message");
    assert_eq!(anna.deliver().await.payload, "still here");
    drop(crowd);
    let (mut ben, _) = Wire::guest(address, "Ben").await;
    ben.enter("lobby").await;
    ben.publish("lobby", "so am I").await.expect("a message");
    assert_eq!(anna.deliver().await.payload, "so am I");
}

#[tokio::test]
async fn a_proxy_without_descriptors_serves_who_is_in_and_recovers() {
    let server = ChatServer::start().await;
    let mut proxy = WebProxy::start(&server).await;
    let anna = Session::sign_in(proxy.address, "Anna").await;
    let mut anna = anna.enter(Path::Socket, "lobby").await;
    let crowd = exhaust(&mut proxy.program, proxy.address).await;
    anna.say("still here").await.expect("a message");
    assert_eq!(anna.hear().await.text, "still here");
    drop(crowd);
    let ben = Session::sign_in(proxy.address, "Ben").await;
    let mut ben = ben.enter(Path::Posts, "lobby").await;
    ben.say("so am I").await.expect("a message");
    assert_eq!(anna.hear().await.text, "so am I");
}

/// Descriptors that a program has beside those it has open.
const SPARE: usize = 20;
