//! The built command in end-to-end conversations, on a real chat-server: what is said, who reads it,
//! and who does not.

use serde_json::{Value, json};

use crate::owners::{House, command::Device};

/// A device that is signed in to a new account.
async fn device(house: &House, name: &str) -> Device {
    let device = Device::of(house.address);
    device.register(name).await.well();
    device
}

/// What a device has not read yet: the objects of `listen --once`.
async fn heard(device: &Device, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["listen", "--once", "--json"], arguments].concat();
    let printed = device.run(&arguments).await.well();
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect()
}

/// The texts in what was heard, with who said them.
fn texts(heard: &[Value]) -> Vec<String> {
    let texts = heard.iter().filter(|object| object["kind"] == "text");
    texts
        .map(|object| {
            let text = object["text"].as_str().expect("a text");
            format!("{}: {text}", object["name"].as_str().expect("a name"))
        })
        .collect()
}

fn of_type<'a>(heard: &'a [Value], kind: &str) -> Vec<&'a Value> {
    heard
        .iter()
        .filter(|object| object["type"] == kind)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_a_text_to_somebody_who_is_away_is_there_when_they_listen() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    ada.run(&["send", "bob", "Hello, Bob!"]).await.well();
    let sent = ada.run(&["send", "Bob", "Still there?", "--json"]).await;
    let sent = sent.object();
    assert_eq!(sent["type"], json!("sent"));

    let first = heard(&bob, &[]).await;
    assert_eq!(texts(&first), ["Ada: Hello, Bob!", "Ada: Still there?"]);
    assert_eq!(of_type(&first, "alarm"), [&Value::Null; 0]);
    assert_eq!(of_type(&first, "unreadable"), [&Value::Null; 0]);
    // What was printed is read; from the beginning it is all there again.
    assert_eq!(texts(&heard(&bob, &[]).await), [""; 0]);
    let again = heard(&bob, &["--from", "1"]).await;
    assert_eq!(texts(&again), texts(&first));

    // The answer goes into the same conversation, on either side's word.
    let room = sent["room"].as_str().expect("a room");
    bob.run(&["send", room, "I am."]).await.well();
    let answer = heard(&ada, &["--room", "bob"]).await;
    assert_eq!(
        texts(&answer).last().map(String::as_str),
        Some("Bob: I am.")
    );
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_reads_the_whole_history_after_its_password() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    ada.run(&["send", "Bob", "one"]).await.well();
    bob.run(&["send", "Ada", "two"]).await.well();
    ada.run(&["group", "rekey", "Bob"]).await.well();
    ada.run(&["send", "Bob", "three"]).await.well();
    let phone = Device::of(house.address);
    phone.with_password(&["login", "Ada"]).await.well();
    let everything = heard(&phone, &["--from", "1"]).await;
    assert_eq!(texts(&everything), ["Ada: one", "Bob: two", "Ada: three"]);
    // Read marks are in step.
    assert_eq!(texts(&heard(&ada, &[]).await), [""; 0]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_found_by_its_name_and_invites_who_is_away() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let made = ada.run(&["group", "new", "ops", "bob", "--json"]).await;
    let room = made.object()["room"].as_str().expect("a room").to_owned();
    ada.run(&["send", "ops", "before Eve"]).await.well();
    let invited = ada.run(&["group", "invite", "ops", "eve", "--json"]).await;
    assert_eq!(invited.object()["online"], json!(false));

    let waiting = eve.run(&["group", "join", "--json"]).await.object();
    let invitation = &waiting["invitations"][0];
    assert_eq!(invitation["title"], json!("ops"));
    assert_eq!(invitation["name"], json!("Ada"));
    let hash = invitation["invitation"].as_str().expect("a hash");
    // Nobody else is there: she takes herself in.
    eve.run(&["group", "join", hash]).await.well();
    eve.run(&["send", &room, "here I am"]).await.well();

    let bobs = heard(&bob, &[]).await;
    assert_eq!(texts(&bobs), ["Ada: before Eve", "Eve: here I am"]);
    let eves = heard(&eve, &["--from", "1"]).await;
    assert_eq!(texts(&eves), ["Eve: here I am"]);
    let closed = of_type(&eves, "unreadable");
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0]["cause"], json!("before_you_joined"));
    assert_eq!(of_type(&eves, "alarm"), [&Value::Null; 0]);

    // Ada's client, listening, seals the name anew for the epoch that Eve began.
    ada.run(&["send", "ops", "welcome"]).await.well();
    let numbers = [&ada, &bob, &eve].map(|device| async {
        let members = device.run(&["group", "members", &room, "--json"]).await;
        members.object()["room_number"].clone()
    });
    let [one, two, three] = numbers;
    let (one, two, three) = (one.await, two.await, three.await);
    assert_eq!((&one, &one), (&two, &three));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_keys_come_by_a_grant_that_an_owner_decides_about() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let eve = device(&house, "Eve").await;
    ada.run(&["group", "new", "ops"]).await.well();
    ada.run(&["send", "ops", "old"]).await.well();
    ada.run(&["group", "invite", "ops", "eve"]).await.well();
    let waiting = eve.run(&["group", "join", "--json"]).await.object();
    let hash = waiting["invitations"][0]["invitation"].as_str();
    eve.run(&["group", "join", hash.expect("a hash")])
        .await
        .well();
    let mine = eve.run(&["group", "--json"]).await.object();
    let room = mine["conversations"][0]["room"].as_str().expect("a room");
    assert_eq!(texts(&heard(&eve, &["--from", "1"]).await), [""; 0]);
    eve.run(&["group", "keys", room, "ask"]).await.well();

    // Nothing is given without a decision.
    let adas = heard(&ada, &[]).await;
    let asked = of_type(&adas, "keys_asked");
    assert_eq!(asked.len(), 1, "{adas:?}");
    assert_eq!(asked[0]["granted"], json!([]));
    let keys = eve.run(&["group", "keys", room, "--json"]).await.object();
    assert_eq!(keys["came"], json!([]));

    let request = asked[0]["request"].as_str().expect("a request");
    ada.run(&["group", "keys", "ops", "grant", request])
        .await
        .well();
    let eves = heard(&eve, &["--from", "1"]).await;
    assert_eq!(texts(&eves), ["Ada: old"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_or_left_reads_nothing_that_follows() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let made = ada.run(&["group", "new", "ops", "bob", "eve", "--json"]);
    let room = made.await.object()["room"]
        .as_str()
        .expect("a room")
        .to_owned();
    ada.run(&["send", "ops", "all of us"]).await.well();
    assert_eq!(texts(&heard(&bob, &[]).await), ["Ada: all of us"]);
    assert_eq!(texts(&heard(&eve, &[]).await), ["Ada: all of us"]);
    ada.run(&["group", "remove", "ops", "bob"]).await.well();
    eve.run(&["group", "leave", &room]).await.well();
    ada.run(&["send", "ops", "alone"]).await.well();
    for gone in [&bob, &eve] {
        assert_eq!(texts(&heard(gone, &["--from", "1"]).await), [""; 0]);
        let (error, code) = gone.run(&["send", &room, "me?", "--json"]).await.failed();
        assert_eq!((&error["code"], code), (&json!("no_such_account"), Some(4)));
    }
    let members = ada.run(&["group", "members", "ops", "--json"]).await;
    let members = members.object()["members"]
        .as_array()
        .expect("a list")
        .len();
    assert_eq!(members, 1);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_group_outlives_who_sealed_it_last() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let made = ada.run(&["group", "new", "ops", "bob", "--json"]).await;
    let room = made.object()["room"].as_str().expect("a room").to_owned();
    bob.run(&["group", "rekey", &room]).await.well();
    ada.run(&["group", "remove", &room, "bob"]).await.well();
    let mine = ada.run(&["group", "--json"]).await.object();
    assert_eq!(mine["conversations"][0]["name"], json!("ops"), "{mine}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_could_be_a_person_or_a_group_is_refused() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let _bob = device(&house, "Bob").await;
    let mallory = device(&house, "Mallory").await;
    let made = mallory
        .run(&["group", "new", "Bob", "ada", "--json"])
        .await
        .object();
    // A stranger's group is not meant by its name as long as nobody answered there.
    let sent = ada.run(&["send", "Bob", "psst", "--json"]).await.object();
    assert_ne!(sent["room"], made["room"]);
    let room = made["room"].as_str().expect("a room");
    ada.run(&["send", room, "who are you?"]).await.well();
    let (error, code) = ada.run(&["send", "Bob", "psst", "--json"]).await.failed();
    assert_eq!((&error["code"], code), (&json!("ambiguous"), Some(4)));
    let (error, code) = ada
        .run(&["send", "nobody", "psst", "--json"])
        .await
        .failed();
    assert_eq!((&error["code"], code), (&json!("no_such_room"), Some(4)));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_sent_and_limits_are_said_before_anything_is_sent() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let file = ada.file("text");
    std::fs::write(&file, "two\nlines\n").expect("a file");
    let mut piped = ada.command(&["send", "bob"]);
    piped.stdin(std::fs::File::open(&file).expect("a file"));
    crate::owners::command::ran(piped).await.well();
    assert_eq!(texts(&heard(&bob, &[]).await), ["Ada: two\nlines"]);
    for text in ["", &"x".repeat(262_145)] {
        std::fs::write(&file, text).expect("a file");
        let mut piped = ada.command(&["send", "bob", "--json"]);
        piped.stdin(std::fs::File::open(&file).expect("a file"));
        let (error, code) = crate::owners::command::ran(piped).await.failed();
        assert_eq!((&error["code"], code), (&json!("settings"), Some(2)));
    }
    std::fs::write(&file, "x".repeat(262_144)).expect("a file");
    let mut piped = ada.command(&["send", "bob"]);
    piped.stdin(std::fs::File::open(&file).expect("a file"));
    crate::owners::command::ran(piped).await.well();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_talk_on_in_another_conversation_when_one_began_anew() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    let before = ada.run(&["send", "bob", "before", "--json"]).await.object();
    assert_eq!(texts(&heard(&bob, &[]).await), ["Ada: before"]);
    bob.run(&["send", "ada", "read"]).await.well();
    bob.begin_anew(&house, "Bob").await;
    bob.run(&["fingerprint", "ada", "--acknowledge"])
        .await
        .well();

    // Neither side has to know of the old one: the name is enough.
    let after = ada.run(&["send", "bob", "after", "--json"]).await.object();
    assert_ne!(before["room"], after["room"]);
    assert_eq!(
        texts(&heard(&bob, &["--room", "ada"]).await),
        ["Ada: after"]
    );
    let answer = bob
        .run(&["send", "ada", "I am new", "--json"])
        .await
        .object();
    assert_eq!(answer["room"], after["room"]);
    let once_more = ada
        .run(&["send", "bob", "welcome", "--json"])
        .await
        .object();
    assert_eq!(once_more["room"], after["room"]);

    // The other one begins it just as well.
    ada.begin_anew(&house, "Ada").await;
    ada.run(&["fingerprint", "bob", "--acknowledge"])
        .await
        .well();
    let third = ada.run(&["send", "bob", "me too", "--json"]).await.object();
    assert_ne!(third["room"], after["room"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_began_anew_is_let_in_anew_and_reads_what_follows() {
    let house = House::start().await;
    let (ada, bob) = (device(&house, "Ada").await, device(&house, "Bob").await);
    ada.run(&["group", "new", "ops", "bob"]).await.well();
    let room = ada.run(&["send", "ops", "before", "--json"]).await.object();
    let room = room["room"].as_str().expect("a room");
    assert_eq!(texts(&heard(&bob, &[]).await), ["Ada: before"]);
    bob.begin_anew(&house, "Bob").await;
    ada.run(&["group", "rekey", "ops"]).await.well();
    ada.run(&["send", "ops", "to nobody new"]).await.well();

    let shut = heard(&bob, &["--room", room, "--from", "1"]).await;
    let shut = of_type(&shut, "unreadable");
    let steps: Vec<&str> = shut
        .iter()
        .filter_map(|object| object["next"].as_str())
        .collect();
    assert!(!steps.is_empty());
    assert!(
        steps
            .iter()
            .all(|step| step.contains("sealwire group invite")),
        "{steps:?}"
    );
    // The step that is named works.
    ada.run(&["group", "invite", "ops", "bob"]).await.well();
    bob.run(&["fingerprint", "ada", "--acknowledge"])
        .await
        .well();
    let waiting = bob.run(&["group", "join", "--json"]).await.object();
    let invitation = waiting["invitations"][0]["invitation"].as_str();
    let invitation = invitation.expect("an invitation");
    bob.run(&["group", "join", invitation]).await.well();
    ada.run(&["send", "ops", "welcome back"]).await.well();
    let heard = heard(&bob, &["--room", room]).await;
    assert_eq!(
        texts(&heard).last().map(String::as_str),
        Some("Ada: welcome back")
    );
    bob.run(&["send", room, "thank you"]).await.well();
    house.stop().await;
}
