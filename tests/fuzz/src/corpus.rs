//! Good bytes to start from: the golden vectors, and records made with keys that never change.

use std::{fs, path::Path, sync::OnceLock};

use anyhow::Context as _;
use bytes::{BufMut, Bytes, BytesMut};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use wire_format::{
    ByteCount, ChannelId, EpochNumber, FileId, GuestToken, InstanceId, MessageId, Millis, Parts,
    RoomId,
    content::Content,
    envelope::{Draft, EpochKeys, Storage},
    epoch::{Bundle, EpochDraft, EpochSecret, EpochStart},
    event::EpochReason,
    file::{FileCut, FileSecret, SealedFile},
    keyset::SessionKeys,
    opened::{ClearMessage, Marks, OpenedMessage},
    seal::{self, IV_BYTES, KEY_BYTES},
};

/// The key of the `seal` target.
pub const SEAL_KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

/// A session, the epoch it started, and the records it made.
#[derive(Debug)]
pub struct World {
    /// The session's keys.
    pub keys: SessionKeys,
    /// The epoch it started.
    pub start: EpochStart,
    /// What opens the epoch's messages.
    pub epoch: EpochKeys,
    /// A file of one chunk.
    pub file: SealedFile,
    records: Vec<Vec<u8>>,
}

/// The same randomness every time.
pub fn randomness() -> StdRng {
    StdRng::seed_from_u64(0x5ea1)
}

/// The world, made once a process.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| make().expect("the corpus is made of good values"))
}

/// Every input to start from.
///
/// # Panics
/// If the golden vectors cannot be read.
pub fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wire-format/testdata");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of golden vectors")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let mut seeds = world().records.clone();
    for file in files {
        let text = fs::read(&file).expect("a file of golden vectors");
        gather(&serde_json::from_slice(&text).expect("JSON"), &mut seeds);
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Every string of a document, as text and, where it is hexadecimal, as bytes.
fn gather(value: &Value, seeds: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => {
            seeds.push(text.as_bytes().to_vec());
            seeds.extend(from_hex(text));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, seeds)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, seeds)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<_> = text
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if text.is_empty() || !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}

fn make() -> anyhow::Result<World> {
    let rng = &mut randomness();
    let member = GuestToken::from_bytes([1; 32]).member();
    let room = RoomId::of_name("lobby");
    let keys = SessionKeys::generate(rng)?;
    let announcement = keys.announce(member, "Zoë", Millis::new(1_700_000_000_000), rng)?;
    let secret = EpochSecret::from_bytes([2; 32]);
    let draft = EpochDraft {
        room,
        n: EpochNumber::new(1),
        reason: EpochReason::First,
        starter: member,
        started_at: Millis::new(1_700_000_000_001),
    };
    let start = keys.start_epoch(&draft, &secret, rng)?;
    let epoch = EpochKeys::new(&secret, &start);
    let content = Content::encode_text("12:30")?;
    let message = MessageId::from_bytes([3; 16]);
    let envelope = epoch.seal(
        &Draft {
            channel: ChannelId::main_of(room),
            sender: member,
            fingerprint: keys.fingerprint(),
            instance: InstanceId::from_bytes([4; 16]),
            counter: 0,
            storage: Storage::Passing,
            sent_at: Millis::new(1_700_000_000_002),
            message,
            content: &content,
        },
        [5; IV_BYTES],
    )?;
    let mut records = vec![
        announcement.bytes().to_vec(),
        start.bytes().to_vec(),
        announcement.wrap(&secret, rng)?.to_vec(),
        Bundle::new(start.clone(), announcement).encode().to_vec(),
        envelope.to_vec(),
        content.clone(),
        padded(&content, 256),
        sealed(b"a message")?,
    ];
    let content = Bytes::from(content);
    let opened = OpenedMessage {
        message,
        epoch: EpochNumber::new(1),
        sent_at: Millis::new(1),
        marks: Marks::CLOCK_OFF,
        content: content.clone(),
    };
    let file = SealedFile::new(
        FileId::from_bytes([8; 16]),
        FileSecret::from_bytes([9; 32]),
        FileCut::of_size(ByteCount::new(9)).context("a small file")?,
    );
    records.push(file.seal(0, b"a message", &[10; IV_BYTES])?.to_vec());
    records.push(opened.encode().to_vec());
    records.push(ClearMessage { message, content }.encode().to_vec());
    let body = Parts {
        header: Bytes::from_static(b"{\"expected\":\"1\"}"),
        tail: start.bytes().clone(),
    };
    records.push(body.encode().to_vec());
    records.extend(
        headers()
            .iter()
            .map(|header| header.to_string().into_bytes()),
    );
    Ok(World {
        keys,
        start,
        epoch,
        file,
        records,
    })
}

fn padded(content: &[u8], bucket: usize) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.push(0x80);
    padded.resize(bucket, 0);
    padded
}

fn sealed(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let iv = [6; IV_BYTES];
    let (ciphertext, tag) = seal::seal(&SEAL_KEY, &iv, b"", text)?;
    let mut record = BytesMut::new();
    record.put_slice(&iv);
    record.put_slice(&ciphertext);
    record.put_slice(&tag);
    Ok(record.to_vec())
}

/// One header of each kind whose fields are worth changing.
fn headers() -> [Value; 12] {
    let (id, hash) = ("00112233445566778899aabbccddeeff", "0".repeat(64));
    let member = json!({"id": id, "name": "Zoë", "kind": "guest", "fingerprint": null});
    [
        json!({"command": "session.hello", "version": 1, "client": "fuzz/1"}),
        json!({"command": "session.carry", "address": "192.0.2.7", "proof": hash}),
        json!({"command": "auth.guest", "name": "Zoë", "token": hash}),
        json!({"command": "rooms.enter", "room": "lobby", "resume": {"run": id, "after": "41"}}),
        json!({"command": "rooms.members", "room": id, "after": id}),
        json!({"command": "epochs.ask", "room": id, "n": "1", "refused": id}),
        json!({"event": "room.joined", "room": id, "member": member}),
        json!({"event": "epoch.asked", "room": id, "n": "1", "asker": member}),
        json!({"event": "epoch.due", "room": id, "n": "1", "reason": "left"}),
        json!({"event": "session.resume", "after_ms": 500}),
        json!({"ok": {"sequence": "18446744073709551615"}}),
        json!({"error": {"code": "rate_limited", "message": "", "retry_after_ms": 250}}),
    ]
}
