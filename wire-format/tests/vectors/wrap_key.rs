//! `wrap_key.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    AccountId, EpochSecret, Fingerprint, Millis, WrapNumber,
    identity::{GrantKey, Keyset, UnverifiedWrapKey, WrapKey, WrapKeyDraft, WrapKeyError},
};

use super::{
    accounts::{Account, Identity, exponent_3, one_bit_less},
    hex, keyset,
    random::Labelled,
    refused,
};

const LABEL: &[u8] = b"sealwire/v1/wrap-key\0";
const MADE_AT: u64 = 1_796_000_100_000;

#[derive(Clone)]
struct Body {
    start: [u8; 2],
    account: AccountId,
    fingerprint: Fingerprint,
    number: u64,
    spki: Vec<u8>,
}

impl Body {
    fn of(account: &Account, number: usize) -> Self {
        Self::by(account, number, &account.identities[0])
    }

    fn by(account: &Account, number: usize, identity: &Identity) -> Self {
        Self {
            start: [1, 0x11],
            account: account.account,
            fingerprint: identity.keys().fingerprint(),
            number: u64::try_from(number).expect("a number"),
            spki: account.wrap(number).key().spki().to_vec(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.spki.len()).expect("a short key");
        [
            &self.start[..],
            self.account.as_bytes(),
            self.fingerprint.as_bytes(),
            &self.number.to_be_bytes(),
            &MADE_AT.to_be_bytes(),
            &length.to_be_bytes(),
            &self.spki,
        ]
        .concat()
    }

    fn signed(&self, by: &Identity) -> Vec<u8> {
        let body = self.bytes();
        let block = by.sign(LABEL, &body, "wrap key vectors");
        [body, block.bytes()].concat()
    }
}

/// A wrap key of an account by one of its identities, as the other files use it.
pub(crate) fn signed_by(account: &Account, number: usize, identity: usize) -> Vec<u8> {
    let identity = &account.identities[identity];
    Body::by(account, number, identity).signed(identity)
}

fn verify(record: &[u8], head: &Keyset, seen: u64) -> Result<WrapKey, WrapKeyError> {
    UnverifiedWrapKey::parse(Bytes::copy_from_slice(record))?.verify(head, WrapNumber::new(seen))
}

pub(crate) fn vectors() -> Value {
    let ada = Account::of("ada");
    let bob = Account::of("bob");
    let head = keyset::first_of(&ada);
    let valid: Vec<Value> = [1, 2].map(|number| valid(&ada, &head, number)).into();
    json!({
        "about": "Wrap keys (docs/protocol.md#144-wrap-keys) of ada in account_keys.json, signed by her \
            first identity keys, and what is wrapped to the first of them: content is the whole of what \
            is encrypted, seed the 32 bytes of OAEP. A record in `invalid` is refused where the highest \
            number seen is `seen`; `cause` names the first check that fails.",
        "account": ada.account,
        "head": head.hash(),
        "valid": valid,
        "wrapped": wrapped(&ada, &head),
        "invalid": invalid(&ada, &bob, &head),
    })
}

fn valid(ada: &Account, head: &Keyset, number: usize) -> Value {
    let body = Body::of(ada, number);
    let bytes = body.bytes();
    let block = ada.identities[0].sign(LABEL, &bytes, "wrap key vectors");
    let record = [&bytes[..], &block.bytes()].concat();
    let key = verify(&record, head, body.number).expect("a wrap key");
    let private = ada.wrap(number);
    let draft = WrapKeyDraft {
        account: ada.account,
        number: key.number(),
        made_at: Millis::new(MADE_AT),
        key: private.key(),
    };
    let written = ada.identities[0]
        .keys()
        .sign_wrap_key(&draft, &mut Labelled::new("wrap key vectors"))
        .expect("a wrap key");
    assert_eq!(written.bytes()[..bytes.len()], bytes);
    json!({
        "number": key.number(),
        "made_at": key.made_at(),
        "fingerprint": body.fingerprint,
        "spki": hex(&body.spki),
        "signed_bytes": hex(&bytes),
        "block": block.value(),
        "record": hex(&record),
    })
}

fn wrapped(ada: &Account, head: &Keyset) -> Vec<Value> {
    let record = Body::of(ada, 1).signed(&ada.identities[0]);
    let key = verify(&record, head, 0).expect("a wrap key");
    let private = ada.wrap(1);
    let rng = &mut Labelled::new("wrap vectors: opening");
    let mut case = |kind: &str, content: &[u8], label| {
        let mut seeds = Labelled::new(label);
        let wrapped = match kind {
            "epoch_secret" => {
                let secret = EpochSecret::from_bytes(content[1..].try_into().expect("32 bytes"));
                let wrapped = key.wrap_secret(&secret, &mut seeds).expect("wrapped");
                assert!(private.open_secret(&wrapped, rng).is_ok());
                assert!(private.open_grant_key(&wrapped, rng).is_err());
                wrapped
            }
            "room_name" => {
                let name = str::from_utf8(&content[1..]).expect("UTF-8");
                let wrapped = key.wrap_room_name(name, &mut seeds).expect("wrapped");
                assert_eq!(private.open_room_name(&wrapped, rng).as_deref(), Ok(name));
                assert!(private.open_secret(&wrapped, rng).is_err());
                wrapped
            }
            _ => {
                let grant = GrantKey::from_bytes(content[1..].try_into().expect("32 bytes"));
                let wrapped = key.wrap_grant_key(&grant, &mut seeds).expect("wrapped");
                let opened = private.open_grant_key(&wrapped, rng).expect("opened");
                assert_eq!(opened.as_bytes(), grant.as_bytes());
                assert!(private.open_secret(&wrapped, rng).is_err());
                wrapped
            }
        };
        json!({
            "kind": kind,
            "content": hex(content),
            "seed": hex(&seeds.draws[0]),
            "wrapped": hex(wrapped),
        })
    };
    let secret: [u8; 32] = Labelled::array("wrap vectors: secret");
    let grant: [u8; 32] = Labelled::array("wrap vectors: grant");
    vec![
        case(
            "epoch_secret",
            &[&[1][..], &secret].concat(),
            "wrap vectors: 0",
        ),
        case("room_name", "\u{2}作战室 ops".as_bytes(), "wrap vectors: 1"),
        case("room_name", b"\x02 ", "wrap vectors: 2"),
        case("grant_key", &[&[3][..], &grant].concat(), "wrap vectors: 3"),
    ]
}

fn invalid(ada: &Account, bob: &Account, head: &Keyset) -> Vec<Value> {
    let case = |seen: u64, why: &str, record: &[u8], expected: &str| {
        let found = verify(record, head, seen).err();
        let mut value = match found {
            Some(WrapKeyError::Record(error)) => refused(why, record, expected, Some(error)),
            other => {
                let found = other.map(|error| super::snake(&format!("{error:?}")));
                assert_eq!(found.as_deref(), Some(expected), "{why}");
                json!({ "why": why, "cause": expected, "record": hex(record) })
            }
        };
        value["seen"] = json!(seen.to_string());
        value
    };
    let identity = &ada.identities[0];
    let good = Body::of(ada, 1);
    let record = good.signed(identity);
    let with = |change: &dyn Fn(&mut Body)| {
        let mut body = good.clone();
        change(&mut body);
        body.signed(identity)
    };
    let small = super::keys::Session::of("alice").wrap().spki().to_vec();
    let by_second = ada.identities[1].keys().fingerprint();
    let other_spki = bob.wrap(1).key().spki().to_vec();
    let swapped = {
        let mut body = good.clone();
        body.spki = other_spki;
        let block = identity.sign(LABEL, &good.bytes(), "wrap key vectors");
        [body.bytes(), block.bytes()].concat()
    };
    let (first, second) = (
        identity.sign(LABEL, &good.bytes(), "wrap key vectors"),
        ada.identities[1].sign(LABEL, &good.bytes(), "wrap key vectors"),
    );
    let by_two = |pss: &[u8], dsa: &[u8; 64]| [&good.bytes()[..], &[1, 0x80], pss, dsa].concat();
    vec![
        case(
            0,
            "one byte is missing",
            &record[..record.len() - 1],
            "truncated",
        ),
        case(
            0,
            "one byte too many",
            &[&record[..], &[0]].concat(),
            "left_over",
        ),
        case(
            0,
            "above 4 KiB",
            &[&record[..], &[0; 4096]].concat(),
            "too_large",
        ),
        case(
            0,
            "another type",
            &with(&|body| body.start[1] = 0x10),
            "record_type",
        ),
        case(0, "number 0", &with(&|body| body.number = 0), "field"),
        case(
            0,
            "another account",
            &with(&|body| body.account = bob.account),
            "other_account",
        ),
        case(
            0,
            "the fingerprint of other keys",
            &with(&|body| body.fingerprint = by_second),
            "other_keys",
        ),
        case(
            0,
            "a key of 2048 bits",
            &with(&|body| body.spki.clone_from(&small)),
            "rsa_key",
        ),
        case(
            0,
            "a key of 3071 bits",
            &with(&|body| body.spki = one_bit_less(&body.spki)),
            "rsa_key",
        ),
        case(
            0,
            "an exponent of 3",
            &with(&|body| body.spki = exponent_3(&body.spki)),
            "rsa_key",
        ),
        case(0, "the key of somebody else", &swapped, "pss_signature"),
        case(
            0,
            "signed by other keys",
            &good.signed(&ada.identities[1]),
            "pss_signature",
        ),
        case(
            0,
            "PSS by other keys",
            &by_two(&second.pss, &first.dsa),
            "pss_signature",
        ),
        case(
            0,
            "DSA by other keys",
            &by_two(&first.pss, &second.dsa),
            "dsa_signature",
        ),
        case(2, "an older one than was seen", &record, "older"),
    ]
}
