//! `key_request.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, CommitHash, EpochNumber, Fingerprint, Millis, RoomId, WrapNumber,
    room::{Claim, KeyRequestDraft, UnverifiedKeyRequest},
};

use super::{
    accounts::{Account, Identity},
    hex,
    random::Labelled,
    refused,
    rooms::{Story, causes, fingerprint, room, signed},
};

const LABEL: &[u8] = b"sealwire/v1/key-request\0";
const MADE_AT: u64 = 1_797_200_000_000;

/// The fields of a key request.
#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) start: [u8; 2],
    pub(crate) room: [u8; 16],
    pub(crate) account: AccountId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) commit: [u8; 32],
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) wrap: u64,
}

impl Fields {
    /// What carol asks after commit 4: everything.
    pub(crate) fn new(story: &Story, account: &Account) -> Self {
        Self {
            start: [1, 0x18],
            room: room(),
            account: account.account,
            fingerprint: fingerprint(&account.identities[0]),
            commit: story.hash_of(4),
            from: 1,
            to: 4,
            wrap: 1,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        [
            &self.start[..],
            &self.room,
            self.account.as_bytes(),
            self.fingerprint.as_bytes(),
            &self.commit,
            &self.from.to_be_bytes(),
            &self.to.to_be_bytes(),
            &self.wrap.to_be_bytes(),
            &MADE_AT.to_be_bytes(),
        ]
        .concat()
    }

    pub(crate) fn signed(&self, by: &Identity) -> Vec<u8> {
        signed(&self.bytes(), LABEL, by).0
    }

    pub(crate) fn draft(&self) -> KeyRequestDraft {
        KeyRequestDraft {
            room: RoomId::from_bytes(self.room),
            account: self.account,
            commit: CommitHash::from_bytes(self.commit),
            from: EpochNumber::new(self.from),
            to: EpochNumber::new(self.to),
            wrap: WrapNumber::new(self.wrap),
            made_at: Millis::new(MADE_AT),
        }
    }
}

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let carol = &story.people.carol;
    json!({
        "about": "A key request (docs/protocol.md#1413-history-key-requests-and-grants) of carol in \
            account_keys.json after the first four commits of commit.json; her newest wrap key is \
            number 1. `claims` says by what she may have each epoch. A record in `refused` has another \
            layout; one in `invalid` is not answered. `cause` names the first check that fails.",
        "valid": [valid(&story, carol)],
        "refused": layouts(&story, carol),
        "invalid": invalid(&story, carol),
    })
}

fn valid(story: &Story, carol: &Account) -> Value {
    let by = &carol.identities[0];
    let fields = Fields::new(story, carol);
    let (record, block) = signed(&fields.bytes(), LABEL, by);
    let chain = story.up_to(4).chain().expect("a chain");
    let keysets = &story.people.keysets;
    let request = UnverifiedKeyRequest::parse(record.clone().into())
        .expect("a layout")
        .verify(&chain, keysets, WrapNumber::new(1))
        .expect("a member's");
    let mut rng = Labelled::new("room vectors: salt");
    let written = by.keys().sign_key_request(&fields.draft(), &mut rng);
    let bytes = fields.bytes();
    assert_eq!(written.expect("signed").bytes()[..bytes.len()], bytes);
    let claims: Vec<Value> = (1..=5)
        .map(|n| {
            let claim = request.claim(EpochNumber::new(n), &chain, keysets);
            let claim = match claim.expect("known keys") {
                Some(Claim::Always) => "always",
                Some(Claim::SharedHistory) => "shared_history",
                Some(Claim::Decision) => "decision",
                None => "none",
            };
            json!({ "n": n.to_string(), "claim": claim })
        })
        .collect();
    json!({
        "room": hex(fields.room),
        "account": fields.account,
        "fingerprint": fields.fingerprint,
        "commit": hex(fields.commit),
        "from": fields.from.to_string(),
        "to": fields.to.to_string(),
        "wrap": fields.wrap.to_string(),
        "made_at": MADE_AT.to_string(),
        "claims": claims,
        "signed_bytes": hex(bytes),
        "hash": hex(block.hash),
        "block": block.value(),
        "record": hex(record),
    })
}

fn layouts(story: &Story, carol: &Account) -> Vec<Value> {
    let by = &carol.identities[0];
    let good = Fields::new(story, carol);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = UnverifiedKeyRequest::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let range = |from: u64, to: u64| {
        with(&|fields| {
            (fields.from, fields.to) = (from, to);
        })
    };
    let record = good.signed(by);
    let most = UnverifiedKeyRequest::parse(range(1, 1_000).into());
    assert!(most.is_ok());
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
            "above 4 KiB",
            &[&record[..], &[0; 4096]].concat(),
            "too_large",
        ),
        case(
            "another type",
            &with(&|fields| fields.start[1] = 0x19),
            "record_type",
        ),
        case("from epoch 0", &range(0, 4), "field"),
        case("to an epoch before", &range(4, 3), "field"),
        case("1 001 epochs", &range(1, 1_001), "field"),
        case("to epoch 2^53", &range((1 << 53) - 1, 1 << 53), "field"),
        case("wrap key 0", &with(&|fields| fields.wrap = 0), "field"),
    ]
}

fn invalid(story: &Story, carol: &Account) -> Vec<Value> {
    let by = &carol.identities[0];
    let good = Fields::new(story, carol);
    let chain = story.up_to(4).chain().expect("a chain");
    let case = |why: &str, record: &[u8], expected: &str| {
        let read = UnverifiedKeyRequest::parse(Bytes::copy_from_slice(record)).expect("a layout");
        let verified = read.verify(&chain, &story.people.keysets, WrapNumber::new(1));
        let found = causes(&format!("{:?}", verified.expect_err("refused")));
        assert_eq!(found, expected, "{why}");
        json!({ "why": why, "cause": expected, "record": hex(record) })
    };
    let with = |change: &dyn Fn(&mut Fields)| {
        let mut fields = good.clone();
        change(&mut fields);
        fields.signed(by)
    };
    let bob = &story.people.bob.identities[0];
    let (_, own) = signed(&good.bytes(), LABEL, by);
    let (_, other) = signed(&good.bytes(), LABEL, bob);
    let blocks = |pss: &[u8], dsa: &[u8; 64]| [&good.bytes()[..], &[1, 0x80], pss, dsa].concat();
    let reset = {
        let ada = &story.people.ada;
        let mut fields = Fields::new(story, ada);
        fields.fingerprint = fingerprint(&ada.identities[2]);
        fields.signed(&ada.identities[2])
    };
    vec![
        case(
            "about another room",
            &with(&|fields| fields.room[0] ^= 1),
            "other_room",
        ),
        case(
            "by somebody who is not a member",
            &with(&|fields| fields.account = AccountId::from_bytes([7; 16])),
            "not_member",
        ),
        case("by keys that only a reset led to", &reset, "not_member"),
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
            "to an old wrap key",
            &with(&|fields| fields.wrap = 2),
            "other_wrap_key",
        ),
    ]
}
