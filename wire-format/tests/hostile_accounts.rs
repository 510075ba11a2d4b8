//! What a hostile server or peer can do to the records of accounts: cut them anywhere, change any bit,
//! send anything.

use std::{collections::BTreeMap, sync::LazyLock};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;
use wire_format::{
    OpenError, SessionId, WrapNumber,
    identity::{Chain, Keyset, ProofDraft, UnverifiedKeyset, UnverifiedProof, UnverifiedWrapKey},
    passwords::{ServerName, VaultHalf},
    record_list,
    vault::{ItemKeyEntry, VaultItem, VaultRoot},
};

static FILES: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let read = |name| {
        let path = format!("{}/testdata/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the vectors are there");
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    [
        "keyset",
        "wrap_key",
        "keys_proof",
        "vault_root",
        "vault_item",
    ]
    .map(read)
    .into()
});

fn bytes_of(value: &Value) -> Bytes {
    let text = value.as_str().expect("text");
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

fn keyset(at: usize) -> Bytes {
    bytes_of(&FILES["keyset"]["valid"][at]["record"])
}

fn wrap_key() -> Bytes {
    bytes_of(&FILES["wrap_key"]["valid"][0]["record"])
}

fn proof() -> Bytes {
    bytes_of(&FILES["keys_proof"]["record"])
}

fn root() -> Bytes {
    bytes_of(&FILES["vault_root"]["record"])
}

fn item() -> Bytes {
    bytes_of(&FILES["vault_item"]["valid"][1]["record"])
}

fn first(record: Bytes) -> Option<Chain> {
    let account = serde_json::from_value(FILES["keyset"]["account"].clone()).expect("an id");
    Chain::first(account, Some("Ada"), record).ok()
}

fn head() -> Keyset {
    first(keyset(0)).expect("a chain").head().clone()
}

/// Every reader of the layouts.
fn read(bytes: &Bytes) -> [Result<(), OpenError>; 5] {
    let bytes = || bytes.clone();
    [
        UnverifiedKeyset::parse(bytes()).map(drop),
        UnverifiedWrapKey::parse(bytes()).map(drop),
        UnverifiedProof::parse(bytes()).map(drop),
        VaultRoot::parse(bytes()).map(drop),
        VaultItem::parse(bytes()).map(drop),
    ]
}

#[test]
fn a_record_cut_anywhere_is_truncated_for_its_reader() {
    let records = [
        (0, keyset(0)),
        (0, keyset(1)),
        (1, wrap_key()),
        (2, proof()),
        (3, root()),
        (4, item()),
    ];
    for (reader, record) in records {
        for (other, found) in read(&record).into_iter().enumerate() {
            assert_eq!(found.is_ok(), other == reader, "reader {other}");
        }
        for length in 0..record.len() {
            let found = read(&record.slice(..length))[reader];
            assert_eq!(found, Err(OpenError::Truncated), "{length} bytes");
        }
        let longer = Bytes::from([&record[..], &[0]].concat());
        assert_eq!(read(&longer)[reader], Err(OpenError::LeftOver(1)));
    }
}

/// Changes one bit at a time, `step` bits apart, and asks whether anything is still good.
fn nothing_good(record: &Bytes, step: usize, is_good: impl Fn(Bytes) -> bool) {
    assert!(is_good(record.clone()), "as it is");
    for bit in (0..record.len() * 8).step_by(step) {
        let mut changed = record.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!is_good(changed.into()), "bit {bit}");
    }
}

#[test]
fn a_keyset_with_a_bit_changed_is_refused() {
    nothing_good(&keyset(0), 7, |record| first(record).is_some());
    let begun = first(keyset(0)).expect("a chain");
    nothing_good(&keyset(1), 7, |record| begun.clone().extend(record).is_ok());
}

#[test]
fn a_refused_keyset_leaves_the_chain_as_it_was() {
    let mut chain = first(keyset(0)).expect("a chain");
    let before = chain.pin();
    for case in FILES["keyset"]["invalid"].as_array().expect("cases") {
        if case["after"] == 1 {
            assert!(chain.extend(bytes_of(&case["record"])).is_err());
            assert_eq!(chain.pin(), before, "{}", case["why"]);
        }
    }
    chain.extend(keyset(1)).expect("the next one");
    let pinned = Chain::pinned(&chain.pin(), keyset(1)).expect("a chain");
    assert_eq!(pinned.pin(), chain.pin());
    assert!(Chain::pinned(&before, keyset(1)).is_err_and(|error| !error.is_alarm()));
    let mut other = before;
    other.head = chain.pin().head;
    assert!(Chain::pinned(&other, keyset(0)).is_err_and(|error| error.is_alarm()));
    assert!(
        chain
            .pin()
            .check(before.number)
            .is_err_and(|error| error.is_alarm())
    );
    assert_eq!(before.check(chain.pin().number), Ok(()));
}

#[test]
fn a_wrap_key_with_a_bit_changed_is_refused() {
    let head = head();
    nothing_good(&wrap_key(), 7, |record| {
        UnverifiedWrapKey::parse(record)
            .is_ok_and(|key| key.verify(&head, WrapNumber::new(0)).is_ok())
    });
}

#[test]
fn a_proof_with_any_bit_changed_does_not_hold() {
    let file = &FILES["keys_proof"];
    let head = head();
    let server = ServerName::parse("chat.example").expect("a name");
    let text = |field: &str| file[field].as_str().expect("text");
    let expected = ProofDraft {
        account: text("account").parse().expect("an id"),
        session: text("session").parse().expect("an id"),
        challenge: text("challenge").parse().expect("a challenge"),
        server: &server,
        now: text("made_at").parse().expect("a time"),
    };
    let holds = |record: Bytes, expected: &ProofDraft<'_>| {
        UnverifiedProof::parse(record).is_ok_and(|proof| proof.verify(expected, &head).is_ok())
    };
    nothing_good(&proof(), 1, |record| holds(record, &expected));
    let elsewhere = ProofDraft {
        session: SessionId::from_bytes([0; 16]),
        ..expected
    };
    assert!(!holds(proof(), &elsewhere));
}

#[test]
fn a_root_with_a_bit_changed_does_not_open() {
    let half = bytes_of(&FILES["vault_root"]["vault_half"]);
    let half = VaultHalf::from_bytes(half.as_ref().try_into().expect("64 bytes"));
    nothing_good(&root(), 7, |record| {
        VaultRoot::parse(record).is_ok_and(|root| root.open_with_password(&half).is_ok())
    });
}

#[test]
fn an_item_with_any_bit_changed_does_not_open() {
    let key: ItemKeyEntry =
        serde_json::from_value(FILES["vault_item"]["item_key"].clone()).expect("a key");
    nothing_good(&item(), 1, |record| {
        VaultItem::parse(record).is_ok_and(|item| item.open(&key).is_ok())
    });
}

proptest! {
    #[test]
    fn no_bytes_reach_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = read(&Bytes::from(bytes.clone()));
        let _ = record_list::parse(bytes.into(), 8);
    }

    #[test]
    fn no_bytes_behind_a_good_beginning_reach_a_panic(
        record in 0_usize..5,
        kept in 0_usize..1400,
        rest in proptest::collection::vec(any::<u8>(), 0..1500),
    ) {
        let good = [keyset(1), wrap_key(), proof(), root(), item()][record].clone();
        let bytes = [&good[..kept.min(good.len())], &rest].concat();
        let _ = read(&Bytes::from(bytes));
    }
}
