//! `vault_root.json`.

use serde_json::{Value, json};
use wire_format::{
    ItemKeyId, KeysetNumber, Millis, RootNumber,
    passwords::{RecoveryVault, VaultHalf},
    seal,
    vault::{
        IdentityEntry, ItemKeyEntry, KeyBytes, Rest, RootContent, VaultLock, VaultRoot, WrapEntry,
        merge,
    },
};

use super::{
    accounts::Account,
    hex,
    random::Labelled,
    refused,
    rooms::{padded, sealed_part},
};

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

pub(crate) fn item_key() -> ItemKeyEntry {
    ItemKeyEntry {
        id: ItemKeyId::from_bytes(Labelled::array("vault vectors: item key id")),
        key: KeyBytes::from_bytes(Labelled::array("vault vectors: item key")),
        rest: Rest::default(),
    }
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
        sealed_part(&above, &self.key, &self.ivs[2], &padded(&self.content))
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
        sealed_part(&above, &root.key, &root.ivs[2], &padded(&root.content))
    };
    let with_content = |content: &str| {
        let above = root.above(ada, 1, [&wraps[0], &wraps[1]]);
        sealed_part(&above, &root.key, &root.ivs[2], &padded(content.as_bytes()))
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
