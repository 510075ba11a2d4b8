//! The built command and the keys of rooms: their versions, what begins a new one, who asks for older
//! ones and who gets them.

use serde_json::{Value, json};

use crate::owners::{
    House,
    listening::Listening,
    telling::{comes_in, device, does, each, heard, makes, named, of_type, refused, texts},
};

/// The reasons of a room's keys, the oldest first.
fn reasons(versions: &Value) -> Vec<&str> {
    each(&versions["versions"], "reason")
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_every_coming_going_and_removal_makes_a_key_and_members_are_told() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let room = makes(&ada, &["rooms", "create", "cellar"]).await;
    ada.run(&["channels", "create", "cellar", "plans"])
        .await
        .well();
    for (device, name) in [(&bob, "bob"), (&eve, "eve")] {
        ada.run(&["rooms", "invite", "cellar", name]).await.well();
        comes_in(device).await;
    }
    ada.run(&["send", "cellar", "--channel", "plans", "for three"])
        .await
        .well();
    ada.run(&["keys", "rotate", "cellar"]).await.well();
    ada.run(&["members", "remove", "cellar", "eve"])
        .await
        .well();
    ada.run(&["send", "cellar", "--channel", "plans", "for two"])
        .await
        .well();
    bob.run(&["rooms", "leave", &room, "--yes"]).await.well();
    ada.run(&["send", "cellar", "--channel", "plans", "alone"])
        .await
        .well();

    let versions = does(&ada, &["keys", "show", "cellar"]).await;
    let because = [
        "first",
        "membership",
        "membership",
        "demand",
        "membership",
        "membership",
    ];
    assert_eq!(reasons(&versions), because);
    let versions = versions["versions"].as_array().expect("a list");
    let moves: Vec<(usize, usize)> = versions
        .iter()
        .map(|one| {
            let many = |key: &str| one[key].as_array().map_or(0, Vec::len);
            (many("came"), many("went"))
        })
        .collect();
    assert_eq!(moves, [(0, 0), (1, 0), (1, 0), (0, 0), (0, 1), (0, 1)]);
    assert!(versions.iter().all(|one| one["held"] == json!(true)));
    let all = heard(&ada, &["--from", "1"]).await;
    let told = of_type(&all, "committed");
    let told: Vec<(&Value, &Value)> = told
        .iter()
        .map(|one| (&one["n"], &one["members"]))
        .collect();
    assert_eq!(told.len(), 6);
    assert_eq!(named(&all), [""; 0]);
    // Who is out reads none of what follows, in no channel.
    for gone in [&bob, &eve] {
        assert_eq!(texts(&heard(gone, &["--from", "1"]).await), [""; 0]);
        assert_eq!(
            refused(gone, &["keys", "show", &room]).await,
            "no_such_account"
        );
    }
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_older_keys_are_asked_for_and_refused_or_granted_with_a_reason() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let room = makes(&ada, &["rooms", "create", "cellar"]).await;
    ada.run(&["channels", "create", "cellar", "plans"])
        .await
        .well();
    ada.run(&["rooms", "invite", "cellar", "bob"]).await.well();
    comes_in(&bob).await;
    ada.run(&["send", "cellar", "old"]).await.well();
    ada.run(&["send", "cellar", "--channel", "plans", "old plans"])
        .await
        .well();
    ada.run(&["rooms", "invite", "cellar", "eve"]).await.well();
    comes_in(&eve).await;
    let before = heard(&eve, &["--from", "1"]).await;
    assert_eq!(named(&before), ["before_you_joined", "before_you_joined"]);
    let held = does(&eve, &["keys", "show", &room]).await;
    let held: Vec<bool> = held["versions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["held"] == json!(true))
        .collect();
    assert_eq!(held, [false, false, true]);

    eve.run(&["keys", "ask", &room]).await.well();
    // A member is told nothing that it could decide, and decides nothing.
    let asked = does(&ada, &["keys", "requests", "cellar"]).await;
    let request = asked["requests"][0]["request"].as_str().expect("a request");
    assert_eq!(asked["requests"][0]["name"], json!("Eve"));
    assert_eq!(
        refused(&bob, &["keys", "grant", &room, request]).await,
        "nothing_to_grant"
    );
    assert_eq!(
        refused(&bob, &["keys", "refuse", &room, request]).await,
        "not_allowed"
    );
    let refuse = [
        "keys",
        "refuse",
        "cellar",
        request,
        "--reason",
        "from-joining",
    ];
    ada.run(&refuse).await.well();
    let came = does(&eve, &["keys", "requests", &room]).await;
    assert_eq!(
        (&came["refused"], &came["reason"]),
        (&json!(true), &json!("from_joining"))
    );
    assert_eq!(came["came"], json!([]));

    eve.run(&["keys", "ask", &room]).await.well();
    let asked = does(&ada, &["keys", "requests", "cellar"]).await;
    let request = asked["requests"][0]["request"].as_str().expect("a request");
    ada.run(&["keys", "grant", "cellar", request]).await.well();
    let came = does(&eve, &["keys", "requests", &room]).await;
    assert_eq!(came["came"], json!(["1", "2"]));
    let all = heard(&eve, &["--from", "1"]).await;
    assert_eq!(texts(&all), ["old", "old plans"]);
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_where_the_past_is_shared_newcomers_get_it_from_whoever_is_there() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let eve = device(&house, "Eve").await;
    let room = makes(&ada, &["rooms", "create", "square", "--public"]).await;
    ada.run(&["channels", "create", "#square", "dev"])
        .await
        .well();
    ada.run(&["send", "#square", "--channel", "dev", "before Eve"])
        .await
        .well();
    let mut there = Listening::start(&ada, &[]);
    there.until("caught_up").await;
    eve.run(&["rooms", "join", "#square"]).await.well();
    let told = there.until("keys_asked").await;
    let asked = told.last().expect("told");
    assert_eq!(
        (&asked["granted"], &asked["to_decide"]),
        (&json!(["1"]), &json!([]))
    );
    drop(there);
    let came = does(&eve, &["keys", "requests", &room]).await;
    assert_eq!(came["came"], json!(["1"]));
    let all = heard(&eve, &["--from", "1"]).await;
    assert_eq!((texts(&all), named(&all)), (vec!["before Eve"], vec![]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b12_version_reason_and_members_of_a_key_come_from_the_signed_commit() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let room = makes(&ada, &["rooms", "create", "square", "--public"]).await;
    for newcomer in [&bob, &eve] {
        newcomer.run(&["rooms", "join", "#square"]).await.well();
    }
    // Anybody's public keys, by which a key is wrapped for them alone.
    let person = does(&ada, &["fingerprint", "bob"]).await;
    let members = does(&ada, &["members", "list", "#square"]).await;
    let fingerprints = each(&members["members"], "fingerprint");
    assert!(fingerprints.contains(&person["fingerprint"].as_str().expect("a fingerprint")));

    // That a key is due is told; the next who says something makes it, and its commit says the rest.
    let mut there = Listening::start(&ada, &[]);
    there.until("caught_up").await;
    bob.run(&["rooms", "leave", &room, "--yes"]).await.well();
    let due = there.until("due").await;
    let due = due.last().expect("told");
    assert_eq!(
        (&due["room"], &due["reason"]),
        (&json!(room), &json!("left"))
    );
    eve.run(&["send", "#square", "first after Bob"])
        .await
        .well();
    let told = there.until("committed").await;
    let committed = told.last().expect("told");
    let names = (
        &committed["name"],
        &committed["reason"],
        &committed["members"],
    );
    assert_eq!(names, (&json!("Eve"), &json!("membership"), &json!(2)));
    assert_eq!(there.text().await, "first after Bob");
    drop(there);
    let versions = does(&ada, &["keys", "show", "#square"]).await;
    let newest = versions["versions"].as_array().expect("a list").last();
    let newest = newest.expect("a version");
    assert_eq!(newest["n"], committed["n"]);
    let bob = person["account"].clone();
    assert_eq!(newest["went"], json!([bob]));
    house.stop().await;
}
