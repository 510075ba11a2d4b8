//! Forged, stripped, replayed and moved: what members do to each other.

use bytes::Bytes;
use sealwire_tests::{
    insider::{Insider, lobby},
    page::{Path, Session, heard},
    tiers::{WebProxy, plain_server},
};
use serde_json::json;
use wire_format::{ChannelId, Content, Event, MemberId, RoomId, ServerFrame};

fn backend(address: std::net::SocketAddr) -> [String; 1] {
    [format!("--backend={address}")]
}

#[tokio::test]
async fn whoever_announces_forged_or_stripped_signatures_gets_no_key() {
    let (_server, address) = plain_server(&[]).await;
    let proxy = WebProxy::start_with(&backend(address), &[]).await;
    let _anna = Session::sign_in(proxy.address, "Anna")
        .await
        .enter(Path::Socket, "lobby")
        .await;
    for (name, flip) in [("pss", 64 + 2), ("dsa", 1)] {
        let mut mallory = Insider::announced(address, &format!("mallory {name}")).await;
        let mut forged = mallory.announcement.bytes().to_vec();
        let at = forged.len() - flip;
        forged[at] ^= 1;
        // The server checks the layout only; who holds the key checks the signatures.
        mallory
            .announce(forged.into())
            .await
            .expect("the right layout");
        let fields = json!({"room": "lobby"});
        let (entered, _) = mallory
            .wire
            .command_with("rooms.enter", fields, Bytes::new())
            .await
            .expect("the lobby");
        let n = &entered["epoch"]["n"];
        mallory
            .wire
            .command("epochs.ask", json!({"room": lobby(), "n": n}))
            .await
            .expect("a question");
        assert_eq!(mallory.share().await, None, "{name}");
    }
    let mut stripped = Insider::announced(address, "stripped").await;
    let whole = stripped.announcement.bytes().clone();
    for bytes in [
        whole.slice(..whole.len() - 64),
        whole.slice(..whole.len() - 322),
        Bytes::new(),
    ] {
        assert!(stripped.announce(bytes).await.is_err());
    }
}

#[tokio::test]
async fn a_replay_is_shown_once_and_what_is_moved_or_changed_is_not_shown() {
    let (_server, address) = plain_server(&[]).await;
    let proxy = WebProxy::start_with(&backend(address), &[]).await;
    let mut anna = Session::sign_in(proxy.address, "Anna")
        .await
        .enter(Path::Socket, "lobby")
        .await;
    let mut mallory = Insider::announced(address, "mallory").await;
    mallory.enter().await;

    let first = mallory.seal(0, "once");
    mallory.publish(first.clone()).await.expect("a message");
    mallory.publish(first).await.expect("the same again");
    // Another message under the same counter.
    let twin = mallory.seal(0, "under a used counter");
    mallory
        .publish(twin)
        .await
        .expect("bytes that the server cannot judge");
    // In another member's name, for another channel, with a bit changed, and cut short.
    let content = Content::encode_text("not mine").expect("a text");
    let mut draft = mallory.draft(1, &content);
    draft.sender = MemberId::from_bytes([9; 16]);
    let forged = mallory.epoch().seal(&draft, [1; 16]).expect("an envelope");
    let mut draft = mallory.draft(2, &content);
    draft.channel = ChannelId::main_of(RoomId::of_name("another room"));
    let moved = mallory.epoch().seal(&draft, [1; 16]).expect("an envelope");
    let mut changed = mallory.seal(3, "changed").to_vec();
    changed[230] ^= 1;
    let cut = mallory.seal(4, "cut").slice(..300);
    for bad in [
        forged,
        moved,
        changed.into(),
        cut,
        Bytes::new(),
        Bytes::from_static(b"\x01\x03"),
    ] {
        mallory
            .publish(bad)
            .await
            .expect("bytes that the server cannot judge");
    }
    let last = mallory.seal(5, "last");
    mallory.publish(last).await.expect("a message");

    let (mut texts, mut unreadable) = (Vec::new(), 0);
    while texts.last().map(String::as_str) != Some("last") {
        match anna.next().await.expect("an open stream") {
            ServerFrame::Deliver(deliver) => texts.push(heard(&deliver).text),
            ServerFrame::Event(frame) => {
                unreadable +=
                    usize::from(matches!(frame.event(), Ok(Event::MessageUnreadable { .. })));
            }
            _ => {}
        }
    }
    assert_eq!(texts, ["once", "last"]);
    assert!(unreadable >= 6, "{unreadable} named");
    let printed = proxy.program.printed();
    assert!(!printed.contains("panicked"), "{printed}");
}

#[tokio::test]
async fn a_share_that_does_not_match_is_dropped_and_another_holder_asked() {
    let (_server, address) = plain_server(&[]).await;
    let mut mallory = Insider::announced(address, "mallory").await;
    mallory.enter().await;
    let proxy = WebProxy::start_with(&backend(address), &[]).await;
    let session = Session::sign_in(proxy.address, "Anna").await;
    let entering = session.enter(Path::Socket, "lobby");
    let lying = async {
        let (n, asker) = mallory
            .wire
            .event(|event| match event {
                Event::EpochAsked { n, asker, .. } => Some((n, asker.id)),
                _ => None,
            })
            .await;
        let fields = json!({"room": lobby(), "n": n, "to": asker});
        let rubbish = Bytes::from(vec![7; 256]);
        mallory
            .wire
            .command_with("epochs.answer", fields, rubbish)
            .await
            .expect("an answer passed on");
    };
    // Nobody else holds the key: Anna's session starts an epoch of its own and can talk.
    let (mut anna, ()) = tokio::join!(entering, lying);
    anna.say("all the same").await.expect("a message");
    assert_eq!(anna.hear().await.text, "all the same");
}
