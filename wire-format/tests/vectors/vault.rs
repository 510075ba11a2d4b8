//! `vault_root.json` and `vault_item.json`.

use hkdf::Hkdf;
use serde_json::{Value, json};
use sha2::Sha512;
use wire_format::{
    ChannelId, EpochNumber, ItemKeyId, KeysetNumber, Millis, RoomId, RootNumber, padding,
    passwords::{RecoveryVault, VaultHalf},
    seal,
    vault::{
        IdentityEntry, ItemContent, ItemDraft, ItemKeyEntry, ItemKind, ItemName, KeyBytes,
        PreferenceName, Rest, RootContent, VaultItem, VaultLock, VaultRoot, WrapEntry, merge,
    },
};

use super::{accounts::Account, hex, random::Labelled, refused, unhex};

fn content(ada: &Account) -> RootContent {
    let identity = |number: usize| {
        let numbered = KeysetNumber::new(u64::try_from(number).expect("a number"));
        IdentityEntry::of(numbered, &ada.identities[number - 1].keys()).expect("an entry")
    };
    let mut wrap = WrapEntry::of(&ada.wrap(1)).expect("an entry");
    wrap.superseded_at = Some(Millis::new(1_796_000_300_000));
    let mut content = RootContent::new(identity(1), wrap, item_key());
    content.identity.push(identity(2));
    content
        .wraps
        .push(WrapEntry::of(&ada.wrap(2)).expect("an entry"));
    let rest = json!({ "from_a_newer_version": { "colour": "teal", "count": 3 } });
    content.rest = Rest::from(rest.as_object().expect("an object").clone());
    content
}

fn item_key() -> ItemKeyEntry {
    ItemKeyEntry {
        id: ItemKeyId::from_bytes(Labelled::array("vault vectors: item key id")),
        key: KeyBytes::from_bytes(Labelled::array("vault vectors: item key")),
        rest: Rest::default(),
    }
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.push(0x80);
    padded.resize(padding::bucket(content.len()).expect("it fits"), 0);
    padded
}

/// A sealed part behind what stands above it.
fn sealed_part(above: &[u8], key: &[u8; 64], iv: &[u8; 16], content: &[u8]) -> Vec<u8> {
    let (ciphertext, tag) = seal::seal(key, iv, above, &padded(content)).expect("sealed");
    let length = u32::try_from(ciphertext.len()).expect("a short content");
    [above, iv, &length.to_be_bytes(), &ciphertext, &tag].concat()
}

/// The parts of ada's root, put together by hand.
struct Root {
    key: [u8; 64],
    key_id: [u8; 16],
    password: [u8; 64],
    recovery: [u8; 64],
    ivs: [[u8; 16]; 3],
    content: Vec<u8>,
}

impl Root {
    fn of(ada: &Account) -> Self {
        Self {
            key: Labelled::array("vault vectors: key"),
            key_id: Labelled::array("vault vectors: key id"),
            password: Labelled::array("vault vectors: vault half"),
            recovery: Labelled::array("vault vectors: recovery vault"),
            ivs: [
                Labelled::array("vault vectors: iv of the password wrap"),
                Labelled::array("vault vectors: iv of the recovery wrap"),
                Labelled::array("vault vectors: iv of the root"),
            ],
            content: content(ada).encode().expect("JSON").to_vec(),
        }
    }

    fn bound_to(&self, ada: &Account, opener: u8) -> Vec<u8> {
        [
            &[1, 0x13],
            &ada.account.as_bytes()[..],
            &self.key_id,
            &[opener],
        ]
        .concat()
    }

    fn wrap(&self, ada: &Account, opener: u8, plain: &[u8]) -> Vec<u8> {
        let (half, iv) = match opener {
            1 => (&self.password, &self.ivs[0]),
            _ => (&self.recovery, &self.ivs[1]),
        };
        let bound_to = self.bound_to(ada, opener);
        let (ciphertext, tag) = seal::seal(half, iv, &bound_to, plain).expect("sealed");
        [&iv[..], &ciphertext, &tag].concat()
    }

    fn above(&self, ada: &Account, number: u64, wraps: [&[u8]; 2]) -> Vec<u8> {
        [
            &[1, 0x13],
            &ada.account.as_bytes()[..],
            &number.to_be_bytes(),
            &self.key_id,
            wraps[0],
            wraps[1],
        ]
        .concat()
    }

    fn record(&self, ada: &Account, number: u64) -> Vec<u8> {
        let plain = [&[1][..], &self.key].concat();
        let wraps = [1, 2].map(|opener| self.wrap(ada, opener, &plain));
        let above = self.above(ada, number, [&wraps[0], &wraps[1]]);
        sealed_part(&above, &self.key, &self.ivs[2], &self.content)
    }
}

pub(crate) fn roots() -> Value {
    let ada = Account::of("ada");
    let root = Root::of(&ada);
    let record = root.record(&ada, 1);
    let read = VaultRoot::parse(record.clone().into()).expect("a layout");
    let password = VaultHalf::from_bytes(root.password);
    let recovery = RecoveryVault::from_bytes(root.recovery);
    let opened = read.open_with_password(&password).expect("opened");
    assert_eq!(opened.content, content(&ada));
    let recovered = read.open_with_recovery(&recovery).expect("opened");
    assert_eq!(recovered.content, opened.content);
    // The same lock, number, content and IV make the same bytes.
    let again = opened
        .lock
        .seal_root(RootNumber::new(1), &opened.content, &root.ivs[2]);
    assert_eq!(again.expect("sealed").bytes()[..], record);
    assert!(made_by_the_crate_opens(&ada, &password, &recovery));
    let plain = [&[1][..], &root.key].concat();
    json!({
        "about": "The root of a vault (docs/protocol.md#146-the-vault) of ada in account_keys.json. A \
            wrap's associated data is bound_to; the sealed part's is everything above it. A record in \
            `invalid` is refused by who opens it with vault_half; `cause` names the first check that \
            fails. In `merged` every entry stands for itself by its number or its id's first digits.",
        "account": ada.account,
        "number": "1",
        "key_id": hex(root.key_id),
        "vault_key": hex(root.key),
        "vault_half": hex(root.password),
        "recovery_vault": hex(root.recovery),
        "password_wrap": {
            "bound_to": hex(root.bound_to(&ada, 1)),
            "iv": hex(root.ivs[0]),
            "record": hex(root.wrap(&ada, 1, &plain)),
        },
        "recovery_wrap": {
            "bound_to": hex(root.bound_to(&ada, 2)),
            "iv": hex(root.ivs[1]),
            "record": hex(root.wrap(&ada, 2, &plain)),
        },
        "iv": hex(root.ivs[2]),
        "content": str::from_utf8(&root.content).expect("UTF-8"),
        "padded": hex(padded(&root.content)),
        "record": hex(&record),
        "invalid": invalid_roots(&ada),
        "merged": merged(),
    })
}

fn made_by_the_crate_opens(ada: &Account, password: &VaultHalf, recovery: &RecoveryVault) -> bool {
    let mut rng = Labelled::new("vault vectors: lock");
    let lock = VaultLock::new(ada.account, password, recovery, &mut rng).expect("a lock");
    let root = lock
        .seal_root(RootNumber::new(7), &content(ada), &[7; 16])
        .expect("sealed");
    let opened = [
        root.open_with_password(password),
        root.open_with_recovery(recovery),
        root.open_with_lock(&lock),
        root.open_with_kept(&lock.to_kept()),
    ];
    opened
        .iter()
        .all(|opened| matches!(opened, Ok(opened) if opened.content == content(ada)))
}

fn invalid_roots(ada: &Account) -> Vec<Value> {
    // A short content keeps the file small; its keys are none, which only their use would notice.
    let short = json!({
        "identity": [{ "number": "1", "pss": "AA==", "dsa": "07".repeat(32) }, { "number": "2", "pss": "AA==", "dsa": "07".repeat(32) }],
        "wraps": [{ "number": "1", "key": "AA==", "superseded_at": null }],
        "item_keys": [{ "id": "aa".repeat(16), "key": "aa".repeat(64) }],
    });
    let short = RootContent::parse(short.to_string().as_bytes()).expect("a content");
    let root = &Root {
        content: short.encode().expect("JSON").to_vec(),
        ..Root::of(ada)
    };

    let half = VaultHalf::from_bytes(root.password);
    let case = |why: &str, record: &[u8], expected: &str| {
        let found = VaultRoot::parse(record.to_vec().into())
            .and_then(|root| root.open_with_password(&half));
        refused(why, record, expected, found.err())
    };
    let good = root.record(ada, 1);
    let changed = |at: usize| {
        let mut record = good.clone();
        record[at] ^= 1;
        record
    };
    let plain = [&[1][..], &root.key].concat();
    let wraps = [1, 2].map(|opener| root.wrap(ada, opener, &plain));
    let with_wraps = |password: &[u8], recovery: &[u8]| {
        let above = root.above(ada, 1, [password, recovery]);
        sealed_part(&above, &root.key, &root.ivs[2], &root.content)
    };
    let with_content = |content: &str| {
        let above = root.above(ada, 1, [&wraps[0], &wraps[1]]);
        sealed_part(&above, &root.key, &root.ivs[2], content.as_bytes())
    };
    let other_version = root.wrap(ada, 1, &[&[2][..], &root.key].concat());
    let short_key = root.wrap(ada, 1, &plain[..64]);
    let text = str::from_utf8(&root.content).expect("UTF-8");
    let doubled = text.replacen("\"identity\":", "\"identity\":[],\"identity\":", 1);
    let unknown_twice = text.replacen('{', "{\"x\":1,\"x\":2,", 1);
    let descending = text.replacen("\"number\":\"1\"", "\"number\":\"3\"", 1);
    // Where the fields are: account 2, number 18, key id 26, wraps 42 and 170, IV 298, length 314.
    vec![
        case("nothing", b"", "truncated"),
        case("one byte is missing", &good[..good.len() - 1], "truncated"),
        case(
            "one byte too many",
            &[&good[..], &[0]].concat(),
            "left_over",
        ),
        case("another type", &changed(1), "record_type"),
        case("number 0", &changed(25), "field"),
        case("a length that is no multiple of 16", &changed(317), "field"),
        case("another account", &changed(2), "tag"),
        case(
            "another number",
            &{
                let mut record = good.clone();
                record[25] = 2;
                record
            },
            "tag",
        ),
        case("another key id", &changed(26), "tag"),
        case("one bit of the password wrap", &changed(60), "tag"),
        case("one bit of the recovery wrap", &changed(190), "tag"),
        case(
            "the wraps exchanged",
            &with_wraps(&wraps[1], &wraps[0]),
            "tag",
        ),
        case("one bit of the IV", &changed(298), "tag"),
        case("one bit of the ciphertext", &changed(400), "tag"),
        case("one bit of the tag", &changed(good.len() - 1), "tag"),
        case(
            "a wrap of another version",
            &with_wraps(&other_version, &wraps[1]),
            "vault_key",
        ),
        case(
            "a vault key of 63 bytes",
            &with_wraps(&short_key, &wraps[1]),
            "vault_key",
        ),
        case("not JSON", &with_content("{"), "content"),
        case("a list", &with_content("[]"), "content"),
        case(
            "no entries",
            &with_content("{\"identity\":[],\"wraps\":[],\"item_keys\":[]}"),
            "content",
        ),
        case("a key twice", &with_content(&doubled), "content"),
        case(
            "an unknown key twice",
            &with_content(&unknown_twice),
            "content",
        ),
        case(
            "numbers that do not ascend",
            &with_content(&descending),
            "content",
        ),
    ]
}

fn merged() -> Vec<Value> {
    let wrap = |number: u64, superseded_at: Option<&str>| json!({ "number": number.to_string(), "key": "AA==", "superseded_at": superseded_at });
    let identity = |number: u64| json!({ "number": number.to_string(), "pss": "AA==", "dsa": "07".repeat(32) });
    let item_key = |id: &str| json!({ "id": id.repeat(16), "key": id.repeat(64) });
    let base = json!({ "identity": [identity(1)], "wraps": [wrap(1, Some("10")), wrap(2, None)], "item_keys": [item_key("aa")] });
    let added = json!({ "identity": [identity(1), identity(2)], "wraps": [wrap(2, None)], "item_keys": [item_key("aa"), item_key("bb")], "x": 1 });
    let other = json!({ "identity": [identity(1)], "wraps": [wrap(1, Some("10")), wrap(2, Some("30")), wrap(3, None)], "item_keys": [item_key("aa"), item_key("cc")], "y": 2 });
    let read = |value: &Value| RootContent::parse(value.to_string().as_bytes()).expect("a content");
    [
        [&base, &added, &other],
        [&base, &other, &added],
        [&base, &base, &other],
    ]
    .map(|[base, mine, theirs]| {
        let result = merge(&read(base), &read(mine), &read(theirs));
        json!({ "base": base, "mine": mine, "theirs": theirs, "result": result })
    })
    .into()
}

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
    let mut key = [0; 64];
    Hkdf::<Sha512>::new(Some(ada.account.as_bytes()), item_key().key.as_bytes())
        .expand(&info, &mut key)
        .expect("a short output");
    key
}

pub(crate) fn items() -> Value {
    let ada = Account::of("ada");
    let ivs = [
        "item vectors: 0",
        "item vectors: 1",
        "item vectors: 2",
        "item vectors: 3",
        "item vectors: 4",
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
    let record = sealed_part(&above, &key, &iv, &written);
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
        sealed_part(&above, &key, &[9; 16], content.as_bytes())
    };
    let preference = |name: &[u8], content: &str| written(ItemKind::Preference, name, 1, content);
    let secret_name = unhex(valid[0]["name"].as_str().expect("text"));
    let secret_content = valid[0]["content"].as_str().expect("text");
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(4000));
    let mut no_epoch = secret_name.clone();
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
            "an epoch secret of number 2",
            &written(ItemKind::EpochSecret, &secret_name, 2, secret_content),
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
