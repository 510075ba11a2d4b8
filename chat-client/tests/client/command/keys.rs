//! The built command with new keys, and with the end of an account: whole outputs and exit codes.

use std::fs;

use serde_json::json;

use crate::owners::{
    House,
    command::{Device, masked, ran},
};

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_made_and_who_verified_the_old_ones_goes_on() {
    let house = House::start().await;
    let (ada, bob) = (Device::of(house.address), Device::of(house.address));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    bob.run(&["fingerprint", "Ada", "--verified"]).await.well();
    let before = ada.run(&["whoami", "--json"]).await.object();

    let rotated = ada.run(&["rotate"]).await.well();
    let expected = "\
The identity keys are new, and the ones before signed them: who verified you goes on to.
fingerprint    <hash>
";
    assert_eq!(masked(&rotated), expected);
    let after = ada.run(&["whoami", "--json"]).await.object();
    assert_ne!(before["fingerprint"], after["fingerprint"]);
    assert_eq!(before["session"], after["session"]);
    let seen = masked(&bob.run(&["fingerprint", "Ada"]).await.well());
    assert!(
        seen.contains("\nkeys           new, signed by the ones before\nverified       yes\n"),
        "{seen}"
    );
    let seen = bob.run(&["fingerprint", "Ada", "--json"]).await.object();
    assert_eq!(seen["fingerprint"], after["fingerprint"]);
    assert_eq!(
        (&seen["standing"], &seen["verified"]),
        (&json!("same"), &json!(true))
    );

    let again = ada.run(&["rotate", "--json"]).await.object();
    assert_eq!(
        (&again["type"], &again["keyset"]),
        (&json!("keys_rotated"), &json!("3"))
    );
    let wrap = ada.run(&["rotate", "--wrap"]).await.well();
    assert_eq!(wrap, "The wrap key is new: number 4.\n");
    let wrap = ada.run(&["rotate", "--wrap", "--json"]).await.object();
    assert_eq!(wrap, json!({ "type": "wrap_key", "number": "5" }));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_by_its_name_and_its_password() {
    let house = House::start().await;
    let (laptop, phone) = (Device::of(house.address), Device::of(house.address));
    laptop.register("Ada").await.well();
    phone.with_password(&["login", "Ada"]).await.well();
    // Neither a terminal nor the name.
    let unasked = laptop.with_password(&["delete"]).await;
    let expected = "sealwire: no terminal to type the name back on: --yes NAME\n  \
        Try: sealwire --help\n";
    assert_eq!((unasked.err.as_str(), unasked.code), (expected, Some(2)));
    let mistaken = laptop.with_password(&["delete", "--yes", "ada"]).await;
    let expected = "sealwire: that is not the account's name: nothing was deleted\n";
    assert_eq!((mistaken.err.as_str(), mistaken.code), (expected, Some(2)));
    let mut wrong = laptop.command(&["delete", "--yes", "Ada"]);
    wrong.env("SEALWIRE_PASSWORD", "not the one");
    let wrong = ran(wrong).await;
    let expected = "sealwire: auth.delete was refused: Name or password is wrong.\n  \
        The present password is asked for first.\n";
    assert_eq!((wrong.err.as_str(), wrong.code), (expected, Some(4)));

    let gone = laptop
        .with_password(&["delete", "--yes", "Ada", "--as", "ada"])
        .await;
    assert_eq!(gone.well(), "Ada is deleted, and forgotten here.\n");
    let left = fs::read_dir(laptop.file("home/accounts")).expect("a folder");
    assert_eq!(left.count(), 0, "nothing is kept");
    assert_eq!(phone.run(&["whoami"]).await.code, Some(8));
    phone.run(&["logout"]).await.well();
    fs::remove_file(laptop.file("code")).expect("the old code");
    laptop.register("Ada").await.well();
    let gone = laptop
        .with_password(&["delete", "--yes", "Ada", "--json"])
        .await
        .object();
    assert_eq!(
        (&gone["type"], &gone["name"]),
        (&json!("account_deleted"), &json!("Ada"))
    );
    house.stop().await;
}
