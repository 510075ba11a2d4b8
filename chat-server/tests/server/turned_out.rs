//! Who was removed or banned, and who has no account, by hand: nothing of a room reaches them in any of
//! its channels, whatever they ask for and however they came to know its ids.

mod files;
mod scene;

use bytes::Bytes;
use wire_format::{
    ErrorCode, PublishFlags, Storage,
    command::{
        channels::Create,
        commits::{Chain, Pending, RequestKeys},
        conversations::{Follow, GetState},
        directory::Look,
        messages::Fetch,
    },
    room::{AfterRemoval, RoomKind},
};

use self::scene::{SECOND, Scene, each_way_out};
use crate::{
    circle::quiet,
    conversing::{Person, Talk},
    gathering::published,
    older_epochs::key_request,
    owner::Folder,
};

each_way_out!(who_is_out_has_nothing_more_of_a_room);

async fn who_is_out_has_nothing_more_of_a_room(kind: RoomKind, after: AfterRemoval) {
    let folder = Folder::new();
    let mut scene = Scene::of(&folder, kind).await;
    scene.says(SECOND).await.expect("said before");
    for person in [&mut scene.mallory, &mut scene.other] {
        person.peer.delivery().await;
    }
    scene.turns_out(after).await;
    let (room, account) = (scene.talk.room, scene.mallory.account());
    scene.goes_on().await;
    scene.nothing_for(account).await;
    scene.publishes_nothing().await;
    let is_open = kind == RoomKind::Public && after == AfterRemoval::MayReturn;
    let mallory = &mut scene.mallory;
    let refused = mallory.may_not(&Pending { room }, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);
    let (chain, look) = (Chain { room, after: None }, Look { room });
    for answer in [
        mallory.peer.call(&chain, Bytes::new()).await.map(drop),
        mallory.peer.call(&look, Bytes::new()).await.map(drop),
    ] {
        // Whoever may come in again sees who is in, and nothing of what is said.
        let code = answer.err().map(|refusal| refusal.code);
        assert_eq!(code, (!is_open).then_some(ErrorCode::NoSuchRoom));
    }
    scene.goes_on().await;
    scene.close().await;
}

#[tokio::test]
async fn a_guest_has_nothing_of_a_room() {
    for kind in [RoomKind::Private, RoomKind::Public] {
        let folder = Folder::new();
        let mut scene = Scene::of(&folder, kind).await;
        let mut guest = scene.house.guest("Guest").await;
        let room = scene.talk.room;
        let request = key_request(&scene.talk, &scene.mallory, 1);
        for channel in [scene.main, SECOND] {
            let fetch = Fetch {
                channel,
                after: None,
                before: None,
                limit: 500,
            };
            let refused = guest.call(&fetch, Bytes::new()).await;
            assert_eq!(refused.expect_err("refused").code, ErrorCode::NotAllowed);
            scene.talk.channel = channel;
            let sealed = scene
                .talk
                .sealed(&scene.mallory.owner, Storage::Stored, "a guest");
            let frame = scene.talk.publish(1 << 29, PublishFlags::STORED, sealed);
            let refused = published(&mut guest, frame).await;
            assert_eq!(refused, Err(ErrorCode::NotInRoom));
        }
        let (chain, look) = (Chain { room, after: None }, Look { room });
        for refused in [
            guest.call(&Follow { room }, Bytes::new()).await.map(drop),
            guest.call(&chain, Bytes::new()).await.map(drop),
            guest.call(&look, Bytes::new()).await.map(drop),
            guest.call(&GetState { room }, Bytes::new()).await.map(drop),
            guest
                .call(&RequestKeys {}, request.bytes().clone())
                .await
                .map(drop),
        ] {
            let refusal = refused.expect_err("refused");
            assert_eq!(refusal.code, ErrorCode::NotAllowed);
        }
        scene.says(SECOND).await.expect("said");
        quiet([&mut guest]).await;
        drop(guest);
        scene.close().await;
    }
}

#[tokio::test]
async fn a_member_of_one_room_has_nothing_of_another() {
    use wire_format::command::channels::{Archive, Update};

    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut adas = Talk::made(RoomKind::Private, &mut ada, &mut []).await;
    let mut eves = Talk::made(RoomKind::Private, &mut eve, &mut []).await;
    adas.learns(&mut eve).await;
    eves.learns(&mut ada).await;
    // Her own room's id with another's channel: she owns the one, and is not in the other.
    let (room, channel) = (eves.room, adas.channel);
    let update = Update {
        room,
        channel,
        revision: 0,
        name: None,
        topic: None,
        position: None,
        slow_ms: Some(1_000),
    };
    let archive = Archive {
        room,
        channel,
        archived: true,
    };
    let squat = Create {
        room,
        channel,
        name: None,
        topic: None,
    };
    for (refused, expected) in [
        (
            eve.may_not(&update, Bytes::new()).await,
            ErrorCode::NoSuchRoom,
        ),
        (
            eve.may_not(&archive, Bytes::new()).await,
            ErrorCode::NoSuchRoom,
        ),
        (
            eve.may_not(&squat, Bytes::new()).await,
            ErrorCode::StateConflict,
        ),
    ] {
        assert_eq!(refused, expected);
    }
    // An envelope for her own room in another's channel, and the other way round.
    let own = eves.channel;
    for (sealed_for, sent_to) in [(channel, own), (own, channel)] {
        eves.channel = sealed_for;
        let sealed = eves.sealed(&eve.owner, Storage::Stored, "astray");
        eves.channel = sent_to;
        let frame = eves.publish(1 << 29, PublishFlags::STORED, sealed);
        let refused = published(&mut eve.peer, frame).await;
        let expected = match sent_to == own {
            true => ErrorCode::Malformed,
            false => ErrorCode::NotInRoom,
        };
        assert!(
            refused == Err(expected) || refused == Err(ErrorCode::Malformed),
            "{refused:?}"
        );
    }
    drop((ada, eve));
    house.close().await;
}
