//! The built command and the links that members of a room keep at hand.

use serde_json::Value;

use crate::owners::{
    House,
    telling::{device, does, each, heard, refused},
};

#[tokio::test(flavor = "multi_thread")]
async fn b6_resources_are_kept_by_members_and_sealed_for_them() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    ada.run(&["rooms", "create", "square", "--public"])
        .await
        .well();
    bob.run(&["rooms", "join", "#square"]).await.well();
    let add = |title: &'static str, url: &'static str| ["resources", "add", "#square", title, url];
    ada.run(&add("canary handbook", "https://example.org/canary"))
        .await
        .well();
    bob.run(&add("calendar", "http://example.org/days"))
        .await
        .well();
    for bad in [
        "javascript:alert(1)",
        "data:text/html,hello",
        "file:///etc/passwd",
        "example.org",
        "https://exa mple.org",
    ] {
        assert_eq!(
            refused(&bob, &add("bad", bad)).await,
            "link_invalid",
            "{bad}"
        );
    }
    let long = "t".repeat(257);
    let too_long = ["resources", "add", "#square", &long, "https://example.org"];
    assert_eq!(refused(&bob, &too_long).await, "name_invalid");

    let calendar = "calendar";
    bob.run(&["resources", "move", "#square", calendar, "0"])
        .await
        .well();
    let edit = [
        "resources",
        "edit",
        "#square",
        calendar,
        "--url",
        "https://example.org/weeks",
    ];
    ada.run(&edit).await.well();
    let listed = does(&ada, &["resources", "list", "#square"]).await;
    assert_eq!(
        each(&listed["resources"], "title"),
        [calendar, "canary handbook"]
    );
    assert_eq!(
        each(&listed["resources"], "url"),
        ["https://example.org/weeks", "https://example.org/canary"]
    );
    assert_eq!(each(&listed["resources"], "claimed_name"), ["Bob", "Ada"]);
    // A new key, and a newcomer: both have it.
    ada.run(&["keys", "rotate", "#square"]).await.well();
    let remove = ["resources", "remove", "#square", calendar];
    assert_eq!(refused(&bob, &remove).await, "settings");
    bob.run(&[remove.as_slice(), &["--yes"]].concat())
        .await
        .well();
    let eve = device(&house, "Eve").await;
    eve.run(&["rooms", "join", "#square"]).await.well();
    ada.run(&["send", "#square", "welcome"]).await.well();
    let listed = does(&eve, &["resources", "list", "#square"]).await;
    assert_eq!(each(&listed["resources"], "title"), ["canary handbook"]);
    let lines = heard(&bob, &["--from", "1"]).await;
    let lines: Vec<&Value> = lines
        .iter()
        .filter(|one| one["kind"] == "resource")
        .collect();
    let actions: Vec<&str> = lines
        .iter()
        .filter_map(|one| one["action"].as_str())
        .collect();
    assert_eq!(actions, ["added", "added", "edited", "removed"]);
    assert!(!house.holds("canary handbook") && !house.holds("example.org"));
    house.stop().await;
}
