//! Section 14.7: public rooms are found, looked at, joined, called otherwise and archived.

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, Event, PolicyBytes, RoomId,
    command::{
        commits::{Chain, Rotate},
        conversations::{Follow, Request},
        directory::{Archive, Directory, ListedRoom, Look, Update},
    },
    event::CommitDue,
    record_list,
    room::{
        Action, AfterRemoval, Change, CommitReason, JoinPolicy, Policy, Role, RoomChain, RoomKind,
    },
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk, founding, keys_of, numbers},
    files::Upload,
    owner::{AtServer as _, Folder, now},
    support::House,
};

async fn directory(person: &mut Person, find: Option<&str>) -> Vec<ListedRoom> {
    let asked = Directory {
        after: None,
        find: find.map(Into::into),
    };
    let (page, _) = person.does(&asked, Bytes::new()).await;
    assert!(!page.more);
    page.rooms
}

const fn update(room: RoomId, revision: u32) -> Update {
    Update {
        room,
        revision,
        name: None,
        topic: None,
    }
}

/// Two in a public room, which both follow, and the first of whom made it.
async fn two_in_ops(folder: &Folder) -> (House, Person, Person, Talk) {
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::public(&mut ada, "Ops").await;
    talk.lets_in(&mut bob, None, &mut [&mut ada]).await;
    (house, ada, bob, talk)
}

#[tokio::test]
async fn a_public_room_is_found_looked_at_and_joined() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::public(&mut ada, "  Ops   Room ").await;
    let listed = ListedRoom {
        room: talk.room,
        name: "Ops Room".into(),
        topic: String::new(),
        members: 1,
        n: EpochNumber::new(1),
    };
    assert_eq!(
        directory(&mut bob, Some("OPS")).await,
        std::slice::from_ref(&listed)
    );
    assert_eq!(directory(&mut bob, Some("nothing")).await, []);
    let look = Look { room: talk.room };
    let (looked, _) = bob.does(&look, Bytes::new()).await;
    assert_eq!(looked.name, "Ops Room");
    assert_eq!(looked.commit, talk.chain.head().hash());
    let policy = Policy::new(RoomKind::Public).to_bytes();
    assert_eq!(looked.policy, PolicyBytes::from_bytes(policy));
    let [main] = &looked.channels[..] else {
        panic!("not one channel");
    };
    assert_eq!(
        (main.channel, main.name.as_str()),
        (talk.channel, "general")
    );
    // The chain is there for who may come in; what is in the room is not.
    let chain = Chain {
        room: talk.room,
        after: None,
    };
    let (_, tail) = bob.does(&chain, Bytes::new()).await;
    let commits = record_list::parse(tail, 10).expect("a list");
    RoomChain::first(talk.room, commits[0].clone(), &talk.keysets).expect("a chain");
    let follow = Follow { room: talk.room };
    let refused = bob.may_not(&follow, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);

    talk.lets_in(&mut bob, None, &mut [&mut ada]).await;
    let (listed_now, n) = (directory(&mut ada, None).await, EpochNumber::new(2));
    assert_eq!(
        listed_now,
        [ListedRoom {
            members: 2,
            n,
            ..listed
        }]
    );
    let followed = bob.follows(talk.room).await;
    assert_eq!(followed.name.as_deref(), Some("Ops Room"));
    assert_eq!(followed.channels[0].name.as_deref(), Some("general"));
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_request_alone_opens_an_open_room_and_no_other() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::public(&mut ada, "Ops").await;
    talk.learns(&mut bob).await;
    let join = talk.asks(&mut bob, Action::Join, None).await;
    let tail = ada.told(&Event::RoomRequested { room: talk.room }).await;
    assert_eq!(tail, *join.bytes());
    ada.told(&talk.due(CommitDue::Joined)).await;
    let changes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut ada, changes).await.expect("taken in");
    let added = Event::RoomAdded {
        room: talk.room,
        request: false,
    };
    bob.told(&added).await;
    talk.reaches(&mut ada).await;
    bob.follows(talk.room).await;

    // By invitation only, it shows itself as before and its chain to nobody.
    let mut policy = Policy::new(RoomKind::Public);
    policy.join = JoinPolicy::ByInvitation;
    let closes = vec![Change::Policy(policy)];
    talk.commits(&mut ada, closes).await.expect("closed");
    let mut eve = Person::arrives(&house, "Eve").await;
    talk.learns(&mut eve).await;
    let look = Look { room: talk.room };
    eve.does(&look, Bytes::new()).await;
    let chain = Chain {
        room: talk.room,
        after: None,
    };
    let refused = eve.may_not(&chain, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);
    let join = talk.request(&eve.owner, Action::Join, None);
    let refused = eve.may_not(&Request {}, join.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);
    let (invitation, _) = talk.invites(&mut bob, eve.account()).await;
    eve.told(&Event::RoomInvited { room: talk.room }).await;
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    talk.lets_in(&mut eve, Some(&invitation), &mut [&mut ada, &mut bob])
        .await;
    drop((ada, bob, eve));
    house.close().await;
}

#[tokio::test]
async fn who_is_banned_sees_no_room() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two_in_ops(&folder).await;
    let banned = Change::Removed {
        account: bob.account(),
        after: AfterRemoval::Banned,
    };
    talk.commits(&mut ada, vec![banned]).await.expect("banned");
    bob.told(&Event::RoomRemoved { room: talk.room }).await;
    let (room, chain) = (
        talk.room,
        Chain {
            room: talk.room,
            after: None,
        },
    );
    let join = talk.request(&bob.owner, Action::Join, None);
    let draft = talk.draft_on(
        &talk.chain,
        &ada.owner,
        (CommitReason::OnDemand, vec![], now()),
    );
    for refused in [
        bob.may_not(&Look { room }, Bytes::new()).await,
        bob.may_not(&chain, Bytes::new()).await,
        bob.may_not(&Follow { room }, Bytes::new()).await,
        bob.may_not(&Request {}, join.bytes().clone()).await,
        bob.may_not(&draft.command(room), draft.tail).await,
    ] {
        assert_eq!(refused, ErrorCode::NoSuchRoom);
    }
    let free = Change::Unbanned(bob.account());
    talk.commits(&mut ada, vec![free]).await.expect("unbanned");
    bob.does(&Look { room }, Bytes::new()).await;
    bob.does(&chain, Bytes::new()).await;
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn names_are_for_public_rooms_and_unique() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    Talk::public(&mut ada, "Ops").await;
    let (keysets, wraps) = keys_of(&mut [&mut ada]).await;
    for (kind, name, topic, expected) in [
        (RoomKind::Public, Some("OPS"), None, ErrorCode::NameTaken),
        (RoomKind::Public, None, None, ErrorCode::Malformed),
        (RoomKind::Public, None, Some("x"), ErrorCode::Malformed),
        (
            RoomKind::Public,
            Some("a\u{202e}b"),
            None,
            ErrorCode::NameInvalid,
        ),
        (RoomKind::Public, Some(""), None, ErrorCode::NameInvalid),
        (
            RoomKind::Public,
            Some("Sea"),
            Some("a\nb"),
            ErrorCode::NameInvalid,
        ),
        (RoomKind::Private, Some("Sea"), None, ErrorCode::Malformed),
        (RoomKind::Private, None, Some("x"), ErrorCode::Malformed),
        (RoomKind::Group, Some("Sea"), None, ErrorCode::Malformed),
    ] {
        let (room, draft) = founding(kind, &ada.owner, &[], &keysets, &wraps);
        let mut create = draft.create(room);
        create.wraps = numbers(&draft.wraps);
        (create.name, create.topic) = (name.map(Into::into), topic.map(Into::into));
        let refused = ada.may_not(&create, draft.tail).await;
        assert_eq!(refused, expected, "{kind:?} {name:?} {topic:?}");
    }
    assert_eq!(directory(&mut ada, None).await.len(), 1);
    let talk = Talk::made(RoomKind::Private, &mut ada, &mut []).await;
    assert_eq!(directory(&mut ada, None).await.len(), 1);
    let followed = ada.follows(talk.room).await;
    assert_eq!((followed.name, followed.topic), (None, None));
    assert_eq!(followed.channels[0].name, None);
    let renamed = Update {
        name: Some("Sea".into()),
        ..update(talk.room, 0)
    };
    let refused = ada.may_not(&renamed, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NotAllowed);
    let refused = ada.may_not(&Look { room: talk.room }, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);
    drop(ada);
    house.close().await;
}

#[tokio::test]
async fn one_of_two_names_at_once_is_first() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two_in_ops(&folder).await;
    let admin = vec![Change::Role {
        account: bob.account(),
        role: Role::Admin,
    }];
    talk.commits(&mut ada, admin).await.expect("an admin");
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    let called = |name: &str, revision| Update {
        name: Some(name.into()),
        ..update(talk.room, revision)
    };
    for revision in 0..4 {
        // Another name each time: what a room is called already is no change.
        let names = [format!("Sea {revision}"), format!("Air {revision}")];
        let (sea, air) = (called(&names[0], revision), called(&names[1], revision));
        let (first, second) = tokio::join!(
            ada.peer.call(&sea, Bytes::new()),
            bob.peer.call(&air, Bytes::new()),
        );
        let name = match (first, second) {
            (Ok((made, _)), Err(refusal)) => {
                assert_eq!(made.revision, revision + 1);
                assert_eq!(refusal.code, ErrorCode::StateConflict);
                &names[0]
            }
            (Err(refusal), Ok((made, _))) => {
                assert_eq!(made.revision, revision + 1);
                assert_eq!(refusal.code, ErrorCode::StateConflict);
                &names[1]
            }
            other => panic!("{other:?}"),
        };
        let updated = Event::RoomUpdated {
            room: talk.room,
            revision: revision + 1,
            name: Some(name.clone()),
            topic: Some(String::new()),
            archived: false,
        };
        for member in [&mut ada, &mut bob] {
            member.told(&updated).await;
        }
        assert_eq!(directory(&mut bob, Some(name.as_str())).await.len(), 1);
    }
    let topic = Update {
        topic: Some(" on call ".into()),
        ..update(talk.room, 4)
    };
    bob.does(&topic, Bytes::new()).await;
    let found = &directory(&mut ada, None).await[0];
    assert_eq!(found.topic, "on call");
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn an_archived_room_is_read_and_takes_nothing_in() {
    let folder = Folder::new();
    let (house, mut ada, mut bob, mut talk) = two_in_ops(&folder).await;
    let mut eve = Person::arrives(&house, "Eve").await;
    talk.learns(&mut eve).await;
    let join = talk.asks(&mut eve, Action::Join, None).await;
    for member in [&mut ada, &mut bob] {
        member.told(&Event::RoomRequested { room: talk.room }).await;
        member.told(&talk.due(CommitDue::Joined)).await;
    }
    let room = talk.room;
    let archive = |archived| Archive { room, archived };
    let refused = bob.may_not(&archive(true), Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NotAllowed);
    ada.does(&archive(true), Bytes::new()).await;
    let updated = |revision, archived| Event::RoomUpdated {
        room,
        revision,
        name: Some("Ops".into()),
        topic: Some(String::new()),
        archived,
    };
    for member in [&mut ada, &mut bob] {
        member.told(&updated(1, true)).await;
    }
    assert_eq!(directory(&mut eve, None).await, []);
    let followed = bob.follows(talk.room).await;
    assert!(followed.archived && followed.due.is_none());
    let refused = ada.may_not(&update(talk.room, 1), Bytes::new()).await;
    assert_eq!(refused, ErrorCode::Archived);
    // Nor is a file announced there.
    let file = Upload::of(1).announced(room);
    for member in [&mut ada, &mut bob] {
        let refused = member.may_not(&file, Bytes::new()).await;
        assert_eq!(refused, ErrorCode::Archived);
    }
    // Nobody comes in, and who waits holds up nothing.
    let comes = Change::Joined(Box::new(join.clone()));
    let refused = talk.commits(&mut ada, vec![comes]).await;
    assert_eq!(refused, Err(ErrorCode::Archived));
    let refused = eve.may_not(&Request {}, join.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::Archived);
    let role = Change::Role {
        account: bob.account(),
        role: Role::Admin,
    };
    let refused = talk.commits(&mut ada, vec![role]).await;
    assert_eq!(refused, Err(ErrorCode::Archived));
    talk.commits(&mut bob, vec![]).await.expect("a rotation");
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    let leave = talk.asks(&mut bob, Action::Leave, None).await;
    bob.told(&Event::RoomRemoved { room: talk.room }).await;
    ada.told(&Event::RoomRequested { room: talk.room }).await;
    ada.told(&talk.due(CommitDue::Left)).await;
    let leaves = vec![Change::Left(Box::new(leave))];
    talk.commits(&mut ada, leaves).await.expect("let out");
    talk.reaches(&mut ada).await;
    // It is as it was again, over a restart, too.
    drop((ada.peer, bob.peer, eve.peer));
    house.close().await;
    let house = folder.house().await;
    let (peer, _) = ada.owner.comes_again(&house).await;
    ada.peer = peer;
    assert!(ada.follows(talk.room).await.archived);
    ada.does(&archive(false), Bytes::new()).await;
    ada.told(&updated(2, false)).await;
    ada.told(&talk.due(CommitDue::Joined)).await;
    assert_eq!(ada.follows(talk.room).await.due, Some(CommitDue::Joined));
    let comes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut ada, comes).await.expect("let in");
    ada.does(&file, Bytes::new()).await;
    drop(ada);
    house.close().await;
}

#[tokio::test]
async fn an_owner_or_admin_wants_a_new_epoch() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    let rotate = Rotate { room: talk.room };
    let refused = bob.may_not(&rotate, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NotAllowed);
    quiet([&mut ada.peer, &mut bob.peer]).await;
    ada.does(&rotate, Bytes::new()).await;
    for member in [&mut ada, &mut bob] {
        member.told(&talk.due(CommitDue::Demand)).await;
        let due = member.follows(talk.room).await.due;
        assert_eq!(due, Some(CommitDue::Demand));
    }
    drop((ada, bob));
    house.close().await;
}
