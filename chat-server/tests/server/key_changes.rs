//! Who is told that an account has new keys.

use chat_server::store::{
    Store as _,
    friends::{FriendStep, TakeFriendStep},
};
use wire_format::{
    ClientFrame, ServerFrame,
    event::{CommitDue, KeysetChange},
    room::RoomKind,
};

use crate::{
    circle::{befriend, events, quiet},
    conversing::{Person, Talk},
    keysets::{changed, house, reset, rotate},
    owner::{AtServer as _, Folder, Owner},
};

#[tokio::test]
async fn friends_hear_of_new_keys_and_nobody_else_does() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let (ada, bob, eve) = (
        Owner::named("Ada"),
        Owner::named("Bob"),
        Owner::named("Eve"),
    );
    let (mut peer, _) = ada.arrives(&house).await;
    let (mut friend, _) = bob.arrives(&house).await;
    let mut unproven = house.greeted().await;
    let late = bob.signs_in(&mut unproven).await.expect("a session");
    let (mut asked, _) = eve.arrives(&house).await;
    let store = folder.store().await;
    for (one, other, step) in [
        (&ada, &bob, FriendStep::Ask),
        (&bob, &ada, FriendStep::Accept),
        (&ada, &eve, FriendStep::Ask),
    ] {
        let step = TakeFriendStep {
            account: one.account.into(),
            other: other.account.into(),
            step,
            most: 10,
        };
        let taken = store.write(step).await.expect("written");
        taken.expect("a step");
    }
    store.close().await;
    let chain = ada.chain(&mut peer).await;
    reset(&mut peer, 1, ada.reset(chain.head(), 2, 2))
        .await
        .expect("new keys");
    let changed = changed(&ada, KeysetChange::Reset);
    assert_eq!(friend.event().await.0, changed);
    // The others were told nothing before the answers to what they ask now.
    bob.proves(&mut unproven, &late).await;
    bob.chain(&mut unproven).await;
    eve.chain(&mut asked).await;
    for quiet in [&mut unproven, &mut asked] {
        quiet.send(ClientFrame::Ping([7; 8])).await;
        assert_eq!(quiet.next().await, Some(ServerFrame::Pong([7; 8])));
    }
    drop((peer, friend, unproven, asked));
    house.close().await;
}

#[tokio::test]
async fn who_is_in_a_room_with_an_account_hears_of_its_new_keys_once() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut cat = Person::arrives(&house, "Cat").await;
    let mut dan = Person::arrives(&house, "Dan").await;
    befriend((&ada.owner, &mut ada.peer), (&bob.owner, &mut bob.peer)).await;
    // Two rooms with Bob, who is a friend as well; one with Cat; none with Dan that he is told of.
    let mut others = [&mut bob, &mut cat];
    let group = Talk::made(RoomKind::Group, &mut ada, &mut others).await;
    let direct = Talk::made(RoomKind::Direct, &mut ada, &mut [&mut bob]).await;
    let blocked = Talk::made(RoomKind::Direct, &mut ada, &mut [&mut dan]).await;
    for person in [&mut bob, &mut cat] {
        person.follows(group.room).await;
    }
    bob.follows(direct.room).await;
    dan.follows(blocked.room).await;
    let block = wire_format::command::friends::Block {
        account: ada.account(),
    };
    dan.does(&block, bytes::Bytes::new()).await;
    for person in [&mut bob, &mut cat, &mut dan] {
        events(&mut person.peer).await;
    }

    let chain = ada.owner.chain(&mut ada.peer).await;
    let rotation = ada.owner.rotation(chain.head(), 2, 2);
    rotate(&mut ada.peer, 1, rotation).await.expect("rotated");
    let changed = changed(&ada.owner, KeysetChange::Rotated);
    let told = events(&mut bob.peer).await;
    assert_eq!(told[0], changed, "before what follows from it");
    for due in [&group, &direct] {
        assert!(told[1..].contains(&due.due(CommitDue::Rekeyed)));
    }
    assert_eq!(told.len(), 3, "once");
    let told = events(&mut cat.peer).await;
    assert_eq!(told, [changed, group.due(CommitDue::Rekeyed)]);
    quiet([&mut dan.peer]).await;
    drop((ada, bob, cat, dan));
    house.close().await;
}
