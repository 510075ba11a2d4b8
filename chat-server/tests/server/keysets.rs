//! Section 14.3: `keys.rotate` and `keys.reset`, and what is refused of them.

use bytes::Bytes;
use chat_server::{
    AccountLimits, Rate,
    store::{
        Store as _,
        friends::{FriendStep, TakeFriendStep},
    },
};
use wire_format::{
    ClientFrame, ErrorCode, Event, KeysetNumber, ServerFrame,
    command::{
        auth::Prove,
        keys::{Reset, Rotate},
        vault::Root,
    },
    event::KeysetChange,
    identity::Link,
    record_list,
};

use crate::{
    owner::{Folder, Owner, list},
    support::{House, Peer},
};

/// A server on which keys may be tried as often as a test likes.
async fn house(folder: &Folder) -> House {
    folder
        .limited(AccountLimits {
            tries_per_name_and_address: Rate::UNLIMITED,
            ..AccountLimits::default()
        })
        .await
}

async fn rotate(peer: &mut Peer, expected: u64, tail: Bytes) -> Result<(), ErrorCode> {
    let expected = KeysetNumber::new(expected);
    let answer = peer.call(&Rotate { expected }, tail).await;
    answer.map(|_| ()).map_err(|refusal| refusal.code)
}

async fn reset(peer: &mut Peer, expected: u64, tail: Bytes) -> Result<(), ErrorCode> {
    let expected = KeysetNumber::new(expected);
    let answer = peer.call(&Reset { expected }, tail).await;
    answer.map(|_| ()).map_err(|refusal| refusal.code)
}

fn changed(owner: &Owner, link: KeysetChange) -> Event {
    Event::KeysChanged {
        account: owner.account,
        number: KeysetNumber::new(2),
        link,
    }
}

#[tokio::test]
async fn new_keys_follow_the_old_ones_by_whom_they_are_signed() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let ada = Owner::named("Ada");
    let (mut peer, _) = ada.arrives(&house).await;
    let (mut there, _) = ada.comes_again(&house).await;
    let chain = ada.chain(&mut peer).await;
    rotate(&mut peer, 1, ada.rotation(chain.head(), 2, 2))
        .await
        .expect("rotated");
    let chain = ada.chain(&mut peer).await;
    assert_eq!(chain.head().number().value(), 2);
    let (state, _) = peer.call(&Root {}, Bytes::new()).await.expect("a root");
    assert_eq!(state.number.value(), 2);
    match there.event().await.0 {
        Event::VaultChanged { root, .. } => assert_eq!(root.value(), 2),
        other => panic!("{other:?}"),
    }
    let changed = changed(&ada, KeysetChange::Rotated);
    assert_eq!(there.event().await.0, changed);
    let mut again = house.greeted().await;
    let session = ada.signs_in(&mut again).await.expect("a session");
    let proof = ada.foreign_proof(&session);
    again.call(&Prove {}, proof).await.expect("the new keys");
    drop((peer, there, again));
    house.close().await;
}

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
async fn keys_that_do_not_follow_change_nothing() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let (ada, eve) = (Owner::named("Ada"), Owner::named("Eve"));
    let (mut peer, _) = ada.arrives(&house).await;
    let (mut other, _) = eve.arrives(&house).await;
    let chain = ada.chain(&mut peer).await;
    let foreign = eve.chain(&mut other).await;
    let head = chain.head();
    let rotation = ada.rotation(head, 2, 2);
    let [keyset, wrap, root] = record_list::parse_exactly(rotation).expect("three");
    let mut bent = keyset.to_vec();
    *bent.last_mut().expect("a byte") ^= 1;
    use ErrorCode::{KeysConflict, Malformed, VaultConflict};
    for (why, code, expected, tail) in [
        ("nothing", Malformed, 1, Bytes::new()),
        (
            "no root",
            Malformed,
            1,
            list(&[keyset.clone(), wrap.clone()]),
        ),
        ("a reset", Malformed, 1, ada.reset(head, 2, 2)),
        (
            "another's",
            Malformed,
            1,
            eve.rotation(foreign.head(), 2, 2),
        ),
        (
            "a bent signature",
            Malformed,
            1,
            list(&[bent.into(), wrap.clone(), root.clone()]),
        ),
        (
            "a wrap key by the old keys",
            Malformed,
            1,
            list(&[keyset.clone(), ada.wrap_key(2), root.clone()]),
        ),
        (
            "another's root",
            Malformed,
            1,
            list(&[keyset.clone(), wrap.clone(), eve.root(2)]),
        ),
        (
            "a head that is not there",
            KeysConflict,
            2,
            list(&[keyset.clone(), wrap.clone(), root.clone()]),
        ),
        (
            "a wrap key left out",
            KeysConflict,
            1,
            ada.rotation(head, 3, 2),
        ),
        (
            "a root left out",
            VaultConflict,
            1,
            ada.rotation(head, 2, 3),
        ),
    ] {
        assert_eq!(rotate(&mut peer, expected, tail).await, Err(code), "{why}");
    }
    let refused = reset(&mut peer, 1, list(&[keyset, wrap, root])).await;
    assert_eq!(refused, Err(Malformed), "a rotation");
    let (state, _) = peer.call(&Root {}, Bytes::new()).await.expect("a root");
    assert_eq!(state.number.value(), 1);
    assert_eq!(ada.chain(&mut peer).await.head().number().value(), 1);
    drop((peer, other));
    house.close().await;
}

#[tokio::test]
async fn of_two_that_reset_at_once_one_does() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let ada = Owner::named("Ada");
    let (mut here, _) = ada.arrives(&house).await;
    let (mut there, _) = ada.comes_again(&house).await;
    let chain = ada.chain(&mut here).await;
    let (one, two) = (ada.reset(chain.head(), 2, 2), ada.reset(chain.head(), 2, 2));
    let (a, b) = tokio::join!(reset(&mut here, 1, one), reset(&mut there, 1, two));
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1);
    assert_eq!(a.err().or(b.err()), Some(ErrorCode::KeysConflict));
    let chain = ada.chain(&mut here).await;
    assert_eq!(chain.head().number().value(), 2);
    assert_eq!(chain.head().link(), Link::Reset);
    drop((here, there));
    house.close().await;
}

#[tokio::test]
async fn new_keys_are_counted_like_sign_ins() {
    let folder = Folder::new();
    let house = folder
        .limited(AccountLimits {
            tries_per_name_and_address: Rate::per_minute(1, 1),
            ..AccountLimits::default()
        })
        .await;
    let ada = Owner::named("Ada");
    let (mut peer, _) = ada.arrives(&house).await;
    let chain = ada.chain(&mut peer).await;
    rotate(&mut peer, 1, ada.rotation(chain.head(), 2, 2))
        .await
        .expect("the first");
    let refused = rotate(&mut peer, 2, Bytes::new()).await;
    assert_eq!(refused, Err(ErrorCode::RateLimited));
    drop(peer);
    house.close().await;
}
