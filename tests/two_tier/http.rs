//! Smuggled, foreign and broken HTTP.

use std::net::SocketAddr;

use sealwire_tests::{
    page::{Path, Session},
    program::PATIENCE,
    tiers::{ChatServer, WebProxy},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, timeout},
};

/// Sends bytes and gives what comes back, up to the end or to a second of silence.
async fn raw(proxy: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(proxy)
        .await
        .expect("a proxy that listens");
    let request = request.replace("HOST", &proxy.to_string());
    // A proxy that has refused already does not read on.
    let _ = stream.write_all(request.as_bytes()).await;
    let (mut answer, mut patience) = (Vec::new(), PATIENCE);
    while let Ok(Ok(1..)) = timeout(patience, stream.read_buf(&mut answer)).await {
        patience = Duration::from_secs(1);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn statuses(answer: &str) -> Vec<u16> {
    let lines = answer.split("HTTP/1.1 ").skip(1);
    lines
        .filter_map(|line| line.get(..3)?.parse().ok())
        .collect()
}

#[tokio::test]
async fn a_smuggled_request_is_never_answered() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start(&server).await;
    let inner = "GET /api/session HTTP/1.1\r\nHost: HOST\r\n\r\n";
    let length = inner.replace("HOST", &proxy.address.to_string()).len();
    let cases = [
        (
            "CL.TE",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
                length + 5
            ),
        ),
        (
            "TE.CL",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{inner}"
            ),
        ),
        (
            "two lengths",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nContent-Length: {length}\r\n\r\n{inner}"
            ),
        ),
        (
            "an obscured encoding",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{inner}"
            ),
        ),
        (
            "a space before the colon",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nContent-Length : {length}\r\n\r\n{inner}"
            ),
        ),
        (
            "a folded header",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nContent-Length:\r\n {length}\r\n\r\n{inner}"
            ),
        ),
        (
            "a signed length",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nContent-Length: +{length}\r\n\r\n{inner}"
            ),
        ),
        (
            "a chunk size that overflows",
            format!(
                "POST /api/rooms.list HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\n{inner}"
            ),
        ),
    ];
    for (name, request) in cases {
        let found = statuses(&raw(proxy.address, &request).await);
        // One refusal, or one refusal and a request that was sent in the open: never a success.
        assert!(
            found.len() <= 2 && found.iter().all(|status| (400..500).contains(status)),
            "{name}: {found:?}"
        );
        assert!(!found.is_empty(), "{name}: no answer");
    }
}

#[tokio::test]
async fn broken_requests_are_refused_and_others_are_served() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start(&server).await;
    let huge = format!(
        "GET / HTTP/1.1\r\nHost: HOST\r\nX-Long: {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: HOST\r\n{}\r\n",
        "X-More: x\r\n".repeat(5_000)
    );
    let cases = [
        "\0\0\0\x20\x01 no HTTP at all\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: HOST\r\n\r\n",
        "GET /../../etc/passwd HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET /app/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n",
        "POST /api/auth.guest HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        huge.as_str(),
        many.as_str(),
    ];
    for request in cases {
        let answer = raw(proxy.address, request).await;
        assert!(!answer.contains("root:"), "{request:.60}");
        let found = statuses(&answer);
        assert!(
            found
                .iter()
                .all(|status| (400..600).contains(status) || request.contains("other.example")),
            "{request:.60}: {found:?}"
        );
    }
    let mut anna = Session::sign_in(proxy.address, "Anna")
        .await
        .enter(Path::Socket, "lobby")
        .await;
    anna.say("undisturbed").await.expect("a message");
    let printed = proxy.program.printed();
    assert!(!printed.contains("panicked"), "{printed}");
}

#[tokio::test]
async fn another_origin_is_refused_everywhere() {
    let server = ChatServer::start().await;
    let proxy = WebProxy::start(&server).await;
    let session = Session::sign_in(proxy.address, "Anna").await;
    let cookie = session.secret();
    for origin in [
        "http://evil.example",
        "null",
        "http://localhost.evil.example",
    ] {
        let head = format!("Host: HOST\r\nOrigin: {origin}\r\nCookie: sealwire={cookie}\r\n");
        for request in [
            format!(
                "POST /api/auth.logout HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
            ),
            format!(
                "POST /api/auth.guest HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 14\r\nConnection: close\r\n\r\n{{\"name\":\"Ben\"}}"
            ),
            format!(
                "GET /api/socket HTTP/1.1\r\n{head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2VhbHdpcmUgdGVzdCBrZXk=\r\nSec-WebSocket-Protocol: sealwire.v1\r\n\r\n"
            ),
        ] {
            let found = statuses(&raw(proxy.address, &request).await);
            assert_eq!(found, [403], "{request}");
        }
    }
    assert!(session.get("/api/session").await.status.is_success());
}
