//! Section 4: rooms, members, sequence, resume, the ring.

use bytes::Bytes;
use chat_server::Limits;
use wire_format::{
    ChannelId, ErrorCode, Event, RoomId, RunId, Sequence, ServerFrame,
    command::rooms::{Enter, Exit, List, Members, Open, Resume},
    event::LeaveReason,
    limits::{RING_FRAMES, ROOMS_PER_SESSION},
};

use crate::support::{House, Peer, generous, lobby, publish};

async fn code_of<O: wire_format::command::Operation>(peer: &mut Peer, operation: &O) -> ErrorCode
where
    O::Ok: std::fmt::Debug,
{
    let refusal = peer.call(operation, Bytes::new()).await;
    refusal.expect_err("a refusal").code
}

#[tokio::test]
async fn the_lobby_is_there_and_ids_follow_from_names() {
    let house = House::open().await;
    let mut peer = house.guest("Ann").await;
    let (list, _) = peer.call(&List {}, Bytes::new()).await.expect("a list");
    assert_eq!(list.rooms.len(), 1);
    let room = RoomId::of_name("lobby");
    assert_eq!(list.rooms[0].name, "lobby");
    assert_eq!(list.rooms[0].id, room);
    assert_eq!(list.rooms[0].channel, ChannelId::main_of(room));
    let entered = peer.resume("lobby", None).await;
    assert_eq!(entered.sequence, Sequence::new(0));
    assert!(!entered.missed);
    assert_eq!(entered.member_count, 1);
    assert_eq!(entered.members[0].id, peer.member);
    assert_eq!(entered.epoch, None);
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn rooms_are_made_when_they_are_opened() {
    let house = House::limited(Limits {
        rooms: 2,
        ..generous()
    })
    .await;
    let mut peer = house.guest("Ann").await;
    let enter = |room: &str| Enter {
        room: room.into(),
        resume: None,
    };
    let open = |room: &str| Open { room: room.into() };
    assert_eq!(
        code_of(&mut peer, &enter("den")).await,
        ErrorCode::NoSuchRoom
    );
    let (opened, _) = peer
        .call(&open("  den "), Bytes::new())
        .await
        .expect("a room");
    assert_eq!(
        (opened.name.as_str(), opened.id),
        ("den", RoomId::of_name("den"))
    );
    let (again, _) = peer.call(&open("den"), Bytes::new()).await.expect("a room");
    assert_eq!(again, opened);
    peer.call(&open("attic"), Bytes::new())
        .await
        .expect("a room");
    assert_eq!(
        code_of(&mut peer, &open("cellar")).await,
        ErrorCode::TooManyRooms
    );
    peer.call(&open("lobby"), Bytes::new())
        .await
        .expect("the lobby");
    let long = "x".repeat(65);
    for bad in ["", " ", "a\nb", "a\u{202e}b", &long] {
        assert_eq!(code_of(&mut peer, &open(bad)).await, ErrorCode::RoomInvalid);
        assert_eq!(
            code_of(&mut peer, &enter(bad)).await,
            ErrorCode::RoomInvalid
        );
    }
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn the_list_has_the_fullest_room_first() {
    let house = House::open().await;
    let mut ann = house.in_lobby("Ann").await;
    ann.enter("den").await;
    let mut boris = house.guest("Boris").await;
    boris.enter("den").await;
    let (list, _) = boris.call(&List {}, Bytes::new()).await.expect("a list");
    let rooms: Vec<_> = list
        .rooms
        .iter()
        .map(|room| (room.name.as_str(), room.members))
        .collect();
    assert_eq!(rooms, [("den", 2), ("lobby", 1)]);
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn others_see_who_comes_and_goes() {
    let house = House::open().await;
    let room = lobby();
    let mut ann = house.in_lobby("Ann").await;
    let mut boris = house.in_lobby("Boris").await;
    let Event::RoomJoined { member, .. } = ann.event().await.0 else {
        panic!("Boris came");
    };
    assert_eq!((member.id, member.name.as_str()), (boris.member, "Boris"));
    assert_eq!(member.fingerprint, None);
    boris.call(&Exit { room }, Bytes::new()).await.expect("out");
    let (member, reason) = (boris.member, LeaveReason::Exit);
    assert_eq!(
        ann.event().await.0,
        Event::RoomLeft {
            room,
            member,
            reason
        }
    );
    // What is said now does not reach who left.
    ann.say("alone").await;
    ann.hears("alone").await;
    assert_eq!(
        code_of(&mut boris, &Exit { room }).await,
        ErrorCode::NotInRoom
    );
    assert_eq!(
        code_of(&mut boris, &Members { room, after: None }).await,
        ErrorCode::NotInRoom
    );
    let room = RoomId::from_bytes([1; 16]);
    assert_eq!(
        code_of(&mut boris, &Exit { room }).await,
        ErrorCode::NoSuchRoom
    );
    boris.send(wire_format::ClientFrame::Ping([3; 8])).await;
    assert_eq!(boris.next().await, Some(ServerFrame::Pong([3; 8])));
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn entering_twice_tells_nobody_and_repeats_what_was_asked_for() {
    let house = House::open().await;
    let mut ann = house.in_lobby("Ann").await;
    let mut boris = house.in_lobby("Boris").await;
    ann.event().await;
    ann.say("one").await;
    ann.say("two").await;
    boris.hears("one").await;
    boris.hears("two").await;
    let entered = boris.resume("lobby", None).await;
    assert_eq!(entered.member_count, 2);
    boris.hears("one").await;
    boris.hears("two").await;
    let (run, after) = (entered.run, Sequence::new(1));
    boris.resume("lobby", Some(Resume { run, after })).await;
    boris.hears("two").await;
    ann.say("three").await;
    boris.hears("three").await;
    for text in ["one", "two", "three"] {
        let next = ann.next().await;
        assert!(
            matches!(&next, Some(ServerFrame::Deliver(d)) if d.payload == text.as_bytes()),
            "{next:?}"
        );
    }
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn deliveries_are_numbered_and_the_ring_keeps_the_newest() {
    let house = House::limited(generous()).await;
    let mut ann = house.in_lobby("Ann").await;
    let all = u64::try_from(RING_FRAMES + 44).expect("small");
    for number in 1..=all {
        ann.say(&number.to_string()).await;
    }
    for number in 1..=all {
        let deliver = ann.delivery().await;
        assert_eq!(deliver.sequence, Sequence::new(number));
        assert_eq!((deliver.sender, deliver.name.as_str()), (ann.member, "Ann"));
    }
    let mut boris = house.guest("Boris").await;
    let entered = boris.resume("lobby", None).await;
    assert_eq!(entered.sequence, Sequence::new(all));
    assert!(!entered.missed, "nothing was asked for");
    let run = entered.run;
    for number in 45..=all {
        boris.hears(&number.to_string()).await;
    }
    // At the edge of the ring, below it, beyond it and in another run.
    for (run, after, missed, first) in [
        (run, 44, false, 45),
        (run, 43, true, 45),
        (run, 0, true, 45),
        (run, all - 1, false, all),
        (RunId::from_bytes([0; 16]), all - 1, true, 45),
        (run, all + 1, true, 45),
    ] {
        let after = Sequence::new(after);
        let entered = boris.resume("lobby", Some(Resume { run, after })).await;
        assert_eq!(entered.missed, missed, "after {after}");
        for number in first..=all {
            boris.hears(&number.to_string()).await;
        }
    }
    let after = Sequence::new(all);
    let entered = boris.resume("lobby", Some(Resume { run, after })).await;
    assert!(!entered.missed);
    boris.say("last").await;
    boris.hears("last").await;
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn the_ring_keeps_at_most_a_mebibyte() {
    let house = House::limited(generous()).await;
    let mut ann = house.in_lobby("Ann").await;
    for number in 0..5_u8 {
        ann.send(publish(0, &vec![number; 300 * 1024])).await;
        ann.delivery().await;
    }
    let mut boris = house.guest("Boris").await;
    boris.resume("lobby", None).await;
    for number in 2..5_u8 {
        assert_eq!(boris.delivery().await.payload[0], number);
    }
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn who_enters_in_the_middle_of_it_gets_no_gap_and_no_repetition() {
    let house = House::limited(generous()).await;
    let mut ann = house.in_lobby("Ann").await;
    let mut late = Vec::new();
    for round in 0..20 {
        for number in 0..10 {
            ann.say(&format!("{round} {number}")).await;
        }
        let mut peer = house
            .guest(&format!("late {}", char::from(b'a' + round)))
            .await;
        peer.resume("lobby", None).await;
        late.push(peer);
    }
    ann.say("end").await;
    for mut peer in late {
        let mut expected = Sequence::new(1);
        loop {
            let deliver = peer.delivery().await;
            assert_eq!(deliver.sequence, expected);
            expected = expected.next();
            if deliver.payload == b"end"[..] {
                break;
            }
        }
    }
    drop(ann);
    house.empties().await;
    house.close().await;
}

#[tokio::test]
async fn a_session_is_in_64_rooms_at_most() {
    let house = House::limited(generous()).await;
    let mut peer = house.guest("Ann").await;
    for number in 0..ROOMS_PER_SESSION {
        peer.enter(&format!("room {number}")).await;
    }
    let enter = Enter {
        room: "lobby".into(),
        resume: None,
    };
    assert_eq!(code_of(&mut peer, &enter).await, ErrorCode::TooManyRooms);
    peer.resume("room 0", None).await;
    let room = RoomId::of_name("room 0");
    peer.call(&Exit { room }, Bytes::new()).await.expect("out");
    peer.resume("lobby", None).await;
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn a_room_may_be_full() {
    let house = House::limited(Limits {
        members_per_room: 1,
        ..generous()
    })
    .await;
    let mut ann = house.in_lobby("Ann").await;
    let mut boris = house.guest("Boris").await;
    let enter = Enter {
        room: "lobby".into(),
        resume: None,
    };
    assert_eq!(code_of(&mut boris, &enter).await, ErrorCode::RoomFull);
    ann.resume("lobby", None).await;
    drop((ann, boris));
    house.close().await;
}
