//! Public rooms, what they are called, and the channels of a room.

use chat_server::store::{
    Refusal, Store as _, Verdict,
    rooms::{
        AppendCommit, ChannelFace, Comes, FaceStep, FoundRoom, IsPublic, ListPublicRooms, Member,
        PublicFace, PublicRoom, Revise, Revision,
    },
};
use wire_format::{ChannelId, MemberId, RunId};

use crate::{
    rooms::{append, found, founding, next, room, row},
    support::{House, after},
};

/// A public room of this number, called so.
pub(crate) fn public(number: u8, name: &str, founder: MemberId) -> FoundRoom {
    let mut founding = founding(number, &[founder]);
    founding.commit.rooms_most = 100;
    FoundRoom {
        kind: 1,
        face: Some(PublicFace {
            name: name.into(),
            topic: format!("about {name}"),
            channel: "general".into(),
            most: 3,
        }),
        ..founding
    }
}

pub(crate) fn channel(byte: u8) -> ChannelId {
    ChannelId::from_bytes([byte; 16])
}

/// A room gets another channel.
pub(crate) fn another(byte: u8) -> FaceStep {
    FaceStep::Channel {
        channel: channel(byte),
        run: RunId::from_bytes([byte; 16]),
        face: named(&format!("channel {byte}")),
    }
}

fn named(name: &str) -> ChannelFace {
    ChannelFace {
        name: name.into(),
        topic: "a topic".into(),
        position: 7,
        archived: false,
        slow_ms: 1_000,
    }
}

pub(crate) async fn revise(
    house: &House,
    number: u8,
    expected: u32,
    step: FaceStep,
) -> Verdict<Revision> {
    let revise = Revise {
        room: room(number),
        expected,
        public_most: 3,
        step,
    };
    house.store.write(revise).await.expect("written")
}

/// Where each channel stands: its newest delivery, and its newest commit.
async fn stands(house: &House, number: u8) -> Vec<(ChannelId, u64, u64)> {
    let channels = row(house, number).await.channels.into_iter();
    channels
        .map(|one| (one.channel, one.sequence, one.committed))
        .collect()
}

fn rotation(number: u8, n: u64, ann: MemberId) -> AppendCommit {
    let mut rotation = next(number, n, &[ann]);
    rotation.commit.rooms_most = 100;
    rotation
}

pub(crate) async fn a_commit_stands_in_every_channel_that_is_written_in(house: &House) {
    let ann = house.register("ann").await;
    found(house, founding(1, &[ann])).await.expect("a room");
    let main = ChannelId::main_of(room(1));
    for (byte, expected) in [(0, 0), (0xff, 1)] {
        let made = revise(house, 1, expected, another(byte)).await;
        assert_eq!(made.map(|made| made.revision), Ok(expected + 1));
    }
    // In the order of their ids, wherever the main one is; a new one begins with nothing.
    let expected = [(channel(0), 0, 0), (main, 1, 1), (channel(0xff), 0, 0)];
    assert_eq!(stands(house, 1).await, expected);
    let appended = append(house, rotation(1, 2, ann)).await.expect("taken");
    let places = [(channel(0), 1), (main, 2), (channel(0xff), 1)];
    assert_eq!(appended.places, places);
    let archived = ChannelFace {
        archived: true,
        ..named("channel 0")
    };
    let away = FaceStep::Faced {
        channel: channel(0),
        face: archived.clone(),
    };
    revise(house, 1, 2, away).await.expect("archived");
    let appended = append(house, rotation(1, 3, ann)).await.expect("taken");
    assert_eq!(appended.places, [(main, 3), (channel(0xff), 2)]);
    let expected = [(channel(0), 1, 1), (main, 3, 3), (channel(0xff), 2, 2)];
    assert_eq!(stands(house, 1).await, expected);
    assert_eq!(row(house, 1).await.channels[0].face, archived);
}

pub(crate) async fn a_channel_that_comes_back_begins_with_the_newest_commit(house: &House) {
    let ann = house.register("ann").await;
    found(house, founding(1, &[ann])).await.expect("a room");
    revise(house, 1, 0, another(9)).await.expect("a channel");
    let archived = |archived| FaceStep::Faced {
        channel: channel(9),
        face: ChannelFace {
            archived,
            ..named("channel 9")
        },
    };
    let back = || FaceStep::Back {
        channel: channel(9),
        now: after(99),
    };
    append(house, rotation(1, 2, ann)).await.expect("taken");
    revise(house, 1, 1, archived(true)).await.expect("archived");
    let here = revise(house, 1, 2, back()).await.expect("back");
    assert_eq!((here.revision, here.placed), (3, None), "it has that one");
    revise(house, 1, 3, archived(true)).await.expect("archived");
    for n in 3..5 {
        append(house, rotation(1, n, ann)).await.expect("taken");
    }
    let here = revise(house, 1, 4, back()).await.expect("back");
    let placed = here.placed.expect("a place of its own");
    assert_eq!((placed.sequence, placed.author), (2, ann));
    assert_eq!(placed.record, b"commit 4");
    let found = row(house, 1).await.channels;
    let found = found.iter().find(|one| one.channel == channel(9));
    let found = found.expect("the channel");
    assert_eq!((found.sequence, found.committed), (2, 2));
    assert!(!found.face.archived);
}

pub(crate) async fn a_change_follows_the_newest_or_changes_nothing(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    found(house, public(1, "Ops", ann)).await.expect("a room");
    found(house, founding(2, &[bob])).await.expect("a room");
    let called = |name: &str| FaceStep::Named {
        name: name.into(),
        topic: String::new(),
    };
    let first = revise(house, 1, 0, called("Sea")).await;
    assert_eq!(first.map(|made| made.revision), Ok(1));
    let late = revise(house, 1, 0, called("Air")).await;
    assert_eq!(late, Err(Refusal::StateConflict));
    let nowhere = revise(house, 9, 0, called("Air")).await;
    assert_eq!(nowhere, Err(Refusal::StateConflict));
    // A channel's id is taken by whatever room has it.
    revise(house, 2, 0, another(9)).await.expect("a channel");
    let taken = revise(house, 1, 1, another(9)).await;
    assert_eq!(taken, Err(Refusal::StateConflict));
    let face = row(house, 1).await.face;
    assert_eq!((face.revision, face.name.as_str()), (1, "Sea"));
    let squatted = FaceStep::Channel {
        channel: ChannelId::main_of(room(3)),
        run: RunId::from_bytes([1; 16]),
        face: ChannelFace::default(),
    };
    revise(house, 1, 1, squatted).await.expect("an id");
    let taken = found(house, founding(3, &[ann])).await;
    assert_eq!(taken, Err(Refusal::RoomTaken));
}

pub(crate) async fn of_many_at_once_one_change_follows(house: &House) {
    let ann = house.register("ann").await;
    found(house, public(1, "Ops", ann)).await.expect("a room");
    let racing = (0..8_u8).map(|number| {
        let store = house.store.clone();
        let revise = Revise {
            room: room(1),
            expected: 0,
            public_most: 3,
            step: FaceStep::Named {
                name: format!("name {number}"),
                topic: String::new(),
            },
        };
        tokio::spawn(async move { store.write(revise).await.expect("written") })
    });
    let mut taken = 0;
    for race in racing.collect::<Vec<_>>() {
        match race.await.expect("ran") {
            Ok(_) => taken += 1,
            Err(refusal) => assert_eq!(refusal, Refusal::StateConflict),
        }
    }
    assert_eq!((taken, row(house, 1).await.face.revision), (1, 1));
}

pub(crate) async fn public_rooms_have_names_of_their_own(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    found(house, public(1, "Ops", ann)).await.expect("a room");
    for alike in ["Ops", "OPS", "0ps"] {
        let taken = found(house, public(2, alike, bob)).await;
        assert_eq!(taken, Err(Refusal::NameTaken), "{alike}");
    }
    found(house, public(2, "Sea", bob)).await.expect("a room");
    let called = |name: &str| FaceStep::Named {
        name: name.into(),
        topic: "new".into(),
    };
    let taken = revise(house, 2, 0, called("oPs")).await;
    assert_eq!(taken, Err(Refusal::NameTaken));
    assert_eq!(row(house, 2).await.face.revision, 0, "nothing was changed");
    revise(house, 1, 0, called("OPS!")).await.expect("its own");
    revise(house, 2, 0, called("Ops")).await.expect("free now");
    for number in 3..5 {
        let name = format!("more {number}");
        found(house, public(number, &name, ann))
            .await
            .expect("a room");
    }
    let more = found(house, public(6, "too many", ann)).await;
    assert_eq!(more, Err(Refusal::OverQuota));
    // What is archived gives its name and its place back, and has to find them free to come again.
    let archived = |archived| FaceStep::Archived(archived);
    revise(house, 3, 0, archived(true)).await.expect("archived");
    let again = public(6, "MORE 3", ann);
    found(house, again).await.expect("a name that is free");
    let back = revise(house, 3, 1, archived(false)).await;
    assert_eq!(back, Err(Refusal::NameTaken));
    revise(house, 6, 0, archived(true)).await.expect("archived");
    found(house, public(7, "one more", ann))
        .await
        .expect("a room in its place");
    let back = revise(house, 3, 1, archived(false)).await;
    assert_eq!(back, Err(Refusal::OverQuota));
    assert!(row(house, 3).await.face.archived, "nothing was changed");
    revise(house, 7, 0, archived(true)).await.expect("archived");
    revise(house, 3, 1, archived(false)).await.expect("back");
}

fn joined(account: MemberId) -> Member {
    Member {
        account,
        fingerprint: [5; 32],
        role: 3,
        comes: Comes::Itself,
    }
}

async fn listed(house: &House, after: Option<u8>, find: &str, limit: u32) -> Vec<PublicRoom> {
    let list = ListPublicRooms {
        after: after.map(room),
        find: find.into(),
        limit,
    };
    house.store.read(list).await.expect("read")
}

pub(crate) async fn public_rooms_are_listed_in_pages(house: &House) {
    let (ann, bob) = (house.register("ann").await, house.register("bob").await);
    for (number, name) in [(1, "Écluse 100%"), (2, "Sea_side"), (3, "Seaside")] {
        found(house, public(number, name, ann))
            .await
            .expect("a room");
    }
    found(house, founding(4, &[bob])).await.expect("a room");
    let mut joins = rotation(2, 2, ann);
    joins.commit.members = vec![ann, bob];
    joins.commit.members.sort_unstable();
    joins.commit.wraps = vec![1, 1];
    joins.commit.newest = vec![1, 1];
    joins.commit.shares = vec![0; 2 * 384];
    joins.commit.put = vec![joined(bob)];
    append(house, joins).await.expect("two in it");
    let short = |rooms: Vec<PublicRoom>| -> Vec<(u8, u64, u64)> {
        let rooms = rooms.into_iter();
        rooms
            .map(|one| (one.room.as_bytes()[0], one.n, one.members))
            .collect()
    };
    let all = [(1, 1, 1), (2, 2, 2), (3, 1, 1)];
    assert_eq!(short(listed(house, None, "", 10).await), all);
    assert_eq!(short(listed(house, Some(1), "", 1).await), [(2, 2, 2)]);
    // What is typed is no pattern, and found in any case.
    for (find, expected) in [
        ("éCL", &all[..1]),
        ("0%", &all[..1]),
        ("%", &all[..1]),
        ("a_s", &all[1..2]),
        ("SEA", &all[1..]),
        ("\\", &[]),
        ("'", &[]),
        ("a\0", &[]),
    ] {
        assert_eq!(
            short(listed(house, None, find, 10).await),
            expected,
            "{find}"
        );
    }
    let archived = revise(house, 3, 0, FaceStep::Archived(true)).await;
    archived.expect("archived");
    assert_eq!(short(listed(house, None, "sea", 10).await), all[1..2]);
    for (number, expected) in [(1, true), (3, true), (4, false), (9, false)] {
        let is_public = IsPublic { room: room(number) };
        let is_public = house.store.read(is_public).await.expect("read");
        assert_eq!(is_public, expected, "{number}");
    }
    let first = listed(house, None, "", 1).await;
    assert_eq!(first[0].name, "Écluse 100%");
    assert_eq!(first[0].topic, "about Écluse 100%");
}
