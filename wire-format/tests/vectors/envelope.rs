//! `envelope.json`.

use aes::{
    Aes256,
    cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding},
};
use bytes::Bytes;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use wire_format::{
    ChannelId, Draft, Envelope, EpochKeys, EpochSecret, InstanceId, MessageId, Millis, OpenError,
    RoomId, Storage, padding, seal,
};

use super::{epoch, hex, keys::Session, random::Labelled, refused};

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
            sender.keys().fingerprint().as_bytes(),
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
        "invalid": invalid(&bob),
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
        fingerprint: bob.keys().fingerprint(),
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
        "fingerprint": bob.keys().fingerprint(),
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

fn open(record: &[u8]) -> Result<(), OpenError> {
    Envelope::parse(Bytes::copy_from_slice(record))?
        .open(&keys())
        .map(|_| ())
}

fn case(why: &str, record: &[u8], expected: &str) -> Value {
    refused(why, record, expected, open(record).err())
}

fn invalid(bob: &Session) -> Vec<Value> {
    let content = wire_format::Content::encode_text("hi").expect("a content");
    let good = Fields::new(0).seal(bob, &pad(&content)).envelope();
    let mut cases = refused_layouts(&good);
    cases.extend(refused_changes(&good));
    cases.extend(refused_senders(bob, &content));
    cases
}

fn refused_layouts(good: &[u8]) -> Vec<Value> {
    let with = |at: usize, bytes: &[u8]| {
        let mut record = good.to_vec();
        record[at..at + bytes.len()].copy_from_slice(bytes);
        record
    };
    let n = |length: u32| with(219, &length.to_be_bytes());
    vec![
        case("nothing", b"", "truncated"),
        case("a header alone", &good[..203], "truncated"),
        case("one byte is missing", &good[..good.len() - 1], "truncated"),
        case("one byte too many", &[good, &[0]].concat(), "left_over"),
        case("another version", &with(0, &[2]), "version"),
        case("an end-to-end envelope", &with(1, &[4]), "record_type"),
        case("epoch 0", &with(34, &0_u64.to_be_bytes()), "field"),
        case(
            "epoch 2^53",
            &with(34, &(1_u64 << 53).to_be_bytes()),
            "field",
        ),
        case("an unknown flag", &with(146, &[2]), "field"),
        case("no ciphertext", &n(0), "field"),
        case(
            "a ciphertext length that is no multiple of 16",
            &n(271),
            "field",
        ),
        case("a ciphertext length behind the end", &n(288), "truncated"),
        case("a ciphertext length before the end", &n(256), "left_over"),
        case("a ciphertext length of 4 GiB", &n(0xffff_fff0), "truncated"),
    ]
}

fn refused_changes(good: &[u8]) -> Vec<Value> {
    let changed = |at: usize| {
        let mut record = good.to_vec();
        record[at] ^= 1;
        record
    };
    let cut = {
        let mut record = good.to_vec();
        record.drain(223..239);
        record[219..223].copy_from_slice(&256_u32.to_be_bytes());
        record
    };
    vec![
        case("another room", &changed(2), "other_epoch"),
        case("another channel", &changed(18), "key_commitment"),
        case("another epoch", &changed(41), "other_epoch"),
        case("another commit", &changed(42), "other_epoch"),
        case("another sender", &changed(74), "key_commitment"),
        case("another fingerprint", &changed(90), "tag"),
        case("another instance", &changed(122), "key_commitment"),
        case("another counter", &changed(145), "key_commitment"),
        case("another stored flag", &changed(146), "key_commitment"),
        case("another time", &changed(154), "tag"),
        case("another message id", &changed(155), "tag"),
        case("another key commitment", &changed(171), "key_commitment"),
        case("another IV", &changed(203), "tag"),
        case("another ciphertext", &changed(223), "tag"),
        case("a block less", &cut, "tag"),
        case("another tag", &changed(good.len() - 1), "tag"),
    ]
}

/// A sender that has the key and breaks the rules behind it.
fn refused_senders(bob: &Session, content: &[u8]) -> Vec<Value> {
    let fields = Fields::new(0);
    let sealed = |padded: &[u8]| fields.seal(bob, padded).envelope();
    let too_large = {
        let mut padded = pad(content);
        padded.resize(512, 0);
        padded
    };
    let behind = {
        let mut padded = pad(content);
        padded[255] = 1;
        padded
    };
    vec![
        case("not padded", &sealed(content), "bucket_padding"),
        case(
            "padded with zeros only",
            &sealed(&[0; 256]),
            "bucket_padding",
        ),
        case("a bucket too large", &sealed(&too_large), "bucket_padding"),
        case(
            "something behind the end mark",
            &sealed(&behind),
            "bucket_padding",
        ),
        case("no padded content", &sealed(b""), "bucket_padding"),
        case(
            "not UTF-8",
            &sealed(&pad(b"{\"type\":\"text\",\"text\":\"\xff\"}")),
            "not_utf8",
        ),
        case(
            "CBC padding of zeros",
            &unpadded(&fields, bob, 0),
            "cbc_padding",
        ),
        case(
            "CBC padding of 17",
            &unpadded(&fields, bob, 17),
            "cbc_padding",
        ),
    ]
}

/// An envelope with a right tag whose last block ends in `last`.
fn unpadded(fields: &Fields, bob: &Session, last: u8) -> Vec<u8> {
    let mut made = fields.seal(bob, &[]);
    let mut plain = vec![0; 272];
    plain[271] = last;
    let (mac_key, key) = made.message_key.split_at(32);
    made.ciphertext = cbc::Encryptor::<Aes256>::new_from_slices(key, &made.iv)
        .expect("a key")
        .encrypt_padded_vec::<NoPadding>(&plain);
    let mac = Hmac::<Sha512>::new_from_slice(mac_key)
        .expect("a key")
        .chain_update(&made.header)
        .chain_update(made.iv)
        .chain_update(&made.ciphertext)
        .chain_update((203_u64 * 8).to_be_bytes())
        .finalize()
        .into_bytes();
    made.tag.copy_from_slice(&mac[..32]);
    made.envelope()
}
