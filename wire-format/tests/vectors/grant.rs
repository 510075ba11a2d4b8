//! `grant.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    EpochNumber, EpochSecret, Fingerprint, Millis,
    identity::GrantKey,
    room::{GrantDraft, Granted, KeyRequest, UnverifiedGrant},
};

use super::{
    accounts::{Account, Identity},
    hex, key_request,
    random::Labelled,
    refused,
    rooms::{
        Story, causes, derived, epoch_secret, fingerprint, padded, room, sealed_part, secret,
        signed,
    },
};

const LABEL: &[u8] = b"sealwire/v1/grant\0";
const MADE_AT: u64 = 1_797_200_060_000;

/// The fields of a grant.
#[derive(Clone)]
struct Fields {
    start: [u8; 2],
    room: [u8; 16],
    request: [u8; 32],
    granter: [u8; 16],
    fingerprint: Fingerprint,
    asker: [u8; 16],
    commit: [u8; 32],
    wrap: u64,
    key: [u8; 32],
    share: Vec<u8>,
    seed: Vec<u8>,
    /// What is sealed: padded.
    padded: Vec<u8>,
}

fn plain(secrets: &[(u64, [u8; 32])]) -> Vec<u8> {
    let count = u32::try_from(secrets.len()).expect("few");
    let mut plain = count.to_be_bytes().to_vec();
    for (n, secret) in secrets {
        plain.extend(n.to_be_bytes());
        plain.extend(secret);
    }
    plain
}

fn secrets() -> Vec<(u64, [u8; 32])> {
    (1..=4).map(|n| (n, secret(n))).collect()
}

fn iv() -> [u8; 16] {
    Labelled::array("grant vectors: iv")
}

impl Fields {
    fn new(story: &Story, request: &KeyRequest) -> Self {
        let people = story.people;
        let key = Labelled::array("grant vectors: key");
        let mut seeds = Labelled::new("grant vectors: seed");
        let share = people
            .wrap(&people.carol)
            .wrap_grant_key(&GrantKey::from_bytes(key), &mut seeds)
            .expect("wrapped");
        Self {
            start: [1, 0x19],
            room: room(),
            request: *request.hash().as_bytes(),
            granter: *people.bob.account.as_bytes(),
            fingerprint: fingerprint(&people.bob.identities[0]),
            asker: *people.carol.account.as_bytes(),
            commit: story.hash_of(4),
            wrap: 1,
            key,
            share: share.to_vec(),
            seed: seeds.draws[0].clone(),
            padded: padded(&plain(&secrets())),
        }
    }

    fn info(&self) -> Vec<u8> {
        [
            &b"sealwire/v1/grant-key\0"[..],
            &self.room,
            &self.granter,
            &self.asker,
        ]
        .concat()
    }

    fn sealing_key(&self) -> [u8; 64] {
        derived(&self.key, &self.request, &self.info())
    }

    fn bytes(&self) -> Vec<u8> {
        let above = [
            &self.start[..],
            &self.room,
            &self.request,
            &self.granter,
            self.fingerprint.as_bytes(),
            &self.asker,
            &self.commit,
            &MADE_AT.to_be_bytes(),
            &self.wrap.to_be_bytes(),
            &self.share,
        ]
        .concat();
        sealed_part(&above, &self.sealing_key(), &iv(), &self.padded)
    }

    fn signed(&self, by: &Identity) -> Vec<u8> {
        signed(&self.bytes(), LABEL, by).0
    }
}

/// What carol asked for, which is pending.
fn pending(story: &Story) -> KeyRequest {
    let carol = &story.people.carol;
    let draft = key_request::Fields::new(story, carol).draft();
    let mut rng = Labelled::new("room vectors: salt");
    let keys = carol.identities[0].keys();
    keys.sign_key_request(&draft, &mut rng).expect("signed")
}

fn accept(story: &Story, record: &[u8]) -> Result<Granted, wire_format::room::GrantError> {
    let chain = story.up_to(4).chain().expect("a chain");
    let carol: &Account = &story.people.carol;
    let mut rng = Labelled::new("grant vectors: opening");
    UnverifiedGrant::parse(Bytes::copy_from_slice(record))?.accept(
        &pending(story),
        &carol.wrap(1),
        &chain,
        &story.people.keysets,
        &mut rng,
    )
}

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    json!({
        "about": "What bob grants (docs/protocol.md#1413-history-key-requests-and-grants) to carol's \
            request in key_request.json. The share's plain is encrypted to her first wrap key with \
            seed. In `partly` a secret that is not its epoch's, and one that was not asked for, are \
            dropped, and the others stand. A record in `refused` has another layout; one in `invalid` \
            is not accepted. `cause` names the first check that fails.",
        "valid": [valid(&story)],
        "partly": partly(&story),
        "refused": layouts(&story),
        "invalid": invalid(&story),
    })
}

fn valid(story: &Story) -> Value {
    let by = &story.people.bob.identities[0];
    let request = pending(story);
    let fields = Fields::new(story, &request);
    let (record, block) = signed(&fields.bytes(), LABEL, by);
    let granted = accept(story, &record).expect("accepted");
    assert_eq!(granted.secrets.len(), 4);
    assert!(granted.dropped.is_empty());
    written_by_the_crate_is_the_same(story, &fields, by);
    json!({
        "room": hex(fields.room),
        "request": hex(fields.request),
        "granter": hex(fields.granter),
        "fingerprint": fields.fingerprint,
        "asker": hex(fields.asker),
        "commit": hex(fields.commit),
        "made_at": MADE_AT.to_string(),
        "wrap": fields.wrap.to_string(),
        "grant_key": hex(fields.key),
        "plain": hex([&[3][..], &fields.key].concat()),
        "seed": hex(&fields.seed),
        "share": hex(&fields.share),
        "info": hex(fields.info()),
        "sealing_key": hex(fields.sealing_key()),
        "iv": hex(iv()),
        "content": hex(plain(&secrets())),
        "padded": hex(&fields.padded),
        "signed_bytes": hex(fields.bytes()),
        "block": block.value(),
        "record": hex(record),
    })
}

fn written_by_the_crate_is_the_same(story: &Story, fields: &Fields, by: &Identity) {
    let people = story.people;
    let secrets: Vec<(EpochNumber, EpochSecret)> = (1..=4)
        .map(|n| (EpochNumber::new(n), epoch_secret(n)))
        .collect();
    let draft = GrantDraft {
        request: &pending(story),
        granter: people.bob.account,
        made_at: Millis::new(MADE_AT),
        wrap: &people.wrap(&people.carol),
        secrets: &secrets,
        key: &GrantKey::from_bytes(fields.key),
        iv: &iv(),
    };
    let mut rng = Labelled::new("grant vectors: seed");
    let chain = story.up_to(4).chain().expect("a chain");
    let keysets = &people.keysets;
    let written = by.keys().sign_grant(&chain, &draft, keysets, &mut rng);
    let written = written.expect("signed");
    let bytes = fields.bytes();
    assert_eq!(written.bytes()[..bytes.len()], bytes);
}

fn partly(story: &Story) -> Value {
    let by = &story.people.bob.identities[0];
    let mut fields = Fields::new(story, &pending(story));
    let mut list = secrets();
    list[1].1[0] ^= 1;
    list.push((5, secret(5)));
    fields.padded = padded(&plain(&list));
    let record = fields.signed(by);
    let granted = accept(story, &record).expect("accepted");
    let numbers = |n: &EpochNumber| n.to_string();
    let kept: Vec<String> = granted.secrets.iter().map(|(n, _)| numbers(n)).collect();
    let dropped: Vec<Value> = granted
        .dropped
        .iter()
        .map(|(n, error)| json!({ "n": numbers(n), "cause": super::cause(*error) }))
        .collect();
    json!({ "kept": kept, "dropped": dropped, "record": hex(record) })
}

fn layouts(story: &Story) -> Vec<Value> {
    let by = &story.people.bob.identities[0];
    let good = Fields::new(story, &pending(story));
    let record = good.signed(by);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedGrant::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
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
            "another type",
            &with(&|fields| fields.start[1] = 0x18),
            "record_type",
        ),
        case("wrap key 0", &with(&|fields| fields.wrap = 0), "field"),
    ]
}

fn invalid(story: &Story) -> Vec<Value> {
    let people = story.people;
    let by = &people.bob.identities[0];
    let good = Fields::new(story, &pending(story));
    let case = |why: &str, record: &[u8], expected: &str| {
        let error = accept(story, record).expect_err("refused");
        let found = causes(&format!("{error:?}"));
        assert_eq!(found, expected, "{why}");
        json!({ "why": why, "cause": expected, "record": hex(record) })
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let sealed = |plain: &[u8]| with(&|fields| fields.padded = padded(plain));
    let ada = &people.ada.identities[0];
    let body = good.bytes();
    let (_, own) = signed(&body, LABEL, by);
    let (_, other) = signed(&body, LABEL, ada);
    let blocks = |pss: &[u8], dsa: &[u8; 64]| [&body[..], &[1, 0x80], pss, dsa].concat();
    let to_bob = {
        let mut seeds = Labelled::new("grant vectors: seed");
        let key = GrantKey::from_bytes(good.key);
        let share = people.wrap(&people.bob).wrap_grant_key(&key, &mut seeds);
        share.expect("wrapped").to_vec()
    };
    let as_share = {
        let mut seeds = Labelled::new("grant vectors: seed");
        let key = EpochSecret::from_bytes(good.key);
        let share = people.wrap(&people.carol).wrap_secret(&key, &mut seeds);
        share.expect("wrapped").to_vec()
    };
    let short = plain(&secrets());
    vec![
        case(
            "of another room",
            &with(&|fields| fields.room[0] ^= 1),
            "other_request",
        ),
        case(
            "to another request",
            &with(&|fields| fields.request[0] ^= 1),
            "other_request",
        ),
        case(
            "to somebody else",
            &with(&|fields| fields.asker[0] ^= 1),
            "other_request",
        ),
        case(
            "by somebody who is not a member",
            &with(&|fields| fields.granter[0] ^= 1),
            "not_member",
        ),
        case(
            "signed by other keys",
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
            "at a commit that is not in the chain",
            &with(&|fields| fields.commit[0] ^= 1),
            "fork",
        ),
        case(
            "to another wrap key of the asker",
            &with(&|fields| fields.wrap = 2),
            "open/share",
        ),
        case(
            "wrapped to somebody else",
            &with(&|fields| fields.share.clone_from(&to_bob)),
            "open/share",
        ),
        case(
            "wrapped as an epoch's secret",
            &with(&|fields| fields.share.clone_from(&as_share)),
            "open/share",
        ),
        case(
            "sealed under another key",
            &with(&|fields| fields.key[0] ^= 1),
            "open/tag",
        ),
        case(
            "not padded",
            &with(&|fields| fields.padded = vec![0; 256]),
            "open/bucket_padding",
        ),
        case("no secrets", &sealed(&[0; 4]), "open/field"),
        case(
            "a secret cut short",
            &sealed(&short[..short.len() - 1]),
            "open/truncated",
        ),
        case(
            "a byte behind the secrets",
            &sealed(&[&short[..], &[0]].concat()),
            "open/left_over",
        ),
        case(
            "secrets that do not ascend",
            &sealed(&plain(&[(2, secret(2)), (1, secret(1))])),
            "open/field",
        ),
    ]
}
