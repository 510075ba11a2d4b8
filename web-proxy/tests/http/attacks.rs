//! Smuggled and slow requests, by raw sockets.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Answer, House, exchange};

async fn send(house: &House, text: &str) -> Vec<u8> {
    let stream = TcpStream::connect(house.proxy).await.expect("a connection");
    exchange(stream, text.as_bytes()).await
}

/// How many answers came on one connection.
fn answers(bytes: &[u8]) -> usize {
    bytes.windows(9).filter(|at| at == b"HTTP/1.1 ").count()
}

#[tokio::test]
async fn smuggled_requests_are_refused_and_end_the_connection() {
    let house = House::open().await;
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let host = house.proxy;
    let length = hidden.len() + 5;
    let cases = [
        (
            "both lengths, encoding last",
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "both lengths, encoding first",
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n{hidden}\r\n0\r\n\r\n"
            ),
        ),
        (
            "an encoding that is not known",
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
        ),
        (
            "two lengths",
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n{hidden}"
            ),
        ),
        (
            "a length with a sign",
            format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +5\r\n\r\n{hidden}"),
        ),
        (
            "a space before the colon",
            format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length : 5\r\n\r\n{hidden}"),
        ),
        (
            "a folded header",
            format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nX: a\r\n Content-Length: 5\r\n\r\n{hidden}"
            ),
        ),
        (
            "bare line feeds",
            format!("GET / HTTP/1.1\nHost: {host}\n\n{hidden}"),
        ),
        (
            "one bare line feed",
            format!("GET / HTTP/1.1\r\nHost: {host}\nX: a\r\n\r\n{hidden}"),
        ),
        (
            "a bare carriage return",
            format!("GET / HTTP/1.1\r\nHost: {host}\rX: a\r\n\r\n{hidden}"),
        ),
        (
            "a NUL",
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: a\0b\r\n\r\n{hidden}"),
        ),
        (
            "an upgrade that is not made",
            format!(
                "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n{hidden}"
            ),
        ),
    ];
    for (what, text) in cases {
        let bytes = send(&house, &text).await;
        assert!(
            answers(&bytes) <= 1,
            "{what}: {}",
            String::from_utf8_lossy(&bytes)
        );
        let is_upgrade = what.starts_with("an upgrade");
        if answers(&bytes) == 1 && !is_upgrade {
            let answer = Answer::parse(&bytes);
            assert_eq!(answer.status, 400, "{what}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn proper_requests_share_a_connection() {
    let house = House::open().await;
    let host = house.proxy;
    let text = format!(
        "GET /a HTTP/1.1\r\nHost: {host}\r\n\r\nPOST /b HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n\r\na\nb\
         GET /c HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(answers(&send(&house, &text).await), 3);
    house.close().await;
}

#[tokio::test]
async fn too_many_and_too_long_headers_are_refused() {
    let house = House::open().await;
    let host = house.proxy;
    let many = "X: y\r\n".repeat(100);
    let answer = send(
        &house,
        &format!("GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n"),
    )
    .await;
    assert_eq!(Answer::parse(&answer).status, 431);
    let long = "y".repeat(64 * 1024);
    let answer = send(
        &house,
        &format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n"),
    )
    .await;
    assert_eq!(Answer::parse(&answer).status, 431);
    house.close().await;
}

/// Virtual time: the clock moves on as soon as nothing else happens.
#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_cut() {
    let house = House::open().await;
    for beginning in ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
        let mut stream = TcpStream::connect(house.proxy).await.expect("a connection");
        stream.write_all(beginning.as_bytes()).await.expect("taken");
        let cut = async {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
        };
        let cut = tokio::time::timeout(Duration::from_secs(600), cut).await;
        assert!(cut.is_ok(), "{beginning:?}");
    }
    house.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut() {
    let house = House::open().await;
    let mut stream = TcpStream::connect(house.proxy).await.expect("a connection");
    let mut written = 0;
    loop {
        // One byte every ten seconds.
        tokio::time::sleep(Duration::from_secs(10)).await;
        let byte = b"GET / HTTP/1.1\r\n"[written];
        if stream.write_all(&[byte]).await.is_err() || stream.read_u8().now_or_none() {
            break;
        }
        written += 1;
        assert!(written < 8, "it goes on and on");
    }
    house.close().await;
}

/// Looks whether the peer has closed, without waiting.
trait NowOrNone {
    fn now_or_none(self) -> bool;
}

impl<F: Future> NowOrNone for F {
    fn now_or_none(self) -> bool {
        let mut future = std::pin::pin!(self);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        future.as_mut().poll(&mut context).is_ready()
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_refused() {
    let house = House::open().await;
    let host = house.proxy;
    let text = format!(
        "POST /api/auth.guest HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: 100\r\n\r\n{{"
    );
    let answer = Answer::parse(&send(&house, &text).await);
    assert_eq!((answer.status, answer.code().as_str()), (400, "malformed"));
    house.close().await;
}
