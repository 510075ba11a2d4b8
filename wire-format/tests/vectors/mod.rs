//! Makes the golden vectors of keys, epochs, shares, envelopes, padding, accounts and rooms, a second time beside
//! the crate: records are put together field by field here, and must come out as the crate writes them.

use serde_json::Value;
use wire_format::OpenError;

pub(crate) mod accounts;
pub(crate) mod announcement;
pub(crate) mod commit;
pub(crate) mod compare;
pub(crate) mod dsa;
pub(crate) mod envelope;
pub(crate) mod epoch;
pub(crate) mod file_chunk;
pub(crate) mod grant;
pub(crate) mod invitation;
pub(crate) mod key_request;
pub(crate) mod keys;
pub(crate) mod keys_proof;
pub(crate) mod keyset;
pub(crate) mod padding;
pub(crate) mod passwords;
pub(crate) mod random;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod room_content;
pub(crate) mod room_record;
pub(crate) mod room_settings;
pub(crate) mod room_state;
pub(crate) mod rooms;
pub(crate) mod share;
pub(crate) mod signed_envelope;
pub(crate) mod vault;
pub(crate) mod vault_item;
pub(crate) mod wrap_key;

/// Every file that is made from `keys.json` and `account_keys.json`, with its content.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("announcement.json", announcement::vectors()),
        ("commit.json", commit::vectors()),
        ("compare.json", compare::vectors()),
        ("dsa.json", dsa::vectors()),
        ("envelope.json", envelope::vectors()),
        ("epoch.json", epoch::vectors()),
        ("erased.json", room_content::erased()),
        ("file_chunk.json", file_chunk::vectors()),
        ("grant.json", grant::vectors()),
        ("invitation.json", invitation::vectors()),
        ("key_request.json", key_request::vectors()),
        ("keys_proof.json", keys_proof::vectors()),
        ("keyset.json", keyset::vectors()),
        ("padding.json", padding::vectors()),
        ("passwords.json", passwords::vectors()),
        ("report.json", report::vectors()),
        ("request.json", request::vectors()),
        ("room_content.json", room_content::vectors()),
        ("room_record.json", room_record::vectors()),
        ("room_settings.json", room_settings::vectors()),
        ("room_state.json", room_state::vectors()),
        ("share.json", share::vectors()),
        ("signed_envelope.json", signed_envelope::vectors()),
        ("vault_item.json", vault_item::vectors()),
        ("vault_root.json", vault::roots()),
        ("wrap_key.json", wrap_key::vectors()),
    ]
}

/// A file's text.
pub(crate) fn text(value: &Value) -> String {
    let mut text = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut writer = serde_json::Serializer::with_formatter(&mut text, format);
    serde::Serialize::serialize(value, &mut writer).expect("JSON");
    text.push(b'\n');
    String::from_utf8(text).expect("UTF-8")
}

/// Where a file is.
pub(crate) fn path(name: &str) -> String {
    format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

/// The name of a cause as the files have it: the variant in snake case.
pub(crate) fn cause(error: OpenError) -> String {
    let debug = format!("{error:?}");
    snake(&debug)
}

/// The variant at the front of a `Debug` text in snake case.
pub(crate) fn snake(debug: &str) -> String {
    let variant: String = debug
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// One refused record, with why in words, and the cause in the crate's terms.
pub(crate) fn refused(why: &str, bytes: &[u8], expected: &str, found: Option<OpenError>) -> Value {
    let found = found.map(cause);
    assert_eq!(found.as_deref(), Some(expected), "{why}");
    serde_json::json!({ "why": why, "cause": expected, "record": hex(bytes) })
}
