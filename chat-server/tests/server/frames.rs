//! Section 2: frames of every unpleasant kind.

use bytes::Bytes;
use wire_format::{
    ClientFrame, CloseCode, ErrorCode, ServerFrame,
    command::{auth::Guest, rooms::List},
    limits::{FRAME_BYTES, FRAME_BYTES_BEFORE_SIGN_IN, HEADER_BYTES},
};

use crate::support::{House, publish, token};

/// A frame with this kind and body.
fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(1 + body.len()).expect("a short body");
    [&length.to_be_bytes()[..], &[kind], body].concat()
}

#[tokio::test]
async fn frames_that_break_the_layout_end_the_connection() {
    let house = House::open().await;
    let onlooker = house.in_lobby("onlooker").await;
    let mut command_with_long_header = vec![0; 4];
    command_with_long_header.extend(9_u32.to_be_bytes());
    let broken: Vec<(&str, Vec<u8>)> = vec![
        ("no kind", vec![0, 0, 0, 0]),
        ("unknown kind", frame(0x09, b"")),
        ("kind zero", frame(0x00, b"")),
        ("a reply to the server", frame(0x02, &[0; 8])),
        ("an event to the server", frame(0x03, &[0; 4])),
        ("a deliver to the server", frame(0x05, &[0; 50])),
        ("an empty command", frame(0x01, b"")),
        ("a command without header length", frame(0x01, &[0; 7])),
        (
            "a header longer than the frame",
            frame(0x01, &command_with_long_header),
        ),
        ("a publish cut short", frame(0x04, &[0; 28])),
        (
            "unknown publish flags",
            frame(0x04, &[&[0; 28][..], &[4]].concat()),
        ),
        ("a short ping", frame(0x06, &[0; 7])),
        ("a long ping", frame(0x06, &[0; 9])),
        ("a short pong", frame(0x07, b"")),
        ("a close without code", frame(0x08, &[0])),
        ("a close that is not text", frame(0x08, &[0, 1, 0xff])),
    ];
    for (what, bytes) in broken {
        for signed_in in [false, true] {
            let mut peer = if signed_in {
                house.guest("breaker").await
            } else {
                house.connect().await
            };
            peer.write(&bytes).await;
            assert_eq!(peer.closed().await, CloseCode::Protocol, "{what}");
            drop(peer);
            house.has_sessions(1).await;
        }
    }
    drop(onlooker);
    house.empties().await;
    house.close().await;
}

#[tokio::test]
async fn lengths_above_the_limit_are_refused_before_anything_is_read() {
    let house = House::open().await;
    for length in [
        u32::MAX,
        100 * 1024 * 1024,
        u32::try_from(FRAME_BYTES_BEFORE_SIGN_IN + 1).expect("small"),
    ] {
        let mut peer = house.connect().await;
        peer.write(&length.to_be_bytes()).await;
        assert_eq!(peer.closed().await, CloseCode::TooLarge);
    }
    let mut peer = house.guest("large").await;
    let above = u32::try_from(FRAME_BYTES + 1).expect("small");
    peer.write(&above.to_be_bytes()).await;
    assert_eq!(peer.closed().await, CloseCode::TooLarge);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_flood_behind_a_refused_length_still_gets_the_close_frame() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    peer.write(&u32::MAX.to_be_bytes()).await;
    peer.try_write(&vec![0xaa; 3 * 1024 * 1024]).await;
    assert_eq!(peer.closed().await, CloseCode::TooLarge);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn the_largest_frame_before_sign_in_is_read() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    let header_length = FRAME_BYTES_BEFORE_SIGN_IN - 1 - 8;
    let header = format!("{:<header_length$}", "{\"command\":\"tea.ready\"}");
    assert_eq!(
        peer.refused_header(header.as_bytes()).await,
        ErrorCode::UnknownCommand
    );
    peer.hello().await;
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_header_above_its_limit_ends_the_connection() {
    let house = House::open().await;
    let mut peer = house.guest("header").await;
    peer.send_header(1, &vec![b' '; HEADER_BYTES + 1]).await;
    assert_eq!(peer.closed().await, CloseCode::TooLarge);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn bad_headers_are_answered_and_the_connection_goes_on() {
    let house = House::open().await;
    let mut peer = house.guest("headers").await;
    for bad in [
        "",
        "null",
        "[]",
        "{}",
        "{\"command\":7}",
        "{\"command\":\"rooms.list\",\"extra\":1}",
        "{\"command\":\"rooms.open\"}",
        "{\"command\":\"rooms.open\",\"room\":7}",
        "{\"command\":\"rooms.open\",\"room\":\"a\",\"room\":\"b\"}",
        "{\"command\":\"rooms.list\"} trailing",
        "{\"command\":\"rooms.exit\",\"room\":\"zz\"}",
        "\u{feff}{\"command\":\"rooms.list\"}",
    ] {
        let code = peer.refused_header(bad.as_bytes()).await;
        assert_eq!(code, ErrorCode::Malformed, "{bad}");
    }
    assert_eq!(peer.refused_header(&[0xff]).await, ErrorCode::Malformed);
    let deep = "[".repeat(100_000);
    assert_eq!(
        peer.refused_header(deep.as_bytes()).await,
        ErrorCode::Malformed
    );
    assert_eq!(
        peer.refused_header(b"{\"command\":\"rooms.explode\"}")
            .await,
        ErrorCode::UnknownCommand
    );
    let listed = peer.call(&List {}, Bytes::new()).await;
    assert_eq!(listed.expect("a list").0.rooms.len(), 1);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_tail_where_none_belongs_is_refused() {
    let house = House::open().await;
    let mut peer = house.guest("tail").await;
    let refusal = peer.call(&List {}, Bytes::from_static(b"x")).await;
    assert_eq!(refusal.expect_err("a tail").code, ErrorCode::Malformed);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn bytes_may_drip() {
    let house = House::open().await;
    let mut writer = house.in_lobby("dripper").await;
    let mut reader = house.in_lobby("reader").await;
    for byte in publish(0, b"drip").encode().stream() {
        writer.write(&[byte]).await;
        tokio::task::yield_now().await;
    }
    reader.hears("drip").await;
    drop((writer, reader));
    house.close().await;
}

#[tokio::test]
async fn frames_may_come_in_one_piece() {
    let house = House::open().await;
    let mut peer = house.in_lobby("batch").await;
    let batch: Vec<u8> = (1..=50)
        .flat_map(|request| publish(request, b"one of many").encode().stream())
        .collect();
    peer.write(&batch).await;
    let (mut replies, mut deliveries) = (0, 0);
    while replies + deliveries < 100 {
        match peer.next().await {
            Some(ServerFrame::Reply(_)) => replies += 1,
            Some(ServerFrame::Deliver(_)) => deliveries += 1,
            other => panic!("unexpected: {other:?}"),
        }
    }
    assert_eq!((replies, deliveries), (50, 50));
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_ping_is_answered_with_its_own_bytes() {
    let house = House::open().await;
    let mut peer = house.connect().await;
    peer.send(ClientFrame::Ping(*b"8 bytes!")).await;
    assert_eq!(peer.next().await, Some(ServerFrame::Pong(*b"8 bytes!")));
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_half_closed_connection_ends() {
    use tokio::io::AsyncWriteExt as _;

    let house = House::open().await;
    let mut stream = tokio::net::TcpStream::connect(house.address)
        .await
        .expect("a socket");
    stream.shutdown().await.expect("half a socket");
    let mut peer = crate::support::Peer::over(stream);
    assert_eq!(peer.next().await, None);
    drop(peer);
    house.empties().await;
    house.close().await;
}

#[tokio::test]
async fn a_connection_that_ends_inside_a_frame_leaves_nothing() {
    let house = House::open().await;
    let guest = Guest {
        name: "cut short".into(),
        token: Some(token()),
    };
    let mut peer = house.greeted().await;
    let frame = wire_format::CommandFrame::new(5, &guest, Bytes::new());
    let bytes = ClientFrame::Command(frame).encode().stream();
    peer.write(&bytes[..bytes.len() - 1]).await;
    peer.vanish();
    house.empties().await;
    house.close().await;
}
