//! What an account may have of conversations, and what it is told of who is there.

use chat_server::{AccountLimits, Rate};
use wire_format::{
    AccountId, ErrorCode,
    command::conversations::{Create, Invite, Request},
    room::{Action, Change, Role, RoomKind},
};

use crate::{
    circle::{closes, presence, there},
    commits::group,
    conversing::{Person, Talk, founding, keys_of, numbers},
    owner::{AtServer as _, Folder},
};

#[tokio::test]
async fn an_account_is_in_so_many_rooms_and_no_more() {
    let folder = Folder::new();
    let limits = AccountLimits {
        rooms: 2,
        invitations: 1,
        ..AccountLimits::default()
    };
    let house = folder.limited(limits).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let (keysets, wraps) = keys_of(&mut [&mut ada, &mut bob]).await;
    let make = |by: &Person, with: &[AccountId]| {
        let (room, draft) = founding(RoomKind::Group, &by.owner, with, &keysets, &wraps);
        (Create::unnamed(room, numbers(&draft.wraps)), draft.tail)
    };
    for _ in 0..2 {
        let (create, tail) = make(&ada, &[]);
        ada.does(&create, tail).await;
    }
    let (create, tail) = make(&ada, &[]);
    assert_eq!(ada.may_not(&create, tail).await, ErrorCode::OverQuota);
    let (create, tail) = make(&bob, &[ada.account()]);
    assert_eq!(bob.may_not(&create, tail).await, ErrorCode::OverQuota);

    // Who is in as many may be invited, and may not come in.
    let mut talk = Talk::made(RoomKind::Group, &mut bob, &mut []).await;
    talk.learns(&mut ada).await;
    let (invitation, _) = talk.invites(&mut bob, ada.account()).await;
    let join = talk.request(&ada.owner, Action::Join, Some(&invitation));
    let refused = ada.may_not(&Request {}, join.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::OverQuota);
    let draft = talk.draft(&ada.owner, vec![Change::Joined(Box::new(join))]);
    let refused = ada.may_not(&draft.command(talk.room), draft.tail).await;
    assert_eq!(refused, ErrorCode::OverQuota);

    // The same inviter replaces their own invitation; another one finds no place.
    talk.invites(&mut bob, ada.account()).await;
    let mut other = Talk::made(RoomKind::Group, &mut eve, &mut []).await;
    other.learns(&mut ada).await;
    let invitation = other.invitation(&eve.owner, ada.account());
    let refused = eve.may_not(&Invite {}, invitation.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::OverQuota);
    drop((ada, bob, eve));
    house.close().await;
}

#[tokio::test]
async fn commits_that_nobody_asks_for_are_counted() {
    let folder = Folder::new();
    let limits = AccountLimits {
        rotations_per_account: Rate::per_minute(1, 2),
        ..AccountLimits::default()
    };
    let house = folder.limited(limits).await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    let role = |role| {
        vec![Change::Role {
            account: bob.account(),
            role,
        }]
    };
    for changes in [vec![], role(Role::Admin)] {
        talk.commits(&mut ada, changes).await.expect("one of two");
    }
    for changes in [vec![], role(Role::Member)] {
        let refused = talk.commits(&mut ada, changes).await;
        assert_eq!(refused, Err(ErrorCode::RateLimited));
    }
    let leave = talk.asks(&mut bob, Action::Leave, None).await;
    let left = vec![Change::Left(Box::new(leave))];
    talk.commits(&mut ada, left).await.expect("asked for");
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn who_follows_is_told_who_of_the_room_is_there() {
    let folder = Folder::new();
    let house = folder.house().await;
    // Bob, of whom Ada is told, is there long before she looks.
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut ada = Person::arrives(&house, "Ada").await;
    Talk::begins(RoomKind::Group, &mut bob, &mut [&mut ada]).await;
    let asked = [bob.account()];
    assert_eq!(there(&mut ada.peer, &asked).await, asked);
    // Who was placed there, and has not written yet, shows itself to nobody.
    let placed = [ada.account()];
    assert_eq!(there(&mut bob.peer, &placed).await, []);
    closes(bob.peer).await;
    assert_eq!(ada.peer.event().await.0, presence(&bob.owner, false));
    assert_eq!(there(&mut ada.peer, &asked).await, []);
    let (peer, _) = bob.owner.comes_again(&house).await;
    assert_eq!(ada.peer.event().await.0, presence(&bob.owner, true));
    drop((ada, peer));
    house.close().await;
}
