//! `sealwire chat` at a terminal, with a real server: what is seen, what is sent, what is left behind.

use std::{fs, process::Command, time::Duration};

use sealwire_tests::relay::Relay;
use serde_json::Value;

use crate::owners::{House, PATIENCE, command::Device, listening::Listening, seat::Seat};

/// What a terminal is sent when it gets its own screen back, and the cursor.
const GIVEN_BACK: [&str; 3] = ["\u{1b}[?2004l", "\u{1b}[?1049l", "\u{1b}[?25h"];

/// Ada and Bob, who have accounts.
struct Scene {
    house: House,
    ada: Device,
    bob: Device,
}

impl Scene {
    async fn begin() -> Self {
        let house = House::start().await;
        let (ada, bob) = (Device::of(house.address), Device::of(house.address));
        ada.register("Ada").await.well();
        bob.register("Bob").await.well();
        Self { house, ada, bob }
    }
}

/// Does something at a terminal, where waiting holds up nobody else.
async fn at<T: Send + 'static>(
    mut seat: Seat,
    work: impl FnOnce(&mut Seat) -> T + Send + 'static,
) -> (Seat, T) {
    let working = tokio::task::spawn_blocking(move || {
        let done = work(&mut seat);
        (seat, done)
    });
    working.await.expect("done")
}

/// Leaves by this key; the exit code and all that was shown.
async fn leaves(seat: Seat, key: &'static str) -> (Option<i32>, String) {
    let leaving = tokio::task::spawn_blocking(move || {
        let mut seat = seat;
        seat.presses(key);
        seat.leaves()
    });
    leaving.await.expect("it ends")
}

/// Waits until this account is in a conversation of two.
async fn until_direct(device: &Device) {
    loop {
        let list = device.run(&["group", "list", "--json"]).await.object();
        let rooms = list["conversations"].as_array().expect("a list");
        if rooms.iter().any(|room: &Value| room["kind"] == "direct") {
            return;
        }
    }
}

fn is_given_back(seen: &str) -> bool {
    let last = seen.rfind("\u{1b}[?1049h").expect("it was taken");
    GIVEN_BACK.iter().all(|code| seen[last..].contains(code))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_one_of_them_at_a_terminal() {
    let Scene { house, ada, bob } = Scene::begin().await;
    ada.run(&["send", "bob", "Hello"]).await.well();
    let mut listening = Listening::start(&ada, &["--room", "bob"]);
    listening.until("caught_up").await;
    let seat = Seat::sized(&bob, &["chat"], 90, 24);
    let (seat, ()) = at(seat, |seat| {
        seat.shows("Hello");
        seat.shows("verified");
        seat.presses("Good");
        seat.shows("> Good");
        // Alt-Enter, a paste of two lines, and Enter.
        seat.presses("\u{1b}\r\u{1b}[200~pasted\rlines\u{1b}[201~\r");
        seat.shows("pasted");
    })
    .await;
    assert_eq!(listening.text().await, "Good\npasted\nlines");
    drop(listening);
    ada.run(&["send", "bob", "Wonderful"]).await.well();
    let (seat, ()) = at(seat, |seat| {
        seat.shows("Wonderful");
    })
    .await;
    let (code, seen) = leaves(seat, "\u{3}").await;
    assert_eq!(code, Some(0), "{seen}");
    assert!(is_given_back(&seen), "{seen}");
    // What was on the screen is read, on every device.
    let heard = bob.run(&["listen", "--once", "--json"]).await.well();
    assert!(
        !heard.contains("Wonderful") && !heard.contains("Hello"),
        "{heard}"
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_reaches_the_terminal_as_a_command() {
    let Scene { house, ada, bob } = Scene::begin().await;
    let hostile = "\u{1b}]0;pwned\u{7}\u{1b}[31m\u{9b}2Jmarker\u{202e}";
    ada.run(&["send", "bob", hostile]).await.well();
    let room = ada.run(&["group", "new", hostile, "bob", "--json"]).await;
    assert_eq!(room.object()["done"], "made");
    let seat = Seat::sized(&bob, &["chat"], 90, 24);
    let (seat, ()) = at(seat, |seat| {
        seat.shows("marker");
    })
    .await;
    let (code, seen) = leaves(seat, "\u{11}").await;
    assert_eq!(code, Some(0), "{seen}");
    for forbidden in ["\u{1b}]0;", "\u{7}", "\u{1b}[31mmarker", "\u{c2}\u{9b}"] {
        assert!(!seen.contains(forbidden), "{forbidden:?} in {seen:?}");
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_gives_the_terminal_back() {
    let Scene { house, ada, bob } = Scene::begin().await;
    ada.run(&["send", "bob", "Hello"]).await.well();
    let seat = Seat::sized(&bob, &["chat"], 90, 24);
    let (seat, ()) = at(seat, |seat| {
        seat.shows("Hello");
    })
    .await;
    let id = fs::read_to_string(bob.file("pid")).expect("a process");
    let killed = Command::new("kill").args(["-TERM", id.trim()]).status();
    assert!(killed.expect("kill").success());
    let (code, seen) = leaves(seat, "").await;
    assert_eq!(code, Some(143), "{seen}");
    assert!(is_given_back(&seen), "{seen}");
    // The session is free for the next command.
    bob.run(&["whoami"]).await.well();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_is_one_quiet_line_and_what_was_missed_comes() {
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let (ada, bob) = (Device::of(house.address), Device::of(relay.address()));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    ada.run(&["send", "bob", "before"]).await.well();
    let seat = Seat::sized(&bob, &["chat"], 90, 24);
    let (seat, ()) = at(seat, |seat| {
        seat.shows("before");
    })
    .await;
    relay.cut();
    ada.run(&["send", "bob", "meanwhile"]).await.well();
    let (seat, ()) = at(seat, |seat| {
        seat.shows("meanwhile");
        seat.presses("answered\r");
    })
    .await;
    let mut listening = Listening::start(&ada, &["--room", "bob"]);
    for text in ["before", "meanwhile", "answered"] {
        assert_eq!(listening.text().await, text);
    }
    drop(listening);
    // Who leaves before it is known to have arrived is asked once more.
    let (seat, ()) = at(seat, |seat| seat.shows("Bob: answered")).await;
    let (code, seen) = leaves(seat, "\u{3}").await;
    assert_eq!(code, Some(0), "{seen}");
    relay.stop().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_cut_off_is_not_carried_out_again() {
    let house = House::start().await;
    let relay = Relay::start(house.address).await;
    let (ada, bob) = (Device::of(house.address), Device::of(relay.address()));
    ada.register("Ada").await.well();
    bob.register("Bob").await.well();
    ada.run(&["group", "new", "ops", "bob"]).await.well();
    let seat = Seat::sized(&bob, &["chat"], 90, 24);
    let (seat, ()) = at(seat, |seat| {
        // Keys that come before it takes the terminal are nobody's.
        seat.shows("ops");
        seat.presses("/members .\r");
        seat.shows("number:");
        // Any key closes it; Esc with one behind it would be another key.
        seat.presses("x");
    })
    .await;
    // What it looks at by itself behind that is answered, too.
    let silent = relay.falls_silent_for(Duration::from_secs(3));
    let silent = tokio::time::timeout(PATIENCE, silent).await;
    silent.expect("nothing is under way");
    relay.withhold(true);
    let before = relay.sent_bytes();
    let (seat, ()) = at(seat, |seat| seat.presses("/new second ada\r")).await;
    let asked = async {
        while relay.sent_bytes() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    asked.expect("the command is under way");
    relay.cut();
    relay.withhold(false);
    let (seat, ()) = at(seat, |seat| {
        seat.shows("Whether it was carried out is not known.");
        seat.presses("xagain\r");
    })
    .await;
    // What was typed behind it is done, and it itself is not: its first request changes nothing.
    let mut listening = Listening::start(&ada, &["--room", "ops"]);
    assert_eq!(listening.text().await, "again");
    drop(listening);
    let (seat, ()) = at(seat, |seat| seat.shows("Bob: again")).await;
    let (code, seen) = leaves(seat, "\u{3}").await;
    assert_eq!(code, Some(0), "{seen}");
    let list = bob.run(&["group", "list", "--json"]).await.object();
    let rooms = list["conversations"].as_array().expect("a list");
    assert_eq!(rooms.len(), 1, "{rooms:?}");
    relay.stop().await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_carried_out_where_one_writes() {
    let Scene { house, ada, bob } = Scene::begin().await;
    ada.run(&["group", "new", "ops", "bob"]).await.well();
    ada.run(&["send", "ops", "Hello"]).await.well();
    let seat = Seat::sized(&bob, &["chat"], 90, 24);
    let (seat, ()) = at(seat, |seat| {
        seat.shows("Hello");
        seat.presses("/members .\r");
        seat.shows("number:");
        // Any key closes it; Esc with one behind it would be another key.
        seat.presses("x/open ada\r");
    })
    .await;
    let opened = tokio::time::timeout(PATIENCE, until_direct(&ada)).await;
    if opened.is_err() {
        let (_, seen) = leaves(seat, "\u{3}").await;
        panic!("nothing was opened:\n{seen}");
    }
    let (code, seen) = leaves(seat, "\u{3}").await;
    assert_eq!(code, Some(0), "{seen}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_it_says_what_there_is_for_scripts() {
    let Scene { house, ada, .. } = Scene::begin().await;
    let ran = ada.run(&["chat"]).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("sealwire listen"), "{}", ran.err);
    house.stop().await;
}
