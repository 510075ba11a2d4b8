//! The built command after a long time and from what was put back: a folder that is older than what
//! its account has done since, two folders and two processes of one account at once. Nothing is
//! named that did not happen, nothing is lost, and nothing is there twice.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Child,
};

use serde_json::Value;

use crate::owners::{
    House,
    command::{Device, Ran, ran},
};

/// A device that is signed in to a new account.
async fn device(house: &House, name: &str) -> Device {
    let device = Device::of(house.address);
    device.register(name).await.well();
    device
}

/// Another device of an account.
async fn another(house: &House, name: &str) -> Device {
    let device = Device::of(house.address);
    device.with_password(&["login", name]).await.well();
    device
}

/// The objects that a command printed that went well.
fn objects(ran: Ran) -> Vec<Value> {
    let printed = ran.well();
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect()
}

/// The texts that a device hears, when nothing else than what happened is named.
async fn hears(device: &Device, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["listen", "--once", "--json"], arguments].concat();
    texts(&objects(device.run(&arguments).await))
}

fn texts(heard: &[Value]) -> Vec<String> {
    for object in heard {
        let kind = object["type"].as_str();
        assert!(
            !matches!(kind, Some("alarm" | "unreadable" | "lost")) && object["late"] != true,
            "{object}"
        );
    }
    let texts = heard.iter().filter(|object| object["kind"] == "text");
    texts
        .map(|object| object["text"].as_str().expect("a text").to_owned())
        .collect()
}

/// What `group members` says of a room.
async fn members(device: &Device, room: &str) -> (Value, Vec<String>) {
    let ran = device.run(&["group", "members", room, "--json"]).await;
    let object = ran.object();
    let members = object["members"].as_array().expect("a list").iter();
    let names = members.map(|member| member["name"].as_str().expect("a name").to_owned());
    (object["room_number"].clone(), names.collect())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    fs::set_permissions(to, fs::metadata(from).expect("a folder").permissions()).expect("its mode");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place);
        } else {
            // With its mode.
            fs::copy(&path, &place).expect("a file");
        }
    }
}

impl Device {
    /// Puts a copy of what this device keeps aside.
    fn copies_away(&self) {
        copy(&self.file("home"), &self.file("copy"));
    }

    /// Puts the copy in the place of what this device keeps.
    fn puts_back(&self) {
        fs::remove_dir_all(self.file("home")).expect("the folder");
        copy(&self.file("copy"), &self.file("home"));
    }
}

/// A room's id in what `group new` printed.
async fn made(device: &Device, arguments: &[&str]) -> String {
    let arguments = [&["group", "new"], arguments, &["--json"]].concat();
    let object = device.run(&arguments).await.object();
    object["room"].as_str().expect("a room").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_put_back_older_names_nothing_and_misses_nothing() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    let eve = device(&house, "Eve").await;
    let room = made(&ada, &["ops", "bob"]).await;
    ada.run(&["send", "ops", "before"]).await.well();
    bob.run(&["send", &room, "I am here"]).await.well();
    assert_eq!(hears(&bob, &[]).await, ["before", "I am here"]);
    bob.copies_away();

    // A month: keys of every kind are replaced, people come and go, Bob reads and marks.
    let mut all = vec!["before".to_owned(), "I am here".to_owned()];
    for week in ["one", "two", "three", "four"] {
        bob.run(&["rotate", "--wrap"]).await.well();
        ada.run(&["group", "rekey", "ops"]).await.well();
        ada.run(&["send", "ops", week]).await.well();
        assert_eq!(hears(&bob, &[]).await, [week]);
        all.push(week.to_owned());
    }
    bob.run(&["rotate"]).await.well();
    ada.run(&["rotate"]).await.well();
    ada.run(&["group", "invite", "ops", "eve"]).await.well();
    let waiting = eve.run(&["group", "join", "--json"]).await.object();
    let hash = waiting["invitations"][0]["invitation"].as_str();
    let hash = hash.expect("a hash").to_owned();
    eve.run(&["group", "join", &hash]).await.well();
    eve.run(&["send", &room, "Eve came"]).await.well();
    assert_eq!(hears(&bob, &[]).await, ["Eve came"]);
    ada.run(&["group", "remove", &room, "eve"]).await.well();
    ada.run(&["group", "rename", &room, "operations"])
        .await
        .well();
    ada.run(&["send", "operations", "not read yet"])
        .await
        .well();
    all.extend(["Eve came".to_owned(), "not read yet".to_owned()]);

    bob.puts_back();
    // What was read stays read, for that is kept with the account and not in the folder.
    assert_eq!(hears(&bob, &[]).await, ["not read yet"]);
    assert_eq!(hears(&bob, &["--from", "1"]).await, all);
    assert_eq!(members(&bob, &room).await, members(&ada, &room).await);
    assert_eq!(members(&bob, &room).await.1.len(), 2);
    let mine = bob.run(&["group", "--json"]).await.object();
    assert_eq!(mine["conversations"][0]["name"], "operations");
    bob.run(&["send", "operations", "back again"]).await.well();
    all.push("back again".to_owned());
    assert_eq!(hears(&ada, &["--from", "1"]).await, all);
    bob.run(&["group", "rekey", "operations"]).await.well();

    // Once more, and the first thing it does is to say something.
    bob.puts_back();
    bob.run(&["send", &room, "and again"]).await.well();
    all.push("and again".to_owned());
    assert_eq!(hears(&ada, &["--from", "1"]).await, all);
    assert_eq!(hears(&bob, &["--from", "1"]).await, all);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_from_before_a_change_of_password_says_to_sign_in_again() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    let room = made(&ada, &["ops", "bob"]).await;
    bob.run(&["send", &room, "before"]).await.well();
    bob.copies_away();
    fs::write(bob.file("new"), "another few words\n").expect("a file");
    let mut change = bob.command(&["password"]);
    change
        .env("SEALWIRE_PASSWORD_FILE", bob.file("password"))
        .env("SEALWIRE_NEW_PASSWORD_FILE", bob.file("new"))
        .env("SEALWIRE_RECOVERY_FILE", bob.file("new code"));
    ran(change).await.well();
    ada.run(&["send", &room, "after"]).await.well();

    bob.puts_back();
    let (said, code) = bob.run(&["listen", "--once", "--json"]).await.failed();
    assert_eq!((&said["code"], code), (&"vault_closed".into(), Some(7)));
    let next = said["next"].as_str().expect("a next step");
    assert!(next.contains("sealwire login"), "{next}");
    fs::rename(bob.file("new"), bob.file("password")).expect("a file");
    bob.with_password(&["login", "Bob"]).await.well();
    assert_eq!(hears(&bob, &["--from", "1"]).await, ["before", "after"]);
    house.stop().await;
}

/// A command that listens, and all that it prints.
struct Listening {
    child: Child,
    out: tokio::sync::mpsc::Receiver<Value>,
    heard: Vec<Value>,
}

impl Listening {
    fn start(device: &Device) -> Self {
        let mut child = device.command(&["listen", "--json"]);
        let mut child = child.spawn().expect("the command");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (sender, out) = tokio::sync::mpsc::channel(64);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The test may be over.
                let _ = sender.blocking_send(serde_json::from_str(&line).expect("an object"));
            }
        });
        Self {
            child,
            out,
            heard: Vec::new(),
        }
    }

    /// Waits until it has heard so many texts.
    async fn hears(&mut self, count: usize) -> Vec<String> {
        while texts(&self.heard).len() < count {
            let object = self.out.recv().await.expect("more to hear");
            self.heard.push(object);
        }
        texts(&self.heard)
    }

    /// Waits until everything that was there has been heard.
    async fn catches_up(&mut self) {
        while self
            .heard
            .iter()
            .all(|object| object["type"] != "caught_up")
        {
            let object = self.out.recv().await.expect("more to hear");
            self.heard.push(object);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_of_one_account_that_talk_at_once_are_heard_once_each() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    let room = made(&bob, &["ops", "ada"]).await;
    let devices = [
        another(&house, "Ada").await,
        another(&house, "Ada").await,
        another(&house, "Ada").await,
    ];
    let mut listening = [Listening::start(&ada), Listening::start(&bob)];
    for each in &mut listening {
        each.catches_up().await;
    }
    // Three devices say something and one changes the key, all at once, twice each.
    for round in ["first", "second"] {
        let [one, two, three] = devices.each_ref().map(|device| {
            let text = format!("{round} of {}", device.file("home").display());
            let arguments = ["send".to_owned(), room.clone(), text];
            async move { device.run(&arguments.each_ref().map(String::as_str)).await }
        });
        let rekey = bob_rekeys(&house, &room);
        let (one, two, three, ()) = tokio::join!(one, two, three, rekey);
        for ran in [one, two, three] {
            ran.well();
        }
    }
    let [adas, bobs] = &mut listening;
    let (adas, bobs) = (adas.hears(6).await, bobs.hears(6).await);
    assert_eq!(adas, bobs, "in one order");
    let mut once = adas.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 6, "each once");
    drop(listening);
    for device in devices.iter().chain([&ada, &bob]) {
        assert_eq!(hears(device, &["--from", "1"]).await, adas);
    }
    house.stop().await;
}

/// Another device of Bob's changes the key.
async fn bob_rekeys(house: &House, room: &str) {
    let bob = another(house, "Bob").await;
    bob.run(&["group", "rekey", room]).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_of_one_folder_take_turns_and_lose_nothing() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    ada.run(&["send", "bob", "the first"]).await.well();
    let (one, two, three, heard) = tokio::join!(
        ada.run(&["send", "bob", "one"]),
        ada.run(&["send", "bob", "two"]),
        ada.run(&["rotate", "--wrap"]),
        hears(&ada, &["--from", "1"]),
    );
    for ran in [one, two, three] {
        ran.well();
    }
    assert_eq!(heard[0], "the first");
    let mut all = hears(&bob, &["--from", "1"]).await;
    all.sort_unstable();
    assert_eq!(all, ["one", "the first", "two"]);
    assert_eq!(hears(&ada, &["--from", "1"]).await.len(), 3);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_folder_that_goes_on_with_the_session_ends_neither_conversation() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    ada.run(&["send", "bob", "before the copy"]).await.well();
    let twin = Device::of(house.address);
    copy(&bob.file("home"), &twin.file("home"));
    let mut listening = Listening::start(&bob);
    assert_eq!(listening.hears(1).await, ["before the copy"]);
    listening.catches_up().await;
    // The server keeps one connection a session, the newer one; whoever listened does not take it back.
    twin.run(&["send", "ada", "from the copy"]).await.well();
    let ended = tokio::task::block_in_place(|| listening.child.wait());
    assert_eq!(ended.expect("its end").code(), Some(5));
    ada.run(&["send", "bob", "after the copy"]).await.well();
    let all = ["before the copy", "from the copy", "after the copy"];
    for device in [&bob, &twin, &ada] {
        assert_eq!(hears(device, &["--from", "1"]).await, all);
    }
    house.stop().await;
}
