//! What a hostile peer can do to records: cut them anywhere, change any bit, send anything.

use std::{collections::BTreeMap, sync::LazyLock};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;
use wire_format::{
    Bundle, ClearMessage, Content, Envelope, EpochKeys, EpochSecret, OpenError, OpenedMessage,
    UnverifiedAnnouncement, UnverifiedBundle, UnverifiedEpochStart, padding,
};

/// The first valid case of each file, read once.
static CASES: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    let read = |name| {
        let path = format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the vectors are there");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        (name, file["valid"][0].clone())
    };
    ["announcement.json", "epoch.json", "envelope.json"]
        .map(read)
        .into()
});

fn case(name: &str, field: &str) -> Bytes {
    let text = CASES[name][field].as_str().expect("text");
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

fn bundle() -> Bundle {
    let bundle = UnverifiedBundle::parse(case("epoch.json", "bundle")).expect("the layout");
    bundle.verify().expect("good signatures")
}

fn epoch_keys() -> EpochKeys {
    let secret = case("epoch.json", "secret")
        .as_ref()
        .try_into()
        .expect("32 bytes");
    EpochKeys::new(&EpochSecret::from_bytes(secret), &bundle().start)
}

/// Every reader of records, with nothing but the layout checked where there is more to check.
fn read(bytes: &Bytes) -> [Result<(), OpenError>; 6] {
    let bytes = || bytes.clone();
    [
        UnverifiedAnnouncement::parse(bytes()).map(drop),
        UnverifiedEpochStart::parse(bytes()).map(drop),
        UnverifiedBundle::parse(bytes()).map(drop),
        Envelope::parse(bytes()).map(drop),
        OpenedMessage::parse(bytes()).map(drop),
        ClearMessage::parse(bytes()).map(drop),
    ]
}

#[test]
fn a_record_cut_anywhere_is_truncated_for_its_reader() {
    let records = [
        (0, case("announcement.json", "record")),
        (1, case("epoch.json", "start")),
        (2, case("epoch.json", "bundle")),
        (3, case("envelope.json", "envelope")),
    ];
    for (reader, record) in records {
        assert_eq!(read(&record)[reader], Ok(()));
        for length in 0..record.len() {
            let found = read(&record.slice(..length))[reader];
            assert_eq!(found, Err(OpenError::Truncated), "{length} bytes");
        }
        let longer = Bytes::from([&record[..], &[0]].concat());
        assert_eq!(read(&longer)[reader], Err(OpenError::LeftOver(1)));
    }
}

#[test]
fn no_record_is_read_as_another() {
    let records = [
        case("announcement.json", "record"),
        case("epoch.json", "start"),
        case("epoch.json", "bundle"),
        case("envelope.json", "envelope"),
    ];
    for (own, record) in records.iter().enumerate() {
        for (reader, found) in read(record).into_iter().enumerate() {
            assert_eq!(
                found.is_ok(),
                reader == own,
                "record {own}, reader {reader}"
            );
        }
    }
}

#[test]
fn an_envelope_with_any_bit_changed_does_not_open() {
    let keys = epoch_keys();
    let good = case("envelope.json", "envelope");
    assert!(
        Envelope::parse(good.clone())
            .and_then(|envelope| envelope.open(&keys))
            .is_ok()
    );
    for bit in 0..good.len() * 8 {
        let mut changed = good.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        let opened = Envelope::parse(changed.into()).and_then(|envelope| envelope.open(&keys));
        let error = opened.expect_err("a changed envelope");
        // From the IV on, length aside, only the tag can tell.
        if (203..219).contains(&(bit / 8)) || bit / 8 >= 223 {
            assert_eq!(error, OpenError::Tag, "bit {bit}");
        }
    }
}

#[test]
fn an_announcement_with_any_byte_changed_is_refused() {
    let good = case("announcement.json", "record");
    for at in 0..good.len() {
        let mut changed = good.to_vec();
        changed[at] ^= 1 << (at % 8);
        let verified =
            UnverifiedAnnouncement::parse(changed.into()).and_then(UnverifiedAnnouncement::verify);
        assert!(verified.is_err(), "byte {at}");
    }
}

#[test]
fn an_epoch_start_with_any_byte_changed_is_refused() {
    let good = case("epoch.json", "start");
    let starter = bundle().starter;
    for at in 0..good.len() {
        let mut changed = good.to_vec();
        changed[at] ^= 1 << (at % 8);
        let verified =
            UnverifiedEpochStart::parse(changed.into()).and_then(|start| start.verify(&starter));
        assert!(verified.is_err(), "byte {at}");
    }
}

proptest! {
    #[test]
    fn no_bytes_reach_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        let _ = read(&Bytes::from(bytes.clone()));
        let _ = Content::parse(&bytes);
        let _ = padding::content_bytes(&bytes);
    }

    #[test]
    fn no_bytes_behind_a_good_beginning_reach_a_panic(
        record in 0_usize..4,
        kept in 0_usize..600,
        rest in proptest::collection::vec(any::<u8>(), 0..1500),
    ) {
        let good = match record {
            0 => case("announcement.json", "record"),
            1 => case("epoch.json", "start"),
            2 => case("epoch.json", "bundle"),
            _ => case("envelope.json", "envelope"),
        };
        let bytes = [&good[..kept.min(good.len())], &rest].concat();
        let _ = read(&Bytes::from(bytes));
    }

    #[test]
    fn padding_is_undone(content in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let mut padded = vec![0; padding::bucket(content.len()).expect("it fits")];
        padded[..content.len()].copy_from_slice(&content);
        padded[content.len()] = 0x80;
        prop_assert_eq!(padding::content_bytes(&padded), Ok(content.len()));
    }

    #[test]
    fn a_bucket_is_the_smallest(length in 0_usize..=padding::MOST_CONTENT) {
        let bucket = padding::bucket(length).expect("it fits");
        prop_assert!(length < bucket);
        let below = if bucket <= 65_536 { bucket / 2 } else { bucket - 65_536 };
        prop_assert!(bucket == 256 || length >= below);
    }

    #[test]
    fn any_text_comes_back_unchanged(text in "\\PC{1,300}|[\\x00-\\x7f]{1,80}") {
        let content = Content::encode_text(&text).expect("a content");
        prop_assert_eq!(Content::parse(&content), Ok(Content::Text(text)));
    }
}
