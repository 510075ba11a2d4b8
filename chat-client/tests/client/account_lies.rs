//! What a lying server cannot do to an account unnoticed: docs/protocol.md section 14.

use bytes::Bytes;
use chat_client::{
    Account, SignIn,
    account::{PeerFault, Standing, WRAP_KEY_AGE},
};
use serde_json::{Value, json};
use wire_format::{
    AccountId, Millis, Revision,
    dsa::DsaPrivateKey,
    identity::{ChainError, IdentityKeys},
    record_list,
    rsa_keys::{ModulusSize, PssPrivateKey},
};

use crate::owners::{House, fault, liar::Liar, password, server_at};

/// A house, a liar before it, and an account that has gone through the liar.
async fn told() -> (House, Liar, Account) {
    let house = House::start().await;
    let (account, _) = house.register("ada").await;
    let liar = Liar::before(house.address).await;
    (house, liar, account)
}

async fn sign_in(liar: &Liar) -> Result<Account, chat_client::AccountError> {
    let server = server_at(liar.address);
    SignIn::new(server, "ada").with_password(password()).await
}

/// Keys that are published for tests, and are nobody's here.
fn foreign_keys() -> IdentityKeys {
    let path = "/../wire-format/testdata/account_keys.json";
    let text = std::fs::read_to_string(format!("{}{path}", env!("CARGO_MANIFEST_DIR")));
    let published: Value = serde_json::from_str(&text.expect("vectors")).expect("JSON");
    let keys = &published["accounts"][0]["identities"][0];
    let bytes = |name: &str| -> Vec<u8> {
        let digits = keys[name].as_str().expect("digits").as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        digits
            .chunks(2)
            .map(|pair| byte(pair).expect("a byte"))
            .collect()
    };
    let pss = PssPrivateKey::from_pkcs8(&bytes("pss_pkcs8"), ModulusSize::Accepted);
    let x: [u8; 32] = bytes("x").try_into().expect("32 bytes");
    let dsa = DsaPrivateKey::from_private_bytes(&x).expect("a key");
    IdentityKeys::from_parts(pss.expect("a key"), dsa).expect("keys")
}

/// A chain of one keyset by foreign keys, for this account and name.
fn forged_chain(account: AccountId, name: &str) -> Bytes {
    let now = Millis::new(1_800_000_000_000);
    let keyset = foreign_keys().first_keyset(account, name, now, &mut rand::rng());
    record_list::encode(&[keyset.expect("a keyset").bytes().clone()]).expect("a list")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_password_goes_to_a_server_with_another_name_or_bad_rounds() {
    let (house, liar, account) = told().await;
    for (field, value) in [
        ("server", json!("elsewhere.example")),
        ("server", json!("")),
        ("rounds", json!(599_999)),
        ("rounds", json!(0)),
        ("rounds", json!(10_000_001)),
    ] {
        liar.says("auth.params", field, value.clone());
        let caught = fault(sign_in(&liar).await);
        let is_right = match field {
            "rounds" => matches!(caught, PeerFault::Rounds(_)),
            _ => matches!(
                caught,
                PeerFault::ServerName { .. } | PeerFault::NoServerName(_)
            ),
        };
        assert!(is_right, "{value}: {caught:?}");
        assert_eq!(liar.log(), ["session.hello", "auth.params"]);
    }
    drop((liar, account));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_another_account_is_noticed() {
    let (house, liar, account) = told().await;
    let other = json!(AccountId::from_bytes([7; 16]));
    liar.says("auth.login", "account", other.clone());
    assert!(matches!(
        fault(sign_in(&liar).await),
        PeerFault::OtherAccount { .. }
    ));
    liar.says("auth.params", "account", other);
    assert!(matches!(
        fault(sign_in(&liar).await),
        PeerFault::OtherAccount { .. }
    ));
    liar.says("auth.login", "token", Value::Null);
    assert_eq!(fault(sign_in(&liar).await), PeerFault::NoToken);
    let kept = account.kept();
    drop(account);
    for (field, value) in [
        ("account", json!(AccountId::from_bytes([7; 16]))),
        ("name", json!("eve")),
        ("session", json!(AccountId::from_bytes([7; 16]))),
    ] {
        liar.says("auth.resume", field, value);
        let caught = fault(SignIn::again(server_at(liar.address), &kept).await);
        let is_right = matches!(
            caught,
            PeerFault::OtherAccount { .. } | PeerFault::OtherName | PeerFault::OtherSession(_)
        );
        assert!(is_right, "{field}: {caught:?}");
    }
    drop(liar);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_from_before_is_noticed_where_a_newer_one_was_seen() {
    let (house, liar, mut account) = told().await;
    let device = sign_in(&liar).await.expect("true so far");
    let (state, root) = liar.reply("vault.root");
    account.set_root(|_| {}).await.expect("replaced");
    let mut kept = device.kept();
    kept.seen.root = kept.seen.root.next();
    drop(device);
    liar.lies(move |name, ok, tail| {
        if name == "vault.root" {
            (*ok, *tail) = (state.clone(), root.clone());
        }
    });
    let caught = fault(SignIn::again(server_at(liar.address), &kept).await);
    assert!(matches!(caught, PeerFault::OlderRoot { .. }), "{caught:?}");
    // A number that is not the record's does not help.
    let (_, root) = liar.reply("vault.root");
    liar.lies(move |name, ok, tail| {
        if name == "vault.root" {
            ok["number"] = json!("9");
            *tail = root.clone();
        }
    });
    let caught = fault(SignIn::again(server_at(liar.address), &kept).await);
    assert_eq!(caught, PeerFault::OtherRoot);
    drop((liar, account));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_older_than_the_published_wrap_key_is_noticed_by_a_new_device() {
    let (house, liar, mut account) = told().await;
    drop(sign_in(&liar).await.expect("true so far"));
    let (state, root) = liar.reply("vault.root");
    let in_a_week = chat_client::clock::Clock::start().now().wall.value()
        + u64::try_from(WRAP_KEY_AGE.as_millis()).expect("a week");
    account
        .renew_wrap_key(Millis::new(in_a_week))
        .await
        .expect("renewed");
    liar.lies(move |name, ok, tail| {
        if name == "vault.root" {
            (*ok, *tail) = (state.clone(), root.clone());
        }
    });
    let caught = fault(sign_in(&liar).await);
    assert!(matches!(caught, PeerFault::OlderVault { .. }), "{caught:?}");
    drop((liar, account));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrap_key_from_before_is_noticed() {
    let (house, liar, mut account) = told().await;
    let device = sign_in(&liar).await.expect("true so far");
    let (_, wrap) = liar.reply("keys.wraps");
    let in_a_week = chat_client::clock::Clock::start().now().wall.value()
        + u64::try_from(WRAP_KEY_AGE.as_millis()).expect("a week");
    account
        .renew_wrap_key(Millis::new(in_a_week))
        .await
        .expect("renewed");
    let mut kept = device.kept();
    kept.seen.wrap = account.kept().seen.wrap;
    drop(device);
    liar.lies(move |name, _, tail| {
        if name == "keys.wraps" {
            *tail = wrap.clone();
        }
    });
    let caught = fault(SignIn::again(server_at(liar.address), &kept).await);
    assert!(matches!(caught, PeerFault::WrapKey(_)), "{caught:?}");
    drop((liar, account));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_keys_that_are_not_in_the_vault_are_noticed() {
    let (house, liar, account) = told().await;
    let forged = forged_chain(account.id(), "ada");
    let of_another = forged_chain(AccountId::from_bytes([7; 16]), "ada");
    let kept = account.kept();
    drop(account);
    for (chain, is_other_account) in [(forged.clone(), false), (of_another, true)] {
        liar.lies(move |name, _, tail| {
            if name == "keys.chain" {
                *tail = chain.clone();
            }
        });
        match fault(sign_in(&liar).await) {
            PeerFault::OtherKeys(_) => assert!(!is_other_account),
            PeerFault::Chain(ChainError::OtherAccount(_)) => assert!(is_other_account),
            other => panic!("{other:?}"),
        }
    }
    liar.lies(move |name, _, tail| {
        if name == "keys.chain" {
            *tail = forged.clone();
        }
    });
    let caught = fault(SignIn::again(server_at(liar.address), &kept).await);
    assert_eq!(caught, PeerFault::Chain(ChainError::NotPinned));
    drop(liar);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_does_not_continue_the_pin_is_an_alarm() {
    let (house, liar, account) = told().await;
    let (bob, _) = house.register("bob").await;
    let mut ada = sign_in(&liar).await.expect("true so far");
    ada.check_person(bob.id(), Some("bob")).await.expect("bob");
    let (bob_id, forged) = (bob.id(), forged_chain(bob.id(), "bob"));
    liar.lies(move |name, _, tail| {
        if name == "keys.chain" {
            *tail = forged.clone();
        }
    });
    let caught = fault(ada.check_person(bob_id, None).await);
    assert_eq!(caught, PeerFault::Chain(ChainError::NotPinned));
    liar.says("keys.chain", "head", json!("0"));
    let caught = fault(ada.check_person(bob_id, None).await);
    assert!(
        matches!(caught, PeerFault::Chain(ChainError::Shorter { .. })),
        "{caught:?}"
    );
    for (head, more) in [("2", false), ("2", true), ("1", true)] {
        liar.lies(move |name, ok, tail| {
            if name == "keys.chain" {
                ok["head"] = json!(head);
                ok["more"] = json!(more);
                if head == "2" && more {
                    *tail = Bytes::new();
                }
            }
        });
        let caught = fault(ada.check_person(bob_id, None).await);
        assert_eq!(caught, PeerFault::ChainPages, "{head} {more}");
    }
    drop((liar, account, ada, bob));
    house.stop().await;
}

/// Changes the last item of a page.
fn garbled(name: &str, _: &mut Value, tail: &mut Bytes) {
    if name == "vault.items" && !tail.is_empty() {
        let mut changed = tail.to_vec();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        *tail = changed.into();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_this_device_saw_is_missed_where_it_is_left_out_or_old() {
    let (house, liar, account) = told().await;
    let (bob, _) = house.register("bob").await;
    let mut ada = sign_in(&liar).await.expect("true so far");
    let seen = ada.check_person(bob.id(), None).await.expect("bob");
    ada.check_person(bob.id(), None).await.expect("read again");
    let before = liar.reply("vault.items").1;
    assert!(!before.is_empty());
    ada.mark_verified(seen).await.expect("noted");
    ada.check_person(bob.id(), None).await.expect("read again");
    let kept = ada.kept();
    drop(ada);
    liar.lies(|name, _, tail| {
        if name == "vault.items" {
            *tail = Bytes::new();
        }
    });
    let again = async || SignIn::again(server_at(liar.address), &kept).await;
    let mut ada = again().await.expect("the root is right");
    let caught = fault(ada.check_person(bob.id(), None).await);
    assert_eq!(caught, PeerFault::LeftOut { missing: 1 });
    liar.lies(move |name, _, tail| {
        if name == "vault.items" {
            *tail = before.clone();
        }
    });
    let mut ada = again().await.expect("the root is right");
    let caught = fault(ada.check_person(bob.id(), None).await);
    assert_eq!(caught, PeerFault::OlderItem { found: 1, seen: 2 });
    drop((liar, account, ada, bob));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_from_before_are_noticed() {
    let (house, liar, account) = told().await;
    let (bob, _) = house.register("bob").await;
    let mut ada = sign_in(&liar).await.expect("true so far");
    ada.check_person(bob.id(), None).await.expect("bob");
    liar.says("vault.items", "revision", json!("0"));
    let caught = fault(ada.items(None, Revision::new(0)).await);
    assert!(
        matches!(caught, PeerFault::OlderRevision { .. }),
        "{caught:?}"
    );
    liar.says("vault.items", "more", json!(true));
    // Pages without end that bring nothing new.
    let caught = fault(ada.items(None, Revision::new(0)).await);
    assert_eq!(caught, PeerFault::Pages);
    liar.lies(garbled);
    let (items, _) = ada.items(None, Revision::new(0)).await.expect("items");
    assert!(items[0].content.is_err(), "a changed item does not open");
    // A pin that does not open is no first contact, and nothing takes its place unasked.
    let mut elsewhere = sign_in(&liar).await.expect("a new device");
    for _ in 0..2 {
        let seen = elsewhere.check_person(bob.id(), None).await.expect("bob");
        assert_eq!((seen.standing, seen.verified), (Standing::Reset, false));
    }
    let mut honest = house.sign_in("ada").await;
    let seen = honest.check_person(bob.id(), None).await.expect("bob");
    assert_eq!(seen.standing, Standing::Same);
    // Its user's word does.
    let seen = elsewhere.check_person(bob.id(), None).await.expect("bob");
    elsewhere.mark_verified(seen).await.expect("noted");
    let seen = honest.check_person(bob.id(), None).await.expect("bob");
    assert_eq!((seen.standing, seen.verified), (Standing::Same, true));
    drop((elsewhere, honest));
    drop((liar, account, ada, bob));
    house.stop().await;
}
