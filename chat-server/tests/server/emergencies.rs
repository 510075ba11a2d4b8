//! Section 14.15: in an emergency nobody new comes in, and who is in goes on.

use bytes::Bytes;
use wire_format::{
    ErrorCode,
    command::moderation::{Mode, ModeState},
    room::{Action, Change, JoinPolicy, Policy, RoomKind},
};

use crate::{
    conversing::{Person, Talk, founding, keys_of},
    owner::{AtServer as _, Folder, Owner},
};

async fn says(person: &mut Person, emergency: Option<bool>) -> ModeState {
    person.does(&Mode { emergency }, Bytes::new()).await.0
}

/// A room that somebody makes with another one, or the code that refuses it.
async fn makes(kind: RoomKind, by: &mut Person, with: &mut Person) -> Result<(), ErrorCode> {
    let (keysets, wraps) = keys_of(&mut [&mut *by, &mut *with]).await;
    let placed = [with.account()];
    let (room, draft) = founding(kind, &by.owner, &placed, &keysets, &wraps);
    let made = by.peer.call(&draft.create(room), draft.tail.clone()).await;
    made.map(drop).map_err(|refusal| refusal.code)
}

/// Joins by the own commit, without an invitation.
async fn comes_in(talk: &mut Talk, person: &mut Person) -> Result<(), ErrorCode> {
    let join = talk.request(&person.owner, Action::Join, None);
    talk.commits(person, vec![Change::Joined(Box::new(join))])
        .await
}

#[tokio::test]
async fn in_an_emergency_nobody_new_comes_in_and_who_is_in_goes_on() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut eve = Person::arrives(&house, "Eve").await;
    let mut fay = Person::arrives(&house, "Fay").await;
    let mut talk = Talk::made(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    let open = Policy {
        join: JoinPolicy::Open,
        ..Policy::new(RoomKind::Group)
    };
    let opens = vec![Change::Policy(open)];
    talk.commits(&mut ada, opens).await.expect("opened");
    for person in [&mut eve, &mut fay] {
        talk.learns(person).await;
        // The chain of an open group is there for who was told of it.
        talk.invites(&mut bob, person.account()).await;
    }
    let pending = talk.asks(&mut fay, Action::Join, None).await;

    let told = |emergency, administers| ModeState {
        emergency,
        administers,
    };
    assert_eq!(says(&mut ada, None).await, told(false, false));
    let on = Mode {
        emergency: Some(true),
    };
    assert_eq!(ada.may_not(&on, Bytes::new()).await, ErrorCode::NotAllowed);
    folder.appoints(ada.account()).await;
    assert_eq!(says(&mut ada, None).await, told(false, true));
    assert_eq!(says(&mut ada, Some(true)).await, told(true, true));
    assert_eq!(says(&mut eve, None).await, told(true, false));

    let closed = Err(ErrorCode::Closed);
    let newcomer = Owner::named("Gil");
    let mut peer = house.greeted().await;
    let registered = peer.call(&newcomer.register(), newcomer.records()).await;
    let code = registered.err().map(|refusal| refusal.code);
    assert_eq!(code, Some(ErrorCode::Closed));
    assert_eq!(makes(RoomKind::Group, &mut bob, &mut eve).await, closed);
    makes(RoomKind::Direct, &mut bob, &mut eve)
        .await
        .expect("two may talk");
    let join = talk.request(&eve.owner, Action::Join, None);
    let command = wire_format::command::conversations::Request {};
    let code = eve.may_not(&command, join.bytes().clone()).await;
    assert_eq!(code, ErrorCode::Closed);
    assert_eq!(comes_in(&mut talk, &mut eve).await, closed);
    // Nor by a member's commit, with a request that the server never got.
    let carried = vec![Change::Joined(Box::new(join))];
    assert_eq!(talk.commits(&mut bob, carried).await, closed);
    // What was pending before has to be taken in, and who is invited comes in.
    let asked = vec![Change::Joined(Box::new(pending))];
    talk.commits(&mut bob, asked).await.expect("in");
    let (invitation, _) = talk.invites(&mut bob, eve.account()).await;
    let join = talk.request(&eve.owner, Action::Join, Some(&invitation));
    let invited = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut eve, invited).await.expect("in");

    drop((ada, bob, eve, fay, peer));
    house.empties().await;
    house.close().await;
    // It stands over a restart, until it is over.
    let house = folder.house().await;
    let mut peer = house.greeted().await;
    let refused = peer.call(&newcomer.register(), newcomer.records()).await;
    let code = refused.err().map(|refusal| refusal.code);
    assert_eq!(code, Some(ErrorCode::Closed));
    folder.ends_emergency().await;
    newcomer.registers(&mut peer).await;
    drop(peer);
    house.close().await;
}
