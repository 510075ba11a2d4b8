//! What accounts seal for each other goes through both tiers untouched, whichever way it came.

use bytes::Bytes;
use sealwire_tests::{
    conversation::Conversation,
    owner::Owner,
    page::{Path, Session, Talk},
};
use serde_json::{Value, json};
use wire_format::{
    ClientFrame, DeliverFlags, Event, Publish, PublishFlags, Sequence, Storage,
    limits::ACCOUNT_SHARE_BYTES, room::CommitReason,
};

use crate::house::{House, guest};

fn fields(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).expect("JSON")
}

fn publish(room: &Conversation, flags: PublishFlags, payload: Bytes) -> Publish {
    match room.publish(0, flags, payload) {
        ClientFrame::Publish(publish) => publish,
        other => panic!("{other:?}"),
    }
}

fn sequence(answer: Result<Value, impl std::fmt::Debug>) -> String {
    let fields = answer.expect("published");
    fields["sequence"].as_str().expect("a number").to_owned()
}

async fn follow(talk: &mut Talk, room: &Conversation) {
    let follow = talk.request("rooms.follow", json!({"room": room.room.to_string()}));
    follow.await.expect("followed");
}

#[tokio::test]
async fn envelopes_and_commits_go_through_untouched() {
    let house = House::open().await;
    let (ada, ben) = (Owner::named("Ada"), Owner::named("Ben"));
    let adas = Session::register(house.first.address, &ada).await;
    let bens = Session::register(house.second.address, &ben).await;
    let mut socket = adas.open(Path::Socket, "lobby").await;
    let mut posts = bens.open(Path::Posts, "lobby").await;
    let (mut room, create, tail) = Conversation::group(&[&ada, &ben]);
    let made = socket.request_with("rooms.create", fields(&create), tail);
    made.await.expect("a room");
    follow(&mut socket, &room).await;
    follow(&mut posts, &room).await;

    // From the WebSocket to the events, and from a POST to the WebSocket.
    let hello = room.sealed(&ada, Storage::Stored, "hello");
    let frame = publish(&room, PublishFlags::STORED, hello.clone());
    assert_eq!(sequence(socket.publish(frame).await), "2");
    let answer = room.sealed(&ben, Storage::Stored, "hello, too");
    let frame = publish(&room, PublishFlags::STORED, answer.clone());
    assert_eq!(sequence(posts.publish(frame).await), "3");
    let typing = room.sealed(&ben, Storage::Passing, "typing");
    let frame = publish(&room, PublishFlags::UNSTORED, typing.clone());
    assert_eq!(sequence(posts.publish(frame).await), "0");
    for talk in [&mut socket, &mut posts] {
        for (place, flags, sender, payload) in [
            (2, DeliverFlags::Stored, &ada, &hello),
            (3, DeliverFlags::Stored, &ben, &answer),
            (0, DeliverFlags::Unstored, &ben, &typing),
        ] {
            let deliver = talk.delivery().await;
            assert_eq!(deliver.channel, room.channel);
            assert_eq!(deliver.sequence, Sequence::new(place));
            assert_eq!(deliver.flags, flags);
            assert_eq!(deliver.sender, sender.account.into());
            assert_eq!(deliver.name.as_str(), sender.name);
            assert_eq!(&deliver.payload, payload);
        }
    }

    // A commit: its event with the own share, and then the commit itself.
    let (commit, tail) = room.next(&ada, CommitReason::OnDemand, Vec::new());
    let committed = socket.request_with("epochs.commit", fields(&commit), tail.clone());
    committed.await.expect("a commit");
    for talk in [&mut socket, &mut posts] {
        let is_it = |event: &Event| matches!(event, Event::EpochCommitted { .. });
        let (event, share) = talk.event_with_tail(is_it).await;
        let Event::EpochCommitted { room: of, n, .. } = event else {
            panic!("{event:?}");
        };
        assert_eq!((of, n.value()), (room.room, 2));
        assert_eq!(share.len(), ACCOUNT_SHARE_BYTES);
        assert!(tail.windows(share.len()).any(|bytes| bytes == share));
        let deliver = talk.delivery().await;
        assert_eq!(deliver.flags, DeliverFlags::Commit);
        assert!(tail[4..].starts_with(&deliver.payload));
    }
}

#[tokio::test]
async fn nothing_that_is_not_sealed_goes_on() {
    let house = House::open().await;
    let ada = Owner::named("Ada");
    let adas = Session::register(house.first.address, &ada).await;
    let mut socket = adas.open(Path::Socket, "lobby").await;
    let (mut room, create, tail) = Conversation::group(&[&ada]);
    let made = socket.request_with("rooms.create", fields(&create), tail);
    made.await.expect("a room");
    follow(&mut socket, &room).await;
    // A clear message for a room that was not entered, and bytes that are no envelope.
    let (code, _) = socket.say("not for the server").await.expect_err("refused");
    assert_eq!(code, "not_in_room");
    let junk = publish(&room, PublishFlags::STORED, Bytes::from_static(b"\x01\x04"));
    let (code, _) = socket.publish(junk).await.expect_err("refused");
    assert_eq!(code, "malformed");
    // A guest has no such rooms.
    let sealed = room.sealed(&ada, Storage::Stored, "hello");
    let mut gus = guest(&house.first, "Gus", Path::Socket).await;
    let frame = publish(&room, PublishFlags::STORED, sealed.clone());
    let (code, _) = gus.publish(frame).await.expect_err("refused");
    assert_eq!(code, "malformed");
    let frame = publish(&room, PublishFlags::STORED, sealed.clone());
    assert_eq!(sequence(socket.publish(frame).await), "2");
    assert_eq!(socket.delivery().await.payload, sealed);
}

#[tokio::test]
async fn what_was_stored_is_fetched_after_a_cut() {
    let house = House::open().await;
    let ada = Owner::named("Ada");
    let adas = Session::register(house.first.address, &ada).await;
    let mut socket = adas.open(Path::Socket, "lobby").await;
    let (mut room, create, tail) = Conversation::group(&[&ada]);
    let made = socket.request_with("rooms.create", fields(&create), tail);
    made.await.expect("a room");
    let sealed = room.sealed(&ada, Storage::Stored, "hello");
    let frame = publish(&room, PublishFlags::STORED, sealed.clone());
    socket.publish(frame).await.expect("stored");
    drop(socket);
    let mut socket = adas.open(Path::Socket, "lobby").await;
    follow(&mut socket, &room).await;
    let fetch = json!({"channel": room.channel.to_string(), "limit": 10});
    let response = adas.post_with("messages.fetch", &fetch, Bytes::new()).await;
    let needle = &sealed[..];
    assert!(
        response
            .body
            .windows(needle.len())
            .any(|bytes| bytes == needle)
    );
    // Nothing is delivered that was there before the follow.
    let again = room.sealed(&ada, Storage::Stored, "again");
    let frame = publish(&room, PublishFlags::STORED, again.clone());
    assert_eq!(sequence(socket.publish(frame).await), "3");
    assert_eq!(socket.delivery().await.payload, again);
}
