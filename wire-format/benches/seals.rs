//! What sealing and opening cost: the content encryption alone, and whole envelopes.

#![allow(
    missing_docs,
    reason = "criterion's macros write the functions, and nobody calls them"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::SeedableRng as _;
use wire_format::{
    ChannelId, EpochNumber, Fingerprint, InstanceId, MemberId, MessageId, Millis, RoomId,
    envelope::{Draft, Envelope, EpochKeys, Storage},
    epoch::{EpochDraft, EpochSecret},
    event::EpochReason,
    keyset::SessionKeys,
    seal,
};

const SIZES: [usize; 3] = [128, 1024, 64 * 1024];

/// AES_256_CBC_HMAC_SHA_512, a message a key as the envelope has it.
fn content(criterion: &mut Criterion) {
    let (key, iv) = ([7; seal::KEY_BYTES], [9; seal::IV_BYTES]);
    let mut group = criterion.benchmark_group("content");
    for bytes in SIZES {
        let text = vec![1; bytes];
        let (sealed, tag) = seal::seal(&key, &iv, b"", &text).expect("sealed");
        group.throughput(Throughput::Bytes(u64::try_from(bytes).expect("few")));
        group.bench_function(format!("seal/{bytes}"), |bencher| {
            bencher.iter(|| seal::seal(black_box(&key), &iv, b"", &text));
        });
        group.bench_function(format!("open/{bytes}"), |bencher| {
            bencher.iter(|| seal::open(black_box(&key), &iv, b"", &sealed, &tag));
        });
    }
    group.finish();
}

/// Envelopes of one epoch.
fn envelopes(criterion: &mut Criterion) {
    let keys = epoch();
    let mut group = criterion.benchmark_group("envelope");
    for bytes in SIZES {
        let text = vec![b'a'; bytes];
        let sealed = keys.seal(&draft(&text), [9; seal::IV_BYTES]);
        let sealed = sealed.expect("an envelope");
        group.bench_function(format!("seal/{bytes}"), |bencher| {
            bencher.iter(|| keys.seal(black_box(&draft(&text)), [9; seal::IV_BYTES]));
        });
        group.bench_function(format!("open/{bytes}"), |bencher| {
            bencher.iter(|| {
                let envelope = Envelope::parse(sealed.clone()).expect("a layout");
                envelope.open(black_box(&keys))
            });
        });
    }
    group.finish();
}

fn epoch() -> EpochKeys {
    let mut rng = rand::rngs::StdRng::seed_from_u64(1);
    let session = SessionKeys::generate(&mut rng).expect("keys");
    let secret = EpochSecret::generate(&mut rng);
    let draft = EpochDraft {
        room: RoomId::of_name("lobby"),
        n: EpochNumber::new(1),
        reason: EpochReason::First,
        starter: MemberId::from_bytes([1; 16]),
        started_at: Millis::new(1),
    };
    let start = session.start_epoch(&draft, &secret, &mut rng);
    EpochKeys::new(&secret, &start.expect("a start"))
}

fn draft(content: &[u8]) -> Draft<'_> {
    Draft {
        channel: ChannelId::main_of(RoomId::of_name("lobby")),
        sender: MemberId::from_bytes([1; 16]),
        fingerprint: Fingerprint::from_bytes([2; 32]),
        instance: InstanceId::from_bytes([3; 16]),
        counter: 4,
        storage: Storage::Passing,
        sent_at: Millis::new(5),
        message: MessageId::from_bytes([6; 16]),
        content,
    }
}

criterion_group!(benches, content, envelopes);
criterion_main!(benches);
