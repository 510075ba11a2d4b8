//! JWE of messages, by the published test keys: what `tests/python/jwe.py` opens with another library.

use std::{fs, path::PathBuf};

use chat_client::jwe::{self, JweError, PLAIN_BYTES, RECIPIENTS};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use wire_format::{
    AccountId, Millis, OpenError, WrapNumber,
    dsa::DsaPrivateKey,
    identity::{AccountWrapKey, IdentityKeys, WrapKey, WrapKeyDraft},
    rsa_keys::{ModulusSize, PssPrivateKey},
};

const MESSAGE: &str = r#"{"type":"text","text":"作战室: 12:30"}"#;

/// An account of `account_keys.json`, with its first wrap key.
struct Account {
    id: AccountId,
    private: AccountWrapKey,
    public: WrapKey,
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("text");
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}

fn account(name: &str) -> Account {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../wire-format/testdata/account_keys.json"
    );
    let text = fs::read_to_string(path).expect("the test keys");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let mut accounts = file["accounts"].as_array().expect("a list").iter();
    let account = accounts.find(|account| account["name"] == name);
    let account = account.expect("an account");
    let id = account["account"].as_str().expect("text");
    let id: AccountId = id.parse().expect("an id");
    let identity = &account["identities"][0];
    let pss = PssPrivateKey::from_pkcs8(&unhex(&identity["pss_pkcs8"]), ModulusSize::Accepted);
    let x = unhex(&identity["x"]).try_into().expect("32 bytes");
    let dsa = DsaPrivateKey::from_private_bytes(&x).expect("a key");
    let keys = IdentityKeys::from_parts(pss.expect("a key"), dsa).expect("keys");
    let number = WrapNumber::new(1);
    let private = AccountWrapKey::from_pkcs8(number, &unhex(&account["wraps"][0]["pkcs8"]));
    let private = private.expect("a key");
    let draft = WrapKeyDraft {
        account: id,
        number,
        made_at: Millis::new(1),
        key: private.key(),
    };
    let public = keys.sign_wrap_key(&draft, &mut randomness());
    Account {
        id,
        public: public.expect("a wrap key"),
        private,
    }
}

/// The same every time.
fn randomness() -> StdRng {
    StdRng::seed_from_u64(0x07e5)
}

fn made() -> String {
    let (ada, bob) = (account("ada"), account("bob"));
    let recipients = [&ada.public, &bob.public];
    jwe::seal(MESSAGE.as_bytes(), &recipients, &mut randomness()).expect("sealed")
}

#[test]
fn the_published_jwe_is_what_is_made_of_its_message() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/jwe.json");
    let jwe: Value = serde_json::from_str(&made()).expect("JSON");
    let file = json!({
        "about": "A message as JWE to the first wrap keys of ada and bob in \
            wire-format/testdata/account_keys.json. `SEALWIRE_WRITE_DOCS=1 cargo test -p chat-client \
            --test client jwe` writes it anew.",
        "plain": MESSAGE,
        "jwe": jwe,
    });
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no command line of its own"
    )]
    let is_to_be_written = std::env::var_os("SEALWIRE_WRITE_DOCS").is_some();
    if is_to_be_written {
        fs::write(&path, format!("{file:#}\n")).expect("written");
    }
    let published = fs::read_to_string(&path).expect("it is there");
    let published: Value = serde_json::from_str(&published).expect("JSON");
    assert_eq!(published, file);
}

#[test]
fn each_recipient_opens_it_and_nobody_else() {
    let made = made();
    for name in ["ada", "bob"] {
        let own = account(name);
        let opened = jwe::open(&made, own.id, &own.private, &mut randomness());
        assert_eq!(&opened.expect("opened")[..], MESSAGE.as_bytes(), "{name}");
    }
    let carol = account("carol");
    let other = jwe::open(&made, carol.id, &carol.private, &mut randomness()).err();
    assert_eq!(other, Some(JweError::OtherKeys));
    // Under another's name the key does not fit, and nothing says which step failed.
    let ada = account("ada");
    let other = jwe::open(&made, ada.id, &carol.private, &mut randomness()).err();
    assert_eq!(other, Some(JweError::Open(OpenError::Tag)));
}

#[test]
fn whatever_is_changed_it_does_not_open() {
    let ada = account("ada");
    let good: Value = serde_json::from_str(&made()).expect("JSON");
    let open =
        |jwe: &Value| jwe::open(&jwe.to_string(), ada.id, &ada.private, &mut randomness()).err();
    assert_eq!(open(&good), None);
    let swapped = |text: &Value| {
        let text = text.as_str().expect("text");
        let first = if text.starts_with('A') { "B" } else { "A" };
        json!(format!("{first}{}", &text[1..]))
    };
    for field in ["iv", "ciphertext", "tag"] {
        let mut changed = good.clone();
        changed[field] = swapped(&good[field]);
        assert_eq!(
            open(&changed),
            Some(JweError::Open(OpenError::Tag)),
            "{field}"
        );
        changed[field] = json!("%");
        assert_eq!(open(&changed), Some(JweError::Layout), "{field}");
        changed.as_object_mut().expect("an object").remove(field);
        assert_eq!(open(&changed), Some(JweError::Layout), "{field}");
    }
    let mut changed = good.clone();
    changed["recipients"][0]["encrypted_key"] = swapped(&good["recipients"][0]["encrypted_key"]);
    assert_eq!(open(&changed), Some(JweError::Open(OpenError::Tag)));
    // {"alg":"none","enc":"A256CBC-HS512"}
    let mut changed = good;
    changed["protected"] = json!("eyJhbGciOiJub25lIiwiZW5jIjoiQTI1NkNCQy1IUzUxMiJ9");
    assert_eq!(open(&changed), Some(JweError::Layout));
}

#[test]
fn texts_and_recipients_have_limits() {
    let ada = account("ada");
    let seal = |bytes: usize, recipients: usize| {
        let recipients = vec![&ada.public; recipients];
        jwe::seal(&vec![b'x'; bytes], &recipients, &mut randomness()).err()
    };
    assert_eq!(seal(0, 1), None);
    assert_eq!(seal(PLAIN_BYTES, 1), None);
    let above = PLAIN_BYTES + 1;
    assert_eq!(seal(above, 1), Some(JweError::TooLarge(above)));
    for recipients in [0, RECIPIENTS + 1] {
        let found = seal(1, recipients);
        assert_eq!(found, Some(JweError::Recipients(recipients)));
    }
}
