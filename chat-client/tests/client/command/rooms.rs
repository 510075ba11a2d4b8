//! The built command in public and private rooms with several channels, on a real chat-server: what is
//! listed, who comes in, and what of it the server can read.

use serde_json::{Value, json};

use crate::owners::{
    House,
    telling::{comes_in, device, does, each, heard, makes, named, of_type, refused, texts},
};

#[tokio::test(flavor = "multi_thread")]
async fn b2_a_public_room_is_listed_joined_and_has_several_channels() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let create = [
        "rooms",
        "create",
        "square",
        "--public",
        "--topic",
        "all of us",
    ];
    let room = makes(&ada, &create).await;
    let dev = ["channels", "create", "#square", "dev", "--topic", "code"];
    ada.run(&dev).await.well();
    assert_eq!(
        refused(&ada, &["channels", "create", "#square", "Dev"]).await,
        "name_taken"
    );
    assert_eq!(
        refused(&bob, &["rooms", "create", "Square", "--public"]).await,
        "name_taken"
    );

    // Whoever is not in it finds it, and sees what it is.
    let directory = does(&bob, &["rooms", "directory", "squ"]).await;
    assert_eq!(each(&directory["rooms"], "room"), [room.as_str()]);
    assert_eq!(directory["rooms"][0]["members"], json!(1));
    assert_eq!(directory["rooms"][0]["topic"], json!("all of us"));
    let look = does(&bob, &["rooms", "look", "#square"]).await;
    assert_eq!(look["channels"], json!(["general", "dev"]));
    assert_eq!(look["policy"]["join"], json!("open"));
    assert_eq!(
        refused(&bob, &["send", &room, "not yet"]).await,
        "no_such_account"
    );

    bob.run(&["rooms", "join", "SQUARE"]).await.well();
    assert_eq!(
        refused(&bob, &["rooms", "join", "#square"]).await,
        "in_room_already"
    );
    ada.run(&["send", "#square", "to all"]).await.well();
    let sent = does(&ada, &["send", "#square", "--channel", "dev", "to some"]).await;
    let channels = does(&bob, &["channels", "list", "#square"]).await;
    let listed = &channels["channels"];
    assert_eq!(each(listed, "name"), ["general", "dev"]);
    assert_eq!(each(listed, "topic"), ["", "code"]);
    assert_eq!(sent["channel"], listed[1]["channel"]);

    // Each channel by itself, with read marks of its own.
    let some = heard(&bob, &["--room", "#square", "--channel", "dev"]).await;
    assert_eq!((texts(&some), named(&some)), (vec!["to some"], vec![]));
    bob.run(&["send", "#square", "--channel", "dev", "from Bob"])
        .await
        .well();
    let rest = heard(&bob, &[]).await;
    assert_eq!(
        (texts(&rest), named(&rest)),
        (vec!["to all", "from Bob"], vec![])
    );
    let all = heard(&ada, &["--from", "1"]).await;
    assert_eq!(
        (texts(&all), named(&all)),
        (vec!["to all", "to some", "from Bob"], vec![])
    );
    let twice = of_type(&all, "committed");
    let numbers: Vec<&Value> = twice.iter().map(|one| &one["n"]).collect();
    assert_eq!(numbers, [&json!("1"), &json!("2")], "a commit is told once");

    // It is called otherwise, and another channel is only read.
    ada.run(&["rooms", "rename", "#square", "plaza"])
        .await
        .well();
    ada.run(&["rooms", "topic", "#plaza", "everybody"])
        .await
        .well();
    ada.run(&["channels", "rename", "#plaza", "dev", "code"])
        .await
        .well();
    ada.run(&["channels", "archive", "#plaza", "code"])
        .await
        .well();
    let code = ["send", "#plaza", "--channel", "code", "more"];
    assert_eq!(refused(&bob, &code).await, "archived");
    ada.run(&["keys", "rotate", "#plaza"]).await.well();
    ada.run(&["channels", "reopen", "#plaza", "code"])
        .await
        .well();
    bob.run(&code).await.well();
    let rooms = does(&bob, &["rooms", "list"]).await;
    assert_eq!(each(&rooms["rooms"], "name"), ["plaza"]);
    assert_eq!(each(&rooms["rooms"], "topic"), ["everybody"]);
    let again = heard(&ada, &["--from", "1"]).await;
    assert_eq!(texts(&again), ["to all", "to some", "from Bob", "more"]);
    assert_eq!(named(&again), [""; 0]);

    // The whole room is only read, and comes off the list; it can still be left.
    ada.run(&["rooms", "archive", "#plaza"]).await.well();
    assert_eq!(
        refused(&bob, &["send", "#plaza", "too late"]).await,
        "archived"
    );
    let directory = does(&bob, &["rooms", "directory"]).await;
    assert_eq!(directory["rooms"], json!([]));
    assert_eq!(texts(&heard(&bob, &["--from", "1"]).await).len(), 4);
    assert_eq!(refused(&bob, &["rooms", "leave", &room]).await, "settings");
    bob.run(&["rooms", "leave", &room, "--yes"]).await.well();
    assert_eq!(does(&bob, &["rooms", "list"]).await["rooms"], json!([]));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b2_a_private_room_and_its_channels_are_named_for_members_only() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let (name, topic) = ("cellar-of-canaries", "what-nobody-else-reads");
    let room = makes(&ada, &["rooms", "create", name, "--topic", topic]).await;
    let plans = [
        "channels",
        "create",
        name,
        "plans-with-canaries",
        "--topic",
        topic,
    ];
    ada.run(&plans).await.well();
    ada.run(&["send", name, "--channel", "plans-with-canaries", "old"])
        .await
        .well();

    // Nobody else finds it, by its name or its id.
    assert_eq!(
        does(&eve, &["rooms", "directory"]).await["rooms"],
        json!([])
    );
    assert_eq!(
        refused(&eve, &["rooms", "look", &room]).await,
        "no_such_room"
    );
    assert_eq!(
        refused(&eve, &["rooms", "join", &room]).await,
        "no_such_room"
    );
    ada.run(&["rooms", "invite", name, "bob"]).await.well();
    assert_eq!(
        refused(&eve, &["rooms", "join", &room]).await,
        "no_such_room"
    );
    comes_in(&bob).await;
    // Whoever is there seals the names for the newcomer.
    ada.run(&["send", name, "welcome"]).await.well();

    let rooms = does(&bob, &["rooms", "list"]).await;
    assert_eq!(each(&rooms["rooms"], "name"), [name]);
    assert_eq!(each(&rooms["rooms"], "kind"), ["private"]);
    let channels = does(&bob, &["channels", "list", &room]).await;
    assert_eq!(
        each(&channels["channels"], "name"),
        ["general", "plans-with-canaries"]
    );
    assert_eq!(each(&channels["channels"], "topic"), ["", topic]);
    let first = heard(&bob, &["--from", "1"]).await;
    assert_eq!(texts(&first), ["welcome"]);
    assert_eq!(named(&first), ["before_you_joined"]);
    ada.run(&[
        "channels",
        "rename",
        name,
        "plans-with-canaries",
        "canaries-again",
    ])
    .await
    .well();
    let channels = does(&bob, &["channels", "list", &room]).await;
    assert_eq!(
        each(&channels["channels"], "name"),
        ["general", "canaries-again"]
    );
    for secret in [name, topic, "plans-with-canaries", "canaries-again"] {
        assert!(!house.holds(secret), "{secret} is on the server's disk");
    }
    house.stop().await;
}
