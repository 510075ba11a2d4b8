//! Section 14.7: the channels of a room.

use bytes::Bytes;
use chat_server::{AccountLimits, Rate};
use sealwire_tests::conversation::renamed;
use wire_format::{
    ChannelId, Deliver, DeliverFlags, ErrorCode, Event, MessageId, PublishFlags, RoomId, Sequence,
    ServerFrame, Storage,
    command::channels::{Archive, Create, Update},
    event::CommitDue,
    limits::{COMMIT_MESSAGES, ROOM_CHANNELS, SLOW_MS},
    room::{Change, Role, RoomKind},
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk, own_rooms},
    gathering::{fetched, newest, published},
    owner::{AtServer as _, Folder},
};

const fn channel(byte: u8) -> ChannelId {
    ChannelId::from_bytes([byte; 16])
}

fn create(room: RoomId, byte: u8, name: Option<&str>) -> Create {
    Create {
        room,
        channel: channel(byte),
        name: name.map(Into::into),
        topic: None,
    }
}

const fn update(room: RoomId, channel: ChannelId, revision: u32) -> Update {
    Update {
        room,
        channel,
        revision,
        name: None,
        topic: None,
        position: None,
        slow_ms: None,
    }
}

/// A channel of a private room as it is told, when it is as it was made.
fn updated(room: RoomId, byte: u8, revision: u32, position: u32) -> Event {
    Event::ChannelUpdated {
        room,
        channel: channel(byte),
        revision,
        name: None,
        topic: None,
        position,
        slow_ms: 0,
        archived: false,
    }
}

async fn delivery(person: &mut Person) -> Deliver {
    match person.peer.next().await {
        Some(ServerFrame::Deliver(deliver)) => deliver,
        other => panic!("not a delivery: {other:?}"),
    }
}

/// Stores a text in a channel; gives its place.
async fn says(talk: &mut Talk, by: &mut Person, channel: ChannelId) -> Result<u64, ErrorCode> {
    talk.channel = channel;
    let sealed = talk.sealed(&by.owner, Storage::Stored, "hello");
    let frame = talk.publish(1 << 30, PublishFlags::STORED, sealed);
    published(&mut by.peer, frame).await
}

/// Two in a private room, which both follow, and the first of whom owns it.
async fn two(folder: &Folder) -> (crate::support::House, Person, Person, Talk) {
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::made(RoomKind::Private, &mut ada, &mut []).await;
    ada.follows(talk.room).await;
    talk.learns(&mut bob).await;
    let (invitation, _) = talk.invites(&mut ada, bob.account()).await;
    bob.told(&Event::RoomInvited { room: talk.room }).await;
    talk.lets_in(&mut bob, Some(&invitation), &mut [&mut ada])
        .await;
    (house, ada, bob, talk)
}

#[tokio::test]
async fn each_channel_counts_its_own_and_all_have_the_commits() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two(&folder).await;
    let (room, main) = (talk.room, talk.channel);
    for (byte, revision) in [(0, 1), (0xff, 2)] {
        let (made, _) = ada.does(&create(room, byte, None), Bytes::new()).await;
        assert_eq!(made.revision, revision);
        for member in [&mut ada, &mut bob] {
            member.told(&updated(room, byte, revision, revision)).await;
        }
    }
    let channels = vec![channel(0), main, channel(0xff)];
    assert_eq!(own_rooms(&mut bob).await[0].channels, channels);
    // Messages of one are not counted in another.
    assert_eq!(says(&mut talk, &mut ada, channel(0xff)).await, Ok(1));
    assert_eq!(says(&mut talk, &mut bob, channel(0xff)).await, Ok(2));
    assert_eq!(says(&mut talk, &mut bob, main).await, Ok(3));
    for member in [&mut ada, &mut bob] {
        for (which, place) in [(channel(0xff), 1), (channel(0xff), 2), (main, 3)] {
            let deliver = delivery(member).await;
            assert_eq!(deliver.channel, which);
            assert_eq!(deliver.sequence, Sequence::new(place));
        }
    }
    // A commit stands in each, told in the order of their ids behind the one share.
    talk.commits(&mut bob, vec![]).await.expect("a rotation");
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
        for (which, place) in [(main, 4), (channel(0xff), 3)] {
            let deliver = delivery(member).await;
            assert_eq!(deliver.flags, DeliverFlags::Commit);
            assert_eq!(deliver.channel, which);
            assert_eq!(deliver.sequence, Sequence::new(place));
        }
        quiet([&mut member.peer]).await;
    }
    // It is the same over a restart.
    let before = ada.follows(room).await;
    let stands: Vec<_> = before
        .channels
        .iter()
        .map(|one| one.sequence.value())
        .collect();
    assert_eq!(stands, [1, 4, 3]);
    drop((ada.peer, bob.peer));
    house.close().await;
    let house = folder.house().await;
    let (peer, _) = ada.owner.comes_again(&house).await;
    ada.peer = peer;
    assert_eq!(ada.follows(room).await, before);
    talk.channel = channel(0xff);
    let (page, deliveries) = fetched(&mut ada.peer, &newest(&talk, 10))
        .await
        .expect("one");
    assert_eq!(
        (page.first, page.last),
        (Sequence::new(1), Sequence::new(3))
    );
    let flags: Vec<_> = deliveries.iter().map(|one| one.flags).collect();
    let stored = DeliverFlags::Stored;
    assert_eq!(flags, [stored, stored, DeliverFlags::Commit]);
    drop(ada);
    house.close().await;
}

#[tokio::test]
async fn a_commit_is_due_by_what_all_channels_hold() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two(&folder).await;
    let (room, main) = (talk.room, talk.channel);
    ada.does(&create(room, 9, None), Bytes::new()).await;
    for member in [&mut ada, &mut bob] {
        member.told(&updated(room, 9, 1, 1)).await;
    }
    let half = COMMIT_MESSAGES / 2;
    for which in [main, channel(9)] {
        talk.channel = which;
        let sealed = talk.sealed(&ada.owner, Storage::Stored, "one of many");
        for _ in 0..half {
            let sealed = renamed(&sealed, MessageId::from_bytes(rand::random()));
            ada.peer
                .send(talk.publish(0, PublishFlags::STORED, sealed))
                .await;
        }
    }
    let mut seen = 0;
    while seen < COMMIT_MESSAGES {
        assert!(matches!(
            bob.peer.next().await,
            Some(ServerFrame::Deliver(_))
        ));
        seen += 1;
    }
    bob.told(&talk.due(CommitDue::Count)).await;
    assert_eq!(bob.follows(room).await.due, Some(CommitDue::Count));
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn an_archived_channel_is_read_and_comes_back_with_the_newest_commit() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two(&folder).await;
    let (room, main) = (talk.room, talk.channel);
    ada.does(&create(room, 9, None), Bytes::new()).await;
    assert_eq!(says(&mut talk, &mut ada, channel(9)).await, Ok(1));
    let archive = |channel, archived| Archive {
        room,
        channel,
        archived,
    };
    let refused = ada.may_not(&archive(main, true), Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NotAllowed, "the main one");
    ada.does(&archive(channel(9), true), Bytes::new()).await;
    bob.told(&updated(room, 9, 1, 1)).await;
    assert_eq!(delivery(&mut bob).await.channel, channel(9));
    let (told, _) = bob.peer.event().await;
    assert!(matches!(
        told,
        Event::ChannelUpdated {
            archived: true,
            revision: 2,
            ..
        }
    ));
    let said = says(&mut talk, &mut bob, channel(9)).await;
    assert_eq!(said, Err(ErrorCode::Archived));
    let typing = talk.sealed(&bob.owner, Storage::Passing, "typing");
    let frame = talk.publish(1 << 30, PublishFlags::UNSTORED, typing);
    let passed = published(&mut bob.peer, frame).await;
    assert_eq!(passed, Err(ErrorCode::Archived));
    let renames = Update {
        position: Some(3),
        ..update(room, channel(9), 2)
    };
    let refused = ada.may_not(&renames, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::Archived);
    let (page, _) = fetched(&mut bob.peer, &newest(&talk, 10))
        .await
        .expect("read");
    assert_eq!(page.last, Sequence::new(1));

    talk.commits(&mut bob, vec![]).await.expect("a rotation");
    talk.reaches(&mut bob).await;
    quiet([&mut bob.peer]).await;
    ada.does(&archive(channel(9), false), Bytes::new()).await;
    bob.told(&updated(room, 9, 3, 1)).await;
    let commit = delivery(&mut bob).await;
    assert_eq!(commit.flags, DeliverFlags::Commit);
    assert_eq!(commit.sequence, Sequence::new(2));
    assert_eq!(commit.sender, bob.account().into());
    let (_, deliveries) = fetched(&mut bob.peer, &newest(&talk, 10))
        .await
        .expect("read");
    assert_eq!(deliveries[1], commit);
    assert_eq!(says(&mut talk, &mut bob, channel(9)).await, Ok(3));
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn owners_and_admins_change_channels_and_one_is_first() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two(&folder).await;
    let room = talk.room;
    let refused = bob.may_not(&create(room, 9, None), Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NotAllowed);
    ada.does(&create(room, 9, None), Bytes::new()).await;
    let refused = ada.may_not(&create(room, 9, None), Bytes::new()).await;
    assert_eq!(refused, ErrorCode::StateConflict, "it is there");
    // Names of private rooms are none of the server's business.
    let named = create(room, 8, Some("ops"));
    let refused = ada.may_not(&named, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::Malformed);
    for (change, expected) in [
        (update(room, channel(9), 0), ErrorCode::StateConflict),
        (update(room, channel(8), 1), ErrorCode::NoSuchRoom),
        (
            Update {
                slow_ms: Some(SLOW_MS + 1),
                ..update(room, channel(9), 1)
            },
            ErrorCode::Malformed,
        ),
        (
            Update {
                topic: Some("x".into()),
                ..update(room, channel(9), 1)
            },
            ErrorCode::Malformed,
        ),
    ] {
        assert_eq!(ada.may_not(&change, Bytes::new()).await, expected);
        let refused = bob.may_not(&change, Bytes::new()).await;
        assert!(refused == ErrorCode::NotAllowed || refused == expected);
    }
    let admin = vec![Change::Role {
        account: bob.account(),
        role: Role::Admin,
    }];
    talk.commits(&mut ada, admin).await.expect("an admin");
    let places = |position| Update {
        position: Some(position),
        slow_ms: Some(SLOW_MS),
        ..update(room, channel(9), 1)
    };
    let (three, four) = (places(3), places(4));
    let (first, second) = tokio::join!(
        ada.peer.call(&three, Bytes::new()),
        bob.peer.call(&four, Bytes::new()),
    );
    let outcomes = [first.map(drop), second.map(drop)];
    let refused: Vec<_> = outcomes.iter().filter_map(|one| one.err()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].code, ErrorCode::StateConflict);
    let position = if outcomes[0].is_ok() { 3 } else { 4 };
    let channels = bob.follows(room).await.channels;
    let nine = channels.iter().find(|one| one.channel == channel(9));
    let nine = nine.expect("the channel");
    assert_eq!((nine.position, nine.slow_ms), (position, SLOW_MS));
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_public_room_names_its_channels_each_once() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let talk = Talk::public(&mut ada, "Ops").await;
    let room = talk.room;
    for (byte, name, expected) in [
        (1, None, ErrorCode::Malformed),
        (1, Some("GENERAL"), ErrorCode::NameTaken),
        (1, Some("a\nb"), ErrorCode::NameInvalid),
    ] {
        let refused = ada.may_not(&create(room, byte, name), Bytes::new()).await;
        assert_eq!(refused, expected, "{name:?}");
    }
    ada.does(&create(room, 1, Some(" alarms ")), Bytes::new())
        .await;
    let (told, _) = ada.peer.event().await;
    let expected = Event::ChannelUpdated {
        room,
        channel: channel(1),
        revision: 1,
        name: Some("alarms".into()),
        topic: Some(String::new()),
        position: 1,
        slow_ms: 0,
        archived: false,
    };
    assert_eq!(told, expected);
    let renamed = Update {
        name: Some("ALARMS".into()),
        ..update(room, channel(1), 1)
    };
    ada.does(&renamed, Bytes::new()).await;
    let taken = Update {
        name: Some("Alarms".into()),
        ..update(room, talk.channel, 2)
    };
    let refused = ada.may_not(&taken, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NameTaken);
    drop(ada);
    house.close().await;
}

#[tokio::test]
async fn a_conversation_has_one_channel_and_a_room_a_hundred() {
    let folder = Folder::new();
    let limits = AccountLimits {
        conversations_per_account: Rate::UNLIMITED,
        ..AccountLimits::default()
    };
    let house = folder.limited(limits).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let group = Talk::made(RoomKind::Group, &mut ada, &mut []).await;
    let refused = ada
        .may_not(&create(group.room, 1, None), Bytes::new())
        .await;
    assert_eq!(refused, ErrorCode::NotAllowed);
    let talk = Talk::made(RoomKind::Private, &mut ada, &mut []).await;
    for byte in 1..ROOM_CHANNELS {
        let byte = u8::try_from(byte).expect("few");
        ada.does(&create(talk.room, byte, None), Bytes::new()).await;
    }
    let refused = ada
        .may_not(&create(talk.room, 0xff, None), Bytes::new())
        .await;
    assert_eq!(refused, ErrorCode::OverQuota);
    assert_eq!(ada.follows(talk.room).await.channels.len(), ROOM_CHANNELS);
    drop(ada);
    house.close().await;
}

#[tokio::test]
async fn a_slow_channel_keeps_members_waiting() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two(&folder).await;
    let (room, main) = (talk.room, talk.channel);
    ada.does(&create(room, 9, None), Bytes::new()).await;
    let slow = |revision, slow_ms| Update {
        slow_ms: Some(slow_ms),
        ..update(room, channel(9), revision)
    };
    ada.does(&slow(1, SLOW_MS), Bytes::new()).await;
    talk.channel = channel(9);
    let first = talk.sealed(&bob.owner, Storage::Stored, "hello");
    // The same again has its place: whoever sends it has not heard that it stands.
    for _ in 0..2 {
        let frame = talk.publish(1 << 30, PublishFlags::STORED, first.clone());
        assert_eq!(published(&mut bob.peer, frame).await, Ok(1));
    }
    let sealed = talk.sealed(&bob.owner, Storage::Stored, "again");
    bob.peer
        .send(talk.publish(77, PublishFlags::STORED, sealed))
        .await;
    let reply = bob.peer.reply_to::<serde::de::IgnoredAny>(77).await;
    let refusal = reply.expect_err("refused");
    assert_eq!(refusal.code, ErrorCode::RateLimited);
    let wait = refusal.retry_after_ms.expect("a wait");
    assert!((1..=SLOW_MS).contains(&wait), "{wait}");
    // Typing is no message, another channel is not slow, and owners and admins do not wait.
    let typing = talk.sealed(&bob.owner, Storage::Passing, "typing");
    let frame = talk.publish(1 << 30, PublishFlags::UNSTORED, typing);
    assert!(published(&mut bob.peer, frame).await.is_ok());
    assert_eq!(says(&mut talk, &mut bob, main).await, Ok(3));
    for place in 2..4 {
        assert_eq!(says(&mut talk, &mut ada, channel(9)).await, Ok(place));
    }
    // What was refused for another reason counts as nothing.
    ada.does(&slow(2, 0), Bytes::new()).await;
    assert_eq!(says(&mut talk, &mut bob, channel(9)).await, Ok(4));
    ada.does(&slow(3, SLOW_MS), Bytes::new()).await;
    let stale = talk.sealed(&bob.owner, Storage::Stored, "stale");
    let frame = talk.publish(1 << 30, PublishFlags::STORED, stale);
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    let refused = published(&mut bob.peer, frame).await;
    assert_eq!(refused, Err(ErrorCode::StaleEpoch));
    assert_eq!(says(&mut talk, &mut bob, channel(9)).await, Ok(6));
    let refused = says(&mut talk, &mut bob, channel(9)).await;
    assert_eq!(refused, Err(ErrorCode::RateLimited));
    drop((ada, bob));
    house.close().await;
}
