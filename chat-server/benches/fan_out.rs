//! What a message costs on its way from one publisher to a room, over real sockets and with the
//! readers in the same process: 256 publishes at once, until every member has all of them.

#![allow(
    missing_docs,
    reason = "criterion's macros write the functions, and nobody calls them"
)]

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use chat_server::{Limits, Rate, Running, Server, Settings};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;
use wire_format::{
    ChannelId, ClientFrame, CommandFrame, EpochNumber, FrameCodec, GuestToken, Publish,
    PublishFlags, RoomId, ServerFrame,
    command::{Operation, auth::Guest, rooms::Enter, session::Hello},
    limits::FRAME_BYTES,
};

const MESSAGES: usize = 256;
const PAYLOAD: [u8; 128] = [7; 128];

fn fan_out(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fan-out");
    for members in [1, 10, 100] {
        let mut crowd = Crowd::new(members);
        let deliveries = u64::try_from(MESSAGES * members).expect("few");
        group.throughput(Throughput::Elements(deliveries));
        group.bench_function(format!("1 to {members}"), |bencher| {
            bencher.iter(|| crowd.hear_all());
        });
    }
    group.finish();
}

/// A server, and members of its lobby; the first of them publishes.
struct Crowd {
    members: Vec<Member>,
    publishes: Vec<u8>,
    /// Ended with its tasks when dropped.
    runtime: Runtime,
}

struct Member {
    stream: TcpStream,
    received: BytesMut,
}

impl Crowd {
    fn new(members: usize) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let server = runtime.block_on(server());
        let members = (0..members).map(|number| Member::enter(&server, number));
        let mut members: Vec<Member> = members.collect();
        for member in &mut members {
            member.skip_what_came();
        }
        let publish = ClientFrame::Publish(Publish {
            request: 0,
            channel: ChannelId::main_of(RoomId::of_name("lobby")),
            epoch: EpochNumber::new(0),
            flags: PublishFlags::UNSTORED,
            payload: Bytes::from_static(&PAYLOAD),
        });
        let publishes = (0..MESSAGES).flat_map(|_| publish.encode().stream());
        Self {
            members,
            publishes: publishes.collect(),
            runtime,
        }
    }

    fn hear_all(&mut self) {
        let _context = self.runtime.enter();
        let publisher = self.members.first_mut().expect("a member");
        publisher.stream.write_all(&self.publishes).expect("sent");
        for member in &mut self.members {
            member.hear(MESSAGES);
        }
    }
}

impl Member {
    fn enter(server: &Running, number: usize) -> Self {
        let stream = TcpStream::connect(server.local_addr()).expect("a connection");
        stream.set_nodelay(true).expect("an option");
        let mut member = Self {
            stream,
            received: BytesMut::new(),
        };
        member.ask(&Hello {
            version: 1,
            client: "bench/1".to_owned(),
        });
        let mut token = [0; 32];
        token[..8].copy_from_slice(&u64::try_from(number).expect("few").to_le_bytes());
        member.ask(&Guest {
            name: format!("listener {number}"),
            token: Some(GuestToken::from_bytes(token)),
        });
        member.ask(&Enter {
            room: "lobby".to_owned(),
            resume: None,
        });
        member
    }

    fn ask<O: Operation>(&mut self, operation: &O) {
        let command = CommandFrame::new(1, operation, Bytes::new());
        let frame = ClientFrame::Command(command).encode().stream();
        self.stream.write_all(&frame).expect("sent");
        while !matches!(self.next(), ServerFrame::Reply(_)) {}
    }

    fn hear(&mut self, deliveries: usize) {
        let mut heard = 0;
        while heard < deliveries {
            if matches!(self.next(), ServerFrame::Deliver(_)) {
                heard += 1;
            }
        }
    }

    fn next(&mut self) -> ServerFrame {
        let codec = FrameCodec::new(FRAME_BYTES);
        let mut scratch = [0; 64 * 1024];
        loop {
            if let Some(frame) = codec.cut(&mut self.received).expect("frames") {
                return ServerFrame::parse(frame).expect("a frame");
            }
            let bytes = self.stream.read(&mut scratch).expect("bytes");
            self.received.extend_from_slice(&scratch[..bytes]);
        }
    }

    /// Drops the events of those who entered later.
    fn skip_what_came(&mut self) {
        let quiet = Some(Duration::from_millis(20));
        self.stream.set_read_timeout(quiet).expect("an option");
        let mut scratch = [0; 64 * 1024];
        while matches!(self.stream.read(&mut scratch), Ok(1..)) {}
        self.stream.set_read_timeout(None).expect("an option");
        self.received.clear();
    }
}

async fn server() -> Running {
    let settings = Settings {
        limits: Limits {
            sign_ins: Rate::UNLIMITED,
            commands: Rate::UNLIMITED,
            messages: Rate::UNLIMITED,
            patience: Rate::UNLIMITED,
            ..Limits::default()
        },
        ..Settings::default()
    };
    Server::bind(settings).await.expect("a server").start()
}

criterion_group!(benches, fan_out);
criterion_main!(benches);
