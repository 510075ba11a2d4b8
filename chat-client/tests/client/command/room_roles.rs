//! The built command in rooms, and who may do what there: roles, mute, ban, slow mode.

use serde_json::json;

use crate::owners::{
    House,
    telling::{device, does, each, heard, makes, named, refused, texts},
};

#[tokio::test(flavor = "multi_thread")]
async fn b1_roles_are_obeyed_by_server_and_members() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let bob = device(&house, "Bob").await;
    let eve = device(&house, "Eve").await;
    let room = makes(&ada, &["rooms", "create", "square", "--public"]).await;
    for newcomer in [&bob, &eve] {
        newcomer.run(&["rooms", "join", "#square"]).await.well();
    }
    let makes_a_channel = ["channels", "create", "#square", "dev"];
    assert_eq!(refused(&bob, &makes_a_channel).await, "not_allowed");
    ada.run(&["members", "role", "#square", "bob", "admin"])
        .await
        .well();
    bob.run(&makes_a_channel).await.well();

    // A member has no power over anybody, an admin over members, and nobody over an owner.
    for (who, arguments) in [
        (&eve, ["members", "remove", "#square", "bob"].as_slice()),
        (&eve, &["members", "mute", "#square", "bob"]),
        (
            &eve,
            &["rooms", "policy", "#square", "--join", "invitation"],
        ),
        (&bob, &["members", "remove", "#square", "ada"]),
        (&bob, &["members", "role", "#square", "eve", "admin"]),
        (
            &bob,
            &["rooms", "policy", "#square", "--join", "invitation"],
        ),
    ] {
        assert_eq!(
            refused(who, arguments).await,
            "commit_invalid",
            "{arguments:?}"
        );
    }
    assert_eq!(
        refused(&eve, &["rooms", "rename", "#square", "mine"]).await,
        "not_allowed"
    );
    assert_eq!(
        refused(&bob, &["rooms", "archive", "#square"]).await,
        "not_allowed"
    );
    assert_eq!(
        refused(&bob, &["members", "transfer", "#square", "eve", "--yes"]).await,
        "not_allowed"
    );

    // Muted: reads, and says nothing.
    bob.run(&["members", "mute", "#square", "eve"]).await.well();
    assert_eq!(refused(&eve, &["send", "#square", "hm"]).await, "muted");
    ada.run(&["send", "#square", "can you hear?"]).await.well();
    assert_eq!(texts(&heard(&eve, &[]).await), ["can you hear?"]);
    bob.run(&["members", "unmute", "#square", "eve"])
        .await
        .well();
    eve.run(&["send", "#square", "I can."]).await.well();

    // Banned: out, and not in again before that is taken back.
    bob.run(&["members", "ban", "#square", "eve"]).await.well();
    assert_eq!(
        refused(&eve, &["send", &room, "me?"]).await,
        "no_such_account"
    );
    assert_eq!(
        refused(&eve, &["rooms", "join", &room]).await,
        "no_such_room"
    );
    let members = does(&bob, &["members", "list", "#square"]).await;
    assert_eq!(members["banned"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        refused(&bob, &["members", "unban", "#square", "bob"]).await,
        "not_banned"
    );
    bob.run(&["members", "unban", "#square", "eve"])
        .await
        .well();
    eve.run(&["rooms", "join", &room]).await.well();

    // The room has another owner; what cannot be taken back is confirmed.
    let transfer = ["members", "transfer", "#square", "bob"];
    assert_eq!(refused(&ada, &transfer).await, "settings");
    ada.run(&[transfer.as_slice(), &["--yes"]].concat())
        .await
        .well();
    let members = does(&eve, &["members", "list", "#square"]).await;
    let mut roles: Vec<(&str, &str)> = each(&members["members"], "name")
        .into_iter()
        .zip(each(&members["members"], "role"))
        .collect();
    roles.sort_unstable();
    assert_eq!(
        roles,
        [("Ada", "admin"), ("Bob", "owner"), ("Eve", "member")]
    );
    assert_eq!(
        refused(&ada, &["rooms", "archive", "#square"]).await,
        "not_allowed"
    );
    bob.run(&["rooms", "archive", "#square"]).await.well();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_mode_makes_members_wait_and_nobody_above_them() {
    let house = House::start().await;
    let ada = device(&house, "Ada").await;
    let eve = device(&house, "Eve").await;
    ada.run(&["rooms", "create", "square", "--public"])
        .await
        .well();
    ada.run(&["channels", "create", "#square", "dev"])
        .await
        .well();
    eve.run(&["rooms", "join", "#square"]).await.well();
    assert_eq!(
        refused(&eve, &["channels", "slow", "#square", "dev", "60"]).await,
        "not_allowed"
    );
    assert_eq!(
        refused(&ada, &["channels", "slow", "#square", "dev", "3601"]).await,
        "malformed"
    );
    ada.run(&["channels", "slow", "#square", "dev", "3600"])
        .await
        .well();
    let listed = does(&eve, &["channels", "list", "#square"]).await;
    assert_eq!(listed["channels"][1]["slow_ms"], json!(3_600_000));
    let says = [
        "send",
        "#square",
        "--channel",
        "dev",
        "--give-up-after",
        "0",
        "again",
    ];
    eve.run(&says).await.well();
    assert_eq!(refused(&eve, &says).await, "rate_limited");
    eve.run(&["send", "#square", "elsewhere"]).await.well();
    for _ in 0..2 {
        ada.run(&says).await.well();
    }
    ada.run(&["channels", "slow", "#square", "dev", "0"])
        .await
        .well();
    eve.run(&says).await.well();
    assert_eq!(named(&heard(&ada, &["--from", "1"]).await), [""; 0]);
    house.stop().await;
}
