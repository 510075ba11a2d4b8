//! `announcement.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::{Announcement, MemberId, Millis, OpenError, UnverifiedAnnouncement};

use super::{hex, keys::Session, random::Labelled, refused};

mod der;
mod refused_keys;

const LABEL: &[u8] = b"sealwire/v1/announcement\0";
const MADE_AT: u64 = 1_795_000_000_123;

/// The announcement that the other files use, too.
pub(crate) fn of(session: &Session) -> (Announcement, Labelled) {
    let mut rng = Labelled::new("announcement vectors");
    let made_at = Millis::new(MADE_AT);
    let announcement = session
        .keys()
        .announce(session.member, name_of(session), made_at, &mut rng);
    (announcement.expect("an announcement"), rng)
}

fn name_of(session: &Session) -> &'static str {
    match session.name {
        "alice" => "Alice",
        "bob" => "鲍勃 Bob",
        _ => "Çarol",
    }
}

/// The fields in front of the signature block.
#[derive(Clone)]
struct Body {
    start: [u8; 2],
    member: MemberId,
    name: Vec<u8>,
    pss_spki: Vec<u8>,
    wrap_spki: Vec<u8>,
    y: Vec<u8>,
}

impl Body {
    fn of(session: &Session) -> Self {
        Self {
            start: [1, 1],
            member: session.member,
            name: name_of(session).into(),
            pss_spki: session.pss().spki().to_vec(),
            wrap_spki: session.wrap().spki().to_vec(),
            y: session.dsa().public_bytes().to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.start.to_vec();
        bytes.extend(self.member.as_bytes());
        bytes.push(u8::try_from(self.name.len()).expect("a short name"));
        bytes.extend(&self.name);
        bytes.extend(MADE_AT.to_be_bytes());
        for spki in [&self.pss_spki, &self.wrap_spki] {
            bytes.extend(
                u16::try_from(spki.len())
                    .expect("a short key")
                    .to_be_bytes(),
            );
            bytes.extend(spki);
        }
        bytes.extend(&self.y);
        bytes
    }
}

/// Both signatures over label ‖ body, by keys that may differ.
pub(crate) fn sign(
    label: &[u8],
    body: &[u8],
    pss_by: &Session,
    dsa_by: &Session,
) -> (Vec<u8>, [u8; 64]) {
    let hash = Sha256::new()
        .chain_update(label)
        .chain_update(body)
        .finalize()
        .into();
    let mut rng = Labelled::new("vectors of refused signatures");
    let pss = pss_by.pss().sign(&hash, &mut rng).expect("a signature");
    let dsa = dsa_by.dsa().sign(&hash, &mut rng).expect("a signature");
    (pss, dsa)
}

/// Body ‖ signature block.
pub(crate) fn join(body: &[u8], pss: &[u8], dsa: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pss.len())
        .expect("a short signature")
        .to_be_bytes();
    [body, &length, pss, dsa].concat()
}

fn open(record: &[u8]) -> Result<Announcement, OpenError> {
    UnverifiedAnnouncement::parse(Bytes::copy_from_slice(record))?.verify()
}

pub(crate) fn vectors() -> Value {
    let sessions = ["alice", "bob", "carol"].map(Session::of);
    let valid: Vec<Value> = sessions.iter().map(valid).collect();
    let [alice, bob, _] = &sessions;
    let mut invalid = refused_layouts(alice);
    invalid.extend(refused_keys::all(alice));
    invalid.extend(refused_signatures(alice, bob));
    json!({
        "about": "Announcements (docs/protocol.md#7-session-keys-the-announcement) of the sessions \
            in keys.json. signed_bytes is everything in front of the signature block; hash is \
            SHA-256(L\"sealwire/v1/announcement\" || signed_bytes), what both algorithms sign. \
            pss_salt and dsa_additional_data are what was random. A record in `invalid` is refused; \
            `cause` names the first check that fails.",
        "valid": valid,
        "invalid": invalid,
    })
}

fn valid(session: &Session) -> Value {
    let (announcement, rng) = of(session);
    let record = announcement.bytes();
    let body = Body::of(session).bytes();
    assert_eq!(record[..body.len()], body);
    let block = &record[body.len()..];
    json!({
        "session": session.name,
        "member": session.member,
        "name": name_of(session),
        "made_at": Millis::new(MADE_AT),
        "fingerprint": announcement.fingerprint(),
        "signed_bytes": hex(&body),
        "hash": hex(Sha256::new().chain_update(LABEL).chain_update(&body).finalize()),
        "pss_salt": hex(rng.draws.first().expect("a salt")),
        "pss": hex(&block[2..258]),
        "dsa_additional_data": hex(rng.draws.last().expect("32 bytes")),
        "dsa": hex(&block[258..]),
        "record": hex(record),
    })
}

fn case(why: &str, record: &[u8], expected: &str) -> Value {
    refused(why, record, expected, open(record).err())
}

fn signed(body: &Body, by: &Session) -> Vec<u8> {
    let body = body.bytes();
    let (pss, dsa) = sign(LABEL, &body, by, by);
    join(&body, &pss, &dsa)
}

fn refused_layouts(alice: &Session) -> Vec<Value> {
    let body = Body::of(alice);
    let good = signed(&body, alice);
    let with = |change: &dyn Fn(&mut Body)| {
        let mut body = body.clone();
        change(&mut body);
        signed(&body, alice)
    };
    vec![
        case("nothing", b"", "truncated"),
        case("one byte is missing", &good[..good.len() - 1], "truncated"),
        case(
            "one byte too many",
            &[&good[..], &[0]].concat(),
            "left_over",
        ),
        case(
            "above 2 KiB",
            &[&good[..], &[0; 1024]].concat(),
            "too_large",
        ),
        case(
            "another version",
            &with(&|body| body.start[0] = 2),
            "version",
        ),
        case(
            "another type",
            &with(&|body| body.start[1] = 2),
            "record_type",
        ),
        case("an empty name", &with(&|body| body.name.clear()), "field"),
        case(
            "a name that is not UTF-8",
            &with(&|body| body.name[0] = 0xff),
            "field",
        ),
        case(
            "a name above 124 bytes",
            &with(&|body| body.name = vec![b'a'; 125]),
            "field",
        ),
    ]
}

fn refused_signatures(alice: &Session, bob: &Session) -> Vec<Value> {
    let body = Body::of(alice).bytes();
    let (pss, dsa) = sign(LABEL, &body, alice, alice);
    let (bob_pss, bob_dsa) = sign(LABEL, &body, bob, bob);
    let (epoch_pss, epoch_dsa) = sign(b"sealwire/v1/epoch\0", &body, alice, alice);
    let flipped = |signature: &[u8]| {
        let mut signature = signature.to_vec();
        signature[20] ^= 1;
        signature
    };
    let halved = |zeroed: std::ops::Range<usize>| {
        let mut dsa = dsa;
        dsa[zeroed].fill(0);
        dsa
    };
    let in_der = {
        let integer = |digits: &[u8]| der::value(0x02, &[&[0], digits].concat());
        der::value(0x30, &[integer(&dsa[..32]), integer(&dsa[32..])].concat())
    };
    let moved = {
        let mut body = body.clone();
        body[2] ^= 1;
        body
    };
    let renamed = {
        let mut body = body.clone();
        body[19] ^= 0x20;
        body
    };
    let check = |why, body: &[u8], pss: &[u8], dsa: &[u8], expected| {
        case(why, &join(body, pss, dsa), expected)
    };
    vec![
        check("no PSS signature", &body, &[], &dsa, "pss_length"),
        check("no DSA signature", &body, &pss, &[], "truncated"),
        check("no signature", &body, &[], &[], "pss_length"),
        case("nothing behind the fields", &body, "truncated"),
        check(
            "the DSA signature in DER",
            &body,
            &pss,
            &in_der,
            "left_over",
        ),
        check(
            "a short PSS signature",
            &body,
            &pss[..255],
            &dsa,
            "pss_length",
        ),
        check(
            "one bit of the PSS signature",
            &body,
            &flipped(&pss),
            &dsa,
            "pss_signature",
        ),
        check(
            "one bit of the DSA signature",
            &body,
            &pss,
            &flipped(&dsa),
            "dsa_signature",
        ),
        check("r = 0", &body, &pss, &halved(0..32), "dsa_signature"),
        check("s = 0", &body, &pss, &halved(32..64), "dsa_signature"),
        check(
            "both signatures by another session",
            &body,
            &bob_pss,
            &bob_dsa,
            "pss_signature",
        ),
        check(
            "PSS by another session",
            &body,
            &bob_pss,
            &dsa,
            "pss_signature",
        ),
        check(
            "DSA by another session",
            &body,
            &pss,
            &bob_dsa,
            "dsa_signature",
        ),
        check(
            "signed as an epoch start",
            &body,
            &epoch_pss,
            &epoch_dsa,
            "pss_signature",
        ),
        check(
            "another member than was signed",
            &moved,
            &pss,
            &dsa,
            "pss_signature",
        ),
        check(
            "another name than was signed",
            &renamed,
            &pss,
            &dsa,
            "pss_signature",
        ),
    ]
}
