//! `keyset.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, Millis,
    identity::{Chain, ChainError, Keyset, Link},
};

use super::{
    accounts::{Account, Block, Identity, exponent_3, one_bit_less},
    hex, refused,
};

pub(crate) const LABEL: &[u8] = b"sealwire/v1/keyset\0";
const ROTATION_LABEL: &[u8] = b"sealwire/v1/keyset-rotation\0";
const MADE_AT: u64 = 1_796_000_000_000;

/// The fields of a keyset in front of its signature blocks.
#[derive(Clone)]
struct Body {
    start: [u8; 2],
    account: AccountId,
    name: Vec<u8>,
    number: u64,
    link: u8,
    previous: [u8; 32],
    pss_spki: Vec<u8>,
    y: Vec<u8>,
}

impl Body {
    fn of(account: &Account, number: usize, link: u8, previous: [u8; 32]) -> Self {
        let identity = &account.identities[number - 1];
        Self {
            start: [1, 0x10],
            account: account.account,
            name: name_of(account).into(),
            number: u64::try_from(number).expect("a number"),
            link,
            previous,
            pss_spki: identity.pss().spki().to_vec(),
            y: identity.dsa().public_bytes().to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let name_length = u8::try_from(self.name.len()).expect("a short name");
        let spki_length = u16::try_from(self.pss_spki.len()).expect("a short key");
        [
            &self.start[..],
            self.account.as_bytes(),
            &[name_length],
            &self.name,
            &self.number.to_be_bytes(),
            &[self.link],
            &self.previous,
            &made_at(self.number).value().to_be_bytes(),
            &spki_length.to_be_bytes(),
            &self.pss_spki,
            &self.y,
        ]
        .concat()
    }

    /// The record, signed by these and, where they are given, by those before.
    fn signed(&self, by: &Identity, before: Option<&Identity>) -> (Vec<u8>, Vec<Block>) {
        let mut record = self.bytes();
        let own = by.sign(LABEL, &record, "keyset vectors: own");
        record.extend(own.bytes());
        let mut blocks = vec![own];
        if let Some(before) = before {
            let rotation = before.sign(ROTATION_LABEL, &record, "keyset vectors: rotation");
            record.extend(rotation.bytes());
            blocks.push(rotation);
        }
        (record, blocks)
    }
}

pub(crate) fn name_of(account: &Account) -> &'static str {
    match account.name {
        "ada" => "Ada",
        _ => "鲍勃 Bob",
    }
}

fn made_at(number: u64) -> Millis {
    Millis::new(MADE_AT + 1_000 * number)
}

/// The account's first keyset, as the other files use it.
pub(crate) fn first_of(account: &Account) -> Keyset {
    let identity = &account.identities[0];
    let (record, _) = Body::of(account, 1, 1, [0; 32]).signed(identity, None);
    let chain = Chain::first(account.account, Some(name_of(account)), record.into());
    chain.expect("a keyset").head().clone()
}

/// Ada's chain: first, rotated, reset.
struct Made {
    bodies: Vec<Body>,
    records: Vec<Vec<u8>>,
    values: Vec<Value>,
}

fn chain(ada: &Account) -> Made {
    let mut chain: Option<Chain> = None;
    let mut made = Made {
        bodies: Vec::new(),
        records: Vec::new(),
        values: Vec::new(),
    };
    for (number, link) in [(1, Link::First), (2, Link::Rotated), (3, Link::Reset)] {
        let previous = chain
            .as_ref()
            .map_or([0; 32], |chain| *chain.head().hash().as_bytes());
        let body = Body::of(ada, number, link.byte(), previous);
        let by = &ada.identities[number - 1];
        let before = (link == Link::Rotated).then(|| &ada.identities[number - 2]);
        let (record, blocks) = body.signed(by, before);
        match &mut chain {
            None => {
                let first = Chain::first(ada.account, Some("Ada"), record.clone().into());
                chain = Some(first.expect("a keyset"));
            }
            Some(chain) => {
                chain.extend(record.clone().into()).expect("a keyset");
            }
        }
        let head = chain.as_ref().expect("a chain").head();
        let named = if link == Link::Rotated {
            "rotated"
        } else if link == Link::Reset {
            "reset"
        } else {
            "first"
        };
        made.values.push(json!({
            "number": number.to_string(),
            "link": named,
            "previous": hex(previous),
            "made_at": head.made_at(),
            "fingerprint": head.fingerprint(),
            "signed_bytes": hex(body.bytes()),
            "hash": head.hash(),
            "own": blocks[0].value(),
            "rotation": blocks.get(1).map(Block::value),
            "record": hex(&record),
        }));
        made.bodies.push(body);
        made.records.push(record);
    }
    made
}

pub(crate) fn vectors() -> Value {
    let ada = Account::of("ada");
    let bob = Account::of("bob");
    let made = chain(&ada);
    json!({
        "about": "The keysets of an account (docs/protocol.md#143-identity-the-keyset-chain), by the \
            keys in account_keys.json. signed_bytes is everything above the first signature block, \
            hash the SHA-256 of label and signed_bytes; the block `rotation` signs everything above \
            it, the block `own` included. A record in `invalid` does not follow the first `after` \
            records of `valid`; `cause` names the first check that fails.",
        "account": ada.account,
        "name": "Ada",
        "valid": made.values,
        "invalid": invalid(&ada, &bob, &made),
    })
}

/// What a chain of the first `after` records says to one more.
fn follow(ada: &Account, made: &Made, after: usize, record: &[u8]) -> Option<ChainError> {
    let record = Bytes::copy_from_slice(record);
    let mut records = made.records[..after]
        .iter()
        .map(|record| record.clone().into());
    let Some(first) = records.next() else {
        return Chain::first(ada.account, Some("Ada"), record).err();
    };
    let mut chain = Chain::first(ada.account, Some("Ada"), first).expect("a keyset");
    for next in records {
        chain.extend(next).expect("a keyset");
    }
    chain.extend(record).err()
}

fn invalid(ada: &Account, bob: &Account, made: &Made) -> Vec<Value> {
    let case = |after: usize, why: &str, record: &[u8], expected: &str| {
        let found = follow(ada, made, after, record);
        let mut value = match found {
            Some(ChainError::Record(error)) => refused(why, record, expected, Some(error)),
            other => {
                let found = other.map(|error| super::snake(&format!("{error:?}")));
                assert_eq!(found.as_deref(), Some(expected), "{why}");
                json!({ "why": why, "cause": expected, "record": hex(record) })
            }
        };
        value["after"] = json!(after);
        value
    };
    let [first, second, _] = &made.bodies[..] else {
        panic!("three keysets");
    };
    let [one, two, three] = &ada.identities[..] else {
        panic!("three identities");
    };
    let firsts = |change: &dyn Fn(&mut Body)| {
        let mut body = first.clone();
        change(&mut body);
        body.signed(one, None).0
    };
    let seconds = |change: &dyn Fn(&mut Body), before: Option<&Identity>| {
        let mut body = second.clone();
        change(&mut body);
        body.signed(two, before).0
    };
    let other_bob = |body: &mut Body| body.account = bob.account;
    let small = super::keys::Session::of("alice").pss().spki().to_vec();
    let exponent_3 = exponent_3(&first.pss_spki);
    let too_small = one_bit_less(&small);
    let good = &made.records[0];
    let rotated = &made.records[1];
    let own_only = rotated[..rotated.len() - (2 + 384 + 64)].to_vec();
    let with_block = |block: &Block| [&own_only[..], &block.bytes()].concat();
    let rotation = one.sign(ROTATION_LABEL, &own_only, "keyset vectors: rotation");
    vec![
        case(0, "nothing", b"", "truncated"),
        case(
            0,
            "one byte is missing",
            &good[..good.len() - 1],
            "truncated",
        ),
        case(
            0,
            "one byte too many",
            &[&good[..], &[0]].concat(),
            "left_over",
        ),
        case(
            0,
            "above 4 KiB",
            &[&good[..], &[0; 4096]].concat(),
            "too_large",
        ),
        case(
            0,
            "another version",
            &firsts(&|body| body.start[0] = 2),
            "version",
        ),
        case(
            0,
            "another type",
            &firsts(&|body| body.start[1] = 0x11),
            "record_type",
        ),
        case(
            0,
            "an empty name",
            &firsts(&|body| body.name.clear()),
            "field",
        ),
        case(0, "number 0", &firsts(&|body| body.number = 0), "field"),
        case(0, "link 0", &firsts(&|body| body.link = 0), "field"),
        case(0, "link 4", &firsts(&|body| body.link = 4), "field"),
        case(0, "another account", &firsts(&other_bob), "other_account"),
        case(
            0,
            "another user name",
            &firsts(&|body| body.name = b"Adb".to_vec()),
            "other_name",
        ),
        case(
            0,
            "it begins with number 2",
            &firsts(&|body| body.number = 2),
            "number",
        ),
        case(
            0,
            "it begins with a reset",
            &firsts(&|body| body.link = 3),
            "link",
        ),
        case(
            0,
            "it begins with a previous one",
            &firsts(&|body| body.previous[31] = 1),
            "previous",
        ),
        case(
            0,
            "an exponent of 3",
            &firsts(&|body| body.pss_spki.clone_from(&exponent_3)),
            "rsa_key",
        ),
        case(
            0,
            "a modulus of 2047 bits",
            &firsts(&|body| body.pss_spki.clone_from(&too_small)),
            "rsa_key",
        ),
        case(
            0,
            "a key that did not sign",
            &firsts(&|body| body.pss_spki.clone_from(&small)),
            "pss_length",
        ),
        case(
            0,
            "y = 1",
            &firsts(&|body| {
                body.y.fill(0);
                body.y[255] = 1;
            }),
            "dsa_key",
        ),
        case(
            0,
            "y outside the group",
            &firsts(&|body| {
                body.y.fill(0);
                body.y[255] = 2;
            }),
            "dsa_key",
        ),
        case(
            0,
            "signed by other keys",
            &first.signed(two, None).0,
            "pss_signature",
        ),
        case(1, "the first once more", good, "number"),
        case(
            1,
            "a second first",
            &seconds(&|body| body.link = 1, None),
            "link",
        ),
        case(
            1,
            "another previous one",
            &seconds(&|body| body.previous[0] ^= 1, Some(one)),
            "previous",
        ),
        case(
            1,
            "a rotation without its second block",
            &own_only,
            "truncated",
        ),
        case(
            1,
            "a reset with a second block",
            &seconds(&|body| body.link = 3, Some(one)),
            "left_over",
        ),
        case(
            1,
            "a rotation by others than the keys before",
            &seconds(&|_| {}, Some(three)),
            "pss_signature",
        ),
        case(
            1,
            "a rotation signed by itself twice",
            &seconds(&|_| {}, Some(two)),
            "pss_signature",
        ),
        case(
            1,
            "a rotation under the keyset's label",
            &with_block(&one.sign(LABEL, &own_only, "keyset vectors: rotation")),
            "pss_signature",
        ),
        case(
            1,
            "PSS of the rotation by another",
            &with_block(&Block {
                pss: three
                    .sign(ROTATION_LABEL, &own_only, "keyset vectors: rotation")
                    .pss,
                ..rotation.clone()
            }),
            "pss_signature",
        ),
        case(
            1,
            "DSA of the rotation by another",
            &with_block(&Block {
                dsa: three
                    .sign(ROTATION_LABEL, &own_only, "keyset vectors: rotation")
                    .dsa,
                ..rotation
            }),
            "dsa_signature",
        ),
        case(1, "a keyset left out", &made.records[2], "number"),
    ]
}
