//! `vault_item.json`.

use serde_json::{Value, json};
use wire_format::{
    ChannelId, EpochNumber, Millis, RoomId,
    vault::{ItemContent, ItemDraft, ItemKind, ItemName, PreferenceName, VaultItem},
};

use super::{
    accounts::Account,
    hex,
    random::Labelled,
    refused,
    rooms::{derived, padded, sealed_part},
    unhex,
    vault::item_key,
};

struct Item {
    name: ItemName,
    name_bytes: Vec<u8>,
    number: u64,
    forget_at: u64,
    content: Value,
}

fn cases() -> Vec<Item> {
    let room: [u8; 16] = Labelled::array("vault vectors: room");
    let channel: [u8; 16] = Labelled::array("vault vectors: channel");
    let bob = Account::of("bob").account;
    let hash = |label| hex(Labelled::array::<32>(label));
    let id = |label| hex(Labelled::array::<16>(label));
    vec![
        Item {
            name: ItemName::EpochSecret(RoomId::from_bytes(room), EpochNumber::new(3)),
            name_bytes: [&room[..], &3_u64.to_be_bytes()].concat(),
            number: 1,
            forget_at: 1_800_000_000_000,
            content: json!({ "secret": hash("vault vectors: secret"), "commit": hash("vault vectors: commit") }),
        },
        Item {
            name: ItemName::ReadMark(ChannelId::from_bytes(channel)),
            name_bytes: channel.to_vec(),
            number: 41,
            forget_at: 0,
            content: json!({ "run": id("vault vectors: run"), "sequence": "1234", "message": id("vault vectors: message"), "newer": true }),
        },
        Item {
            name: ItemName::Pin(bob),
            name_bytes: bob.as_bytes().to_vec(),
            number: 2,
            forget_at: 0,
            content: json!({ "number": "2", "head": hash("vault vectors: head"), "fingerprint": hash("vault vectors: fingerprint"), "verified": true, "acknowledged": "1" }),
        },
        Item {
            name: ItemName::RoomHead(RoomId::from_bytes(room)),
            name_bytes: room.to_vec(),
            number: 3,
            forget_at: 0,
            content: json!({ "n": "3", "commit": hash("vault vectors: commit"), "state": "AgEBAQAAAAA=" }),
        },
        Item {
            name: ItemName::Preference(PreferenceName::parse(b"theme").expect("a name")),
            name_bytes: b"theme".to_vec(),
            number: 1,
            forget_at: 0,
            content: json!({ "dark": true, "accent": "teal" }),
        },
        // In the place of one that did not open.
        Item {
            name: ItemName::EpochSecret(RoomId::from_bytes(room), EpochNumber::new(4)),
            name_bytes: [&room[..], &4_u64.to_be_bytes()].concat(),
            number: 2,
            forget_at: 0,
            content: json!({ "secret": hash("vault vectors: another secret"), "commit": hash("vault vectors: another commit") }),
        },
    ]
}

fn above(ada: &Account, kind: u8, name: &[u8], number: u64, forget_at: u64) -> Vec<u8> {
    [
        &[1, 0x14],
        &ada.account.as_bytes()[..],
        item_key().id.as_bytes(),
        &[kind, u8::try_from(name.len()).expect("a short name")],
        name,
        &number.to_be_bytes(),
        &forget_at.to_be_bytes(),
    ]
    .concat()
}

fn key_of(ada: &Account, kind: u8, name: &[u8], number: u64) -> [u8; 64] {
    let info = [
        b"sealwire/v1/vault-item\0",
        &[kind, u8::try_from(name.len()).expect("a short name")][..],
        name,
        &number.to_be_bytes(),
    ]
    .concat();
    derived(item_key().key.as_bytes(), ada.account.as_bytes(), &info)
}

pub(crate) fn vectors() -> Value {
    let ada = Account::of("ada");
    let ivs = [
        "item vectors: 0",
        "item vectors: 1",
        "item vectors: 2",
        "item vectors: 3",
        "item vectors: 4",
        "item vectors: 5",
    ];
    let valid: Vec<Value> = cases()
        .iter()
        .zip(ivs)
        .map(|(item, iv)| valid_item(&ada, item, Labelled::array(iv)))
        .collect();
    json!({
        "about": "The items of a vault (docs/protocol.md#146-the-vault) of ada, sealed under item_key. \
            A record in `invalid` is refused by who opens it with item_key; `cause` names the first \
            check that fails.",
        "account": ada.account,
        "item_key": item_key(),
        "valid": valid,
        "invalid": invalid_items(&ada, &valid),
    })
}

fn valid_item(ada: &Account, item: &Item, iv: [u8; 16]) -> Value {
    let kind = item.name.kind();
    let text = item.content.to_string();
    let content = ItemContent::parse(kind, text.as_bytes()).expect("a content");
    let draft = ItemDraft {
        account: ada.account,
        name: &item.name,
        number: item.number,
        forget_at: (item.forget_at != 0).then(|| Millis::new(item.forget_at)),
        content: &content,
    };
    let sealed = item_key().seal_item(&draft, &iv).expect("sealed");
    let written = content.encode().expect("JSON");
    let key = key_of(ada, kind.byte(), &item.name_bytes, item.number);
    let above = above(
        ada,
        kind.byte(),
        &item.name_bytes,
        item.number,
        item.forget_at,
    );
    let record = sealed_part(&above, &key, &iv, &padded(&written));
    assert_eq!(sealed.bytes()[..], record);
    let read = VaultItem::parse(record.clone().into()).expect("a layout");
    assert_eq!((read.name(), read.number()), (&item.name, item.number));
    assert_eq!(read.open(&item_key()), Ok(content));
    json!({
        "kind": kind.byte(),
        "name": hex(&item.name_bytes),
        "number": item.number.to_string(),
        "forget_at": item.forget_at.to_string(),
        "key": hex(key),
        "iv": hex(iv),
        "content": str::from_utf8(&written).expect("UTF-8"),
        "padded": hex(padded(&written)),
        "record": hex(record),
    })
}

fn invalid_items(ada: &Account, valid: &[Value]) -> Vec<Value> {
    let open = |record: &[u8]| {
        VaultItem::parse(record.to_vec().into()).and_then(|item| item.open(&item_key()))
    };
    let case = |why: &str, record: &[u8], expected: &str| {
        refused(why, record, expected, open(record).err())
    };
    let record = |at: usize| unhex(valid[at]["record"].as_str().expect("text"));
    let (secret, mark) = (record(0), record(1));
    let changed = |at: usize| {
        let mut record = mark.clone();
        record[at] ^= 1;
        record
    };
    let written = |kind: ItemKind, name: &[u8], number: u64, content: &str| {
        let above = above(ada, kind.byte(), name, number, 0);
        let key = key_of(ada, kind.byte(), name, number);
        sealed_part(&above, &key, &[9; 16], &padded(content.as_bytes()))
    };
    let preference = |name: &[u8], content: &str| written(ItemKind::Preference, name, 1, content);
    let secret_content = valid[0]["content"].as_str().expect("text");
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(4000));
    let mut no_epoch = unhex(valid[0]["name"].as_str().expect("text"));
    no_epoch[16..].fill(0);
    // Where the fields of a read mark are: account 2, item key 18, kind 34, name 36, number 52,
    // forget_at 60, IV 68, length 84.
    vec![
        case("one byte is missing", &mark[..mark.len() - 1], "truncated"),
        case(
            "one byte too many",
            &[&mark[..], &[0]].concat(),
            "left_over",
        ),
        case("another type", &changed(1), "record_type"),
        case(
            "kind 0",
            &{
                let mut item = mark.clone();
                item[34] = 0;
                item
            },
            "field",
        ),
        case(
            "kind 6",
            &{
                let mut item = mark.clone();
                item[34] = 6;
                item
            },
            "field",
        ),
        case(
            "a channel's name of 24 bytes",
            &{
                let mut item = secret.clone();
                item[34] = 2;
                item
            },
            "field",
        ),
        case(
            "epoch 0",
            &written(ItemKind::EpochSecret, &no_epoch, 1, secret_content),
            "field",
        ),
        case(
            "number 0",
            &preference(b"theme", "{}").tap(|item| item[48] = 0),
            "field",
        ),
        case(
            "a preference without a name",
            &preference(b"", "{}"),
            "field",
        ),
        case(
            "a preference's name of 33 bytes",
            &preference(&[b'a'; 33], "{}"),
            "field",
        ),
        case(
            "a preference's name with a space",
            &preference(b"a b", "{}"),
            "field",
        ),
        case("above 4 KiB", &preference(b"theme", &long), "too_large"),
        case("another item key", &changed(18), "other_item_key"),
        case("another account", &changed(2), "tag"),
        case(
            "another kind",
            &{
                let mut item = mark.clone();
                item[34] = 3;
                item
            },
            "tag",
        ),
        case("another name", &changed(36), "tag"),
        case("another number", &changed(59), "tag"),
        case("another time to forget at", &changed(67), "tag"),
        case("one bit of the IV", &changed(68), "tag"),
        case("one bit of the ciphertext", &changed(100), "tag"),
        case("one bit of the tag", &changed(mark.len() - 1), "tag"),
        case("a list", &preference(b"theme", "[]"), "content"),
        case(
            "a key twice",
            &preference(b"theme", "{\"a\":1,\"a\":2}"),
            "content",
        ),
    ]
}

/// Changes a value on its way.
trait Tap: Sized {
    fn tap(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Tap for Vec<u8> {}
