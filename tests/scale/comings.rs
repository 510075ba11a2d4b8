//! Thousands who come and go without a goodbye leave nothing behind.

use std::net::SocketAddr;

use futures_util::future::join_all;
use sealwire_tests::{
    account::{Figures, descriptors, resident_bytes, until},
    page::{Path, Session},
    tiers::{ChatServer, WebProxy, plain_server},
    wire::Wire,
};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

const CONNECTIONS: usize = 10_000;
const AT_ONCE: usize = 100;

#[tokio::test]
async fn ten_thousand_connections_that_are_dropped_leave_nothing_behind() {
    let (mut program, address) = plain_server(&["--admin=127.0.0.1:0"]).await;
    let figures = Figures::of(&mut program).await;
    let process = program.process();
    come_and_go(address, "first", 0..AT_ONCE).await;
    until("nobody is left", async || {
        figures.value(CONNECTED).await == 0
    })
    .await;
    let before = descriptors(process);
    let mut resident = Vec::new();
    for round in ["one", "two"] {
        for from in (0..CONNECTIONS).step_by(AT_ONCE) {
            come_and_go(address, round, from..from + AT_ONCE).await;
        }
        until("nobody is left", async || {
            figures.value(CONNECTED).await == 0
        })
        .await;
        until("no descriptor is left", async || {
            descriptors(process) <= before
        })
        .await;
        assert_eq!(figures.value(SESSIONS_NOW).await, 0);
        resident.push(resident_bytes(process));
        // The names are free, and whoever comes now talks at once.
        let (mut wire, _) = Wire::guest(address, &name(round, 2)).await;
        wire.enter("lobby").await;
        wire.publish("lobby", "hello").await.expect("a message");
        assert_eq!(wire.deliver().await.payload, "hello");
        for number in [3, CONNECTIONS - 2, CONNECTIONS - 1] {
            Wire::guest(address, &name(round, number)).await;
        }
    }
    assert!(
        resident[1] <= resident[0] + KEPT_BYTES,
        "resident after each round: {resident:?}"
    );
}

/// Brings these connections as far as each comes, and drops them.
async fn come_and_go(address: SocketAddr, round: &str, numbers: std::ops::Range<usize>) {
    join_all(numbers.map(|number| async move {
        // Many source addresses: the ports of closed connections stay taken for a while.
        let source = format!("127.0.1.{}:0", 1 + number / AT_ONCE % 100);
        let mut wire = Wire::connect_from(&source, address).await;
        match number % 4 {
            0 => {}
            1 => wire.send(&HALF_A_FRAME).await.expect("an open connection"),
            stage => {
                wire.sign_in(&name(round, number))
                    .await
                    .expect("a free name");
                if stage == 3 {
                    wire.enter("lobby").await;
                }
            }
        }
        if number / 4 % 2 == 0 {
            wire.vanish();
        }
    }))
    .await;
}

fn name(round: &str, number: usize) -> String {
    format!("{round} {number}")
}

#[tokio::test]
async fn five_hundred_websockets_that_are_dropped_leave_no_session_and_no_descriptor() {
    let mut server = ChatServer::start_with(&["--admin=127.0.0.1:0"], &[]).await;
    let of_server = Figures::of(&mut server.program).await;
    let arguments = ["--admin=127.0.0.1:0", "--command-rate=10000/s"];
    let mut proxy = WebProxy::start_as(&server, &arguments).await;
    let of_proxy = Figures::of(&mut proxy.program).await;
    let processes = [server.program.process(), proxy.program.process()];
    let mut before = None;
    // The first round is not counted: it brings what the programs open once.
    for rounds in [1, SOCKETS / SESSIONS / SOCKETS_AT_ONCE] {
        let mut sessions = Vec::new();
        for number in 0..SESSIONS {
            sessions.push(Session::sign_in(proxy.address, &format!("page {number}")).await);
        }
        for _ in 0..rounds {
            join_all(sessions.iter().map(open_and_drop)).await;
            until("no stream is left", async || {
                of_proxy.value(STREAMS).await == 0
            })
            .await;
        }
        for session in &sessions {
            assert!(
                session
                    .post("auth.logout", json!({}))
                    .await
                    .status
                    .is_success()
            );
        }
        until("no session is left", async || {
            of_proxy.value("sealwire_proxy_sessions").await == 0
        })
        .await;
        until("nobody is left", async || {
            of_server.value(CONNECTED).await == 0
        })
        .await;
        let now = processes.map(descriptors);
        let allowed = *before.get_or_insert(now);
        until("no descriptor is left", async || {
            let now = processes.map(descriptors);
            now[0] <= allowed[0] && now[1] <= allowed[1]
        })
        .await;
    }
    let mut page = Session::sign_in(proxy.address, "page 0")
        .await
        .enter(Path::Socket, "lobby")
        .await;
    page.say("hello").await.expect("a message");
    assert_eq!(page.hear().await.text, "hello");
}

/// One upgrade that breaks off, sockets that are dropped at once, and one that is in a room.
async fn open_and_drop(session: &Session) {
    let mut half = TcpStream::connect(session.proxy())
        .await
        .expect("a proxy that listens");
    let request = b"GET /api/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: webs";
    half.write_all(request).await.expect("an open connection");
    let silent = join_all((2..SOCKETS_AT_ONCE).map(|_| session.open(Path::Socket, "lobby"))).await;
    let _entered = session.enter(Path::Socket, "lobby").await;
    drop(silent);
}

const SOCKETS: usize = 500;
const SESSIONS: usize = 5;
/// One of them only half a request; a session may have 8 streams.
const SOCKETS_AT_ONCE: usize = 5;

/// What a server may have grown by that did the same once more: pages that the allocator keeps.
const KEPT_BYTES: u64 = 4 * 1024 * 1024;
/// A length of 64, and then three bytes.
const HALF_A_FRAME: [u8; 7] = [0, 0, 0, 64, 1, 0, 0];
const CONNECTED: &str = "sealwire_server_connections";
const SESSIONS_NOW: &str = "sealwire_server_sessions";
const STREAMS: &str = "sealwire_proxy_streams{kind=\"socket\"}";
