//! WebSockets and Server-Sent Events.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest},
};
use wire_format::{
    ChannelId, ClearMessage, ClientFrame, CloseCode, CommandFrame, Content, EpochNumber, Event,
    MessageId, OpenedMessage, Publish, PublishFlags, RawFrame, RoomId, ServerFrame,
    command::{
        auth::Logout,
        rooms::{Enter, List},
    },
};

use crate::harness::House;

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn try_socket(house: &House, cookie: &str, origin: &str) -> Result<Socket, u16> {
    let mut request = format!("ws://{}/api/socket", house.proxy)
        .into_client_request()
        .expect("a request");
    let headers = request.headers_mut();
    headers.insert("cookie", cookie.parse().expect("a cookie"));
    headers.insert("origin", origin.parse().expect("an origin"));
    headers.insert(
        "sec-websocket-protocol",
        "sealwire.v1".parse().expect("a protocol"),
    );
    let stream = TcpStream::connect(house.proxy).await.expect("a connection");
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, response)) => {
            assert_eq!(response.headers()["sec-websocket-protocol"], "sealwire.v1");
            Ok(socket)
        }
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) async fn socket(house: &House, cookie: &str) -> Socket {
    let origin = format!("http://{}", house.proxy);
    try_socket(house, cookie, &origin)
        .await
        .expect("an upgrade")
}

pub(crate) async fn send(socket: &mut Socket, frame: ClientFrame) {
    socket
        .send(Message::Binary(frame.encode().message()))
        .await
        .expect("an open socket");
}

pub(crate) fn read(message: Bytes) -> ServerFrame {
    ServerFrame::parse(RawFrame::from_message(message).expect("a frame")).expect("a server's frame")
}

pub(crate) async fn next(socket: &mut Socket) -> ServerFrame {
    match socket.next().await.expect("an open socket") {
        Ok(Message::Binary(message)) => read(message),
        other => panic!("{other:?}"),
    }
}

/// The next frame that `find` finds something in.
pub(crate) async fn find<T>(
    socket: &mut Socket,
    mut find: impl FnMut(ServerFrame) -> Option<T>,
) -> T {
    loop {
        if let Some(found) = find(next(socket).await) {
            return found;
        }
    }
}

pub(crate) fn command<O: wire_format::command::Operation>(
    request: u32,
    operation: &O,
) -> ClientFrame {
    ClientFrame::Command(CommandFrame::new(request, operation, Bytes::new()))
}

pub(crate) fn lobby() -> RoomId {
    RoomId::of_name("lobby")
}

pub(crate) fn publish(request: u32, text: &str) -> ClientFrame {
    let clear = ClearMessage {
        message: MessageId::from_bytes(rand::random()),
        content: Content::encode_text(text).expect("a text").into(),
    };
    ClientFrame::Publish(Publish {
        request,
        channel: ChannelId::main_of(lobby()),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::UNSTORED,
        payload: clear.encode(),
    })
}

pub(crate) fn text_of(frame: ServerFrame) -> Option<String> {
    let ServerFrame::Deliver(deliver) = frame else {
        return None;
    };
    let opened = OpenedMessage::parse(deliver.payload).expect("an opened message");
    match Content::parse(&opened.content) {
        Ok(Content::Text(text)) => Some(text),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn is_keyed(frame: ServerFrame) -> Option<()> {
    let ServerFrame::Event(event) = frame else {
        return None;
    };
    matches!(event.event(), Ok(Event::RoomKeyed { .. })).then_some(())
}

pub(crate) async fn in_lobby(house: &House, cookie: &str) -> Socket {
    let mut socket = socket(house, cookie).await;
    let room = "lobby".to_owned();
    send(&mut socket, command(1, &Enter { room, resume: None })).await;
    find(&mut socket, is_keyed).await;
    socket
}

#[tokio::test]
async fn two_pages_talk() {
    let house = House::open().await;
    let (ada, bob) = (house.sign_in("ada").await, house.sign_in("bob").await);
    let mut ada = in_lobby(&house, &ada).await;
    let mut bob = in_lobby(&house, &bob).await;
    let text = "12:30 <script>alert(1)</script> \u{202e}\u{1f9ed}";
    send(&mut ada, publish(2, text)).await;
    assert_eq!(find(&mut ada, text_of).await, text);
    assert_eq!(find(&mut bob, text_of).await, text);
    send(&mut bob, publish(2, "exit")).await;
    assert_eq!(find(&mut ada, text_of).await, "exit");
    house.close().await;
}

#[tokio::test]
async fn a_page_that_comes_back_gets_the_rest_once() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let mut first = in_lobby(&house, &cookie).await;
    for text in ["one", "two", "three"] {
        send(&mut first, publish(0, text)).await;
    }
    let mut place = None;
    while place.is_none() {
        if let ServerFrame::Deliver(deliver) = next(&mut first).await {
            place = Some(deliver.sequence);
        }
    }
    drop(first);
    let mut second = socket(&house, &cookie).await;
    let room = "lobby".to_owned();
    let all = command(
        1,
        &Enter {
            room: room.clone(),
            resume: None,
        },
    );
    send(&mut second, all).await;
    let run = find(&mut second, |frame| match frame {
        ServerFrame::Reply(reply) => {
            let entered = reply.outcome::<wire_format::command::rooms::Entered>();
            Some(entered.expect("a reply").expect("an ok").run)
        }
        _ => None,
    })
    .await;
    for text in ["one", "two", "three"] {
        assert_eq!(find(&mut second, text_of).await, text);
    }
    let after = place.expect("a place");
    let resume = Some(wire_format::command::rooms::Resume { run, after });
    let mut third = socket(&house, &cookie).await;
    send(&mut third, command(1, &Enter { room, resume })).await;
    for text in ["two", "three"] {
        assert_eq!(find(&mut third, text_of).await, text);
    }
    house.close().await;
}

#[tokio::test]
async fn the_upgrade_is_for_the_page_and_its_session() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let own = format!("http://{}", house.proxy);
    let status = |cookie: &str, origin: &str| {
        let (cookie, origin) = (cookie.to_owned(), origin.to_owned());
        let house = &house;
        async move { try_socket(house, &cookie, &origin).await.err() }
    };
    assert_eq!(status(&cookie, "https://evil.example").await, Some(403));
    assert_eq!(status("sealwire=no", &own).await, Some(401));
    assert_eq!(status(&cookie, &own).await, None);
    house.close().await;
}

#[tokio::test]
async fn what_breaks_the_protocol_is_closed_with_a_code() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let cases = [
        (Message::text("{}"), CloseCode::Protocol),
        (Message::binary(Bytes::new()), CloseCode::Protocol),
        (Message::binary(&b"\x09unknown"[..]), CloseCode::Protocol),
        (Message::binary(&b"\x05deliver"[..]), CloseCode::Protocol),
        (
            Message::binary(&b"\x01\0\0\0\x01\xff\xff\xff\xff"[..]),
            CloseCode::TooLarge,
        ),
        (
            Message::binary(vec![4; wire_format::limits::FRAME_BYTES + 1]),
            CloseCode::TooLarge,
        ),
    ];
    for (message, code) in cases {
        let mut socket = socket(&house, &cookie).await;
        // The proxy may close before it has taken all of it.
        let _ = socket.send(message).await;
        let closed = find(&mut socket, |frame| match frame {
            ServerFrame::Close(close) => Some(close.code),
            _ => None,
        });
        assert_eq!(closed.await, code);
    }
    assert_eq!(
        house.session_status(&cookie).await,
        200,
        "the session stays"
    );
    house.close().await;
}

#[tokio::test]
async fn publishes_that_go_on_regardless_are_a_flood() {
    let once = |settings: &mut web_proxy::Settings| {
        settings.limits.message_rate = "1/h".parse().expect("a rate");
    };
    let house = House::open_with(once).await;
    let cookie = house.sign_in("ada").await;
    let mut socket = socket(&house, &cookie).await;
    for request in 1..=300 {
        let message = publish(request, "x").encode().message();
        // The proxy may close before it has taken all of them.
        let _ = socket.send(Message::Binary(message)).await;
    }
    let closed = find(&mut socket, |frame| match frame {
        ServerFrame::Close(close) => Some(close.code),
        _ => None,
    });
    assert_eq!(closed.await, CloseCode::Flood);
    house.close().await;
}

#[tokio::test]
async fn a_bad_command_is_answered_and_the_stream_goes_on() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let mut socket = socket(&house, &cookie).await;
    let bad = CommandFrame {
        request: 5,
        header: Bytes::from_static(b"{\"command\":\"no.such\"}"),
        tail: Bytes::new(),
    };
    send(&mut socket, ClientFrame::Command(bad)).await;
    send(&mut socket, command(6, &List {})).await;
    let mut outcomes = Vec::new();
    while outcomes.len() < 2 {
        if let ServerFrame::Reply(reply) = next(&mut socket).await {
            let header = String::from_utf8_lossy(&reply.header).into_owned();
            outcomes.push((reply.request, header.contains("unknown_command")));
        }
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(5, true), (6, false)]);
    house.close().await;
}

#[tokio::test]
async fn signing_out_is_answered_and_closes_every_stream() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let mut asking = socket(&house, &cookie).await;
    let mut other = socket(&house, &cookie).await;
    send(&mut asking, command(3, &Logout {})).await;
    assert!(matches!(next(&mut asking).await, ServerFrame::Reply(reply) if reply.request == 3));
    let done = ServerFrame::Close(CloseCode::Done.into());
    assert_eq!(next(&mut asking).await, done);
    assert_eq!(next(&mut other).await, done);
    assert_eq!(house.session_status(&cookie).await, 401);
    house.close().await;
}

#[tokio::test]
async fn a_stop_tells_every_stream_to_come_back() {
    let house = House::open().await;
    let cookie = house.sign_in("ada").await;
    let mut socket = in_lobby(&house, &cookie).await;
    let mut events = events(&house, &cookie).await;
    house.handle.shut_down();
    let after = find(&mut socket, |frame| match frame {
        ServerFrame::Event(event) => match event.event() {
            Ok(Event::SessionResume { after_ms }) => Some(after_ms),
            _ => None,
        },
        _ => None,
    });
    assert!((500..3_000).contains(&after.await));
    let resume = ServerFrame::Close(CloseCode::Resume.into());
    assert_eq!(next(&mut socket).await, resume);
    let mut rest = String::new();
    events
        .read_to_string(&mut rest)
        .await
        .expect("the end of the stream");
    let last = rest
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .next_back();
    let last = BASE64.decode(last.expect("an event")).expect("base64");
    assert_eq!(read(last.into()), resume);
    house.close().await;
}

/// An event stream after its head and its first comment.
async fn events(house: &House, cookie: &str) -> TcpStream {
    let mut stream = TcpStream::connect(house.proxy).await.expect("a connection");
    let host = house.proxy;
    let request = format!("GET /api/events HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("taken");
    let mut head = Vec::new();
    while !head.windows(2).any(|at| at == b"\n\n") {
        head.push(stream.read_u8().await.expect("more"));
    }
    let head = String::from_utf8(head).expect("text");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("content-type: text/event-stream\r\n"),
        "{head}"
    );
    assert!(head.ends_with(": keep-alive\n\n"), "{head}");
    stream
}

#[tokio::test]
async fn a_page_without_websockets_talks_by_events_and_posts() {
    let house = House::open().await;
    let (ada, bob) = (house.sign_in("ada").await, house.sign_in("bob").await);
    let mut socket = in_lobby(&house, &bob).await;
    let mut stream = events(&house, &ada).await;
    let enter = house
        .post("/api/rooms.enter", "{\"room\":\"lobby\"}")
        .header("Cookie", &ada);
    let entered = enter.send().await;
    assert_eq!(entered.status, 200, "{}", entered.text());
    let ClientFrame::Publish(publish) = publish(0, "by post") else {
        unreachable!("a publish")
    };
    let body = ClientFrame::Publish(publish).encode().message().slice(1..);
    let sent = house
        .post("/api/publish", body)
        .header("Cookie", &ada)
        .send()
        .await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert!(
        sent.text().contains("\"sequence\":\"1\""),
        "{}",
        sent.text()
    );
    assert_eq!(find(&mut socket, text_of).await, "by post");
    let mut text = String::new();
    let heard = loop {
        text.push(char::from(stream.read_u8().await.expect("more")));
        let Some(line) = text.strip_suffix("\n\n") else {
            continue;
        };
        let data = line
            .lines()
            .next_back()
            .and_then(|line| line.strip_prefix("data: "));
        let frame = data.map(|data| read(BASE64.decode(data).expect("base64").into()));
        text.clear();
        if let Some(heard) = frame.and_then(text_of) {
            break heard;
        }
    };
    assert_eq!(heard, "by post");
    house.close().await;
}

/// Bob talks while Ada's streams take nothing; then both tiers stop.
async fn stop_with_stuck_streams(messages: u32) {
    let house = House::open_with(|settings| {
        settings.limits.message_rate = "100000/s".parse().expect("a rate");
    })
    .await;
    let (ada, bob) = (house.sign_in("ada").await, house.sign_in("bob").await);
    let mut talking = in_lobby(&house, &bob).await;
    let _stuck_socket = in_lobby(&house, &ada).await;
    let _stuck_events = events(&house, &ada).await;
    let text = "x".repeat(200_000);
    for request in 1..=messages {
        send(&mut talking, publish(request, &text)).await;
        find(&mut talking, text_of).await;
    }
    // Asserts that everything drains within the grace period.
    house.close().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_pages_that_take_nothing() {
    // More than the operating system keeps for a peer, less than what the proxy cuts.
    stop_with_stuck_streams(40).await;
}

#[tokio::test]
async fn pages_that_fall_too_far_behind_are_cut_and_forgotten() {
    stop_with_stuck_streams(120).await;
}
