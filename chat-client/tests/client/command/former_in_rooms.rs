//! The built command in public and private rooms with somebody who was banned or left, keeps every key
//! and goes on by hand, in every channel.

use bytes::Bytes;
use sealwire_tests::haul::Haul;
use serde_json::{Value, json};
use wire_format::{ChannelId, EpochNumber};

use crate::former::{Goes, Place, Records, Scene, code, opened_by};
use crate::owners::telling::{heard, named, texts};

/// Something is said in both channels while Mallory is there.
async fn talk(scene: &mut Scene) {
    scene.talk_with_mallory().await;
    let says = [
        "send",
        &scene.room,
        "--channel",
        "plans",
        "plans for Mallory",
    ];
    scene.ada.run(&says).await.well();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_follows_in_any_channel_opens_for_who_is_out_of_a_room() {
    for (place, how) in [(Place::Private, Goes::Left), (Place::Public, Goes::Banned)] {
        let mut scene = Scene::begins_in(place).await;
        talk(&mut scene).await;
        let (room, while_in) = (scene.room.clone(), Haul::of(&scene.relay));
        let opened = scene.mallory.opens(&while_in);
        let mut seen = opened.texts.clone();
        seen.sort_unstable();
        assert_eq!(
            seen,
            ["Mallory is in", "for Mallory, too", "plans for Mallory"]
        );

        scene.mallory_goes(how).await;
        let (ada, bob) = (&scene.ada, &scene.bob);
        let says = ["send", &room, "--channel", "plans", "Mallory is out"];
        ada.run(&says).await.well();
        bob.run(&["keys", "rotate", &room]).await.well();
        ada.run(&["channels", "create", &room, "more"]).await.well();
        bob.run(&["send", &room, "--channel", "more", "in a new channel"])
            .await
            .well();
        let link = ["resources", "add", &room, "for us", "https://example.org"];
        ada.run(&link).await.well();

        // The server hands Mallory all of it.
        let haul = Haul::of(&scene.relay);
        scene.mallory.is_handed(&haul).await;
        let after = scene.mallory.opens(&haul);
        assert_eq!(after, opened, "{place:?} {how:?}: no more than before");
        // Nothing is wrong with it: whoever is in opens it.
        let mut by_ada = opened_by(&mut scene, "Ada", &haul).await.texts;
        by_ada.sort_unstable();
        assert_eq!(
            by_ada,
            [
                "Mallory is in",
                "Mallory is out",
                "before Mallory",
                "for Mallory, too",
                "in a new channel",
                "plans for Mallory",
            ]
        );
        let bobs = heard(&scene.bob, &["--from", "1"]).await;
        let alarms: Vec<&str> = named(&bobs)
            .into_iter()
            .filter(|word| *word != "before_you_joined")
            .collect();
        assert_eq!(alarms, [""; 0], "{place:?} {how:?}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_refuses_whatever_a_banned_member_asks_of_a_room() {
    for place in [Place::Private, Place::Public] {
        let mut scene = Scene::begins_in(place).await;
        talk(&mut scene).await;
        let plans = scene.plans.expect("a channel");
        let old = scene.mallory.chain().head().n();
        // What only a member could make, made while it was one.
        let late = scene.mallory.seals_in(plans, old, "sealed as a member");
        let rotation = scene.mallory.commit(Vec::new());
        let records = Records::of(&scene);
        scene.mallory_goes(Goes::Banned).await;

        let (room, mallory) = (scene.mallory.room, &mut scene.mallory);
        let refused = mallory.publishes_in(plans, old, late).await;
        assert_eq!(code(refused), "not_in_room", "{place:?}");
        let with = |more: Value| {
            let mut fields = json!({ "room": room });
            let more = more.as_object().expect("fields").clone();
            fields.as_object_mut().expect("fields").extend(more);
            fields
        };
        let next = EpochNumber::new(old.value() + 1);
        let request = mallory.request.clone().expect("the one it came in by");
        let again = mallory.asks(wire_format::room::Action::Join, None);
        let commit = serde_json::to_value(&rotation.0).expect("JSON");
        let hash = wire_format::KeyRequestHash::from_bytes([7; 32]);
        let other = ChannelId::from_bytes([8; 16]);
        let none = Bytes::new();
        let tails = [
            ("epochs.commit", commit, &rotation.1),
            ("rooms.request", json!({}), request.bytes()),
            ("rooms.request", json!({}), again.bytes()),
            ("rooms.invite", json!({}), &records.invitation),
            (
                "rooms.set_state",
                with(json!({"expected": "0"})),
                &records.state,
            ),
            ("epochs.request_keys", json!({}), &records.key_request),
            ("epochs.grant", json!({}), &records.grant),
        ];
        let plain = [
            ("rooms.follow", with(json!({}))),
            ("rooms.look", with(json!({}))),
            ("rooms.state", with(json!({}))),
            ("rooms.update", with(json!({"revision": 0, "name": "mine"}))),
            ("rooms.archive", with(json!({"archived": true}))),
            ("channels.create", with(json!({"channel": other}))),
            (
                "channels.update",
                with(json!({"channel": plans, "revision": 0, "slow_ms": 1})),
            ),
            (
                "channels.archive",
                with(json!({"channel": plans, "archived": true})),
            ),
            ("messages.fetch", json!({"channel": plans, "limit": 500})),
            (
                "messages.fetch",
                json!({"channel": ChannelId::main_of(room), "limit": 500}),
            ),
            ("epochs.chain", with(json!({}))),
            ("epochs.share", with(json!({"n": next}))),
            ("epochs.key_requests", with(json!({}))),
            ("epochs.grants", with(json!({}))),
            ("epochs.pending", with(json!({}))),
            ("epochs.bad_share", with(json!({"n": next}))),
            ("epochs.rotate", with(json!({}))),
            ("epochs.refuse", with(json!({"request": hash}))),
        ];
        let plain = plain.map(|(command, fields)| (command, fields, &none));
        for (command, fields, tail) in tails.into_iter().chain(plain) {
            let refused = code(mallory.command(command, fields, tail).await);
            let known = ["no_such_room", "not_in_room", "request_invalid"];
            assert!(
                known.contains(&refused.as_str()),
                "{place:?} {command}: {refused}"
            );
        }
        let mine = mallory.command("rooms.mine", json!({}), &none).await;
        assert_eq!(mine.expect("a list")["rooms"], json!([]), "{place:?}");

        // The others talk on, and have heard of none of it.
        let says = ["send", &scene.room, "--channel", "plans", "all is well"];
        scene.bob.run(&says).await.well();
        let adas = heard(&scene.ada, &["--from", "1"]).await;
        assert!(texts(&adas).contains(&"all is well"));
        assert_eq!(named(&adas), [""; 0], "{place:?}");
        scene.stop().await;
    }
}
