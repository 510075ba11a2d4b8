//! `room_content.json` and `erased.json`.

use bytes::Bytes;
use serde_json::{Value, json};
use wire_format::{
    EnvelopeHash, OpenError, Sequence, Storage,
    room::{Erased, RoomContent},
};

use super::{accounts::Account, hex, random::Labelled, refused};

fn id(label: &'static str) -> String {
    hex(Labelled::array::<16>(label))
}

fn hash() -> String {
    hex(Labelled::array::<32>("content vectors: hash"))
}

pub(crate) fn vectors() -> Value {
    json!({
        "about": "Contents of end-to-end rooms (docs/protocol.md#1411-content), as JSON texts. \
            `stored` says whether the server keeps the message. A text in `newer` is shown as sent by a \
            newer version; one in `invalid` is no content. Keys that no type has are passed over.",
        "valid": valid(),
        "newer": [r#"{"type":"poll","question":"?"}"#, r#"{"type":"Text","text":"a"}"#],
        "invalid": invalid(),
    })
}

fn contents() -> Vec<Value> {
    let ada = Account::of("ada").account;
    let message = id("content vectors: message");
    vec![
        json!({ "type": "text", "text": "早上好 😀 e\u{301}\u{202e}" }),
        json!({ "type": "text", "text": "@Ada", "mentions": [ada], "newer": null }),
        json!({ "type": "reply", "text": "yes", "message": message, "hash": hash() }),
        json!({ "type": "reply", "text": "@Ada", "message": message, "hash": hash(), "mentions": [ada] }),
        json!({ "type": "edit", "message": message, "hash": hash(), "text": "no", "revision": 4_294_967_295_u32 }),
        json!({ "type": "tombstone", "message": message, "hash": hash() }),
        json!({ "type": "tombstone", "message": message, "hash": hash(), "reason": "off topic" }),
        json!({ "type": "reaction", "message": message, "hash": hash(), "emoji": "👩‍👩‍👧‍👦", "on": true }),
        json!({
            "type": "file", "file": id("content vectors: file"), "name": "备忘.pdf",
            "media_type": "application/pdf", "size": "1048577",
            "secret": hex(Labelled::array::<32>("content vectors: secret")), "chunks": 2, "text": "the plan",
        }),
        json!({
            "type": "file", "file": id("content vectors: file"), "name": "empty",
            "media_type": "text/plain", "size": "0",
            "secret": hex(Labelled::array::<32>("content vectors: secret")), "chunks": 1,
        }),
        json!({ "type": "receipt", "kind": "delivered", "message": message, "sequence": "17" }),
        json!({ "type": "receipt", "kind": "read", "message": message, "sequence": "18446744073709551615" }),
        json!({ "type": "typing", "on": true }),
        json!({ "type": "resource", "resource": id("content vectors: resource"), "action": "added", "title": "Runbook" }),
        json!({ "type": "resource", "resource": id("content vectors: resource"), "action": "removed", "title": "Runbook" }),
    ]
}

fn valid() -> Vec<Value> {
    contents()
        .iter()
        .map(|content| {
            let text = content.to_string();
            let read = RoomContent::parse(text.as_bytes()).expect("a content");
            let written = read.encode().expect("JSON");
            assert!(RoomContent::parse(&written).as_ref() == Ok(&read));
            json!({ "stored": read.storage() == Storage::Stored, "content": text })
        })
        .collect()
}

fn invalid() -> Vec<Value> {
    let message = id("content vectors: message");
    let file = |change: &dyn Fn(&mut Value)| {
        let mut file = contents().swap_remove(8);
        change(&mut file);
        file.to_string()
    };
    let cases: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("a list", "[]".to_owned()),
        ("no type", r#"{"text":"a"}"#.to_owned()),
        ("a type twice", r#"{"type":"text","type":"text","text":"a"}"#.to_owned()),
        ("a text twice", r#"{"type":"text","text":"a","text":"b"}"#.to_owned()),
        ("something behind", r#"{"type":"typing","on":true} 1"#.to_owned()),
        ("an empty text", r#"{"type":"text","text":""}"#.to_owned()),
        ("mentions that are null", r#"{"type":"text","text":"a","mentions":null}"#.to_owned()),
        ("a mention in upper case", format!(r#"{{"type":"text","text":"a","mentions":["{}"]}}"#, "A".repeat(32))),
        ("a reply to nothing", r#"{"type":"reply","text":"a"}"#.to_owned()),
        ("revision 0", json!({ "type": "edit", "message": message, "hash": hash(), "text": "a", "revision": 0 }).to_string()),
        ("a revision of 2^32", json!({ "type": "edit", "message": message, "hash": hash(), "text": "a", "revision": 4_294_967_296_u64 }).to_string()),
        ("a revision as text", json!({ "type": "edit", "message": message, "hash": hash(), "text": "a", "revision": "1" }).to_string()),
        ("an empty reason", json!({ "type": "tombstone", "message": message, "hash": hash(), "reason": "" }).to_string()),
        ("a reason of 257 bytes", json!({ "type": "tombstone", "message": message, "hash": hash(), "reason": "a".repeat(257) }).to_string()),
        ("no sign", json!({ "type": "reaction", "message": message, "hash": hash(), "emoji": "", "on": true }).to_string()),
        ("a sign of 33 bytes", json!({ "type": "reaction", "message": message, "hash": hash(), "emoji": "a".repeat(33), "on": true }).to_string()),
        ("a file's name with a slash", file(&|file| file["name"] = json!("a/b"))),
        ("a file's name with a backslash", file(&|file| file["name"] = json!("a\\b"))),
        ("a file's name with a control character", file(&|file| file["name"] = json!("a\u{7f}b"))),
        ("a file's name of 256 bytes", file(&|file| file["name"] = json!("a".repeat(256)))),
        ("a media type with a space", file(&|file| file["media_type"] = json!("a b"))),
        ("chunks too few for the size", file(&|file| file["chunks"] = json!(1))),
        ("chunks too many for the size", file(&|file| file["chunks"] = json!(3))),
        ("a size as a number", file(&|file| file["size"] = json!(1_048_577))),
        ("a secret of 31 bytes", file(&|file| file["secret"] = json!("aa".repeat(31)))),
        ("another kind of receipt", json!({ "type": "receipt", "kind": "seen", "message": message, "sequence": "1" }).to_string()),
        ("a receipt up to 0", json!({ "type": "receipt", "kind": "read", "message": message, "sequence": "0" }).to_string()),
        ("typing that is a number", r#"{"type":"typing","on":1}"#.to_owned()),
        ("another thing done to a resource", json!({ "type": "resource", "resource": id("content vectors: resource"), "action": "moved", "title": "a" }).to_string()),
        ("a resource without a title", json!({ "type": "resource", "resource": id("content vectors: resource"), "action": "added", "title": "" }).to_string()),
    ];
    cases
        .into_iter()
        .map(|(why, content)| {
            let read = RoomContent::parse(content.as_bytes());
            assert!(read == Err(OpenError::Content), "{why}");
            json!({ "why": why, "content": content })
        })
        .collect()
}

pub(crate) fn erased() -> Value {
    let erased = Erased {
        hash: EnvelopeHash::from_bytes(Labelled::array("erased vectors: hash")),
        tombstone: Sequence::new(42),
    };
    let good = [
        &[1, 0x1d],
        &erased.hash.as_bytes()[..],
        &42_u64.to_be_bytes(),
    ]
    .concat();
    assert_eq!(erased.encode(), good);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = Erased::parse(Bytes::copy_from_slice(record)).err();
        refused(why, record, expected, found)
    };
    let at = |at: usize, value: u8| {
        let mut record = good.clone();
        record[at] = value;
        record
    };
    json!({
        "about": "What stands in a deleted message's place (docs/protocol.md#1410-messages).",
        "valid": [{ "hash": erased.hash, "tombstone": erased.tombstone, "record": hex(&good) }],
        "invalid": [
            case("one byte is missing", &good[..good.len() - 1], "truncated"),
            case("one byte too many", &[&good[..], &[0]].concat(), "too_large"),
            case("another version", &at(0, 2), "version"),
            case("another type", &at(1, 0x1c), "record_type"),
            case("a tombstone in place 0", &at(41, 0), "field"),
        ],
    })
}
