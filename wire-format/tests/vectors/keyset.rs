//! `keyset.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, Fingerprint, Millis,
    identity::{Chain, ChainError, Keyset, Link, UnverifiedKeyset},
};

use super::{
    accounts::{Account, Block, Identity},
    hex,
};

mod refused;

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
        "carol" => "Carol",
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

/// All keysets of an account.
pub(crate) fn records(account: &Account) -> Vec<Vec<u8>> {
    match account.name {
        "ada" => chain(account).records,
        _ => vec![first_of(account).bytes().to_vec()],
    }
}

/// A second keyset that is good, and not in ada's chain.
pub(crate) fn another_second(ada: &Account) -> Vec<u8> {
    let first = first_of(ada);
    let mut body = Body::of(ada, 3, Link::Rotated.byte(), *first.hash().as_bytes());
    body.number = 2;
    let [one, _, three] = &ada.identities[..] else {
        panic!("three identities");
    };
    body.signed(three, Some(one)).0
}

/// The chain of all keysets of an account.
pub(crate) fn whole(account: &Account) -> Chain {
    begun(account, usize::MAX)
}

/// The chain of the first few keysets of an account.
pub(crate) fn begun(account: &Account, count: usize) -> Chain {
    let mut records = records(account).into_iter().take(count).map(Bytes::from);
    let first = records.next().expect("a keyset");
    let mut chain = Chain::first(account.account, None, first).expect("a keyset");
    for record in records {
        chain.extend(record).expect("a keyset");
    }
    chain
}

/// The fingerprint of the keys in a keyset, if it is one.
pub(crate) fn fingerprint_in(record: &[u8]) -> Option<Fingerprint> {
    let keyset = UnverifiedKeyset::parse(Bytes::copy_from_slice(record));
    keyset.ok().map(|keyset| keyset.fingerprint())
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
        "invalid": refused::all(&ada, &bob, &made),
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
