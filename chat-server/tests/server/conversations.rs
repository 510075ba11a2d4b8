//! Sections 14.7 to 14.9: who is in a conversation, and who hears of it.

use bytes::Bytes;
use wire_format::{
    ChannelId, EpochNumber, ErrorCode, Event, RoomId, Sequence, WrapNumber,
    command::{
        commits::{Chain, Share},
        conversations::{Create, Follow, GetState, Invite, OwnRoom, Request, Unfollow},
    },
    event::CommitDue,
    record_list,
    room::{Action, AfterRemoval, Change, Role, RoomChain, RoomKind},
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk, founding, keys_of, numbers, own_rooms},
    owner::Folder,
};

#[tokio::test]
async fn two_begin_a_direct_conversation() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let talk = Talk::made(RoomKind::Direct, &mut ada, &mut [&mut bob]).await;
    let added = |request| Event::RoomAdded {
        room: talk.room,
        request,
    };
    bob.told(&added(true)).await;
    let listed = |request| OwnRoom {
        room: talk.room,
        n: EpochNumber::new(1),
        commit: talk.chain.head().hash(),
        channels: vec![ChannelId::main_of(talk.room)],
        request,
    };
    assert_eq!(own_rooms(&mut ada).await, [listed(false)]);
    assert_eq!(own_rooms(&mut bob).await, [listed(true)]);
    let followed = bob.follows(talk.room).await;
    assert_eq!(
        (followed.n.value(), followed.commit),
        (1, talk.chain.head().hash())
    );
    assert_eq!(
        (followed.due, followed.channels[0].sequence),
        (None, Sequence::new(1))
    );

    let chain = Chain {
        room: talk.room,
        after: None,
    };
    let (page, tail) = bob.does(&chain, Bytes::new()).await;
    assert_eq!((page.head.value(), page.more), (1, false));
    let [commit] = record_list::parse_exactly(tail).expect("one");
    let chain = RoomChain::first(talk.room, commit, &talk.keysets).expect("a chain");
    let share = Share {
        room: talk.room,
        n: EpochNumber::new(1),
    };
    let (share, bytes) = bob.does(&share, Bytes::new()).await;
    assert_eq!(share.wrap, WrapNumber::new(1));
    let opened = chain
        .head()
        .open_share(&bytes, &bob.owner.wrap(1), &mut rand::rng());
    opened.expect("the secret");

    // There is one of these two; another one has to be left first.
    let (keysets, wraps) = keys_of(&mut [&mut ada, &mut bob]).await;
    let (room, draft) = founding(
        RoomKind::Direct,
        &bob.owner,
        &[ada.account()],
        &keysets,
        &wraps,
    );
    let create = Create::unnamed(room, numbers(&draft.wraps));
    assert_eq!(
        bob.may_not(&create, draft.tail.clone()).await,
        ErrorCode::RoomTaken
    );
    talk.asks(&mut ada, Action::Leave, None).await;
    bob.does(&create, draft.tail).await;
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn b8_each_commit_brings_everybody_their_own_share() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut cat = Person::arrives(&house, "Cat").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob, &mut cat]).await;
    talk.commits(&mut bob, vec![]).await.expect("a rotation");
    for member in [&mut ada, &mut bob, &mut cat] {
        talk.reaches(member).await;
    }
    assert_eq!(
        ada.follows(talk.room).await.channels[0].sequence,
        Sequence::new(2)
    );
    cat.does(&Unfollow { room: talk.room }, Bytes::new()).await;
    let unfollow = Unfollow { room: talk.room };
    assert_eq!(
        cat.may_not(&unfollow, Bytes::new()).await,
        ErrorCode::NoSuchRoom
    );
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    talk.reaches(&mut bob).await;
    quiet([&mut cat.peer]).await;
    drop((ada, bob, cat));
    house.close().await;
}

#[tokio::test]
async fn who_asks_to_leave_hears_nothing_more() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    let leave = talk.asks(&mut bob, Action::Leave, None).await;
    bob.told(&Event::RoomRemoved { room: talk.room }).await;
    ada.told(&Event::RoomRequested { room: talk.room }).await;
    ada.told(&talk.due(CommitDue::Left)).await;
    assert_eq!(own_rooms(&mut bob).await, []);
    for refused in [
        bob.may_not(&Follow { room: talk.room }, Bytes::new()).await,
        bob.may_not(&GetState { room: talk.room }, Bytes::new())
            .await,
    ] {
        assert_eq!(refused, ErrorCode::NoSuchRoom);
    }
    // Who leaves does not write that commit.
    let without = talk.draft(&bob.owner, vec![]);
    let refused = bob.may_not(&without.command(talk.room), without.tail).await;
    assert_eq!(refused, ErrorCode::RequestsPending);
    let changes = vec![Change::Left(Box::new(leave))];
    talk.commits(&mut ada, changes).await.expect("let out");
    talk.reaches(&mut ada).await;
    quiet([&mut bob.peer]).await;
    let chain = Chain {
        room: talk.room,
        after: None,
    };
    assert_eq!(
        bob.may_not(&chain, Bytes::new()).await,
        ErrorCode::NoSuchRoom
    );
    // The share of an epoch that he was in stays his.
    let share = Share {
        room: talk.room,
        n: EpochNumber::new(1),
    };
    bob.does(&share, Bytes::new()).await;
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_who_is_banned_stays_out() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut cat = Person::arrives(&house, "Cat").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob, &mut cat]).await;
    let removed = |person: &Person, after| Change::Removed {
        account: person.account(),
        after,
    };
    // A member removes nobody.
    let by_cat = talk.chain.clone();
    let (kept, out) = (AfterRemoval::MayReturn, AfterRemoval::Banned);
    assert_eq!(
        by_cat.record().member(cat.account()).map(|one| one.role),
        Some(Role::Member)
    );
    talk.commits(&mut ada, vec![removed(&bob, kept)])
        .await
        .expect("removed");
    talk.reaches(&mut ada).await;
    talk.reaches(&mut cat).await;
    bob.told(&Event::RoomRemoved { room: talk.room }).await;
    quiet([&mut bob.peer]).await;
    assert_eq!(own_rooms(&mut bob).await, []);
    let (invitation, _) = talk.invites(&mut cat, bob.account()).await;
    bob.told(&Event::RoomInvited { room: talk.room }).await;
    let join = talk.request(&bob.owner, Action::Join, Some(&invitation));
    talk.commits(&mut bob, vec![Change::Joined(Box::new(join))])
        .await
        .expect("back");
    // An invitation lets in once.
    let again = talk.request(&bob.owner, Action::Join, Some(&invitation));
    assert_eq!(
        bob.may_not(&Request {}, again.bytes().clone()).await,
        ErrorCode::RequestInvalid
    );
    talk.commits(&mut ada, vec![removed(&bob, out)])
        .await
        .expect("banned");
    let invitation = talk.invitation(&cat.owner, bob.account());
    assert_eq!(
        cat.may_not(&Invite {}, invitation.bytes().clone()).await,
        ErrorCode::RequestInvalid
    );
    drop((ada, bob, cat));
    house.close().await;
}

#[tokio::test]
async fn what_does_not_make_a_room_makes_none() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let (keysets, wraps) = keys_of(&mut [&mut ada, &mut bob]).await;
    let (room, draft) = founding(
        RoomKind::Group,
        &ada.owner,
        &[bob.account()],
        &keysets,
        &wraps,
    );
    let create = |room, wraps: &[u64]| {
        let wraps: Vec<_> = wraps.iter().copied().map(WrapNumber::new).collect();
        Create::unnamed(room, numbers(&wraps))
    };
    let shortened = draft.tail.slice(..draft.tail.len() - 384);
    let mut bent = draft.tail.to_vec();
    bent[4 + draft.signed.commit.bytes().len() - 1] ^= 1;
    use ErrorCode::{CommitInvalid, Malformed, WrapSuperseded};
    for (why, code, create, tail) in [
        ("nothing", Malformed, create(room, &[1, 1]), Bytes::new()),
        (
            "a cut share",
            Malformed,
            create(room, &[1, 1]),
            draft.tail.slice(..draft.tail.len() - 1),
        ),
        (
            "a missing share",
            Malformed,
            create(room, &[1, 1]),
            shortened,
        ),
        (
            "another room",
            CommitInvalid,
            create(RoomId::from_bytes([7; 16]), &[1, 1]),
            draft.tail.clone(),
        ),
        (
            "an old wrap key",
            WrapSuperseded,
            create(room, &[1, 2]),
            draft.tail.clone(),
        ),
        (
            "no wrap key",
            WrapSuperseded,
            create(room, &[1, 0]),
            draft.tail.clone(),
        ),
        (
            "too few wrap keys",
            WrapSuperseded,
            create(room, &[1]),
            draft.tail.clone(),
        ),
        (
            "a bent signature",
            CommitInvalid,
            create(room, &[1, 1]),
            bent.into(),
        ),
    ] {
        assert_eq!(ada.may_not(&create, tail).await, code, "{why}");
    }
    // Another's commit, and one that places nobody's account.
    let own = create(room, &[1, 1]);
    assert_eq!(bob.may_not(&own, draft.tail.clone()).await, CommitInvalid);
    ada.does(&own, draft.tail.clone()).await;
    assert_eq!(ada.may_not(&own, draft.tail).await, ErrorCode::RoomTaken);
    drop((ada, bob));
    house.close().await;
}
