//! The built command with accounts, on a real chat-server: whole outputs, exit codes and files.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::json;

use crate::owners::{
    House,
    command::{Device, masked, ran},
    liar::Liar,
};

fn mode(path: &Path) -> u32 {
    let found = fs::metadata(path).expect("a file");
    found.permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

const WHOAMI: &str = "\
name           Ada
account        <id>
fingerprint    <hash>
session        <id>
server         localhost at 127.0.0.1:<port>
recovery code  was not typed back yet: keep its file safe
";

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_left_and_found_again_elsewhere_by_its_password() {
    let house = House::start().await;
    let (laptop, phone) = (Device::of(house.address), Device::of(house.address));
    assert_eq!(masked(&laptop.register("Ada").await.well()), WHOAMI);
    assert_eq!(masked(&laptop.run(&["whoami"]).await.well()), WHOAMI);
    let before = laptop.run(&["whoami", "--json", "ada"]).await.object();

    let login = phone.with_password(&["login", "ada", "--json"]).await;
    let login = login.object();
    let here = phone.run(&["whoami", "--json"]).await.object();
    assert_eq!(login, here);
    for field in ["name", "account", "fingerprint", "server", "server_name"] {
        assert_eq!(before[field], here[field], "{field}");
    }
    assert_ne!(before["session"], here["session"]);
    assert_eq!(before["recovery_rehearsed"], json!(false));
    assert_eq!(here["recovery_rehearsed"], json!(null));

    let out = laptop.run(&["logout"]).await;
    assert_eq!(out.well(), "Ada is signed out here.\n");
    let left = fs::read_dir(laptop.file("home/accounts")).expect("a folder");
    assert_eq!(left.count(), 0, "nothing is kept");
    let (error, code) = laptop.run(&["whoami", "--json"]).await.failed();
    let expected = json!({
        "type": "error",
        "code": "no_account_here",
        "message": "this device has no such account",
        "next": "Sign in first: sealwire login NAME",
    });
    assert_eq!((error, code), (expected, Some(2)));
    assert!(phone.run(&["whoami"]).await.code == Some(0));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_for_their_owner_and_hold_neither_password_nor_code() {
    let house = House::start().await;
    let device = Device::of(house.address);
    device.register("Ada").await.well();
    let (state, code) = (device.state(), device.file("code"));
    assert_eq!((mode(&state), mode(&code)), (0o600, 0o600));
    assert_eq!(mode(&device.file("home/accounts")), 0o700);
    let text = fs::read_to_string(&state).expect("a file");
    let code = fs::read_to_string(code).expect("a code");
    assert_eq!(code.trim().len(), 34);
    assert!(!text.contains(crate::owners::PASSWORD) && !text.contains(code.trim()));

    set_mode(&state, 0o640);
    let open = device.run(&["whoami"]).await;
    let path = state.display();
    let expected = format!(
        "sealwire: others on this machine may read or change {path}\n  \
         If nobody else wrote there: chmod 600 {path}\n"
    );
    assert_eq!((open.err, open.code), (expected, Some(2)));
    set_mode(&state, 0o600);
    set_mode(&device.file("home/accounts"), 0o750);
    let (error, code) = device.run(&["whoami", "--json"]).await.failed();
    assert_eq!((&error["code"], code), (&json!("state_open"), Some(2)));
    set_mode(&device.file("home/accounts"), 0o700);

    for damaged in [
        "",
        "{}",
        "[1]",
        &text[..text.len() / 2],
        &text.replace("\"version\": 1", "\"version\": 2"),
    ] {
        fs::write(&state, damaged).expect("written");
        let (error, code) = device.run(&["whoami", "--json"]).await.failed();
        assert_eq!((&error["code"], code), (&json!("state_damaged"), Some(2)));
    }
    fs::write(&state, &text).expect("written");
    device.run(&["whoami"]).await.well();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_or_asked_is_refused_before_anything_is_registered() {
    let house = House::start().await;
    let liar = Liar::before(house.address).await;
    let device = Device::of(liar.address);
    // Neither a terminal nor a file for the code.
    let refused = device.with_password(&["register", "Ada"]).await;
    let expected = "sealwire: no terminal to show the recovery code on: name a new file with \
        --recovery-file\n  Try: sealwire --help\n";
    assert_eq!((refused.err.as_str(), refused.code), (expected, Some(2)));
    let there = device.file("there");
    fs::write(&there, "mine").expect("a file");
    let there = there.to_str().expect("a path");
    let arguments = ["register", "Ada", "--recovery-file", there];
    let refused = device.with_password(&arguments).await;
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("it is there already"),
        "{}",
        refused.err
    );
    assert_eq!(fs::read_to_string(there).expect("a file"), "mine");
    assert_eq!(liar.log(), [""; 0], "nothing was sent");
    // Neither a terminal nor a password.
    let code = device.file("code");
    let arguments = [
        "register",
        "Ada",
        "--recovery-file",
        code.to_str().expect("a path"),
    ];
    let refused = device.run(&arguments).await;
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("no password"), "{}", refused.err);
    assert_eq!(liar.log(), ["session.hello", "auth.params"]);
    assert!(!code.exists());
    // A name that is taken: the code that opens nothing is gone again.
    Device::of(house.address).register("Ada").await.well();
    let taken = device.register("ADA").await;
    let expected = "sealwire: auth.register was refused: This name, or one too much like it, is in use.\n  \
        Try another NAME. If it is yours: sealwire login NAME\n";
    assert_eq!((taken.err.as_str(), taken.code), (expected, Some(4)));
    assert!(!code.exists());
    drop(liar);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_a_wrong_name_and_a_lying_server_have_their_exit_codes() {
    let house = House::start().await;
    let device = Device::of(house.address);
    device.register("Ada").await.well();
    let mut wrong = device.command(&["login", "Ada"]);
    wrong.env("SEALWIRE_PASSWORD", "not the one");
    let wrong = ran(wrong).await;
    let expected = "sealwire: auth.login was refused: Name or password is wrong.\n  \
        If the password is lost: sealwire recover NAME\n";
    assert_eq!((wrong.err.as_str(), wrong.code), (expected, Some(4)));

    let fresh = Device::of(house.address);
    let named = ["login", "Ada", "--server-name", "chat.example"];
    let refused = fresh.with_password(&named).await;
    let expected = "sealwire: the server cannot be believed: it calls itself localhost, where \
        chat.example was expected\n  If that is its name: --server-name localhost\n";
    assert_eq!((refused.err.as_str(), refused.code), (expected, Some(7)));

    let liar = Liar::before(house.address).await;
    let fooled = Device::of(liar.address);
    fooled.with_password(&["login", "Ada"]).await.well();
    // What it saw last time is newer than what it is told now.
    let state = fooled.state();
    let text = fs::read_to_string(&state).expect("a file");
    assert!(text.contains("\"root\": \"1\""), "{text}");
    fs::write(&state, text.replace("\"root\": \"1\"", "\"root\": \"5\"")).expect("written");
    let (error, code) = fooled.run(&["whoami", "--json"]).await.failed();
    assert_eq!(
        (&error["code"], code),
        (&json!("vault_rolled_back"), Some(7))
    );
    assert!(
        error["next"]
            .as_str()
            .is_some_and(|next| next.contains("Ask whoever runs"))
    );
    drop(liar);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_says_how_to_sign_in_again() {
    let house = House::start().await;
    let (laptop, phone) = (Device::of(house.address), Device::of(house.address));
    laptop.register("Ada").await.well();
    phone.with_password(&["login", "Ada"]).await.well();
    let sessions = laptop.run(&["sessions", "--json"]).await.object();
    let sessions = sessions["sessions"].as_array().expect("a list").clone();
    assert_eq!(sessions.len(), 2);
    let other = sessions
        .iter()
        .find(|session| session["current"] == json!(false));
    let other = other
        .and_then(|session| session["session"].as_str())
        .expect("an id");
    let ended = laptop.run(&["sessions", "--revoke", other]).await.well();
    assert_eq!(ended, format!("Session {other} has ended.\n"));
    let over = phone.run(&["whoami"]).await;
    let expected = "sealwire: auth.resume was refused: Name or password is wrong.\n  \
        This device's session is over. Sign in again: sealwire login NAME\n";
    assert_eq!((over.err.as_str(), over.code), (expected, Some(8)));
    // Signing in again goes on from what was seen; signing out of an ended session forgets it.
    phone.with_password(&["login", "Ada"]).await.well();
    assert_eq!(phone.run(&["sessions"]).await.well().lines().count(), 2);
    let id = phone.run(&["whoami", "--json"]).await.object();
    let id = id["session"].as_str().expect("an id").to_owned();
    laptop.run(&["sessions", "--revoke", &id]).await.well();
    phone.run(&["logout"]).await.well();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_at_once_on_one_device_and_on_two_lose_nothing() {
    let house = House::start().await;
    let (laptop, phone) = (Device::of(house.address), Device::of(house.address));
    let bob = Device::of(house.address);
    laptop.register("Ada").await.well();
    phone.with_password(&["login", "Ada"]).await.well();
    bob.register("Bob").await.well();
    let id = bob.run(&["whoami", "--json"]).await.object();
    let id = id["account"].as_str().expect("an id").to_owned();
    // Two that share a session wait for each other, two devices race for the pin.
    let verifying = ["fingerprint", &id, "--verified", "--json"];
    let looking = ["fingerprint", &id, "--json"];
    let (one, two, three) = tokio::join!(
        laptop.run(&verifying),
        laptop.run(&looking),
        phone.run(&looking),
    );
    let (one, two, three) = (one.object(), two.object(), three.object());
    assert_eq!(one["safety_number"], two["safety_number"]);
    assert_eq!(one["safety_number"], three["safety_number"]);
    let seen = phone.run(&["fingerprint", &id]).await.well();
    let seen = masked(&seen);
    assert!(seen.starts_with("name           Bob\n"), "{seen}");
    assert!(
        seen.contains("\nkeys           the same as before\nverified       yes\n"),
        "{seen}"
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_accounts_on_the_server_the_next_step_is_named() {
    let settings = chat_server::Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        ..chat_server::Settings::default()
    };
    let running = chat_server::Server::bind(settings).await.expect("a server");
    let running = running.start();
    let device = Device::of(running.local_addr());
    let refused = device.register("Ada").await;
    let expected = "sealwire: auth.params was refused: There is no such command.\n  \
        This server does not do that. One that keeps accounts is started with --data DIR.\n";
    assert_eq!((refused.err.as_str(), refused.code), (expected, Some(4)));
    running.shutdown(std::time::Duration::from_secs(10)).await;
    let (error, code) = device
        .with_password(&["login", "Ada", "--json"])
        .await
        .failed();
    assert_eq!((&error["code"], code), (&json!("unreachable"), Some(3)));
}
