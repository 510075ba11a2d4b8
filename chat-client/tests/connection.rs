//! A connection against scripted bytes, in virtual time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat_client::{
    CallError, Connection, Ended,
    connection::{Arrival, Arrivals},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    time::Instant,
};
use wire_format::{
    ClientFrame, CloseCode, ErrorCode, Event, EventFrame, FrameCodec, FrameError, Kind, Refusal,
    ReplyFrame, ServerFrame,
    command::{
        Command, Done,
        auth::Logout,
        rooms::{List, RoomList},
    },
    limits::{CLIENT_SILENCE, FRAME_BYTES},
};

/// The server's end of a connection.
struct Server {
    stream: DuplexStream,
    buffer: BytesMut,
}

fn connect() -> (Connection, Arrivals, Server) {
    let (near, far) = duplex(64 * 1024);
    let (connection, arrivals) = Connection::over(near);
    let server = Server {
        stream: far,
        buffer: BytesMut::new(),
    };
    (connection, arrivals, server)
}

impl Server {
    async fn send(&mut self, frame: ServerFrame) {
        let bytes = frame.encode().stream();
        self.stream.write_all(&bytes).await.expect("written");
    }

    async fn receive(&mut self) -> ClientFrame {
        loop {
            let cut = FrameCodec::new(FRAME_BYTES).cut(&mut self.buffer);
            if let Some(frame) = cut.expect("a frame") {
                return ClientFrame::parse(frame).expect("a client's frame");
            }
            let read = self.stream.read_buf(&mut self.buffer).await;
            assert_ne!(read.expect("read"), 0, "the client closed");
        }
    }

    async fn receive_command(&mut self) -> (u32, Command) {
        match self.receive().await {
            ClientFrame::Command(command) => (
                command.request,
                Command::parse(&command.header).expect("a command"),
            ),
            other => panic!("{other:?}"),
        }
    }
}

fn resume() -> ServerFrame {
    let event = Event::SessionResume { after_ms: 1 };
    ServerFrame::Event(EventFrame::new(&event, Bytes::new()))
}

async fn ended(arrivals: &mut Arrivals) -> Ended {
    loop {
        match arrivals.next().await {
            Some(Arrival::Ended(ended)) => return ended,
            Some(_) => {}
            None => panic!("the end was not told"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn replies_find_their_calls_in_any_order() {
    let (connection, _arrivals, mut server) = connect();
    let (list, logout, ()) = tokio::join!(
        connection.call(&List {}, Bytes::new()),
        connection.call(&Logout {}, Bytes::new()),
        async {
            let (first, _) = server.receive_command().await;
            let (second, _) = server.receive_command().await;
            let refusal = Refusal::retry_after(ErrorCode::RateLimited, 7);
            let refused = ReplyFrame::refused(second, &refusal);
            server.send(ServerFrame::Reply(refused)).await;
            let rooms = RoomList { rooms: Vec::new() };
            let tail = Bytes::from_static(b"tail");
            server
                .send(ServerFrame::Reply(ReplyFrame::ok(first, &rooms, tail)))
                .await;
        }
    );
    let (rooms, tail) = list.expect("a list");
    assert_eq!((rooms.rooms.len(), &tail[..]), (0, &b"tail"[..]));
    let refusal = Refusal::retry_after(ErrorCode::RateLimited, 7);
    assert_eq!(logout, Err(CallError::Refused(refusal)));
}

#[tokio::test(start_paused = true)]
async fn posted_replies_keep_their_place_among_what_arrives() {
    let (connection, mut arrivals, mut server) = connect();
    let request = connection
        .post(&Logout {}, Bytes::new())
        .await
        .expect("sent");
    let (received, _) = server.receive_command().await;
    assert_eq!(request, received);
    server.send(resume()).await;
    server
        .send(ServerFrame::Reply(ReplyFrame::ok(
            request,
            &Done {},
            Bytes::new(),
        )))
        .await;
    server.send(resume()).await;
    assert!(matches!(arrivals.next().await, Some(Arrival::Event(..))));
    assert!(
        matches!(arrivals.next().await, Some(Arrival::Reply(reply)) if reply.request == request)
    );
    assert!(matches!(arrivals.next().await, Some(Arrival::Event(..))));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_drip_are_the_same_frames() {
    let (_connection, mut arrivals, mut server) = connect();
    for byte in resume().encode().stream() {
        server.stream.write_all(&[byte]).await.expect("written");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(arrivals.next().await, Some(Arrival::Event(..))));
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_and_silence_ends_it_after_35_seconds() {
    let (_connection, mut arrivals, mut server) = connect();
    let start = Instant::now();
    for beat in 0..4_u8 {
        tokio::time::sleep(Duration::from_secs(15)).await;
        server.send(ServerFrame::Ping([beat; 8])).await;
        assert_eq!(server.receive().await, ClientFrame::Pong([beat; 8]));
    }
    assert_eq!(ended(&mut arrivals).await, Ended::Silent);
    assert_eq!(start.elapsed(), Duration::from_secs(60) + CLIENT_SILENCE);
    assert!(arrivals.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_close_says_why_and_ends_all_calls() {
    let (connection, mut arrivals, mut server) = connect();
    let (call, ()) = tokio::join!(connection.call(&List {}, Bytes::new()), async {
        server.receive_command().await;
        server
            .send(ServerFrame::Close(CloseCode::Replaced.into()))
            .await;
    });
    let replaced = Ended::Closed(CloseCode::Replaced);
    assert_eq!(
        call.map(|(rooms, _)| rooms.rooms.len()),
        Err(CallError::Ended(replaced))
    );
    assert_eq!(ended(&mut arrivals).await, replaced);
    assert!(replaced.is_final());
    let late = connection.call(&List {}, Bytes::new()).await;
    assert_eq!(late.map(|_| ()), Err(CallError::Ended(replaced)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_breaks_the_protocol_is_told_and_left() {
    let broken = [
        (&b"\0\0\0\0"[..], FrameError::Empty, CloseCode::Protocol),
        (
            b"\0\0\0\x01\x63",
            FrameError::UnknownKind(0x63),
            CloseCode::Protocol,
        ),
        (
            b"\0\0\0\x01\x01",
            FrameError::WrongDirection(Kind::Command),
            CloseCode::Protocol,
        ),
        (
            b"\x05\xf5\xe1\x00",
            FrameError::TooLarge {
                length: 100_000_000,
                limit: FRAME_BYTES,
            },
            CloseCode::TooLarge,
        ),
        (
            b"\0\0\0\x07\x03\0\0\0\x02{}",
            FrameError::Header,
            CloseCode::Protocol,
        ),
    ];
    for (bytes, error, code) in broken {
        let (_connection, mut arrivals, mut server) = connect();
        server.stream.write_all(bytes).await.expect("written");
        assert_eq!(ended(&mut arrivals).await, Ended::Protocol(error));
        assert_eq!(server.receive().await, ClientFrame::Close(code.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_is_given_up() {
    let (near, _far) = duplex(16);
    let (connection, mut arrivals) = Connection::over(near);
    // The queue is bounded: what does not fit waits, and a dropped wait has sent nothing.
    let tail = Bytes::from(vec![0; 1024]);
    let mut queued = 0;
    let moment = Duration::from_secs(1);
    let post = || tokio::time::timeout(moment, connection.post(&List {}, tail.clone()));
    while matches!(post().await, Ok(Ok(_))) {
        queued += 1;
        assert!(queued < 100, "the queue has no bound");
    }
    let end = ended(&mut arrivals).await;
    assert!(matches!(end, Ended::Stuck | Ended::Silent), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn goodbye_is_the_last_frame() {
    let (connection, _arrivals, mut server) = connect();
    connection.post(&List {}, Bytes::new()).await.expect("sent");
    connection.close(Duration::from_secs(1)).await;
    server.receive_command().await;
    assert_eq!(
        server.receive().await,
        ClientFrame::Close(CloseCode::Done.into())
    );
    assert_eq!(
        server
            .stream
            .read_buf(&mut server.buffer)
            .await
            .expect("the end"),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_connection_closes_the_stream() {
    let (connection, arrivals, mut server) = connect();
    drop((connection, arrivals));
    assert_eq!(
        server
            .stream
            .read_buf(&mut server.buffer)
            .await
            .expect("the end"),
        0
    );
}
