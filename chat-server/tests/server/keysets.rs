//! Section 14.3: `keys.rotate` and `keys.reset`, and what is refused of them.

use bytes::Bytes;
use chat_server::{AccountLimits, Rate};
use wire_format::{
    ErrorCode, Event, KeysetNumber, WrapNumber,
    command::{
        auth::Prove,
        conversations::{Create, Invite},
        keys::{Reset, Rotate},
        vault::Root,
    },
    event::KeysetChange,
    identity::{Link, UnverifiedWrapKey},
    record_list,
    room::{Action, Change, RoomKind},
};

use crate::{
    conversing::{Person, Talk, founding, numbers},
    owner::{AtServer as _, Folder, Owner, list},
    support::{House, Peer},
};

/// A server on which keys may be tried as often as a test likes.
pub(crate) async fn house(folder: &Folder) -> House {
    folder.with_tries(Rate::UNLIMITED).await
}

pub(crate) async fn rotate(peer: &mut Peer, expected: u64, tail: Bytes) -> Result<(), ErrorCode> {
    let expected = KeysetNumber::new(expected);
    let answer = peer.call(&Rotate { expected }, tail).await;
    answer.map(|_| ()).map_err(|refusal| refusal.code)
}

pub(crate) async fn reset(peer: &mut Peer, expected: u64, tail: Bytes) -> Result<(), ErrorCode> {
    let expected = KeysetNumber::new(expected);
    let answer = peer.call(&Reset { expected }, tail).await;
    answer.map(|_| ()).map_err(|refusal| refusal.code)
}

pub(crate) fn changed(owner: &Owner, link: KeysetChange) -> Event {
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
async fn an_account_has_so_many_keysets_and_no_more() {
    let full = Err(ErrorCode::OverQuota);
    for (most, expected) in [(2, Ok(())), (1, full)] {
        let folder = Folder::new();
        let limits = AccountLimits {
            tries_per_name_and_address: Rate::UNLIMITED,
            keysets: most,
            ..AccountLimits::default()
        };
        let house = folder.limited(limits).await;
        let ada = Owner::named("Ada");
        let (mut peer, _) = ada.arrives(&house).await;
        let first = ada.chain(&mut peer).await;
        let second = ada.rotation(first.head(), 2, 2);
        assert_eq!(rotate(&mut peer, 1, second).await, expected);
        if expected == full {
            let anew = ada.reset(first.head(), 2, 2);
            assert_eq!(reset(&mut peer, 1, anew).await, full);
        }
        let chain = ada.chain(&mut peer).await;
        assert_eq!(chain.head().number().value(), most);
        drop(peer);
        house.close().await;
    }
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
    let house = folder.with_tries(Rate::per_minute(1, 1)).await;
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

/// Somebody has new keys that the old ones did not sign, and the others know them.
async fn starts_anew(mut person: Person, talks: &mut [&mut Talk]) -> Person {
    let chain = person.owner.chain(&mut person.peer).await;
    let tail = person.owner.reset(chain.head(), 2, 2);
    reset(&mut person.peer, 1, tail).await.expect("new keys");
    let chain = person.owner.chain(&mut person.peer).await;
    let owner = person.owner.with_other_keys();
    for talk in talks {
        let wrap = UnverifiedWrapKey::parse(owner.wrap_key(2)).expect("a layout");
        let wrap = wrap.verify(chain.head(), WrapNumber::new(1));
        talk.wraps.insert(owner.account, wrap.expect("a wrap key"));
        talk.keysets.insert(owner.account, chain.clone());
    }
    Person { owner, ..person }
}

#[tokio::test]
async fn who_starts_anew_is_let_into_its_rooms_again() {
    let folder = Folder::new();
    let limits = AccountLimits {
        rooms: 1,
        tries_per_name_and_address: Rate::UNLIMITED,
        ..AccountLimits::default()
    };
    let house = folder.limited(limits).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::made(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    let early = talk.invitation(&bob.owner, ada.account());
    let refused = bob.may_not(&Invite {}, early.bytes().clone());
    assert_eq!(refused.await, ErrorCode::RequestInvalid, "she is in");
    let mut ada = starts_anew(ada, &mut [&mut talk]).await;
    let (invitation, _) = talk.invites(&mut bob, ada.account()).await;
    // It is in as many rooms as may be, with this one.
    let join = talk.asks(&mut ada, Action::Join, Some(&invitation)).await;
    let changes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut bob, changes).await.expect("taken in");
    assert_eq!(ada.follows(talk.room).await.n.value(), 2);
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn who_starts_anew_has_new_direct_conversations() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::made(RoomKind::Direct, &mut ada, &mut [&mut bob]).await;
    let begins = |talk: &Talk, by: &Owner, with| {
        let (room, draft) = founding(RoomKind::Direct, by, &[with], &talk.keysets, &talk.wraps);
        let wraps = numbers(&draft.wraps);
        (Create::unnamed(room, wraps), draft.tail)
    };
    let (create, tail) = begins(&talk, &bob.owner, ada.account());
    assert_eq!(bob.may_not(&create, tail).await, ErrorCode::RoomTaken);
    let ada = starts_anew(ada, &mut [&mut talk]).await;
    for taken in [false, true] {
        let (create, tail) = begins(&talk, &bob.owner, ada.account());
        match taken {
            false => drop(bob.does(&create, tail).await),
            true => assert_eq!(bob.may_not(&create, tail).await, ErrorCode::RoomTaken),
        }
    }
    drop((ada, bob));
    house.close().await;
}
