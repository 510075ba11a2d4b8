//! Section 14.8: how somebody comes into a conversation that is there.

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, Event,
    command::{
        commits::{Chain, Pending, Share},
        conversations::{Decline, Follow, Invitations},
    },
    event::CommitDue,
    record_list,
    room::{Action, Change, RoomKind},
};

use crate::{
    circle::{closes, quiet},
    conversing::{Person, Talk, own_rooms},
    owner::{AtServer as _, Folder},
};

#[tokio::test]
async fn who_is_invited_comes_in_by_their_own_commit() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    talk.learns(&mut eve).await;
    let (invitation, online) = talk.invites(&mut bob, eve.account()).await;
    assert!(online);
    let tail = eve.told(&Event::RoomInvited { room: talk.room }).await;
    assert_eq!(tail, *invitation.bytes());
    let (_, tail) = eve.does(&Invitations {}, Bytes::new()).await;
    assert_eq!(
        record_list::parse_exactly(tail),
        Ok([invitation.bytes().clone()])
    );
    // The chain is there for who is invited; the rest is not.
    let chain = Chain {
        room: talk.room,
        after: None,
    };
    eve.does(&chain, Bytes::new()).await;
    let follow = Follow { room: talk.room };
    assert_eq!(
        eve.may_not(&follow, Bytes::new()).await,
        ErrorCode::NoSuchRoom
    );

    let join = talk.request(&eve.owner, Action::Join, Some(&invitation));
    let changes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut eve, changes).await.expect("in");
    let added = Event::RoomAdded {
        room: talk.room,
        request: false,
    };
    eve.told(&added).await;
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    assert!(!own_rooms(&mut eve).await[0].request);
    let (_, tail) = eve.does(&Invitations {}, Bytes::new()).await;
    assert!(tail.is_empty());
    // What was before is not hers.
    let before = Share {
        room: talk.room,
        n: EpochNumber::new(1),
    };
    assert_eq!(
        eve.may_not(&before, Bytes::new()).await,
        ErrorCode::NoSuchRoom
    );
    let since = Share {
        room: talk.room,
        n: EpochNumber::new(2),
    };
    eve.does(&since, Bytes::new()).await;
    drop((ada, bob, eve));
    house.close().await;
}

#[tokio::test]
async fn a_join_that_waits_is_taken_in_by_any_member() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    talk.learns(&mut eve).await;
    let (invitation, _) = talk.invites(&mut ada, eve.account()).await;
    eve.told(&Event::RoomInvited { room: talk.room }).await;
    let join = talk.asks(&mut eve, Action::Join, Some(&invitation)).await;
    for member in [&mut ada, &mut bob] {
        let tail = member.told(&Event::RoomRequested { room: talk.room }).await;
        assert_eq!(tail, *join.bytes());
        member.told(&talk.due(CommitDue::Joined)).await;
    }
    let pending = Pending { room: talk.room };
    for person in [&mut bob, &mut eve] {
        let (_, tail) = person.does(&pending, Bytes::new()).await;
        assert_eq!(record_list::parse_exactly(tail), Ok([join.bytes().clone()]));
    }
    assert_eq!(ada.follows(talk.room).await.due, Some(CommitDue::Joined));
    let without = talk.draft(&bob.owner, vec![]);
    let refused = bob.may_not(&without.command(talk.room), without.tail).await;
    assert_eq!(refused, ErrorCode::RequestsPending);
    let changes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut bob, changes).await.expect("taken in");
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    let added = Event::RoomAdded {
        room: talk.room,
        request: false,
    };
    eve.told(&added).await;
    assert_eq!(eve.follows(talk.room).await.due, None);
    let (_, tail) = bob.does(&pending, Bytes::new()).await;
    assert!(tail.is_empty());
    drop((ada, bob, eve));
    house.close().await;
}

#[tokio::test]
async fn an_invitation_waits_and_may_be_declined() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut talk = Talk::begins(RoomKind::Group, &mut ada, &mut []).await;
    talk.learns(&mut eve).await;
    let Person { owner, peer } = eve;
    closes(peer).await;
    let (invitation, online) = talk.invites(&mut ada, owner.account).await;
    assert!(!online);
    let (peer, _) = owner.comes_again(&house).await;
    let mut eve = Person { owner, peer };
    quiet([&mut eve.peer]).await;
    let (_, tail) = eve.does(&Invitations {}, Bytes::new()).await;
    assert_eq!(
        record_list::parse_exactly(tail),
        Ok([invitation.bytes().clone()])
    );
    let decline = Decline {
        invitation: invitation.hash(),
    };
    ada.does(&decline, Bytes::new()).await;
    for waiting in [false, true] {
        eve.does(&decline, Bytes::new()).await;
        let (_, tail) = eve.does(&Invitations {}, Bytes::new()).await;
        assert!(tail.is_empty(), "{waiting}");
    }
    let chain = Chain {
        room: talk.room,
        after: None,
    };
    assert_eq!(
        eve.may_not(&chain, Bytes::new()).await,
        ErrorCode::NoSuchRoom
    );
    drop((ada, eve));
    house.close().await;
}
