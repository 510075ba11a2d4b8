//! The built command with files, on a real chat-server: what is sent is what is fetched, whatever cuts in
//! between, and nobody else finds out what it was.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Child,
    time::Duration,
};

use sealwire_tests::relay::Relay;
use serde_json::{Value, json};
use wire_format::{ErrorCode, Refusal};

use crate::owners::{House, command::Device, liar::Liar};

const MIB: usize = 1024 * 1024;

async fn device(house: &House, name: &str) -> Device {
    device_at(house.address, name).await
}

async fn device_at(address: std::net::SocketAddr, name: &str) -> Device {
    let device = Device::of(address);
    device.register(name).await.well();
    device
}

/// Bytes that look like nothing else, with something in them to look for.
fn content(size: usize) -> Vec<u8> {
    let mut next = 0x2545_f491_4f6c_dd1d_u64;
    let byte = |_| {
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        next.to_le_bytes()[0]
    };
    let mut content: Vec<u8> = (0..size).map(byte).collect();
    let canary = CANARY.as_bytes();
    if size > 2 * canary.len() {
        let middle = size / 2;
        content[..canary.len()].copy_from_slice(canary);
        content[middle..middle + canary.len()].copy_from_slice(canary);
    }
    content
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// A file of a device's owner.
fn written(device: &Device, name: &str, content: &[u8]) -> PathBuf {
    let path = device.file(name);
    fs::write(&path, content).expect("written");
    path
}

async fn sends(device: &Device, to: &str, path: &Path) -> Value {
    let arguments = ["send", to, "--file", text(path), "--json"];
    device.run(&arguments).await.object()
}

async fn fetches(device: &Device, sent: &Value, to: &Path) -> Value {
    let (room, sequence) = place(sent);
    let arguments = ["fetch", &room, &sequence, "--output", text(to), "--json"];
    device.run(&arguments).await.object()
}

fn place(sent: &Value) -> (String, String) {
    let of = |name: &str| sent[name].as_str().expect("text").to_owned();
    (of("room"), of("sequence"))
}

fn entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("text")
    };
    entries.map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn b5_what_is_sent_is_what_is_fetched() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    for size in [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 17] {
        let content = content(size);
        let path = written(&ada, &format!("{size}.bin"), &content);
        let sent = sends(&ada, "bob", &path).await;
        assert_eq!(sent["type"], json!("sent"));
        assert_eq!(sent["size"], json!(size.to_string()));
        let to = bob.file("got");
        let got = fetches(&bob, &sent, &to).await;
        assert_eq!(got["title"], json!(format!("{size}.bin")));
        assert!(fs::read(&to).expect("the file") == content, "{size} bytes");
        fs::remove_file(&to).expect("removed");
    }
    // Nothing of it is left behind here or there.
    assert_eq!(entries(&ada.file("home/transfers")), [""; 0]);
    let left = entries(bob.folder.path());
    assert!(!left.iter().any(|name| name.ends_with(".part")), "{left:?}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_told_how_to_fetch_it_and_what_was_said() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let path = written(&ada, "plan.txt", b"to the end");
    let send = [
        "send",
        "Bob",
        "the plan",
        "--file",
        text(&path),
        "--name",
        "the plan.txt",
    ];
    ada.run(&send).await.well();
    let heard = bob.run(&["listen", "--once", "--from", "1"]).await.well();
    let command = heard.split("sealwire fetch ").nth(1).expect("the command");
    assert!(
        heard.contains("the plan.txt") && command.contains(") the plan"),
        "{heard}"
    );
    let words: Vec<&str> = command.split([' ', ')']).take(2).collect();
    let to = bob.file("folder");
    fs::create_dir(&to).expect("a folder");
    bob.run(&["fetch", words[0], words[1], "-o", text(&to)])
        .await
        .well();
    assert_eq!(
        fs::read(to.join("the plan.txt")).expect("the file"),
        b"to the end"
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replaced_and_nothing_leaves_its_folder() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    device(&house, "Bob").await;
    let path = written(&ada, "a\u{202e}fdp.exe", b"new");
    let sent = sends(&ada, "Bob", &path).await;
    let (room, sequence) = place(&sent);
    let to = ada.file("folder");
    fs::create_dir(&to).expect("a folder");
    let fetch = ["fetch", &room, &sequence, "-o", text(&to), "--json"];
    ada.run(&fetch).await.well();
    assert_eq!(entries(&to), ["a_fdp.exe"]);
    fs::write(to.join("a_fdp.exe"), b"mine").expect("written");
    let (error, code) = ada.run(&fetch).await.failed();
    assert_eq!((error["code"].clone(), code), (json!("settings"), Some(2)));
    assert_eq!(fs::read(to.join("a_fdp.exe")).expect("the file"), b"mine");
    ada.run(&[&fetch[..], &["--force"]].concat()).await.well();
    assert_eq!(fs::read(to.join("a_fdp.exe")).expect("the file"), b"new");
    // A text is no file, and nothing is nothing.
    ada.run(&["send", "Bob", "a text"]).await.well();
    for sequence in ["3", "99", "0"] {
        let fetch = ["fetch", &room, sequence, "-o", text(&to), "--json"];
        let (error, code) = ada.run(&fetch).await.failed();
        assert_eq!((error["code"].clone(), code), (json!("settings"), Some(2)));
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_said_before_anything_is() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    device(&house, "Bob").await;
    let long = "a".repeat(256);
    let good = written(&ada, "good", b"good");
    let folder = ada.file("home");
    for arguments in [
        vec!["--file", "/nowhere/at/all"],
        vec!["--file", text(&folder)],
        vec!["--file", text(&good), "--name", "../good"],
        vec!["--file", text(&good), "--name", &long],
        vec!["--file", text(&good), "--name", "a\nb"],
    ] {
        let arguments = [&["send", "Bob", "--json"], &arguments[..]].concat();
        let (error, code) = ada.run(&arguments).await.failed();
        assert_eq!((error["code"].clone(), code), (json!("settings"), Some(2)));
    }
    house.stop().await;
}

/// Waits until so much went through, in the direction that this looks at.
async fn passed(relay: &Relay, bytes: usize, of: impl Fn(&Relay) -> usize) {
    let passing = async {
        while of(relay) < bytes {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let passing = tokio::time::timeout(crate::owners::PATIENCE, passing).await;
    passing.expect("it gets on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_costs_what_was_under_way_and_no_more() {
    const SIZE: usize = 16 * MIB;
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let ada = device_at(relay.address(), "Ada").await;
    device(&house, "Bob").await;
    let content = content(SIZE);
    let path = written(&ada, "large", &content);
    let before = relay.sent_bytes();
    let half = async {
        passed(&relay, before + SIZE / 2, Relay::sent_bytes).await;
        relay.cut();
    };
    let (sent, ()) = tokio::join!(sends(&ada, "Bob", &path), half);
    let up = relay.sent_bytes() - before;
    assert!(up < SIZE + 6 * MIB, "{up} bytes went up");

    let before = relay.answered_bytes();
    let half = async {
        passed(&relay, before + SIZE / 2, Relay::answered_bytes).await;
        relay.cut();
    };
    let to = ada.file("got");
    tokio::join!(fetches(&ada, &sent, &to), half);
    let down = relay.answered_bytes() - before;
    assert!(down < SIZE + 6 * MIB, "{down} bytes came down");
    assert!(fs::read(&to).expect("the file") == content);
    relay.stop().await;
    house.stop().await;
}

/// A file that is announced again is refused for a moment while the chunks of the one before are deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_with_the_file_before_is_asked_again() {
    let house = House::start().await;
    let liar = Liar::before(house.address).await;
    let ada = device_at(liar.address, "Ada").await;
    let bob = device(&house, "Bob").await;
    let busy = Refusal::retry_after(ErrorCode::Busy, 20);
    liar.refuses("files.create", 3, busy);
    let content = content(MIB + 1);
    let path = written(&ada, "again.bin", &content);
    let sent = sends(&ada, "bob", &path).await;
    let log = liar.log();
    let asked = log.iter().filter(|name| *name == "files.create");
    assert_eq!(asked.count(), 4, "{log:?}");
    let to = bob.file("got");
    fetches(&bob, &sent, &to).await;
    assert!(fs::read(&to).expect("the file") == content);
    house.stop().await;
}

fn spawned(device: &Device, arguments: &[&str]) -> Child {
    device.command(arguments).spawn().expect("the command")
}

async fn killed(mut child: Child) {
    child.kill().expect("killed");
    let waiting = tokio::task::spawn_blocking(move || child.wait());
    waiting.await.expect("a task").expect("it ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_goes_on_with_what_was_killed() {
    const SIZE: usize = 32 * MIB;
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let ada = device_at(relay.address(), "Ada").await;
    device(&house, "Bob").await;
    let content = content(SIZE);
    let path = written(&ada, "large", &content);
    let send = ["send", "Bob", "--file", text(&path), "--json"];
    let before = relay.sent_bytes();
    let child = spawned(&ada, &send);
    passed(&relay, before + SIZE / 4, Relay::sent_bytes).await;
    killed(child).await;
    // What is kept of it says nothing to who finds it.
    let kept = entries(&ada.file("home/transfers"));
    assert_eq!(kept.len(), 1);
    let sealed = fs::read(ada.file("home/transfers").join(&kept[0])).expect("a transfer");
    for needle in ["large", "secret", "file"] {
        assert!(!holds(&sealed, needle.as_bytes()), "{needle}");
    }
    let before = relay.sent_bytes();
    let sent = ada.run(&send).await.object();
    let up = relay.sent_bytes() - before;
    assert!(up < SIZE / 4 * 3 + 6 * MIB, "{up} bytes went up again");
    assert_eq!(entries(&ada.file("home/transfers")), [""; 0]);

    let to = ada.file("got");
    let (room, sequence) = place(&sent);
    let fetch = ["fetch", &room, &sequence, "-o", text(&to), "--json"];
    let before = relay.answered_bytes();
    let child = spawned(&ada, &fetch);
    passed(&relay, before + SIZE / 2, Relay::answered_bytes).await;
    killed(child).await;
    assert!(!to.exists(), "it has its name when it is whole");
    let before = relay.answered_bytes();
    ada.run(&fetch).await.well();
    let down = relay.answered_bytes() - before;
    assert!(down < SIZE / 2 + 10 * MIB, "{down} bytes came down again");
    assert!(fs::read(&to).expect("the file") == content);
    relay.stop().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_restarted_meanwhile_has_what_it_answered() {
    const SIZE: usize = 16 * MIB;
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let ada = device_at(relay.address(), "Ada").await;
    device(&house, "Bob").await;
    let content = content(SIZE);
    let path = written(&ada, "large", &content);
    let before = relay.sent_bytes();
    let restart = async {
        passed(&relay, before + SIZE / 2, Relay::sent_bytes).await;
        let house = house.restarts().await;
        relay.retarget(house.address);
        house
    };
    let (sent, house) = tokio::join!(sends(&ada, "Bob", &path), restart);
    let to = ada.file("got");
    fetches(&ada, &sent, &to).await;
    assert!(fs::read(&to).expect("the file") == content);
    relay.stop().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_while_it_is_read_is_not_sent() {
    const SIZE: usize = 16 * MIB;
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let ada = device_at(relay.address(), "Ada").await;
    device(&house, "Bob").await;
    let path = written(&ada, "large", &content(SIZE));
    let before = relay.sent_bytes();
    let change = async {
        passed(&relay, before + SIZE / 8, Relay::sent_bytes).await;
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .expect("a file");
        std::io::Write::write_all(&mut file, b"more").expect("written");
    };
    let send = ["send", "Bob", "--file", text(&path), "--json"];
    let (ran, ()) = tokio::join!(ada.run(&send), change);
    let (error, code) = ran.failed();
    assert_eq!(
        (error["code"].clone(), code),
        (json!("file_not_read"), Some(2))
    );
    assert_eq!(entries(&ada.file("home/transfers")), [""; 0]);
    // As it is now, it goes.
    ada.run(&send).await.well();
    relay.stop().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_go_up_at_once_from_several_devices() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let path = |device: &Device| written(device, "large", &content(3 * MIB));
    let (adas, bobs) = (path(&ada), path(&bob));
    let (first, second) = tokio::join!(sends(&ada, "Bob", &adas), sends(&bob, "Ada", &bobs));
    for (device, sent) in [(&ada, first), (&bob, second)] {
        let to = device.file("got");
        fetches(device, &sent, &to).await;
        assert!(fs::read(&to).expect("the file") == content(3 * MIB));
    }
    house.stop().await;
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Every file below a folder.
fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => below(&path, found),
            false => found.push(path),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_content_nor_name_is_on_a_server_on_the_way_or_on_a_device() {
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let ada = device_at(relay.address(), "Ada").await;
    let bob = device_at(relay.address(), "Bob").await;
    let path = written(&ada, &format!("{NAME}.txt"), &content(2 * MIB + 5));
    let sent = sends(&ada, "Bob", &path).await;
    let to = bob.file("got");
    fetches(&bob, &sent, &to).await;
    let seen = relay.seen();
    assert!(seen.len() > 4 * MIB);
    let mut files = Vec::new();
    below(house.data(), &mut files);
    for device in [&ada, &bob] {
        below(&device.file("home"), &mut files);
    }
    assert!(files.len() > 5, "{files:?}");
    for needle in [CANARY, NAME] {
        assert!(!holds(&seen, needle.as_bytes()), "on the way");
        for file in &files {
            assert!(!text(file).contains(needle), "{}", file.display());
            let bytes = fs::read(file).expect("a file");
            assert!(!holds(&bytes, needle.as_bytes()), "in {}", file.display());
        }
    }
    assert!(holds(&fs::read(&to).expect("the file"), CANARY.as_bytes()));
    relay.stop().await;
    house.stop().await;
}

const CANARY: &str = "the canary that sings in every mebibyte";
const NAME: &str = "the-name-that-nobody-else-has";
