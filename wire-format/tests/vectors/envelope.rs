//! `envelope.json`.

use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use wire_format::{
    ChannelId, Draft, EpochKeys, EpochSecret, InstanceId, MessageId, Millis, RoomId, Storage,
    padding, seal,
};

use super::{epoch, hex, keys::Session, random::Labelled};

mod refused;

const SENT_AT: u64 = 1_795_000_061_500;

/// An envelope's fields, as they are in the header.
#[derive(Clone)]
struct Fields {
    start: [u8; 2],
    room: [u8; 16],
    channel: [u8; 16],
    epoch: u64,
    commit: [u8; 32],
    counter: u64,
    flags: u8,
}

/// An envelope and everything on the way to it.
struct Made {
    info: Vec<u8>,
    message_key: [u8; 64],
    commitment: [u8; 32],
    header: Vec<u8>,
    iv: [u8; 16],
    ciphertext: Vec<u8>,
    tag: [u8; 32],
}

fn instance() -> [u8; 16] {
    Labelled::array("envelope vectors: instance")
}

fn message() -> [u8; 16] {
    Labelled::array("envelope vectors: message")
}

impl Fields {
    fn new(counter: u64) -> Self {
        let room = RoomId::of_name("lobby");
        Self {
            start: [1, 3],
            room: *room.as_bytes(),
            channel: *ChannelId::main_of(room).as_bytes(),
            epoch: 7,
            commit: *epoch::start().0.commit_hash().as_bytes(),
            counter,
            flags: 0,
        }
    }

    fn info(&self, sender: &Session) -> Vec<u8> {
        [
            &b"sealwire/v1/message\0"[..],
            &self.room,
            &self.channel,
            &self.epoch.to_be_bytes(),
            sender.member.as_bytes(),
            &instance(),
            &self.counter.to_be_bytes(),
            &[self.flags],
        ]
        .concat()
    }

    fn header(&self, sender: &Session, commitment: &[u8; 32]) -> Vec<u8> {
        [
            &self.start[..],
            &self.room,
            &self.channel,
            &self.epoch.to_be_bytes(),
            &self.commit,
            sender.member.as_bytes(),
            sender.fingerprint.as_bytes(),
            &instance(),
            &self.counter.to_be_bytes(),
            &[self.flags],
            &SENT_AT.to_be_bytes(),
            &message(),
            commitment,
        ]
        .concat()
    }

    /// Seals bytes that are padded already, or wrongly.
    fn seal(&self, sender: &Session, padded: &[u8]) -> Made {
        let info = self.info(sender);
        let mut message_key = [0; 64];
        Hkdf::<Sha512>::new(Some(&self.commit), &epoch::secret_bytes())
            .expand(&info, &mut message_key)
            .expect("a key");
        let commitment = Sha256::new()
            .chain_update(b"sealwire/v1/key-commitment\0")
            .chain_update(message_key)
            .finalize()
            .into();
        let header = self.header(sender, &commitment);
        let iv = Labelled::array("envelope vectors: iv");
        let (ciphertext, tag) = seal::seal(&message_key, &iv, &header, padded).expect("sealed");
        Made {
            info,
            message_key,
            commitment,
            header,
            iv,
            ciphertext,
            tag,
        }
    }
}

impl Made {
    fn envelope(&self) -> Vec<u8> {
        let length = u32::try_from(self.ciphertext.len())
            .expect("a short text")
            .to_be_bytes();
        [
            &self.header[..],
            &self.iv,
            &length,
            &self.ciphertext,
            &self.tag,
        ]
        .concat()
    }
}

fn pad(content: &[u8]) -> Vec<u8> {
    let mut padded = vec![0; padding::bucket(content.len()).expect("it fits")];
    padded[..content.len()].copy_from_slice(content);
    padded[content.len()] = 0x80;
    padded
}

fn keys() -> EpochKeys {
    EpochKeys::new(
        &EpochSecret::from_bytes(epoch::secret_bytes()),
        &epoch::start().0,
    )
}

pub(crate) fn vectors() -> Value {
    let bob = Session::of("bob");
    let texts = [
        "hi".to_owned(),
        "12:30 <script>alert(1)</script> \"\\\n".to_owned(),
        "早上好 😀 שלום مرحبا e\u{301}\u{202e}".to_owned(),
        // With the 25 bytes around the text: 255 fill a bucket, 256 need the next.
        "a".repeat(230),
        "a".repeat(231),
        "a".repeat(100_000),
    ];
    let valid: Vec<Value> = (0..)
        .zip(&texts)
        .map(|(counter, text)| valid(&bob, counter, text))
        .collect();
    json!({
        "about": "Envelopes (docs/protocol.md#9-the-envelope) of the epoch in epoch.json, sealed by \
            bob of keys.json. salt is the epoch's commit hash; the content is UTF-8. Where a text \
            is long, its count of the letter a is given, and hashes in place of what is long: \
            SHA-256 of the padded content and of the whole envelope. A record in `invalid` is \
            refused with these keys; `cause` names the first check that fails.",
        "secret": hex(epoch::secret_bytes()),
        "salt": hex(Fields::new(0).commit),
        "valid": valid,
        "invalid": refused::all(&bob),
    })
}

fn valid(bob: &Session, counter: u64, text: &str) -> Value {
    let content = wire_format::Content::encode_text(text).expect("a content");
    let fields = Fields::new(counter);
    let padded = pad(&content);
    let made = fields.seal(bob, &padded);
    let record = made.envelope();
    let draft = Draft {
        channel: ChannelId::from_bytes(fields.channel),
        sender: bob.member,
        fingerprint: bob.fingerprint,
        instance: InstanceId::from_bytes(instance()),
        counter,
        storage: Storage::Passing,
        sent_at: Millis::new(SENT_AT),
        message: MessageId::from_bytes(message()),
        content: &content,
    };
    assert_eq!(keys().seal(&draft, made.iv).expect("sealed"), record);
    let mut case = json!({
        "room": hex(fields.room),
        "channel": hex(fields.channel),
        "epoch": "7",
        "sender": bob.member,
        "fingerprint": bob.fingerprint,
        "instance": hex(instance()),
        "counter": counter.to_string(),
        "flags": 0,
        "sent_at": SENT_AT.to_string(),
        "message": hex(message()),
        "info": hex(&made.info),
        "message_key": hex(made.message_key),
        "key_commitment": hex(made.commitment),
        "header": hex(&made.header),
        "iv": hex(made.iv),
        "tag": hex(made.tag),
        "padded_sha256": hex(Sha256::digest(&padded)),
        "envelope_sha256": hex(Sha256::digest(&record)),
        "ciphertext_bytes": made.ciphertext.len(),
    });
    if text.len() > 1000 {
        case["text_count_of_a"] = json!(text.len());
    } else {
        case["text"] = json!(text);
        case["content"] = json!(String::from_utf8(content).expect("UTF-8"));
        case["padded"] = json!(hex(&padded));
        case["ciphertext"] = json!(hex(&made.ciphertext));
        case["envelope"] = json!(hex(&record));
    }
    case
}
