//! Section 14.10: what is published in end-to-end rooms.

use bytes::Bytes;
use sealwire_tests::conversation::{Conversation, renamed};
use wire_format::{
    ChannelId, ClientFrame, CloseCode, DeliverFlags, EpochNumber, ErrorCode, Event, MessageId,
    Publish, PublishFlags, RoomId, Sequence, ServerFrame, Storage,
    command::conversations::Unfollow,
    event::CommitDue,
    limits::COMMIT_MESSAGES,
    room::{AfterRemoval, Change, CommitReason, Role},
};

use crate::{
    gathering::{Gathering, follow, newest, published},
    owner::{AtServer as _, Folder, Owner},
    support::{House, generous},
};

const STORED: PublishFlags = PublishFlags::STORED;

#[tokio::test]
async fn what_is_stored_is_numbered_delivered_and_read_again() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, "hello");
    // The commit that made the room has place 1.
    assert_eq!(here.publishes(0, STORED, sealed.clone()).await, Ok(2));
    for peer in &mut here.peers {
        let deliver = peer.delivery().await;
        assert_eq!(deliver.channel, here.room.channel);
        assert_eq!(deliver.sequence, Sequence::new(2));
        assert_eq!(deliver.flags, DeliverFlags::Stored);
        assert_eq!(deliver.sender, here.owners[0].account.into());
        assert_eq!(deliver.name.as_str(), "Ada");
        assert_eq!(deliver.payload, sealed);
    }
    let history = here.history(1).await;
    let flags: Vec<_> = history.iter().map(|deliver| deliver.flags).collect();
    assert_eq!(flags, [DeliverFlags::Commit, DeliverFlags::Stored]);
    assert_eq!(history[1].payload, sealed);

    // After a restart everything is as it was.
    let Gathering {
        folder,
        house,
        room,
        owners,
        peers,
    } = here;
    drop(peers);
    house.close().await;
    let house = folder.house().await;
    let mut peers = Vec::new();
    for owner in &owners {
        let (mut peer, _) = owner.comes_again(&house).await;
        let followed = follow(&mut peer, &room).await;
        assert_eq!(followed.channels[0].sequence, Sequence::new(2));
        peers.push(peer);
    }
    let mut here = Gathering {
        folder,
        house,
        room,
        owners,
        peers,
    };
    assert_eq!(here.history(1).await, history);
    assert_eq!(here.says(1, "again").await, 3);
    here.close().await;
}

#[tokio::test]
async fn a_repetition_is_answered_with_the_place_of_the_first_and_not_delivered() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let message = MessageId::from_bytes([5; 16]);
    let ada = &here.owners[0];
    let first = here.room.sealed_as(ada, Storage::Stored, message, "once");
    let again = here.room.sealed_as(ada, Storage::Stored, message, "once");
    assert_eq!(here.publishes(0, STORED, first.clone()).await, Ok(2));
    assert_eq!(here.publishes(0, STORED, again).await, Ok(2));
    assert_eq!(here.publishes(0, STORED, first.clone()).await, Ok(2));
    assert_eq!(here.says(0, "next").await, 3);
    let bob = &mut here.peers[1];
    assert_eq!(bob.delivery().await.payload, first);
    assert_eq!(bob.delivery().await.sequence, Sequence::new(3));
    here.close().await;
}

#[tokio::test]
async fn many_at_once_are_numbered_without_gaps_and_in_order() {
    const EACH: u32 = 300;
    let mut here = Gathering::of(&["Ada", "Bob", "Cyd"]).await;
    let mut senders = Vec::new();
    for (who, mut peer) in std::mem::take(&mut here.peers).into_iter().enumerate() {
        let sealed = here
            .room
            .sealed(&here.owners[who], Storage::Stored, "one of many");
        let frames: Vec<_> = (0..EACH)
            .map(|request| {
                let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
                let flags = if request == 0 {
                    STORED
                } else {
                    STORED.following()
                };
                here.room.publish(request + 1, flags, sealed)
            })
            .collect();
        senders.push(tokio::spawn(async move {
            for frame in frames {
                peer.send(frame).await;
            }
            let (mut acknowledged, mut delivered) = (Vec::new(), Vec::new());
            while acknowledged.len() < 300 || delivered.len() < 900 {
                match peer.next().await.expect("a frame") {
                    ServerFrame::Reply(reply) => {
                        let published = reply.outcome::<crate::gathering::Published>();
                        let published = published.expect("a reply").expect("stored");
                        acknowledged.push((reply.request, published.sequence.value()));
                    }
                    ServerFrame::Deliver(deliver) => delivered.push(deliver.sequence.value()),
                    ServerFrame::Event(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            (peer, acknowledged, delivered)
        }));
    }
    let mut places = Vec::new();
    for sender in senders {
        let (peer, acknowledged, delivered) = sender.await.expect("no panic");
        here.peers.push(peer);
        assert!(delivered.iter().copied().eq(2..=901), "all, in order");
        let requests = acknowledged.iter().map(|(request, _)| *request);
        assert!(requests.eq(1..=EACH), "answered in order");
        assert!(acknowledged.is_sorted_by_key(|(_, place)| *place));
        places.extend(acknowledged.iter().map(|(_, place)| *place));
    }
    places.sort_unstable();
    assert!(places.into_iter().eq(2..=901), "each place once");
    assert_eq!(here.history(0).await.len(), 901);
    here.close().await;
}

#[tokio::test]
async fn what_is_not_stored_has_no_number_and_is_not_kept() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let typing = here
        .room
        .sealed(&here.owners[0], Storage::Passing, "typing");
    let flags = PublishFlags::UNSTORED;
    assert_eq!(here.publishes(0, flags, typing.clone()).await, Ok(0));
    let deliver = here.peers[1].delivery().await;
    assert_eq!(deliver.sequence, Sequence::new(0));
    assert_eq!(deliver.flags, DeliverFlags::Unstored);
    assert_eq!(deliver.payload, typing);
    assert_eq!(here.history(1).await.len(), 1);
    here.close().await;
}

#[tokio::test]
async fn a_frame_that_is_not_what_its_envelope_says_is_refused() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, "hello");
    let whole = |request| match here.room.publish(request, STORED, sealed.clone()) {
        ClientFrame::Publish(publish) => publish,
        other => panic!("{other:?}"),
    };
    let changed: [(Publish, ErrorCode); 6] = [
        (
            Publish {
                epoch: EpochNumber::new(0),
                ..whole(1)
            },
            ErrorCode::StaleEpoch,
        ),
        (
            Publish {
                epoch: EpochNumber::new(2),
                ..whole(2)
            },
            ErrorCode::Malformed,
        ),
        (
            Publish {
                flags: PublishFlags::UNSTORED,
                ..whole(3)
            },
            ErrorCode::Malformed,
        ),
        (
            Publish {
                payload: Bytes::from_static(b"no envelope"),
                ..whole(4)
            },
            ErrorCode::Malformed,
        ),
        (
            Publish {
                channel: ChannelId::main_of(RoomId::from_bytes([9; 16])),
                ..whole(5)
            },
            ErrorCode::NotInRoom,
        ),
        (
            Publish {
                flags: STORED.following(),
                ..whole(6)
            },
            ErrorCode::OutOfTurn,
        ),
    ];
    for (publish, code) in changed {
        let frame = ClientFrame::Publish(publish);
        assert_eq!(published(&mut here.peers[0], frame).await, Err(code));
    }
    // Somebody else's envelope.
    let frame = here.room.publish(7, STORED, sealed.clone());
    let outcome = published(&mut here.peers[1], frame).await;
    assert_eq!(outcome, Err(ErrorCode::Malformed));
    assert_eq!(here.publishes(0, STORED, sealed).await, Ok(2));
    here.close().await;
}

#[tokio::test]
async fn who_is_not_in_the_room_publishes_and_reads_nothing() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let eve = Owner::named("Eve");
    let (mut peer, _) = eve.arrives(&here.house).await;
    let sealed = here.room.sealed(&eve, Storage::Stored, "let me in");
    let frame = here.room.publish(70, STORED, sealed);
    let outcome = published(&mut peer, frame).await;
    assert_eq!(outcome, Err(ErrorCode::NotInRoom));
    let fetch = newest(&here.room, 10);
    let refused = crate::gathering::fetched(&mut peer, &fetch).await;
    assert_eq!(refused.expect_err("refused").code, ErrorCode::NoSuchRoom);
    drop(peer);
    here.close().await;
}

#[tokio::test]
async fn nothing_follows_what_was_refused() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let old = here
        .room
        .sealed(&here.owners[0], Storage::Stored, "of epoch 1");
    let stale = here.room.publish(1, STORED, old);
    commit(&mut here, Vec::new()).await;
    let fresh = |here: &mut Gathering| here.room.sealed(&here.owners[0], Storage::Stored, "new");
    let (second, third) = (fresh(&mut here), fresh(&mut here));
    let second = here.room.publish(2, STORED.following(), second);
    let third_again = here.room.publish(4, STORED, third.clone());
    let third = here.room.publish(3, STORED.following(), third);
    let ada = &mut here.peers[0];
    for frame in [stale, second, third, third_again] {
        ada.send(frame).await;
    }
    for (request, outcome) in [
        (1, Err(ErrorCode::StaleEpoch)),
        (2, Err(ErrorCode::OutOfTurn)),
        (3, Err(ErrorCode::OutOfTurn)),
        (4, Ok(3)),
    ] {
        let reply = ada.reply_to::<crate::gathering::Published>(request).await;
        let place = reply.map(|(published, _)| published.sequence.value());
        assert_eq!(place.map_err(|refusal| refusal.code), outcome, "{request}");
    }
    here.close().await;
}

/// The first of them commits; everybody sees it.
async fn commit(here: &mut Gathering, changes: Vec<Change>) {
    let reason = match changes.is_empty() {
        true => CommitReason::OnDemand,
        false => CommitReason::Membership,
    };
    let (fields, tail) = here.room.next(&here.owners[0], reason, changes);
    here.peers[0].call(&fields, tail).await.expect("a commit");
}

#[tokio::test]
async fn a_removed_member_gets_nothing_more_and_publishes_nothing() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    here.says(0, "before").await;
    here.peers[1].delivery().await;
    let bob = here.owners[1].account;
    let removed = Change::Removed {
        account: bob,
        after: AfterRemoval::MayReturn,
    };
    commit(&mut here, vec![removed]).await;
    here.says(0, "after").await;
    let sealed = here
        .room
        .sealed(&here.owners[1], Storage::Stored, "still here?");
    let outcome = here.publishes(1, STORED, sealed).await;
    assert_eq!(outcome, Err(ErrorCode::NotInRoom));
    let refused = here.fetches(1, newest(&here.room, 10)).await;
    assert_eq!(refused.expect_err("refused").code, ErrorCode::NoSuchRoom);
    // What the refusal came behind is all there was.
    here.peers[1].send(ClientFrame::Ping([7; 8])).await;
    loop {
        match here.peers[1].next().await {
            Some(ServerFrame::Pong(_)) => break,
            Some(ServerFrame::Event(_)) => {}
            other => panic!("after the removal: {other:?}"),
        }
    }
    here.close().await;
}

#[tokio::test]
async fn a_muted_member_reads_and_does_not_write() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let account = here.owners[1].account;
    let role = Role::Muted;
    let (fields, tail) = here.room.next(
        &here.owners[0],
        CommitReason::RolesOrPolicy,
        vec![Change::Role { account, role }],
    );
    here.peers[0].call(&fields, tail).await.expect("a commit");
    for (storage, flags) in [
        (Storage::Stored, STORED),
        (Storage::Passing, PublishFlags::UNSTORED),
    ] {
        let sealed = here.room.sealed(&here.owners[1], storage, "mm");
        let outcome = here.publishes(1, flags, sealed).await;
        assert_eq!(outcome, Err(ErrorCode::NotAllowed));
    }
    here.says(0, "quiet now").await;
    assert_eq!(here.history(1).await.len(), 3);
    here.close().await;
}

#[tokio::test]
async fn who_does_not_follow_publishes_all_the_same() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let unfollow = Unfollow {
        room: here.room.room,
    };
    here.peers[0]
        .call(&unfollow, Bytes::new())
        .await
        .expect("done");
    assert_eq!(here.says(0, "from afar").await, 2);
    assert_eq!(here.peers[1].delivery().await.sequence, Sequence::new(2));
    here.close().await;
}

#[tokio::test]
async fn a_commit_is_due_after_a_thousand_messages() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let sealed = here
        .room
        .sealed(&here.owners[0], Storage::Stored, "one of many");
    for request in 1..=u32::try_from(COMMIT_MESSAGES).expect("a small number") {
        let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
        let frame = here.room.publish(request, STORED, sealed);
        here.peers[0].send(frame).await;
    }
    let mut heard = 0;
    let due = loop {
        match here.peers[1].next().await.expect("a frame") {
            ServerFrame::Deliver(_) => heard += 1,
            ServerFrame::Event(frame) => match frame.event().expect("an event") {
                Event::RoomAdded { .. } => {}
                event => break event,
            },
            other => panic!("{other:?}"),
        }
    };
    let (room, n, reason) = (here.room.room, EpochNumber::new(1), CommitDue::Count);
    assert_eq!(due, Event::CommitDue { room, n, reason });
    assert_eq!(heard, COMMIT_MESSAGES, "with the last of them");
    here.close().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_and_nobody_else() {
    let folder = Folder::new();
    let settings = chat_server::Settings {
        data: Some(folder.path().to_owned()),
        limits: generous(),
        ..chat_server::Settings::default()
    };
    let house = House::with(settings).await;
    let mut here = Gathering::at(folder, house, &["Ada", "Bob"]).await;
    let text = "x".repeat(200 * 1024);
    let sealed = here.room.sealed(&here.owners[0], Storage::Stored, &text);
    let mut sent = 0_u64;
    while here.house.running().sessions() == 2 {
        assert!(sent < 1_000, "nobody was cut");
        let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
        sent = here.publishes(0, STORED, sealed).await.expect("stored");
        here.peers[0].delivery().await;
    }
    assert_eq!(here.peers[1].closed().await, CloseCode::TooSlow);
    assert_eq!(here.says(0, "still here").await, sent + 1);
    here.close().await;
}

#[tokio::test]
async fn an_envelope_may_be_as_large_as_a_frame_takes() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let text = "x".repeat(wire_format::limits::TEXT_BYTES);
    assert_eq!(here.says(0, &text).await, 2);
    assert_eq!(here.history(1).await.len(), 2);
    here.close().await;
}

/// A second room of the same people, so that rooms are told apart.
#[tokio::test]
async fn rooms_are_counted_on_their_own() {
    let mut here = Gathering::of(&["Ada", "Bob"]).await;
    let people: Vec<_> = here.owners.iter().collect();
    let (mut other, create, tail) = Conversation::group(&people);
    here.peers[0].call(&create, tail).await.expect("a room");
    here.says(0, "here").await;
    let sealed = other.sealed(&here.owners[0], Storage::Stored, "there");
    let frame = other.publish(90, STORED, sealed);
    assert_eq!(published(&mut here.peers[0], frame).await, Ok(2));
    assert_eq!(here.says(0, "here again").await, 3);
    here.close().await;
}
