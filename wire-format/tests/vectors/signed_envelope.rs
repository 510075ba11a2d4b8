//! `signed_envelope.json`.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::{
    ChannelId, Draft, EpochKeys, InstanceId, MemberId, MessageId, Millis, OpenError, RoomId,
    Storage,
    envelope::{Delivery, UnverifiedSignedEnvelope},
    padding, seal,
};

use super::{
    accounts::{Account, Identity},
    hex,
    random::Labelled,
    refused,
    rooms::{Story, causes, derived, epoch_secret, fingerprint, padded, room, secret, signed},
};

pub(crate) const LABEL: &[u8] = b"sealwire/v1/envelope\0";
const SENT_AT: u64 = 1_797_100_000_000;

/// The header's fields.
#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) start: [u8; 2],
    pub(crate) room: [u8; 16],
    pub(crate) channel: [u8; 16],
    pub(crate) n: u64,
    pub(crate) commit: [u8; 32],
    pub(crate) sender: [u8; 16],
    pub(crate) fingerprint: [u8; 32],
    pub(crate) counter: u64,
    pub(crate) flags: u8,
}

/// An envelope up to its tag, and what went into it.
pub(crate) struct Made {
    info: Vec<u8>,
    pub(crate) key: [u8; 64],
    commitment: [u8; 32],
    header: Vec<u8>,
    iv: [u8; 16],
    ciphertext: Vec<u8>,
    tag: [u8; 32],
    pub(crate) signed: Vec<u8>,
}

fn channel() -> [u8; 16] {
    *ChannelId::main_of(RoomId::from_bytes(room())).as_bytes()
}

fn instance() -> [u8; 16] {
    Labelled::array("signed envelope vectors: instance")
}

fn message() -> [u8; 16] {
    Labelled::array("signed envelope vectors: message")
}

impl Fields {
    pub(crate) fn new(
        story: &Story,
        n: usize,
        sender: &Account,
        identity: &Identity,
        flags: u8,
    ) -> Self {
        Self {
            start: [1, 4],
            room: room(),
            channel: channel(),
            n: u64::try_from(n).expect("few"),
            commit: story.hash_of(n),
            sender: *sender.account.as_bytes(),
            fingerprint: *fingerprint(identity).as_bytes(),
            counter: 0,
            flags,
        }
    }

    pub(crate) fn seal(&self, padded: &[u8]) -> Made {
        self.seal_committed(padded, &[0; 32])
    }

    /// Seals with a key commitment that is off by these bits.
    fn seal_committed(&self, padded: &[u8], off: &[u8; 32]) -> Made {
        let info = [
            &b"sealwire/v1/message\0"[..],
            &self.room,
            &self.channel,
            &self.n.to_be_bytes(),
            &self.sender,
            &instance(),
            &self.counter.to_be_bytes(),
            &[self.flags],
        ]
        .concat();
        let key = derived(&secret(self.n), &self.commit, &info);
        let mut commitment: [u8; 32] = Sha256::new()
            .chain_update(b"sealwire/v1/key-commitment\0")
            .chain_update(key)
            .finalize()
            .into();
        commitment
            .iter_mut()
            .zip(off)
            .for_each(|(byte, off)| *byte ^= off);
        let header = [
            &self.start[..],
            &self.room,
            &self.channel,
            &self.n.to_be_bytes(),
            &self.commit,
            &self.sender,
            &self.fingerprint,
            &instance(),
            &self.counter.to_be_bytes(),
            &[self.flags],
            &SENT_AT.to_be_bytes(),
            &message(),
            &commitment,
        ]
        .concat();
        let iv = Labelled::array("signed envelope vectors: iv");
        let (ciphertext, tag) = seal::seal(&key, &iv, &header, padded).expect("sealed");
        let length = u32::try_from(ciphertext.len()).expect("a short text");
        let signed = [&header[..], &iv, &length.to_be_bytes(), &ciphertext, &tag].concat();
        Made {
            info,
            key,
            commitment,
            header,
            iv,
            ciphertext,
            tag,
            signed,
        }
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            channel: ChannelId::from_bytes(self.channel),
            sender: MemberId::from_bytes(self.sender),
            storage: if self.flags == 1 {
                Storage::Stored
            } else {
                Storage::Passing
            },
        }
    }
}

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let bob = &story.people.bob;
    let valid: Vec<Value> = [
        (
            4,
            &story.people.carol,
            0,
            1,
            r#"{"type":"text","text":"早上好"}"#,
        ),
        (7, bob, 0, 1, r#"{"type":"text","text":"12:30"}"#),
        (8, &story.people.ada, 1, 0, r#"{"type":"typing","on":true}"#),
    ]
    .into_iter()
    .map(|(n, sender, identity, flags, content)| {
        let identity = &sender.identities[identity];
        let fields = Fields::new(&story, n, sender, identity, flags);
        valid(&story, &fields, identity, content)
    })
    .collect();
    json!({
        "about": "Envelopes of end-to-end rooms (docs/protocol.md#1410-messages) of epochs in \
            commit.json, by the accounts in account_keys.json. salt is the epoch's commit hash. The \
            block signs everything before it. A record in `refused` has another layout; one in \
            `invalid` is not the sender's or does not open, where a deliver frame brings it to the \
            room's first channel, with the sender that the record names, stored, and all of \
            commit.json is known. `cause` names the first check that fails.",
        "room": hex(room()),
        "channel": hex(channel()),
        "valid": valid,
        "refused": layouts(&story),
        "invalid": invalid(&story),
    })
}

fn valid(story: &Story, fields: &Fields, identity: &Identity, content: &str) -> Value {
    let padded = padded(content.as_bytes());
    let made = fields.seal(&padded);
    let (record, block) = signed(&made.signed, LABEL, identity);
    let chain = story.chain().expect("a chain");
    let n = wire_format::EpochNumber::new(fields.n);
    let entry = chain.entry(n).expect("an epoch");
    let keys = EpochKeys::of_commit(&epoch_secret(fields.n), entry).expect("keys");
    let envelope = UnverifiedSignedEnvelope::parse(record.clone().into())
        .expect("a layout")
        .verify(&fields.delivery(), &chain, &story.people.keysets)
        .expect("its sender's");
    assert_eq!(envelope.open(&keys).expect("opened").content, content);
    let draft = Draft {
        channel: ChannelId::from_bytes(fields.channel),
        sender: MemberId::from_bytes(fields.sender),
        fingerprint: fingerprint(identity),
        instance: InstanceId::from_bytes(instance()),
        counter: fields.counter,
        storage: fields.delivery().storage,
        sent_at: Millis::new(SENT_AT),
        message: MessageId::from_bytes(message()),
        content: content.as_bytes(),
    };
    let mut rng = Labelled::new("room vectors: salt");
    let written = keys.seal_signed(&draft, made.iv, &identity.keys(), &mut rng);
    assert_eq!(written.expect("sealed")[..made.signed.len()], made.signed);
    json!({
        "epoch": fields.n.to_string(),
        "salt": hex(fields.commit),
        "secret": hex(secret(fields.n)),
        "sender": hex(fields.sender),
        "fingerprint": hex(fields.fingerprint),
        "instance": hex(instance()),
        "counter": fields.counter.to_string(),
        "flags": fields.flags,
        "sent_at": SENT_AT.to_string(),
        "message": hex(message()),
        "info": hex(&made.info),
        "message_key": hex(made.key),
        "key_commitment": hex(made.commitment),
        "header": hex(&made.header),
        "iv": hex(made.iv),
        "content": content,
        "padded": hex(&padded),
        "ciphertext": hex(&made.ciphertext),
        "tag": hex(made.tag),
        "signed_bytes": hex(&made.signed),
        "block": block.value(),
        "hash": hex(Sha256::digest(&record)),
        "record": hex(&record),
    })
}

fn good(story: &Story) -> (Fields, Identity) {
    let bob = &story.people.bob;
    let identity = bob.identities[0].clone();
    (Fields::new(story, 7, bob, &identity, 1), identity)
}

fn text() -> Vec<u8> {
    padded(br#"{"type":"text","text":"hi"}"#)
}

fn layouts(story: &Story) -> Vec<Value> {
    let (good, by) = good(story);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedSignedEnvelope::parse(record.to_vec().into()).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        signed(&fields.seal(&text()).signed, LABEL, &by).0
    };
    let record = with(&|_| {});
    let body = good.seal(&text()).signed;
    let unsigned = &record[..body.len()];
    let odd = [unsigned, &[1, 0x01], &[0; 257], &[0; 64]].concat();
    let at = |at: usize, value: u8| {
        let mut record = record.clone();
        record[at] = value;
        record
    };
    vec![
        case("not signed", unsigned, "truncated"),
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
            "proxy-sealed",
            &with(&|fields| fields.start[1] = 3),
            "record_type",
        ),
        case(
            "another version",
            &with(&|fields| fields.start[0] = 2),
            "version",
        ),
        case("epoch 0", &with(&|fields| fields.n = 0), "field"),
        case("flag 2", &with(&|fields| fields.flags = 2), "field"),
        case(
            "a length that is no multiple of 16",
            &at(222, 0x11),
            "field",
        ),
        case(
            "a signature of a length that no modulus has",
            &odd,
            "pss_length",
        ),
    ]
}

fn invalid(story: &Story) -> Vec<Value> {
    let (good, by) = good(story);
    let people = story.people;
    let chain = story.chain().expect("a chain");
    let case = |why: &str, record: &[u8], expected: &str| {
        let read = UnverifiedSignedEnvelope::parse(record.to_vec().into()).expect("a layout");
        let delivery = Delivery {
            channel: ChannelId::from_bytes(channel()),
            sender: read.header().sender,
            storage: Storage::Stored,
        };
        let n = read.header().epoch;
        let found = match read.verify(&delivery, &chain, &people.keysets) {
            Err(error) => causes(&format!("{error:?}")),
            Ok(envelope) => {
                let entry = chain.entry(n).expect("an epoch");
                let keys = EpochKeys::of_commit(&epoch_secret(n.value()), entry).expect("keys");
                let error: Option<OpenError> = envelope.open(&keys).err();
                causes(&format!("{:?}", error.expect("refused")))
            }
        };
        assert_eq!(found, expected, "{why}");
        json!({ "why": why, "cause": expected, "record": hex(record) })
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        signed(&fields.seal(&text()).signed, LABEL, &by).0
    };
    let made = good.seal(&text());
    let own = by.sign(LABEL, &made.signed, "room vectors: salt");
    let other = people.ada.identities[0].sign(LABEL, &made.signed, "room vectors: salt");
    let blocks = |pss: &[u8], dsa: &[u8; 64]| [&made.signed[..], &[1, 0x80], pss, dsa].concat();
    let sealed = |padded: &[u8]| signed(&good.seal(padded).signed, LABEL, &by).0;
    let changed = |at: usize| {
        let mut body = made.signed.clone();
        body[at] ^= 1;
        signed(&body, LABEL, &by).0
    };
    let carol = &people.carol;
    let by_carol = Fields::new(story, 7, carol, &carol.identities[0], 1);
    let by_carol = signed(&by_carol.seal(&text()).signed, LABEL, &carol.identities[0]).0;
    let off = {
        let mut off = [0; 32];
        off[0] = 1;
        signed(&good.seal_committed(&text(), &off).signed, LABEL, &by).0
    };
    let mut no_end = text();
    no_end.iter_mut().for_each(|byte| *byte = 0);
    let wide = {
        let mut wide = text();
        wide.resize(padding::bucket(300).expect("it fits"), 0);
        wide
    };
    vec![
        case(
            "of another room",
            &with(&|fields| fields.room[0] ^= 1),
            "other_place",
        ),
        case(
            "of another channel",
            &with(&|fields| fields.channel[0] ^= 1),
            "other_place",
        ),
        case(
            "not stored",
            &with(&|fields| fields.flags = 0),
            "other_place",
        ),
        case(
            "of an epoch to come",
            &with(&|fields| fields.n = 12),
            "unknown_epoch",
        ),
        case(
            "of another commit",
            &with(&|fields| fields.commit[0] ^= 1),
            "other_commit",
        ),
        case(
            "of the epoch before",
            &with(&|fields| fields.n = 6),
            "other_commit",
        ),
        case("by somebody who was removed", &by_carol, "not_member"),
        case(
            "by other keys",
            &with(&|fields| fields.fingerprint[0] ^= 1),
            "not_member",
        ),
        case(
            "signed by another member",
            &blocks(&other.pss, &other.dsa),
            "signature/pss_signature",
        ),
        case(
            "PSS by other keys",
            &blocks(&other.pss, &own.dsa),
            "signature/pss_signature",
        ),
        case(
            "DSA by other keys",
            &blocks(&own.pss, &other.dsa),
            "signature/dsa_signature",
        ),
        case(
            "signed as a commit",
            &signed(&made.signed, b"sealwire/v1/commit\0", &by).0,
            "signature/pss_signature",
        ),
        case("another key commitment", &off, "key_commitment"),
        case("one bit of the time", &changed(150), "tag"),
        case("one bit of the IV", &changed(203), "tag"),
        case("one bit of the ciphertext", &changed(230), "tag"),
        case("one bit of the tag", &changed(made.signed.len() - 1), "tag"),
        case("no end mark", &sealed(&no_end), "bucket_padding"),
        case("a bucket too large", &sealed(&wide), "bucket_padding"),
        case("not UTF-8", &sealed(&padded(b"\xff")), "not_utf8"),
    ]
}
