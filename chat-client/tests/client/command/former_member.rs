//! The built command in a group with somebody who was removed or left, keeps every key, secret and
//! connection, and goes on by hand: alone, and with a server that hands it everything and passes on
//! whatever it makes.

use bytes::Bytes;
use sealwire_tests::{former::Former, haul::Haul};
use serde_json::{Value, json};
use wire_format::{
    ChannelId, Deliver, DeliverFlags, EpochNumber, Name, Sequence, ServerFrame, record_list,
};

use crate::former::{EPOCH_AT, Goes, Records, Scene, code, opened_by};
use crate::owners::{
    command::Device,
    telling::{heard, named, texts},
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_follows_opens_with_all_that_a_former_member_holds() {
    for how in [Goes::Removed, Goes::Left] {
        let mut scene = Scene::begins().await;
        scene.talk_with_mallory().await;
        let (room, while_in) = (scene.room.clone(), Haul::of(&scene.relay));
        let opened = scene.mallory.opens(&while_in);
        assert_eq!(opened.texts, ["Mallory is in", "for Mallory, too"]);
        assert_eq!(
            (opened.shares, &opened.names[..]),
            (1, &["ops".to_owned()][..])
        );
        assert!(opened.states > 0, "the name was sealed for Mallory, too");

        scene.mallory_goes(how).await;
        let (ada, bob) = (&scene.ada, &scene.bob);
        ada.run(&["send", &room, "Mallory is out"]).await.well();
        bob.run(&["group", "rekey", &room]).await.well();
        bob.run(&["send", &room, "under the next key"]).await.well();
        ada.run(&["group", "rename", &room, "ops without"])
            .await
            .well();
        let eve = Device::of(scene.relay.address());
        eve.register("Eve").await.well();
        ada.run(&["group", "invite", &room, "eve"]).await.well();
        let waiting = eve.run(&["group", "join", "--json"]).await.object();
        let hash = waiting["invitations"][0]["invitation"].as_str();
        eve.run(&["group", "join", hash.expect("a hash")])
            .await
            .well();
        eve.run(&["send", &room, "Eve is in"]).await.well();
        // Nothing of what was before, until it is granted; then all of it.
        assert_eq!(texts(&heard(&eve, &["--from", "1"]).await), ["Eve is in"]);
        eve.run(&["group", "keys", &room, "ask"]).await.well();
        let asked = heard(ada, &[]).await;
        let asked = asked.iter().find(|object| object["type"] == "keys_asked");
        let request = asked.expect("asked")["request"].as_str().expect("a hash");
        ada.run(&["group", "keys", &room, "grant", request])
            .await
            .well();
        let mut all = vec![
            "before Mallory",
            "Mallory is in",
            "for Mallory, too",
            "Mallory is out",
            "under the next key",
            "Eve is in",
        ];
        // The keys come with the first look, behind what was readable before.
        assert_eq!(texts(&heard(&eve, &["--from", "1"]).await).len(), all.len());
        assert_eq!(texts(&heard(&eve, &["--from", "1"]).await), all);
        ada.run(&["rotate", "--wrap"]).await.well();
        ada.run(&["group", "rekey", &room]).await.well();
        ada.run(&["send", &room, "with newer keys"]).await.well();
        all.push("with newer keys");

        // The server hands Mallory all of it, every share and grant included.
        let haul = Haul::of(&scene.relay);
        assert!(haul.grants.len() == 1 && haul.commits.len() >= 6, "{how:?}");
        assert!(haul.states.len() > while_in.states.len(), "{how:?}");
        scene.mallory.comes_back(scene.house.address).await;
        scene.mallory.is_handed(&haul).await;
        assert_eq!(
            scene.mallory.opens(&haul),
            opened,
            "{how:?}: no more than before"
        );
        // Nothing is wrong with it: whoever is in opens it.
        let by_ada = opened_by(&mut scene, "Ada", &haul).await;
        assert_eq!(by_ada.texts, all);
        assert!(by_ada.states > opened.states);
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_refuses_whatever_a_former_member_asks_or_sends() {
    for how in [Goes::Removed, Goes::Left] {
        let mut scene = Scene::begins().await;
        scene.talk_with_mallory().await;
        let follow = json!({"room": scene.mallory.room});
        let followed = scene.mallory.wire.command("rooms.follow", follow.clone());
        followed.await.expect("followed");
        let (old, late) = {
            let head = scene.mallory.chain().head().n();
            (head, scene.mallory.seals(head, "sealed as a member"))
        };
        // What only a member could make, made while it was one.
        let rotation = scene.mallory.commit(Vec::new());
        let records = Records::of(&scene);
        scene.mallory_goes(how).await;
        scene
            .ada
            .run(&["send", &scene.room, "Mallory is out"])
            .await
            .well();

        let (room, mallory) = (scene.mallory.room, &mut scene.mallory);
        let channel = ChannelId::main_of(room);
        let next = EpochNumber::new(old.value() + 1);
        let newer = mallory.forges(&late, "sealwire/v1/envelope", |envelope| {
            envelope[EPOCH_AT..EPOCH_AT + 8].copy_from_slice(&next.value().to_be_bytes());
        });
        for (epoch, envelope) in [(old, late), (next, newer)] {
            let refused = mallory.publishes(epoch, envelope).await;
            assert_eq!(code(refused), "not_in_room", "{how:?} {epoch}");
        }
        let of_room = json!({"room": room});
        let with = |more: Value| {
            let mut fields = of_room.clone();
            let more = more.as_object().expect("fields").clone();
            fields.as_object_mut().expect("fields").extend(more);
            fields
        };
        let request = mallory.request.clone().expect("the one it came in by");
        let commit = serde_json::to_value(&rotation.0).expect("JSON");
        let none = Bytes::new();
        let page = json!({"channel": channel, "limit": 500});
        for (command, fields, tail) in [
            ("rooms.follow", of_room.clone(), &none),
            ("messages.fetch", page.clone(), &none),
            ("rooms.state", of_room.clone(), &none),
            ("epochs.chain", of_room.clone(), &none),
            ("epochs.share", with(json!({"n": next})), &none),
            ("epochs.key_requests", of_room.clone(), &none),
            ("epochs.grants", of_room.clone(), &none),
            ("epochs.pending", of_room.clone(), &none),
            ("epochs.bad_share", with(json!({"n": next})), &none),
            ("epochs.commit", commit, &rotation.1),
            ("rooms.request", json!({}), request.bytes()),
            ("rooms.invite", json!({}), &records.invitation),
            (
                "rooms.set_state",
                with(json!({"expected": "0"})),
                &records.state,
            ),
            ("epochs.request_keys", json!({}), &records.key_request),
            ("epochs.grant", json!({}), &records.grant),
        ] {
            let answer = mallory.command(command, fields, tail).await;
            let refused = code(answer);
            let known = [
                "no_such_room",
                "not_in_room",
                "request_invalid",
                "no_such_channel",
            ];
            assert!(
                known.contains(&refused.as_str()),
                "{how:?} {command}: {refused}"
            );
        }
        // Its own share of when it was in is no news.
        mallory.takes_share(old).await;
        let mine = mallory.command("rooms.mine", json!({}), &none).await;
        assert_eq!(mine.expect("a list")["rooms"], json!([]), "{how:?}");

        // The others talk on, and have heard of none of it.
        scene
            .bob
            .run(&["send", &scene.room, "all is well"])
            .await
            .well();
        let heard = scene.bob_hears().await;
        assert_eq!(texts(&heard).last(), Some(&"all is well"));
        assert_eq!(named(&heard), [""; 0]);
        scene.stop().await;
    }
}

/// A delivery as a fetch has it, behind all others.
fn delivery(of: &Former, behind: u64, payload: Bytes) -> Bytes {
    let deliver = Deliver {
        channel: ChannelId::main_of(of.room),
        sequence: Sequence::new(behind + 1),
        time: sealwire_tests::owner::now(),
        flags: DeliverFlags::Stored,
        sender: of.owner.account.into(),
        name: Name::try_from("Mallory").expect("a name"),
        payload,
    };
    // The body of the frame: the message without its kind.
    ServerFrame::Deliver(deliver).encode().message().slice(1..)
}

/// Puts a record behind those in a reply to a command.
fn appended(
    command: &'static str,
    record: Bytes,
) -> impl FnMut(&str, &mut Value, &mut Bytes) + Send {
    move |name, ok, tail| {
        if name == command && ok["more"] != json!(true) {
            let mut records = record_list::parse(tail.clone(), 1_000).expect("records");
            records.push(record.clone());
            *tail = record_list::encode(&records).expect("a list");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_passes_on_of_a_former_member_is_refused_and_named_and_the_others_talk_on() {
    for how in [Goes::Removed, Goes::Left] {
        let mut scene = Scene::begins().await;
        scene.talk_with_mallory().await;
        let records = Records::of(&scene);
        let join = scene.mallory.commit_it_came_in_by.clone();
        let join = join.expect("the one it came in by");
        let old = scene.mallory.chain().head().n();
        let sealed = scene.mallory.seals(old, "as if I were still here");
        scene.mallory_goes(how).await;
        let room = scene.room.clone();
        scene
            .ada
            .run(&["send", &room, "Mallory is out"])
            .await
            .well();
        let before = scene.bob_hears().await;
        let newest = last_sequence(&before);
        scene.mallory.is_handed(&Haul::of(&scene.relay)).await;
        let head = *scene.mallory.chain().head();
        assert!(head.n() > old);

        // Under the newest epoch nobody knows it, and under its last one it is marked.
        let forged = scene
            .mallory
            .forges(&sealed, "sealwire/v1/envelope", |envelope| {
                envelope[EPOCH_AT..EPOCH_AT + 8].copy_from_slice(&head.n().value().to_be_bytes());
                envelope[EPOCH_AT + 8..EPOCH_AT + 40].copy_from_slice(head.hash().as_bytes());
            });
        let ghost = delivery(&scene.mallory, newest, forged);
        scene.liar.lies(appended("messages.fetch", ghost));
        let heard = scene.bob_hears().await;
        assert_eq!(texts(&heard), texts(&before), "{how:?}");
        assert_eq!(named(&heard), ["ghost", "not_a_member"], "{how:?}");
        let late = delivery(&scene.mallory, newest, sealed);
        scene.liar.lies(appended("messages.fetch", late));
        let heard = scene.bob_hears().await;
        let last = heard.iter().rfind(|object| object["kind"] == "text");
        let last = last.expect("a text");
        assert_eq!(
            (&last["text"], &last["late"]),
            (&json!("as if I were still here"), &json!(true)),
            "{how:?}"
        );

        // It takes itself back in by what let it in once: the chain stays, and nothing is sent.
        let again = scene.mallory.forges(&join, "sealwire/v1/commit", |commit| {
            commit[18..26].copy_from_slice(&head.n().next().value().to_be_bytes());
            commit[26..58].copy_from_slice(head.hash().as_bytes());
            let now = sealwire_tests::owner::now().value();
            commit[106..114].copy_from_slice(&now.to_be_bytes());
        });
        scene.liar.lies(appended("epochs.chain", again));
        let refused = scene
            .bob
            .run(&["send", &room, "who hears me?", "--json"])
            .await;
        let error: Value =
            serde_json::from_str(refused.err.lines().last().expect("a line")).expect("an object");
        assert_eq!(
            (&error["code"], refused.code),
            (&json!("commit_refused"), Some(7)),
            "{how:?}"
        );

        // Nobody takes in its old request, hands it keys, or takes its word for what the room is called.
        let request = scene.mallory.request.clone().expect("a request");
        let mut lies = [
            appended("epochs.pending", request.bytes().clone()),
            appended("epochs.key_requests", records.key_request.clone()),
        ];
        let state = records.state.clone();
        scene.liar.lies(move |name, ok, tail| {
            for lie in &mut lies {
                lie(name, ok, tail);
            }
            if name == "rooms.state" {
                ok["number"] = json!("1000");
                *tail = state.clone();
            }
        });
        scene.liar.log();
        let heard = scene.bob_hears().await;
        assert_eq!(named(&heard), [""; 0], "{how:?}");
        scene.bob.run(&["group", "rekey", &room]).await.well();
        scene
            .bob
            .run(&["send", &room, "under another key"])
            .await
            .well();
        let asked = scene.liar.log();
        assert!(asked.iter().any(|name| name == "epochs.key_requests"));
        assert!(!asked.iter().any(|name| name == "epochs.grant"));
        let members = scene.bob.run(&["group", "members", &room, "--json"]).await;
        assert_eq!(
            members.object()["members"]
                .as_array()
                .expect("a list")
                .len(),
            2
        );

        // The server is honest again, and so is everything that is left.
        scene.liar.lies(|_, _, _| {});
        let mine = scene.bob.run(&["group", "--json"]).await.object();
        assert_eq!(mine["conversations"][0]["name"], json!("ops"), "{how:?}");
        scene.ada.run(&["send", &room, "and another"]).await.well();
        let heard = scene.bob_hears().await;
        assert_eq!(named(&heard), [""; 0], "{how:?}");
        assert_eq!(
            texts(&heard)[texts(&before).len()..],
            ["under another key", "and another"]
        );
        scene.stop().await;
    }
}

fn last_sequence(heard: &[Value]) -> u64 {
    let sequences = heard
        .iter()
        .filter_map(|object| object["sequence"].as_str());
    let numbers = sequences.map(|sequence| sequence.parse().expect("a number"));
    numbers.max().expect("something")
}
