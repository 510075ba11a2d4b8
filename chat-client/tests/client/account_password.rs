//! A new password, a lost one and a lost device: docs/protocol.md sections 14.2, 14.5 and 14.6.

use std::fs;

use chat_client::{Account, SignIn, account::NewItem};
use serde_json::json;
use wire_format::{
    ErrorCode, Revision,
    passwords::{Password, RecoveryCode},
    vault::{ItemContent, ItemName, PreferenceName, Rest},
};

use crate::owners::{
    House,
    command::{Device, ran},
    password, refusal,
};

fn other_password() -> Password {
    Password::prepare("staple battery horse").expect("a password")
}

fn new_code() -> RecoveryCode {
    RecoveryCode::generate(&mut rand::rng())
}

async fn put(account: &mut Account, name: &str) {
    let name = PreferenceName::parse(name.as_bytes()).expect("a name");
    let item = NewItem {
        name: ItemName::Preference(name),
        number: 1,
        forget_at: None,
        content: ItemContent::Preference(Rest::default()),
    };
    account.put_items(&[item]).await.expect("put");
}

async fn readable(account: &mut Account) -> usize {
    let (items, _) = account.items(None, Revision::new(0)).await.expect("items");
    items.iter().filter(|item| item.content.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_opens_old_and_new_items_and_ends_other_sessions() {
    let house = House::start().await;
    let (mut account, _) = house.register("ada").await;
    put(&mut account, "before").await;
    let other = house.sign_in("ada").await;
    let kept = other.kept();
    let wrong = account.change_password(other_password(), other_password(), new_code());
    let error = wrong.await.expect_err("the old one is wrong");
    assert!(error.is_login_failed());
    let changed = account.change_password(password(), other_password(), new_code());
    changed.await.expect("changed");
    put(&mut account, "after").await;
    assert_eq!(readable(&mut account).await, 2);
    let over = SignIn::again(house.server(), &kept).await;
    assert!(over.expect_err("over").is_login_failed());
    let old = SignIn::new(house.server(), "ada").with_password(password());
    assert!(old.await.expect_err("changed").is_login_failed());
    let new = SignIn::new(house.server(), "ada").with_password(other_password());
    let mut new = new.await.expect("signed in");
    assert_eq!(readable(&mut new).await, 2);
    // What this device keeps opens the new root.
    let kept = account.kept();
    drop(account);
    let mut again = SignIn::again(house.server(), &kept).await.expect("again");
    assert_eq!(readable(&mut again).await, 2);
    drop((other, new, again));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_opens_everything_and_sets_a_new_password() {
    let house = House::start().await;
    let (mut account, code) = house.register("ada").await;
    put(&mut account, "kept").await;
    let fingerprint = account.fingerprint();
    drop(account);
    let sign_in = || SignIn::new(house.server(), "ada");
    let wrong = sign_in().with_code(new_code()).await;
    assert!(wrong.expect_err("another code").is_login_failed());
    let mut recovered = sign_in().with_code(code.clone()).await.expect("signed in");
    assert_eq!(recovered.fingerprint(), fingerprint);
    assert_eq!(readable(&mut recovered).await, 1);
    let next = new_code();
    let set = recovered.set_password(other_password(), next.clone());
    set.await.expect("set");
    let used = sign_in().with_code(code).await;
    assert!(used.expect_err("the old code").is_login_failed());
    let new = sign_in().with_password(other_password()).await;
    assert_eq!(new.expect("signed in").fingerprint(), fingerprint);
    let again = sign_in().with_code(next).await.expect("the new code");
    drop((recovered, again));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_set_by_a_session_that_did_not_recover() {
    let house = House::start().await;
    let (mut account, _) = house.register("ada").await;
    let set = account.set_password(other_password(), new_code()).await;
    let error = set.expect_err("refused");
    let code = refusal(&error).expect("a refusal");
    let refused = [
        ErrorCode::LoginFailed,
        ErrorCode::NotAllowed,
        ErrorCode::Malformed,
    ];
    assert!(refused.contains(&code), "{code}");
    drop(house.sign_in("ada").await);
    drop(account);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_device_is_shut_out_of_what_follows() {
    let house = House::start().await;
    let (mut account, _) = house.register("ada").await;
    let lost = house.sign_in("ada").await;
    let kept = lost.kept();
    let before = account.kept();
    let shut = account.lost_device(lost.session(), password(), other_password(), new_code());
    shut.await.expect("shut out");
    let after = account.kept();
    assert_eq!(after.seen.wrap.value(), before.seen.wrap.value() + 1);
    assert_ne!(after.vault_key, kept.vault_key);
    let over = SignIn::again(house.server(), &kept).await;
    assert!(over.expect_err("over").is_login_failed());
    drop((account, lost));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_changes_a_password_and_recovers_with_the_code() {
    let house = House::start().await;
    let (laptop, phone) = (Device::of(house.address), Device::of(house.address));
    laptop.register("Ada").await.well();
    fs::write(laptop.file("new"), "staple battery horse").expect("a file");
    let (new, code) = (laptop.file("new"), laptop.file("second code"));
    let (new, code) = (
        new.to_str().expect("a path"),
        code.to_str().expect("a path"),
    );
    let arguments = [
        "password",
        "--new-password-file",
        new,
        "--recovery-file",
        code,
        "--json",
    ];
    let changed = laptop.with_password(&arguments).await.object();
    let expected = json!({ "type": "password_changed", "recovery_rehearsed": false });
    assert_eq!(changed, expected);
    laptop.run(&["whoami"]).await.well();
    let old = phone.with_password(&["login", "Ada"]).await;
    assert_eq!(old.code, Some(4), "{}", old.err);

    // The phone knows nothing but the code.
    let mut recover = phone.command(&["recover", "Ada", "--code-file", code, "--json"]);
    recover
        .env("SEALWIRE_NEW_PASSWORD", "a third one")
        .env("SEALWIRE_RECOVERY_FILE", phone.file("third code"));
    let recovered = ran(recover).await.object();
    assert_eq!(recovered["name"], json!("Ada"));
    let here = phone.run(&["whoami", "--json"]).await.object();
    assert_eq!(here, recovered);
    let over = laptop.run(&["whoami"]).await;
    assert_eq!(over.code, Some(8), "other sessions have ended");
    let mut login = laptop.command(&["login", "Ada"]);
    login.env("SEALWIRE_PASSWORD", "a third one");
    ran(login).await.well();
    house.stop().await;
}
