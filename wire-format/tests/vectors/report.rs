//! `report.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::{
    ChannelId, EnvelopeHash, Millis, RoomId, Sequence,
    envelope::{MessageKey, UnverifiedSignedEnvelope},
    room::{ReportDraft, StoredMessage, UnverifiedReport},
};

use super::{
    accounts::{Account, Identity},
    hex,
    random::Labelled,
    refused,
    rooms::{Story, causes, fingerprint, padded, signed},
    signed_envelope,
};

const LABEL: &[u8] = b"sealwire/v1/report\0";
const MADE_AT: u64 = 1_797_300_000_000;
const CONTENT: &str = r#"{"type":"text","text":"Geh mir aus den Augen."}"#;
const REASON: &str = "He says this every day. 每天都这样。";

/// The fields of a report, up to its signatures.
#[derive(Clone)]
pub(crate) struct Fields {
    start: [u8; 2],
    room: [u8; 16],
    channel: [u8; 16],
    sequence: u64,
    reporter: [u8; 16],
    fingerprint: [u8; 32],
    pub(crate) key: [u8; 64],
    reason: Vec<u8>,
    pub(crate) envelope: Vec<u8>,
}

/// A message in epoch 7, and the keys that it was signed with.
struct Message {
    place: signed_envelope::Fields,
    key: [u8; 64],
    record: Vec<u8>,
}

impl Message {
    /// What somebody who has none of the sender's private keys makes of it.
    fn forged(story: &Story, sender: &Account, by: &Identity, content: &[u8]) -> Self {
        let identity = &sender.identities[0];
        let message = Self::by(story, sender, identity, content);
        let made = message.place.seal(&padded(content));
        let (record, _) = signed(&made.signed, signed_envelope::LABEL, by);
        Self { record, ..message }
    }

    fn by(story: &Story, sender: &Account, identity: &Identity, content: &[u8]) -> Self {
        Self::sealed(story, sender, identity, &padded(content))
    }

    fn sealed(story: &Story, sender: &Account, identity: &Identity, padded: &[u8]) -> Self {
        let place = signed_envelope::Fields::new(story, 7, sender, identity, 1);
        let made = place.seal(padded);
        let (record, _) = signed(&made.signed, signed_envelope::LABEL, identity);
        Self {
            place,
            key: made.key,
            record,
        }
    }
}

impl Fields {
    /// What ada reports of a message: she has her third keys by now.
    fn new(ada: &Account, message: &Message) -> Self {
        Self {
            start: [1, 0x1c],
            room: message.place.room,
            channel: message.place.channel,
            sequence: 41,
            reporter: *ada.account.as_bytes(),
            fingerprint: *fingerprint(&ada.identities[2]).as_bytes(),
            key: message.key,
            reason: REASON.as_bytes().to_vec(),
            envelope: message.record.clone(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let reason_bytes = u16::try_from(self.reason.len()).expect("short");
        let envelope_bytes = u32::try_from(self.envelope.len()).expect("short");
        [
            &self.start[..],
            &self.room,
            &self.channel,
            &self.sequence.to_be_bytes(),
            &self.reporter,
            &self.fingerprint,
            &MADE_AT.to_be_bytes(),
            &self.key,
            &reason_bytes.to_be_bytes(),
            &self.reason,
            &envelope_bytes.to_be_bytes(),
            &self.envelope,
        ]
        .concat()
    }

    pub(crate) fn signed(&self, by: &Identity) -> Vec<u8> {
        signed(&self.bytes(), LABEL, by).0
    }

    /// What a server has where this message stands.
    pub(crate) fn stored(&self) -> StoredMessage {
        StoredMessage {
            room: RoomId::from_bytes(self.room),
            channel: ChannelId::from_bytes(self.channel),
            sequence: Sequence::new(self.sequence),
            hash: EnvelopeHash::from_bytes(Sha256::digest(&self.envelope).into()),
        }
    }
}

/// What ada reports.
pub(crate) fn good(story: &Story) -> Fields {
    let bob = &story.people.bob;
    let message = Message::by(story, bob, &bob.identities[0], CONTENT.as_bytes());
    Fields::new(&story.people.ada, &message)
}

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let good = good(&story);
    json!({
        "about": "Reports (docs/protocol.md#1415-reports) by ada in account_keys.json, who has her third \
            keys, of a message by bob in epoch 7 of commit.json. `stored` is what the server has. A \
            record in `refused` has another layout; one in `invalid` proves nothing, though the server \
            has what `stored` says. `cause` names the first check that fails.",
        "valid": [
            valid(&story, &good),
            valid(&story, &Fields { reason: Vec::new(), ..good.clone() }),
        ],
        "refused": layouts(&story, &good),
        "invalid": invalid(&story, &good),
    })
}

fn valid(story: &Story, fields: &Fields) -> Value {
    let people = story.people;
    let by = &people.ada.identities[2];
    let (record, block) = signed(&fields.bytes(), LABEL, by);
    let report = UnverifiedReport::parse(record.clone().into())
        .expect("a layout")
        .verify(&people.keysets)
        .expect("its reporter's");
    let opened = report.prove(&fields.stored(), &people.keysets);
    assert_eq!(opened.expect("a proof").content, CONTENT);
    let envelope = UnverifiedSignedEnvelope::parse(fields.envelope.clone().into())
        .expect("a layout")
        .verify_sender(&people.keysets)
        .expect("its sender's");
    let draft = ReportDraft {
        sequence: Sequence::new(fields.sequence),
        reporter: people.ada.account,
        made_at: Millis::new(MADE_AT),
        reason: str::from_utf8(&fields.reason).expect("UTF-8"),
    };
    let key = MessageKey::from_bytes(fields.key);
    let mut rng = Labelled::new("room vectors: salt");
    let written = by.keys().sign_report(&draft, &envelope, &key, &mut rng);
    let bytes = fields.bytes();
    assert_eq!(written.expect("signed").bytes()[..bytes.len()], bytes);
    json!({
        "room": hex(fields.room),
        "channel": hex(fields.channel),
        "sequence": fields.sequence.to_string(),
        "reporter": hex(fields.reporter),
        "fingerprint": hex(fields.fingerprint),
        "made_at": MADE_AT.to_string(),
        "message_key": hex(fields.key),
        "reason": draft.reason,
        "envelope": hex(&fields.envelope),
        "stored": stored(&fields.stored()),
        "sender": people.bob.account,
        "content": CONTENT,
        "signed_bytes": hex(bytes),
        "hash": hex(block.hash),
        "block": block.value(),
        "record": hex(record),
    })
}

fn stored(stored: &StoredMessage) -> Value {
    json!({
        "room": stored.room,
        "channel": stored.channel,
        "sequence": stored.sequence,
        "hash": stored.hash,
    })
}

fn layouts(story: &Story, good: &Fields) -> Vec<Value> {
    let by = &story.people.ada.identities[2];
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedReport::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let longest = with(&|fields| fields.reason = vec![b'x'; 1_024]);
    assert!(UnverifiedReport::parse(longest.into()).is_ok());
    let record = good.signed(by);
    let longer = {
        // The envelope's length says one byte more than there is up to the end.
        let mut fields = good.bytes();
        let at = fields.len() - good.envelope.len() - 4;
        fields[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        signed(&fields, LABEL, by).0
    };
    vec![
        case(
            "one byte is missing",
            &record[..record.len() - 1],
            "truncated",
        ),
        case(
            "one byte too many",
            &[&record[..], &[0]].concat(),
            "left_over",
        ),
        case(
            "another version",
            &with(&|fields| fields.start[0] = 2),
            "version",
        ),
        case(
            "another type",
            &with(&|fields| fields.start[1] = 0x1d),
            "record_type",
        ),
        case("sequence 0", &with(&|fields| fields.sequence = 0), "field"),
        case(
            "a reason of 1 025 bytes",
            &with(&|fields| fields.reason = vec![b'x'; 1_025]),
            "field",
        ),
        case(
            "a reason that is not UTF-8",
            &with(&|fields| fields.reason = vec![0xff]),
            "field",
        ),
        case("an envelope longer than the rest", &longer, "truncated"),
    ]
}

fn invalid(story: &Story, good: &Fields) -> Vec<Value> {
    let people = story.people;
    let (ada, bob, carol) = (&people.ada, &people.bob, &people.carol);
    let (by, bobs) = (&ada.identities[2], &bob.identities[0]);
    let judged = |why: &str, record: Vec<u8>, has: StoredMessage, expected: &str| {
        let read = UnverifiedReport::parse(record.clone().into()).expect("a layout");
        let proven = read
            .verify(&people.keysets)
            .and_then(|report| report.prove(&has, &people.keysets));
        let found = causes(&format!("{:?}", proven.expect_err("refused")));
        assert_eq!(found, expected, "{why}");
        json!({ "why": why, "cause": expected, "stored": stored(&has), "record": hex(record) })
    };
    // The server has the message that was sent, whatever the reporter says of it.
    let case =
        |why: &str, record: Vec<u8>, expected: &str| judged(why, record, good.stored(), expected);
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields
    };
    // The server has what is reported, which somebody sent like that.
    let sent = |why: &str, message: &Message, expected: &str| {
        let fields = Fields::new(ada, message);
        judged(why, fields.signed(by), fields.stored(), expected)
    };
    let body = good.bytes();
    let own = by.sign(LABEL, &body, "room vectors: salt");
    let other = bobs.sign(LABEL, &body, "room vectors: salt");
    let blocks = |pss: &[u8], dsa: &[u8; 64]| [&body[..], &[1, 0x80], pss, dsa].concat();
    let altered = Message::forged(story, bob, by, br#"{"type":"text","text":"I hate you."}"#);
    let another = Message::by(story, bob, bobs, br#"{"type":"text","text":"12:30"}"#);
    let damaged = {
        let mut message = Message::by(story, bob, bobs, CONTENT.as_bytes());
        let mut made = message.place.seal(&padded(CONTENT.as_bytes())).signed;
        made[230] ^= 1;
        message.record = signed(&made, signed_envelope::LABEL, bobs).0;
        message
    };
    let no_end = vec![0; padded(CONTENT.as_bytes()).len()];
    vec![
        case(
            "keys that the reporter never had",
            with(&|fields| fields.fingerprint[0] ^= 1).signed(by),
            "unknown_keys",
        ),
        case(
            "in the name of somebody else",
            with(&|fields| fields.reporter = *carol.account.as_bytes()).signed(by),
            "unknown_keys",
        ),
        case(
            "signed by other keys",
            blocks(&other.pss, &other.dsa),
            "reporter/pss_signature",
        ),
        case(
            "PSS by other keys",
            blocks(&other.pss, &own.dsa),
            "reporter/pss_signature",
        ),
        case(
            "DSA by other keys",
            blocks(&own.pss, &other.dsa),
            "reporter/dsa_signature",
        ),
        case(
            "signed as an envelope",
            signed(&body, signed_envelope::LABEL, by).0,
            "reporter/pss_signature",
        ),
        case(
            "another room",
            with(&|fields| fields.room[0] ^= 1).signed(by),
            "other_place",
        ),
        case(
            "another channel",
            with(&|fields| fields.channel[0] ^= 1).signed(by),
            "other_place",
        ),
        case(
            "another sequence",
            with(&|fields| fields.sequence += 1).signed(by),
            "other_place",
        ),
        case(
            "another message of the same sender",
            with(&|fields| {
                fields.envelope.clone_from(&another.record);
                fields.key = another.key;
            })
            .signed(by),
            "other_message",
        ),
        case(
            "a text that the reporter put into the sender's mouth",
            with(&|fields| {
                fields.envelope.clone_from(&altered.record);
                fields.key = altered.key;
            })
            .signed(by),
            "other_message",
        ),
        sent(
            "the same, and the server says that it stood there",
            &altered,
            "sender/pss_signature",
        ),
        judged(
            "an envelope of another channel, where the server says that it stood there",
            with(&|fields| fields.channel[0] ^= 1).signed(by),
            with(&|fields| fields.channel[0] ^= 1).stored(),
            "other_place",
        ),
        judged(
            "no envelope, where the server says that it stood there",
            with(&|fields| fields.envelope.clear()).signed(by),
            with(&|fields| fields.envelope.clear()).stored(),
            "envelope/truncated",
        ),
        case(
            "another message key",
            with(&|fields| fields.key[63] ^= 1).signed(by),
            "message/key_commitment",
        ),
        case(
            "the key of another message",
            with(&|fields| fields.key = carols_key(story, carol)).signed(by),
            "message/key_commitment",
        ),
        sent(
            "a message that its sender made with a wrong tag",
            &damaged,
            "message/tag",
        ),
        sent(
            "a message without an end mark",
            &Message::sealed(story, bob, bobs, &no_end),
            "message/bucket_padding",
        ),
        sent(
            "a message that is not UTF-8",
            &Message::by(story, bob, bobs, b"\xff"),
            "message/not_utf8",
        ),
    ]
}

/// The key that a message by carol would have had in this epoch.
fn carols_key(story: &Story, carol: &Account) -> [u8; 64] {
    Message::by(story, carol, &carol.identities[0], CONTENT.as_bytes()).key
}
