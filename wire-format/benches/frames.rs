//! What a message's frames cost: cutting and reading a publish, writing a delivery.

#![allow(
    missing_docs,
    reason = "criterion's macros write the functions, and nobody calls them"
)]

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use wire_format::{
    ChannelId, ClientFrame, Deliver, DeliverFlags, EpochNumber, FrameCodec, MemberId, Millis, Name,
    Publish, PublishFlags, Sequence, limits::FRAME_BYTES,
};

/// Messages in one read, and bytes of payload.
const MESSAGES: u64 = 256;
const PAYLOAD: [u8; 128] = [7; 128];

fn read(criterion: &mut Criterion) {
    let publish = ClientFrame::Publish(Publish {
        request: 0,
        channel: ChannelId::from_bytes([1; 16]),
        epoch: EpochNumber::new(2),
        flags: PublishFlags::UNSTORED,
        payload: Bytes::from_static(&PAYLOAD),
    });
    let frames: Vec<u8> = (0..MESSAGES)
        .flat_map(|_| publish.encode().stream())
        .collect();
    let codec = FrameCodec::new(FRAME_BYTES);
    let mut group = criterion.benchmark_group("frames");
    group.throughput(Throughput::Elements(MESSAGES));
    group.bench_function("read 256 publishes", |bencher| {
        bencher.iter_batched(
            || BytesMut::from(&frames[..]),
            |mut buffer| {
                while let Ok(Some(frame)) = codec.cut(&mut buffer) {
                    black_box(ClientFrame::parse(frame)).expect("a publish");
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn write(criterion: &mut Criterion) {
    let deliver = Deliver {
        channel: ChannelId::from_bytes([1; 16]),
        sequence: Sequence::new(2),
        time: Millis::new(3),
        flags: DeliverFlags::Unstored,
        sender: MemberId::from_bytes([4; 16]),
        name: Name::try_from("Zoë").expect("a name"),
        payload: Bytes::from_static(&PAYLOAD),
    };
    let mut group = criterion.benchmark_group("frames");
    group.throughput(Throughput::Elements(MESSAGES));
    group.bench_function("write 256 deliveries", |bencher| {
        bencher.iter(|| {
            let mut stream = BytesMut::new();
            for _ in 0..MESSAGES {
                black_box(&deliver).append_to(&mut stream);
            }
            stream
        });
    });
    group.finish();
}

criterion_group!(benches, read, write);
criterion_main!(benches);
