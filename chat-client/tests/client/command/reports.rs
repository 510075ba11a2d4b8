//! `sealwire report`, `reports` and `mode`: a message that was reported is proven to an administrator who
//! is in no room, and what a reporter makes up is not.

use chat_server::store::{
    Sqlite, Store as _,
    accounts::{AccountName, FindAccount, Role, SetRole},
    audit::Actor,
};
use serde_json::{Value, json};

use crate::owners::{House, command::Device, liar::Liar};

async fn device(house: &House, name: &str) -> Device {
    let device = Device::of(house.address);
    device.register(name).await.well();
    device
}

/// Makes somebody an administrator, as an operator does.
async fn appoint(house: &House, name: &str) {
    let store = Sqlite::open(house.data()).await.expect("the store");
    let name = AccountName::prepare(name).expect("a name");
    let found = store.read(FindAccount::ByName(name)).await.expect("read");
    let appoint = SetRole {
        account: found.expect("an account").account,
        role: Role::Admin,
        actor: Actor::Operator,
        now: chat_server::wall_clock::now(),
    };
    let appointed = store.write(appoint).await.expect("written");
    appointed.expect("appointed");
}

/// What Bob said to Ada last: the conversation, and the message's number.
async fn said(bob: &Device, ada: &Device, text: &str) -> (String, String) {
    let sent = bob.run(&["send", "Ada", text, "--json"]).await.object();
    let heard = ada.run(&["listen", "--once", "--json"]).await.well();
    let objects = heard.lines().map(|line| {
        let object: Value = serde_json::from_str(line).expect("an object");
        object
    });
    let mut objects = objects.filter(|object| object["text"] == text);
    let message = objects.next().expect("the message");
    let word = |value: &Value| value.as_str().expect("text").to_owned();
    (word(&sent["room"]), word(&message["sequence"]))
}

async fn listed(zoe: &Device) -> Vec<Value> {
    let listed = zoe.run(&["reports", "--json"]).await.object();
    listed["reports"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_opens_one_message_to_an_administrator_who_is_in_no_room() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let zoe = device(&house, "Zoe").await;
    appoint(&house, "Zoe").await;
    said(&bob, &ada, "Between the two of us.").await;
    let (room, sequence) = said(&bob, &ada, "Geh mir aus den Augen.").await;
    let report = [
        "report",
        &room,
        &sequence,
        "--reason",
        "every\nday",
        "--json",
    ];
    let reported = ada.run(&report).await.object();
    assert_eq!(reported["type"], json!("reported"));

    let pending = listed(&zoe).await;
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0]["report"], reported["report"]);
    assert_eq!(pending[0]["reason"], json!("every\nday"));
    let hash = reported["report"].as_str().expect("a hash");
    let shown = zoe.run(&["reports", "show", hash, "--json"]).await.object();
    assert_eq!(shown["proven"], json!(true));
    assert_eq!(shown["sender_name"], json!("Bob"));
    assert_eq!(shown["reporter_name"], json!("Ada"));
    assert_eq!(shown["content"]["text"], json!("Geh mir aus den Augen."));
    let words = zoe.run(&["reports", "show", hash]).await.well();
    assert!(words.contains("every␊day") && words.contains("Geh mir aus den Augen."));
    // Nothing else was opened, and the room is none of hers.
    assert!(!words.contains("Between"));
    let (error, code) = zoe
        .run(&["listen", "--room", &room, "--json"])
        .await
        .failed();
    assert_eq!(code, Some(4), "{error}");

    // Who administrates nothing sees nothing.
    for device in [&ada, &bob] {
        let (error, code) = device.run(&["reports", "--json"]).await.failed();
        assert_eq!((&error["code"], code), (&json!("not_allowed"), Some(4)));
    }
    zoe.run(&["reports", "settle", hash, "upheld"]).await.well();
    assert_eq!(listed(&zoe).await, [] as [Value; 0]);
    let again = ["reports", "settle", hash, "upheld", "--json"];
    let (error, code) = zoe.run(&again).await.failed();
    assert_eq!((&error["code"], code), (&json!("no_such_message"), Some(4)));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reporter_makes_up_is_not_taken_and_proves_nothing() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let liar = Liar::before(house.address).await;
    let zoe = Device::of(liar.address);
    zoe.register("Zoe").await.well();
    appoint(&house, "Zoe").await;
    let (room, sequence) = said(&bob, &ada, "See you at noon.").await;
    // Nothing stands there, and a commit does.
    for place in ["99", "1", "0"] {
        let report = ["report", &room, place, "--json"];
        let (_, code) = ada.run(&report).await.failed();
        assert_eq!(code, Some(4), "{place}");
    }
    let long = "x".repeat(1_025);
    let report = ["report", &room, &sequence, "--reason", &long];
    assert_eq!(ada.run(&report).await.code, Some(2));

    let report = ["report", &room, &sequence, "--json"];
    let reported = ada.run(&report).await.object();
    let hash = reported["report"].as_str().expect("a hash").to_owned();
    // A server that takes the reporter's side: another message stood there, or stood elsewhere.
    let show = ["reports", "show", &hash, "--json"];
    let lies: [(&str, Value); 4] = [
        ("hash", json!("0".repeat(64))),
        ("room", json!("0".repeat(32))),
        ("channel", json!("0".repeat(32))),
        ("sequence", json!("77")),
    ];
    for (field, value) in lies {
        liar.lies(move |name, ok, _| {
            if name == "reports.list" {
                ok["reports"][0][field] = value.clone();
            }
        });
        let (error, code) = zoe.run(&show).await.failed();
        assert_eq!(
            (&error["code"], code),
            (&json!("misplaced"), Some(7)),
            "{field}"
        );
    }
    // It hands out another record under the report's name, changed anywhere.
    for at in [20, 130, 170, 240, 500] {
        liar.lies(move |name, _, tail| {
            if name == "reports.list" {
                let mut changed = tail.to_vec();
                changed[at] ^= 1;
                *tail = changed.into();
            }
        });
        let (error, code) = zoe.run(&show).await.failed();
        assert_eq!(code, Some(7), "byte {at}: {error}");
    }
    // Or the keys of somebody else as Bob's.
    liar.lies(|name, _, tail| {
        if name == "keys.chain" {
            let mut changed = tail.to_vec();
            if let Some(byte) = changed.last_mut() {
                *byte ^= 1;
            }
            *tail = changed.into();
        }
    });
    let (error, code) = zoe.run(&show).await.failed();
    assert_eq!(code, Some(7), "{error}");
    liar.lies(|_, _, _| {});
    let shown = zoe.run(&show).await.object();
    assert_eq!(shown["content"]["text"], json!("See you at noon."));
    drop(liar);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_closes_the_server_to_newcomers() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let zoe = device(&house, "Zoe").await;
    appoint(&house, "Zoe").await;
    let mode = ada.run(&["mode", "--json"]).await.object();
    assert_eq!(
        (&mode["emergency"], &mode["administers"]),
        (&json!(false), &json!(false))
    );
    let tried = ada.run(&["mode", "--emergency", "on", "--json"]).await;
    assert_eq!(tried.failed().0["code"], json!("not_allowed"));
    let mode = zoe.run(&["mode", "--emergency", "on", "--json"]).await;
    assert_eq!(mode.object()["emergency"], json!(true));

    let newcomer = Device::of(house.address);
    let refused = newcomer.register("Bob").await;
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert!(
        refused.err.contains("closed to newcomers"),
        "{}",
        refused.err
    );
    let made = ada.run(&["group", "new", "ops", "zoe", "--json"]).await;
    assert_eq!(made.failed().0["code"], json!("closed"));
    ada.run(&["send", "zoe", "What is it?"]).await.well();
    zoe.run(&["mode", "--emergency", "off"]).await.well();
    newcomer.register("Bob").await.well();
    house.stop().await;
}
