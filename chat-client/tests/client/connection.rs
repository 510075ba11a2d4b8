//! A connection against scripted bytes, in virtual time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat_client::{CallError, Connection, Ended, connection::Arrival};
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

fn connect() -> (Connection, Server) {
    let (near, far) = duplex(64 * 1024);
    let connection = Connection::over(near);
    let server = Server {
        stream: far,
        buffer: BytesMut::new(),
    };
    (connection, server)
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

    /// How many bytes come before the end: none.
    async fn receive_end(&mut self) -> usize {
        let read = self.stream.read_buf(&mut self.buffer).await;
        read.expect("the end")
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

async fn ended(connection: &mut Connection) -> Ended {
    loop {
        if let Err(ended) = connection.next().await {
            return ended;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn replies_find_their_calls_in_any_order() {
    let (mut connection, mut server) = connect();
    let logout = connection.post(&Logout {}, Bytes::new()).expect("posted");
    let (list, ()) = tokio::join!(connection.call(&List {}, Bytes::new()), async {
        let (first, _) = server.receive_command().await;
        let (second, _) = server.receive_command().await;
        assert_eq!(first, logout);
        let refusal = Refusal::retry_after(ErrorCode::RateLimited, 7);
        let refused = ReplyFrame::refused(first, &refusal);
        server.send(ServerFrame::Reply(refused)).await;
        let rooms = RoomList { rooms: Vec::new() };
        let tail = Bytes::from_static(b"tail");
        server
            .send(ServerFrame::Reply(ReplyFrame::ok(second, &rooms, tail)))
            .await;
    });
    let (rooms, tail) = list.expect("a list");
    assert_eq!((rooms.rooms.len(), &tail[..]), (0, &b"tail"[..]));
    // What came before the reply comes now.
    let Ok(Arrival::Reply(reply)) = connection.next().await else {
        panic!("not a reply");
    };
    assert_eq!(reply.request, logout);
    let refusal = Refusal::retry_after(ErrorCode::RateLimited, 7);
    assert_eq!(reply.outcome::<Done>(), Ok(Err(refusal)));
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_learns_it_from_the_call() {
    let (mut connection, mut server) = connect();
    let refusal = Refusal::new(ErrorCode::NotInRoom);
    let (call, ()) = tokio::join!(connection.call(&List {}, Bytes::new()), async {
        let (request, _) = server.receive_command().await;
        let refused = ReplyFrame::refused(request, &refusal);
        server.send(ServerFrame::Reply(refused)).await;
    });
    assert_eq!(call.map(|_| ()), Err(CallError::Refused(refusal)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_much_and_does_not_answer_is_left() {
    let (mut connection, mut server) = connect();
    let (call, ()) = tokio::join!(connection.call(&List {}, Bytes::new()), async {
        server.receive_command().await;
        for _ in 0..65 {
            server.send(resume()).await;
        }
    });
    let unasked = CallError::Ended(Ended::Unasked);
    assert_eq!(call.map(|_| ()), Err(unasked));
    assert_eq!(server.receive_end().await, 0);
}

#[tokio::test(start_paused = true)]
async fn posted_replies_keep_their_place_among_what_arrives() {
    let (mut connection, mut server) = connect();
    let request = connection.post(&Logout {}, Bytes::new()).expect("posted");
    let ((), arrived) = tokio::join!(
        async {
            let (received, _) = server.receive_command().await;
            assert_eq!(request, received);
            server.send(resume()).await;
            let reply = ReplyFrame::ok(request, &Done {}, Bytes::new());
            server.send(ServerFrame::Reply(reply)).await;
            server.send(resume()).await;
        },
        async {
            [
                connection.next().await,
                connection.next().await,
                connection.next().await,
            ]
        }
    );
    let [first, second, third] = arrived;
    assert!(matches!(first, Ok(Arrival::Event(..))));
    assert!(matches!(second, Ok(Arrival::Reply(reply)) if reply.request == request));
    assert!(matches!(third, Ok(Arrival::Event(..))));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_drip_are_the_same_frames() {
    let (mut connection, mut server) = connect();
    let drip = async {
        for byte in resume().encode().stream() {
            server.stream.write_all(&[byte]).await.expect("written");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let ((), arrival) = tokio::join!(drip, connection.next());
    assert!(matches!(arrival, Ok(Arrival::Event(..))));
}

#[tokio::test(start_paused = true)]
async fn pings_are_answered_and_silence_ends_it_after_35_seconds() {
    let (mut connection, mut server) = connect();
    let start = Instant::now();
    let beats = async {
        for beat in 0..4_u8 {
            tokio::time::sleep(Duration::from_secs(15)).await;
            server.send(ServerFrame::Ping([beat; 8])).await;
            assert_eq!(server.receive().await, ClientFrame::Pong([beat; 8]));
        }
    };
    let ((), end) = tokio::join!(beats, ended(&mut connection));
    assert_eq!(end, Ended::Silent);
    assert_eq!(start.elapsed(), Duration::from_secs(60) + CLIENT_SILENCE);
    assert!(matches!(connection.next().await, Err(Ended::Silent)));
}

#[tokio::test(start_paused = true)]
async fn who_was_busy_for_long_finds_that_the_server_was_not_silent() {
    let (mut connection, mut server) = connect();
    server.send(ServerFrame::Ping([1; 8])).await;
    server.send(resume()).await;
    tokio::time::advance(2 * CLIENT_SILENCE).await;
    let arrival = connection.next().await;
    assert!(matches!(arrival, Ok(Arrival::Event(..))), "{arrival:?}");
    let start = Instant::now();
    let (answer, end) = tokio::join!(server.receive(), ended(&mut connection));
    assert_eq!(answer, ClientFrame::Pong([1; 8]));
    assert_eq!(end, Ended::Silent);
    assert_eq!(start.elapsed(), CLIENT_SILENCE);
}

#[tokio::test(start_paused = true)]
async fn a_close_says_why_and_ends_all_calls() {
    let (mut connection, mut server) = connect();
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
    assert_eq!(ended(&mut connection).await, replaced);
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
        let (mut connection, mut server) = connect();
        server.stream.write_all(bytes).await.expect("written");
        assert_eq!(ended(&mut connection).await, Ended::Protocol(error));
        assert_eq!(server.receive().await, ClientFrame::Close(code.into()));
        assert_eq!(server.receive_end().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_is_given_up() {
    let (near, _far) = duplex(16);
    let mut connection = Connection::over(near);
    let tail = Bytes::from(vec![0; 1024]);
    let mut posted = 0;
    while !connection.is_behind() {
        connection.post(&List {}, tail.clone()).expect("posted");
        posted += 1;
        assert!(posted < 100, "what waits has no bound");
    }
    let start = Instant::now();
    assert_eq!(ended(&mut connection).await, Ended::Stuck);
    assert_eq!(start.elapsed(), CLIENT_SILENCE);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_while_too_much_is_unwritten() {
    let (near, far) = duplex(64);
    let mut connection = Connection::over(near);
    let mut server = Server {
        stream: far,
        buffer: BytesMut::new(),
    };
    let tail = Bytes::from(vec![0; 1024]);
    let mut posted = Vec::new();
    while !connection.is_behind() {
        posted.push(connection.post(&List {}, tail.clone()).expect("posted"));
    }
    server.send(ServerFrame::Ping([1; 8])).await;
    let early = tokio::time::timeout(Duration::from_secs(1), connection.next()).await;
    assert!(early.is_err());
    let server = async {
        for request in posted {
            assert_eq!(server.receive_command().await.0, request);
        }
        assert_eq!(server.receive().await, ClientFrame::Pong([1; 8]));
        server.send(resume()).await;
    };
    let ((), arrival) = tokio::join!(server, connection.next());
    assert!(matches!(arrival, Ok(Arrival::Event(..))));
}

#[tokio::test(start_paused = true)]
async fn goodbye_is_the_last_frame() {
    let (mut connection, mut server) = connect();
    connection.post(&List {}, Bytes::new()).expect("posted");
    connection.close(Duration::from_secs(1)).await;
    server.receive_command().await;
    assert_eq!(
        server.receive().await,
        ClientFrame::Close(CloseCode::Done.into())
    );
    assert_eq!(server.receive_end().await, 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_connection_closes_the_stream() {
    let (connection, mut server) = connect();
    drop(connection);
    assert_eq!(server.receive_end().await, 0);
}
