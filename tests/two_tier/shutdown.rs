//! Stopping under load: everyone is told, everything is drained, and a second signal is obeyed.

use sealwire_tests::{
    page::{Path, Session},
    program::Signal,
    tiers::{ChatServer, WebProxy, plain_server},
    wire::Wire,
};
use wire_format::{CloseCode, Event, ServerFrame};

use crate::house::guest;

/// Talks until the connection ends; gives whether it was told to resume and the close code.
async fn talk_on(mut wire: Wire) -> (bool, Option<CloseCode>) {
    let publish = sealwire_tests::wire::publish(1, "lobby", vec![7; 200].into())
        .encode()
        .stream();
    let (mut told, mut code) = (false, None);
    wire.send(&publish).await.ok();
    while let Some(frame) = wire.frame().await {
        match frame {
            ServerFrame::Deliver(_) if !told => drop(wire.send(&publish).await),
            ServerFrame::Event(frame) => {
                told |= matches!(frame.event(), Ok(Event::SessionResume { .. }))
            }
            ServerFrame::Close(close) => code = Some(close.code),
            _ => {}
        }
    }
    (told, code)
}

#[tokio::test]
async fn a_chat_server_that_stops_under_load_tells_everyone_and_exits_with_0() {
    let (mut program, address) = plain_server(&["--messages=200/s", "--patience=0"]).await;
    let mut talks = Vec::new();
    for number in 0..20 {
        let (mut wire, _) = Wire::guest(address, &format!("talker {number}")).await;
        wire.enter("lobby").await;
        talks.push(tokio::spawn(talk_on(wire)));
    }
    let (mut watcher, _) = Wire::guest(address, "watcher").await;
    watcher.enter("lobby").await;
    for _ in 0..200 {
        watcher.deliver().await;
    }
    program.signal(Signal::Term);
    drop(watcher);
    for talk in talks {
        assert_eq!(talk.await.expect("a talk"), (true, Some(CloseCode::Resume)));
    }
    assert!(program.wait().success(), "{}", program.printed());
}

#[tokio::test]
async fn a_proxy_that_stops_under_load_tells_every_page_and_exits_with_0() {
    let server = ChatServer::start_with(&["--messages=0"], &[]).await;
    let mut proxy = WebProxy::start_as(&server, &["--message-rate=1000/s"]).await;
    let mut talks = Vec::new();
    for (number, path) in [Path::Socket, Path::Posts]
        .into_iter()
        .cycle()
        .take(8)
        .enumerate()
    {
        let session = Session::sign_in(proxy.address, &format!("talker {number}")).await;
        let mut talk = session.enter(path, "lobby").await;
        talk.say("one").await.expect("a message");
        talks.push(tokio::spawn(async move {
            let (mut told, mut code) = (false, None);
            while let Some(frame) = talk.next().await {
                match frame {
                    ServerFrame::Event(frame) => {
                        told |= matches!(frame.event(), Ok(Event::SessionResume { .. }))
                    }
                    ServerFrame::Close(close) => code = Some(close.code),
                    _ => {}
                }
            }
            (told, code)
        }));
    }
    proxy.program.signal(Signal::Term);
    for talk in talks {
        let (told, code) = talk.await.expect("a talk");
        assert!(told, "told to resume");
        assert_eq!(code, Some(CloseCode::Resume));
    }
    assert!(
        proxy.program.wait().success(),
        "{}",
        proxy.program.printed()
    );
    // Its sessions left the chat-server cleanly: their names are free.
    let other = WebProxy::start(&server).await;
    Session::sign_in(other.address, "talker 0").await;
}

#[tokio::test]
async fn a_second_signal_ends_a_chat_server_at_once() {
    let (mut program, address) = plain_server(&["--grace-seconds=3600"]).await;
    let (mut clinging, _) = Wire::guest(address, "clinging").await;
    clinging.enter("lobby").await;
    // Far more than the system buffers, so that the drain cannot end: nobody reads.
    let payload = sealwire_tests::wire::publish(1, "lobby", vec![7; 500_000].into())
        .encode()
        .stream();
    for _ in 0..7 {
        clinging.send(&payload).await.expect("an open connection");
    }
    program.signal(Signal::Term);
    program.says("stopping").await;
    program.signal(Signal::Term);
    let status = program.wait();
    assert!(!status.success(), "{status}");
}

#[tokio::test]
async fn a_second_signal_ends_a_proxy_at_once() {
    let server = ChatServer::start().await;
    let mut proxy = WebProxy::start_as(&server, &["--grace=3600"]).await;
    // A request that never ends keeps the drain waiting.
    let mut half = Wire::connect(proxy.address).await;
    half.send(b"POST /api/auth.guest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
        .await
        .expect("an open connection");
    let _anna = guest(&proxy, "Anna", Path::Socket).await;
    proxy.program.signal(Signal::Term);
    proxy.program.says("stopping").await;
    proxy.program.signal(Signal::Term);
    proxy.program.wait();
}
