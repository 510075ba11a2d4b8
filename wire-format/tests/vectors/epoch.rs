//! `epoch.json`: epoch starts and bundles.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::{
    Bundle, EpochDraft, EpochNumber, EpochSecret, EpochStart, Fingerprint, MemberId, Millis,
    OpenError, RoomId, UnverifiedBundle, event::EpochReason,
};

use super::{
    announcement::{self, join, sign},
    hex,
    keys::Session,
    random::Labelled,
    refused,
};

const LABEL: &[u8] = b"sealwire/v1/epoch\0";
const STARTED_AT: u64 = 1_795_000_060_000;
/// The secret of epoch 7 of the lobby.
const SECRET: &str = "epoch vectors: secret";

pub(crate) fn secret_bytes() -> [u8; 32] {
    Labelled::array(SECRET)
}

/// Epoch 7 of the lobby, started by alice; the other files use it, too.
pub(crate) fn start() -> (EpochStart, Labelled) {
    let alice = Session::of("alice");
    let draft = EpochDraft {
        room: RoomId::of_name("lobby"),
        n: EpochNumber::new(7),
        reason: EpochReason::Left,
        starter: alice.member,
        started_at: Millis::new(STARTED_AT),
    };
    let mut rng = Labelled::new("epoch vectors: signatures");
    let secret = EpochSecret::from_bytes(secret_bytes());
    let start = alice
        .keys()
        .start_epoch(&draft, &secret, &mut rng)
        .expect("an epoch");
    (start, rng)
}

#[derive(Clone)]
struct Body {
    start: [u8; 2],
    n: u64,
    starter: MemberId,
    fingerprint: Fingerprint,
    reason: u8,
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        let room = RoomId::of_name("lobby");
        let mut bytes = self.start.to_vec();
        bytes.extend(room.as_bytes());
        bytes.extend(self.n.to_be_bytes());
        bytes.extend(commitment(self.n));
        bytes.extend(self.starter.as_bytes());
        bytes.extend(self.fingerprint.as_bytes());
        bytes.push(self.reason);
        bytes.extend(STARTED_AT.to_be_bytes());
        bytes
    }
}

fn commitment(n: u64) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"sealwire/v1/epoch-secret\0")
        .chain_update(RoomId::of_name("lobby").as_bytes())
        .chain_update(n.to_be_bytes())
        .chain_update(secret_bytes())
        .finalize()
        .into()
}

fn bundle(start: &[u8], announcement: &[u8]) -> Vec<u8> {
    let length = u16::try_from(start.len())
        .expect("a short start")
        .to_be_bytes();
    [&length, start, announcement].concat()
}

fn open(record: &[u8]) -> Result<Bundle, OpenError> {
    UnverifiedBundle::parse(Bytes::copy_from_slice(record))?.verify()
}

pub(crate) fn vectors() -> Value {
    let (alice, bob) = (Session::of("alice"), Session::of("bob"));
    let body = Body {
        start: [1, 2],
        n: 7,
        starter: alice.member,
        fingerprint: alice.fingerprint,
        reason: 2,
    };
    json!({
        "about": "A bundle (docs/protocol.md#8-epochs-of-proxy-sealed-rooms): epoch 7 of the lobby, \
            started by alice of keys.json; her announcement is the first of announcement.json. \
            signed_bytes is everything in front of the start's signature block; commit_hash is \
            SHA-256(L\"sealwire/v1/epoch\" || signed_bytes), and also what both algorithms sign. A \
            bundle in `invalid` is refused; `cause` names the first check that fails.",
        "valid": [valid(&alice, &body)],
        "invalid": invalid(&alice, &bob, &body),
    })
}

fn valid(alice: &Session, body: &Body) -> Value {
    let (start, rng) = start();
    let (announcement, _) = announcement::of(alice);
    let signed = body.bytes();
    assert_eq!(start.bytes()[..signed.len()], signed);
    assert_eq!(*start.commitment().as_bytes(), commitment(7));
    let block = &start.bytes()[signed.len()..];
    let record = Bundle::new(start.clone(), announcement.clone()).encode();
    assert_eq!(record, bundle(start.bytes(), announcement.bytes()));
    json!({
        "room": start.room(),
        "n": start.n(),
        "secret": hex(secret_bytes()),
        "commitment": start.commitment(),
        "starter": start.starter(),
        "fingerprint": start.fingerprint(),
        "reason": 2,
        "started_at": start.started_at(),
        "signed_bytes": hex(&signed),
        "commit_hash": start.commit_hash(),
        "pss_salt": hex(rng.draws.first().expect("a salt")),
        "pss": hex(&block[2..258]),
        "dsa_additional_data": hex(rng.draws.last().expect("32 bytes")),
        "dsa": hex(&block[258..]),
        "start": hex(start.bytes()),
        "bundle": hex(&record),
    })
}

fn invalid(alice: &Session, bob: &Session, body: &Body) -> Vec<Value> {
    let (alice_announced, _) = announcement::of(alice);
    let (bob_announced, _) = announcement::of(bob);
    let alices = |start: &[u8]| bundle(start, alice_announced.bytes());
    let signed = |body: &Body| {
        let body = body.bytes();
        let (pss, dsa) = sign(LABEL, &body, alice, alice);
        join(&body, &pss, &dsa)
    };
    let with = |change: &dyn Fn(&mut Body)| {
        let mut body = body.clone();
        change(&mut body);
        alices(&signed(&body))
    };
    let bytes = body.bytes();
    let (pss, dsa) = sign(LABEL, &bytes, alice, alice);
    let (bob_pss, bob_dsa) = sign(LABEL, &bytes, bob, bob);
    let good = signed(body);
    let changed = |at: usize| {
        let mut start = good.clone();
        start[at] ^= 1;
        alices(&start)
    };
    let end = good.len() - 1;
    let case =
        |why: &str, record: &[u8], expected| refused(why, record, expected, open(record).err());
    let too_long = {
        let mut record = alices(&good);
        record[..2].copy_from_slice(&u16::MAX.to_be_bytes());
        record
    };
    vec![
        case("nothing", b"", "truncated"),
        case("a start longer than the bundle", &too_long, "truncated"),
        case("no announcement", &bundle(&good, b""), "truncated"),
        case(
            "a byte too many",
            &[&alices(&good)[..], &[0]].concat(),
            "left_over",
        ),
        case(
            "a start that is truncated",
            &alices(&good[..end]),
            "truncated",
        ),
        case(
            "a start with a byte too many",
            &alices(&[&good[..], &[0]].concat()),
            "left_over",
        ),
        case(
            "another version",
            &with(&|body| body.start[0] = 0),
            "version",
        ),
        case(
            "another type",
            &with(&|body| body.start[1] = 3),
            "record_type",
        ),
        case("n = 0", &with(&|body| body.n = 0), "field"),
        case("n = 2^53", &with(&|body| body.n = 1 << 53), "field"),
        case("reason 0", &with(&|body| body.reason = 0), "field"),
        case("reason 6", &with(&|body| body.reason = 6), "field"),
        case("another room than was signed", &changed(2), "pss_signature"),
        case("another n than was signed", &changed(25), "pss_signature"),
        case(
            "another commitment than was signed",
            &changed(26),
            "pss_signature",
        ),
        case(
            "another starter than was signed",
            &changed(58),
            "pss_signature",
        ),
        case(
            "one bit of the PSS signature",
            &changed(end - 100),
            "pss_signature",
        ),
        case(
            "one bit of the DSA signature",
            &changed(end),
            "dsa_signature",
        ),
        case(
            "no DSA signature",
            &alices(&join(&bytes, &pss, &[])),
            "truncated",
        ),
        case(
            "no PSS signature",
            &alices(&join(&bytes, &[], &dsa)),
            "pss_length",
        ),
        case(
            "DSA by bob",
            &alices(&join(&bytes, &pss, &bob_dsa)),
            "dsa_signature",
        ),
        case(
            "PSS by bob",
            &alices(&join(&bytes, &bob_pss, &dsa)),
            "pss_signature",
        ),
        case(
            "bob's announcement",
            &bundle(&good, bob_announced.bytes()),
            "pss_signature",
        ),
        case(
            "bob named as the starter",
            &with(&|body| body.starter = bob.member),
            "not_the_starter",
        ),
        case(
            "bob's fingerprint",
            &with(&|body| body.fingerprint = bob.fingerprint),
            "not_the_starter",
        ),
    ]
}
