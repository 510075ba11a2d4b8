//! Stopping under load.

use std::time::Duration;

use chat_server::{Outcome, Server, Settings};
use tokio_util::sync::CancellationToken;
use wire_format::{CloseCode, Event, ServerFrame};

use crate::support::{House, Peer, generous};

#[tokio::test]
async fn everybody_is_told_to_resume_after_what_was_said() {
    let settings = Settings {
        limits: generous(),
        ..Settings::default()
    };
    let server = Server::bind(settings).await.expect("a server");
    let address = server.local_addr();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.serve(stop.clone(), Duration::from_secs(10)));
    let mut peers = Vec::new();
    for name in ["Ann", "Boris", "Chidi"] {
        let stream = tokio::net::TcpStream::connect(address).await;
        let mut peer = Peer::over(stream.expect("a socket"));
        peer.hello().await;
        peer.sign_in(name, crate::support::token())
            .await
            .expect("a name");
        peer.enter("lobby").await;
        peers.push(peer);
    }
    for number in 0..100 {
        peers[0].say(&number.to_string()).await;
    }
    peers[0].hears("0").await;
    stop.cancel();
    for peer in &mut peers {
        let mut told = false;
        loop {
            match peer.next().await {
                Some(ServerFrame::Event(frame)) => {
                    told |= matches!(frame.event(), Ok(Event::SessionResume { .. }));
                }
                Some(ServerFrame::Close(close)) => {
                    assert_eq!(close.code, CloseCode::Resume);
                    break;
                }
                Some(_) => {}
                None => panic!("no close frame"),
            }
        }
        assert!(told);
    }
    drop(peers);
    let outcome = serving.await.expect("an outcome");
    let clean = Outcome {
        told: 3,
        dropped: 0,
        tasks_left: 0,
        sessions_left: 0,
    };
    assert_eq!(outcome, clean);
    assert!(outcome.is_clean());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn who_does_not_go_is_dropped_after_the_grace_period() {
    let server = Server::bind(Settings::default()).await.expect("a server");
    let running = server.start();
    let stream = tokio::net::TcpStream::connect(running.local_addr()).await;
    let mut peer = Peer::over(stream.expect("a socket"));
    peer.hello().await;
    let outcome = running.shutdown(Duration::ZERO).await;
    assert_eq!((outcome.told, outcome.dropped), (1, 1));
    assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
    drop(peer);
}

#[tokio::test]
async fn an_empty_server_stops_at_once() {
    let house = House::open().await;
    house.close().await;
}
