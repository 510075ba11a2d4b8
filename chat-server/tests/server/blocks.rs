//! Section 14.7: a block in a direct conversation is silent.

use bytes::Bytes;
use wire_format::{
    ErrorCode, Event,
    command::{
        conversations::{Create, Follow},
        friends::{Block, Unblock},
    },
    room::{Action, RoomKind},
};

use crate::{
    circle::{events, quiet},
    conversing::{Person, Talk, founding, keys_of, numbers, own_rooms},
    owner::Folder,
};

#[tokio::test]
async fn a_block_is_silent_in_a_direct_conversation() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::begins(RoomKind::Direct, &mut ada, &mut [&mut bob]).await;
    let room = talk.room;
    let block = Block {
        account: bob.account(),
    };
    ada.does(&block, Bytes::new()).await;
    let told = events(&mut ada.peer).await;
    assert!(told.contains(&Event::RoomRemoved { room }), "{told:?}");
    assert_eq!(own_rooms(&mut ada).await, []);
    assert_eq!(
        ada.may_not(&Follow { room }, Bytes::new()).await,
        ErrorCode::NoSuchRoom
    );
    // The blocked one is answered as if nothing were.
    talk.commits(&mut bob, vec![]).await.expect("a rotation");
    talk.reaches(&mut bob).await;
    quiet([&mut ada.peer]).await;
    ada.does(
        &Unblock {
            account: bob.account(),
        },
        Bytes::new(),
    )
    .await;
    let told = events(&mut ada.peer).await;
    assert!(
        told.contains(&Event::RoomAdded {
            room,
            request: false
        }),
        "{told:?}"
    );
    assert_eq!(own_rooms(&mut ada).await.len(), 1);
    assert_eq!(ada.follows(room).await.n.value(), 2);

    // A conversation that the blocked one begins is not told of.
    ada.does(&block, Bytes::new()).await;
    events(&mut ada.peer).await;
    talk.asks(&mut bob, Action::Leave, None).await;
    let (keysets, wraps) = keys_of(&mut [&mut ada, &mut bob]).await;
    let (next, draft) = founding(
        RoomKind::Direct,
        &bob.owner,
        &[ada.account()],
        &keysets,
        &wraps,
    );
    let create = Create::unnamed(next, numbers(&draft.wraps));
    bob.does(&create, draft.tail).await;
    quiet([&mut ada.peer]).await;
    assert_eq!(own_rooms(&mut ada).await, []);
    let (group, draft) = founding(
        RoomKind::Group,
        &bob.owner,
        &[ada.account()],
        &keysets,
        &wraps,
    );
    let create = Create::unnamed(group, numbers(&draft.wraps));
    bob.does(&create, draft.tail).await;
    quiet([&mut ada.peer]).await;
    assert_eq!(own_rooms(&mut ada).await, []);
    let follow = Follow { room: group };
    let refused = ada.may_not(&follow, Bytes::new()).await;
    assert_eq!(refused, ErrorCode::NoSuchRoom);
    // And who blocks does not begin one.
    let (room, draft) = founding(
        RoomKind::Direct,
        &ada.owner,
        &[bob.account()],
        &keysets,
        &wraps,
    );
    let create = Create::unnamed(room, numbers(&draft.wraps));
    assert_eq!(
        ada.may_not(&create, draft.tail).await,
        ErrorCode::NotAllowed
    );
    drop((ada, bob));
    house.close().await;
}
