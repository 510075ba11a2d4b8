//! The built command in end-to-end conversations, behind a server that lies: what it says is named,
//! with the next step, and changes nothing.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use chat_client::{Conversations, SignIn};
use serde_json::{Value, json};
use wire_format::{
    ChannelId, EpochSecret, Millis, RoomId,
    identity::Chain,
    record_list,
    room::{CommitDraft, CommitReason},
};

use crate::owners::{House, command::Device, liar::Liar};

/// Ada and Bob, who is behind the liar, and a few texts of hers to him.
struct Scene {
    house: House,
    liar: Liar,
    ada: Device,
    bob: Device,
    room: String,
}

impl Scene {
    async fn with(texts: &[&str]) -> Self {
        let house = House::start().await;
        let liar = Liar::before(house.address).await;
        let (ada, bob) = (Device::of(house.address), Device::of(liar.address));
        ada.register("Ada").await.well();
        bob.register("Bob").await.well();
        let mut room = String::new();
        for text in texts {
            let sent = ada.run(&["send", "bob", text, "--json"]).await.object();
            sent["room"].as_str().expect("a room").clone_into(&mut room);
        }
        Self {
            house,
            liar,
            ada,
            bob,
            room,
        }
    }

    /// What Bob hears from the beginning.
    async fn heard(&self) -> Vec<Value> {
        let arguments = ["listen", "--once", "--json", "--from", "1"];
        let printed = self.bob.run(&arguments).await.well();
        let lines = printed.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("an object"))
            .collect()
    }

    async fn stop(self) {
        drop(self.liar);
        self.house.stop().await;
    }
}

fn texts(heard: &[Value]) -> Vec<&str> {
    let texts = heard.iter().filter(|object| object["kind"] == "text");
    texts.filter_map(|object| object["text"].as_str()).collect()
}

/// The words of alarms, and of causes why something is not shown; each comes with a next step.
fn named(heard: &[Value]) -> Vec<&str> {
    let mut named = Vec::new();
    for object in heard {
        let word = match object["type"].as_str() {
            Some("alarm") => &object["code"],
            Some("unreadable") => &object["cause"],
            _ => continue,
        };
        assert!(object["next"].as_str().is_some_and(|next| !next.is_empty()));
        named.push(word.as_str().expect("a word"));
    }
    named
}

/// Changes the deliveries of every fetch.
fn fetched(
    mut change: impl FnMut(&mut Vec<Vec<u8>>) + Send + 'static,
) -> impl FnMut(&str, &mut Value, &mut Bytes) + Send {
    move |name, _, tail| {
        if name == "messages.fetch" {
            let records = record_list::parse(tail.clone(), 500).expect("deliveries");
            let mut records: Vec<Vec<u8>> = records.iter().map(|record| record.to_vec()).collect();
            change(&mut records);
            let records: Vec<Bytes> = records.into_iter().map(Bytes::from).collect();
            *tail = record_list::encode(&records).expect("a list");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_left_out_is_named_by_number_and_counter() {
    let scene = Scene::with(&["one", "two", "three"]).await;
    assert_eq!(texts(&scene.heard().await), ["one", "two", "three"]);
    assert_eq!(named(&scene.heard().await), [""; 0]);
    scene.liar.lies(fetched(|delivers| {
        let at = delivers.len() - 2;
        delivers.remove(at);
    }));
    let heard = scene.heard().await;
    assert_eq!(texts(&heard), ["one", "three"]);
    assert_eq!(named(&heard), ["numbers"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_bit_anywhere_in_a_message_shows_nothing_of_it() {
    let scene = Scene::with(&["one", "two"]).await;
    // Front of the envelope behind the head of a delivery and the name "Ada": its header, IV,
    // ciphertext, and signatures.
    let head = 16 + 8 + 8 + 1 + 16 + 1 + 3;
    for (at, expected) in [
        (head, "malformed"),
        (head + 2, "misplaced"),
        (head + 42, "other_history"),
        (head + 90, "not_a_member"),
        (head + 122, "bad_signature"),
        (head + 138, "bad_signature"),
        (head + 203, "bad_signature"),
        (head + 230, "bad_signature"),
        (head + 255 + 300, "bad_signature"),
    ] {
        scene.liar.lies(fetched(move |delivers| {
            let last = delivers.last_mut().expect("a delivery");
            last[at] ^= 1;
        }));
        let heard = scene.heard().await;
        assert_eq!(texts(&heard), ["one"], "{at}");
        assert_eq!(named(&heard).last(), Some(&expected), "{at}");
    }
    scene.liar.lies(|_, _, _| {});
    assert_eq!(texts(&scene.heard().await), ["one", "two"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_message_is_shown_once() {
    let scene = Scene::with(&["one", "two"]).await;
    scene.liar.lies(fetched(|delivers| {
        let mut again = delivers.last().expect("a delivery").clone();
        // Under a number of its own.
        again[16 + 7] += 1;
        delivers.push(again);
    }));
    assert_eq!(texts(&scene.heard().await), ["one", "two"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_was_rolled_back_is_named_and_nothing_is_sent() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    scene.ada.run(&["group", "rekey", &room]).await.well();
    assert_eq!(texts(&scene.heard().await), ["one"]);
    scene.liar.lies(|name, ok, tail| {
        if name == "epochs.chain" {
            let records = record_list::parse(tail.clone(), 10).expect("commits");
            *tail = record_list::encode(&records[..1]).expect("a list");
            ok["head"] = json!("1");
        }
    });
    let (error, code) = failed(&scene.bob, &["send", &room, "hello?", "--json"]).await;
    assert_eq!((error.as_str(), code), ("room_rolled_back", Some(7)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_commit_is_refused_and_nothing_is_sent() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    scene.liar.lies(|name, _, tail| {
        if name == "epochs.chain" {
            let records = record_list::parse(tail.clone(), 10).expect("commits");
            let mut first = records[0].to_vec();
            // The secret's commitment.
            first[2 + 16 + 8 + 32 + 16 + 32 + 8 + 1] ^= 1;
            *tail = record_list::encode(&[Bytes::from(first)]).expect("a list");
        }
    });
    let (error, code) = failed(&scene.bob, &["send", &room, "hello?", "--json"]).await;
    assert_eq!((error.as_str(), code), ("commit_refused", Some(7)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_keys_of_a_member_are_named_and_nothing_is_sent_to_it() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    assert_eq!(texts(&scene.heard().await), ["one"]);
    scene.bob.run(&["send", &room, "hello"]).await.well();
    let mallory = Device::of(scene.house.address);
    mallory.register("Mallory").await.well();
    // Ada's keyset with another bit: what was pinned is not there any more.
    scene.liar.lies(|name, _, tail| {
        if name == "keys.chain" && tail.windows(4).any(|bytes| bytes == b"\x03Ada") {
            let mut changed = tail.to_vec();
            let last = changed.len() - 1;
            changed[last] ^= 1;
            *tail = Bytes::from(changed);
        }
    });
    let (error, code) = failed(&scene.bob, &["send", &room, "psst", "--json"]).await;
    assert_eq!((error.as_str(), code), ("chain_broken", Some(7)));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_pin_does_not_open_gets_nothing_and_keeps_the_pin() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    scene.bob.run(&["send", &room, "hello"]).await.well();
    scene.liar.lies(|name, _, tail| {
        if name == "vault.items" && !tail.is_empty() {
            let mut changed = tail.to_vec();
            let last = changed.len() - 1;
            changed[last] ^= 1;
            *tail = changed.into();
        }
    });
    let (error, code) = failed(&scene.bob, &["send", &room, "psst", "--json"]).await;
    assert_eq!((error.as_str(), code), ("keys_reset", Some(7)));
    // Nothing has taken its place.
    scene.liar.lies(|_, _, _| {});
    scene.bob.run(&["send", &room, "once more"]).await.well();
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_key_is_not_marked_read_and_is_asked_for_once() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    for text in ["two", "three"] {
        scene.ada.run(&["group", "rekey", &room]).await.well();
        scene.ada.run(&["send", &room, text]).await.well();
    }
    let mut shares = 0;
    scene.liar.lies(move |name, _, tail| {
        if name == "epochs.share" {
            shares += 1;
            // Of epoch 2 as often as it is asked for; the others come at the first time.
            if shares != 1 && shares != 3 {
                *tail = vec![1; tail.len()].into();
            }
        }
    });
    scene.liar.log();
    let mut asked = 0;
    for _ in 0..2 {
        let printed = scene.bob.run(&["listen", "--once", "--json"]).await.well();
        let heard: Vec<Value> = printed
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object"))
            .collect();
        assert_eq!(texts(&heard).last(), Some(&"three"));
        assert_eq!(named(&heard), ["waiting_for_key"]);
        let log = scene.liar.log();
        asked += log
            .iter()
            .filter(|name| *name == "epochs.request_keys")
            .count();
    }
    assert_eq!(asked, 1);
    scene.liar.lies(|_, _, _| {});
    let printed = scene.bob.run(&["listen", "--once", "--json"]).await.well();
    let heard: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(texts(&heard), ["two", "three"]);
    scene.stop().await;
}

/// A commit of Ada's that takes the place of the next one, signed by her keys as any other.
async fn other_commit(scene: &Scene) -> Bytes {
    let server = crate::owners::server_at(scene.liar.address);
    let signing_in = SignIn::new(server, "Ada").with_password(crate::owners::password());
    let account = signing_in.await.expect("signed in");
    let (_, chain) = scene.liar.reply("keys.chain");
    let records = record_list::parse(chain, 100).expect("keysets");
    let own = Chain::first(account.id(), Some("Ada"), records[0].clone()).expect("a chain");
    let (author, keys) = (account.id(), Arc::clone(account.keys()));
    let mut conversations = Conversations::begin(account).await.expect("her vault");
    let room = scene.room.parse().expect("an id");
    conversations.sync(room).await.expect("the room");
    let conversation = conversations.conversation(room).expect("the room");
    let secret = EpochSecret::generate(&mut rand::rng());
    let draft = CommitDraft {
        author,
        made_at: Millis::new(0),
        reason: CommitReason::OnDemand,
        changes: Vec::new(),
        secret: &secret,
    };
    let people = BTreeMap::from([(author, own)]);
    let signed = keys.sign_commit(conversation.chain(), draft, &people, &mut rand::rng());
    let commit = signed.expect("a commit").commit.bytes().clone();
    conversations.into_account().close().await;
    commit
}

/// Hands the commit out behind what is fetched of a room, as the server's next delivery.
fn hands_out(room: &str, commit: Bytes) -> impl FnMut(&str, &mut Value, &mut Bytes) + Send + use<> {
    let room: RoomId = room.parse().expect("an id");
    let channel = ChannelId::main_of(room);
    let mut reached = 0;
    fetched(move |delivers| {
        for deliver in delivers.iter() {
            let number = deliver[16..24].try_into().expect("a number");
            reached = reached.max(u64::from_be_bytes(number));
        }
        let head = [
            channel.as_bytes().as_slice(),
            &(reached + 1).to_be_bytes(),
            &1_800_000_000_000_u64.to_be_bytes(),
            &[3],
            &[7; 16],
            b"\x03Ada",
        ];
        delivers.push([head.concat().as_slice(), &commit].concat());
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_histories_stop_the_room_until_its_user_decides() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    let other = other_commit(&scene).await;
    scene.ada.run(&["group", "rekey", &room]).await.well();
    scene.ada.run(&["send", &room, "two"]).await.well();
    assert_eq!(texts(&scene.heard().await), ["one", "two"]);
    scene.liar.lies(hands_out(&room, other));
    let heard = scene.heard().await;
    assert_eq!(texts(&heard), ["one", "two"]);
    assert_eq!(named(&heard), ["fork", "commit_refused"]);
    let next = heard.iter().find(|object| object["code"] == "fork");
    let next = next.expect("an alarm")["next"].as_str().expect("a step");
    assert!(
        next.contains(&format!("sealwire group decide {room}")),
        "{next}"
    );
    // Also in the next process, and on the next device.
    let (error, code) = failed(&scene.bob, &["send", &room, "hello?", "--json"]).await;
    assert_eq!((error.as_str(), code), ("fork", Some(7)));
    let list = scene.bob.run(&["group", "list", "--json"]).await.object();
    assert_eq!(list["conversations"][0]["stopped"], json!(true));

    let members = ["group", "members", &room, "--json"];
    let of_ada = scene.ada.run(&members).await.object();
    let shown = scene.bob.run(&["group", "decide", &room, "--json"]).await;
    let shown = shown.object();
    assert_eq!(shown["known"]["room_number"], of_ada["room_number"]);
    assert_eq!(shown["known"], shown["shown"]);
    assert!(shown["other"].is_string() && shown["other"] != of_ada["room_number"]);
    assert_eq!(shown["decided"], json!(false));
    let plain = scene.bob.run(&["group", "decide", &room]).await.well();
    let number = of_ada["room_number"].as_str().expect("a number");
    assert!(plain.contains(number) && plain.contains("--yes"), "{plain}");

    let decide = ["group", "decide", &room, "--yes", "--json"];
    let decided = scene.bob.run(&decide).await.object();
    assert_eq!(decided["decided"], json!(true));
    scene.bob.run(&["send", &room, "I go on"]).await.well();
    // What was decided against stops nothing when it is shown again.
    let heard = scene.heard().await;
    assert_eq!(named(&heard), ["commit_refused"]);
    scene.bob.run(&["send", &room, "on and on"]).await.well();
    let nothing = scene.bob.run(&["group", "decide", &room]).await.well();
    assert!(nothing.contains("Nothing waits"), "{nothing}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_was_rolled_back_stops_no_other_one() {
    let scene = Scene::with(&["one"]).await;
    let room = scene.room.clone();
    scene.ada.run(&["group", "rekey", &room]).await.well();
    scene.ada.run(&["group", "new", "ops", "bob"]).await.well();
    scene.ada.run(&["send", "ops", "deployed"]).await.well();
    assert_eq!(texts(&scene.heard().await).len(), 2);
    let meant = room.clone();
    scene.liar.lies(move |name, ok, tail| {
        if name == "epochs.chain" {
            let records = record_list::parse(tail.clone(), 10).expect("commits");
            let of = |record: &Bytes| {
                let id = record[2..18].try_into().expect("an id");
                RoomId::from_bytes(id).to_string()
            };
            if records.first().is_some_and(|first| of(first) == meant) {
                *tail = record_list::encode(&records[..1]).expect("a list");
                ok["head"] = json!("1");
            }
        }
    });
    let ran = scene
        .bob
        .run(&["listen", "--once", "--json", "--from", "1"])
        .await;
    assert_eq!(ran.code, Some(7), "{}", ran.err);
    let heard: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(texts(&heard), ["deployed"]);
    assert_eq!(named(&heard), ["room_rolled_back"]);
    scene.bob.run(&["group", "members", "ops"]).await;
    let list = scene.bob.run(&["group", "list", "--json"]).await;
    let list: Value = serde_json::from_str(&list.out).expect("an object");
    let rooms = list["conversations"].as_array().expect("a list");
    let stopped: Vec<bool> = rooms
        .iter()
        .map(|one| one["stopped"] == json!(true))
        .collect();
    assert_eq!(stopped.iter().filter(|stopped| **stopped).count(), 1);

    // There is nothing to go on with while the server does not have it.
    let shown = scene
        .bob
        .run(&["group", "decide", &room, "--json"])
        .await
        .object();
    assert_eq!(
        (&shown["known"]["n"], &shown["shown"]["n"]),
        (&json!("2"), &json!("1"))
    );
    assert_eq!(shown["held"], json!(false));
    let decide = ["group", "decide", &room, "--yes", "--json"];
    let (error, code) = failed(&scene.bob, &decide).await;
    assert_eq!((error.as_str(), code), ("room_rolled_back", Some(7)));
    scene.liar.lies(|_, _, _| {});
    scene.bob.run(&["send", &room, "here again"]).await.well();
    scene.stop().await;
}

/// The word that a command failed with, and its exit code; alarms stand before it.
async fn failed(device: &Device, arguments: &[&str]) -> (String, Option<i32>) {
    let ran = device.run(arguments).await;
    let last = ran.err.lines().last().expect("an error");
    let error: Value = serde_json::from_str(last).expect("an object");
    let word = error["code"].as_str().expect("a word").to_owned();
    (word, ran.code)
}
