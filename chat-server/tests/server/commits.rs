//! Section 14.9: who is first, what is due, and what a commit has to hold.

use bytes::Bytes;
use wire_format::{
    CloseCode, ErrorCode, Event, KeysetNumber, Millis, WrapNumber,
    command::{
        auth::Delete,
        commits::{BadShare, Chain, Share},
        keys::{self, Rotate},
    },
    event::{CommitDue, KeysetChange},
    record_list,
    room::{Action, AfterRemoval, Change, PLACEHOLDER, Role, RoomChain, RoomKind},
};

use crate::{
    circle::{events, quiet, tamper},
    conversing::{Person, Talk, numbers},
    owner::{AtServer as _, Folder, now},
    support::House,
};

pub(crate) async fn group(house: &House) -> (Person, Person, Talk) {
    let mut ada = Person::arrives(house, "Ada").await;
    let mut bob = Person::arrives(house, "Bob").await;
    let talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    (ada, bob, talk)
}

#[tokio::test]
async fn of_two_at_once_one_is_first() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    for _ in 0..5 {
        let adas = talk.draft(&ada.owner, vec![]);
        let bobs = talk.draft(&bob.owner, vec![]);
        let (by_ada, by_bob) = (adas.command(talk.room), bobs.command(talk.room));
        let (first, second) = tokio::join!(
            ada.peer.call(&by_ada, adas.tail.clone()),
            bob.peer.call(&by_bob, bobs.tail.clone()),
        );
        let winner = match (first, second) {
            (Ok(_), Err(refusal)) => {
                assert_eq!(refusal.code, ErrorCode::CommitConflict);
                adas
            }
            (Err(refusal), Ok(_)) => {
                assert_eq!(refusal.code, ErrorCode::CommitConflict);
                bobs
            }
            other => panic!("{other:?}"),
        };
        talk.takes(&winner);
        talk.reaches(&mut ada).await;
        talk.reaches(&mut bob).await;
    }
    let chain = Chain {
        room: talk.room,
        after: None,
    };
    let (page, tail) = bob.does(&chain, Bytes::new()).await;
    assert_eq!(page.head.value(), 6);
    let commits = record_list::parse(tail, 100).expect("a list");
    let mut read = RoomChain::first(talk.room, commits[0].clone(), &talk.keysets).expect("one");
    for commit in &commits[1..] {
        read.extend(commit.clone(), &talk.keysets)
            .expect("the next");
    }
    assert_eq!(read.head().hash(), talk.chain.head().hash());
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn what_is_not_as_it_should_be_changes_nothing() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    let good = talk.draft(&ada.owner, vec![]);
    let command = good.command(talk.room);
    let with = |wraps: &[u64]| {
        let wraps: Vec<_> = wraps.iter().copied().map(WrapNumber::new).collect();
        let mut command = command.clone();
        command.wraps = numbers(&wraps);
        command
    };
    let mut other_n = command.clone();
    other_n.n = other_n.n.next();
    let length = good.signed.commit.bytes().len();
    let mut bent = good.tail.to_vec();
    bent[4 + length - 1] ^= 1;
    let mut zeros = good.tail.to_vec();
    zeros[4 + length..4 + length + 384].copy_from_slice(&PLACEHOLDER);
    let late = talk.draft_at(&ada.owner, vec![], Millis::new(now().value() + 310_000));
    let cut = good.tail.len() - 384;
    use ErrorCode::{CommitInvalid, Malformed, WrapSuperseded};
    for (why, code, command, tail) in [
        ("nothing", Malformed, command.clone(), Bytes::new()),
        (
            "a commit cut off",
            Malformed,
            command.clone(),
            good.tail.slice(..40),
        ),
        (
            "a share cut off",
            Malformed,
            command.clone(),
            good.tail.slice(..good.tail.len() - 1),
        ),
        (
            "a share too few",
            Malformed,
            command.clone(),
            good.tail.slice(..cut),
        ),
        (
            "a placeholder for a key",
            Malformed,
            command.clone(),
            zeros.into(),
        ),
        ("another number", CommitInvalid, other_n, good.tail.clone()),
        (
            "a bent signature",
            CommitInvalid,
            command.clone(),
            bent.into(),
        ),
        (
            "made too late",
            CommitInvalid,
            late.command(talk.room),
            late.tail.clone(),
        ),
        (
            "an older wrap key",
            WrapSuperseded,
            with(&[0, 1]),
            good.tail.clone(),
        ),
        (
            "a wrap key to come",
            WrapSuperseded,
            with(&[1, 2]),
            good.tail.clone(),
        ),
    ] {
        assert_eq!(ada.may_not(&command, tail).await, code, "{why}");
    }
    // Another's.
    assert_eq!(
        bob.may_not(&command, good.tail.clone()).await,
        CommitInvalid
    );
    quiet([&mut bob.peer]).await;
    talk.sends(&mut ada, good).await.expect("the good one");
    talk.reaches(&mut bob).await;
    // A member may not do what an owner may: the list is judged, not only the signature.
    let roles = vec![Change::Role {
        account: bob.account(),
        role: Role::Admin,
    }];
    talk.commits(&mut ada, roles).await.expect("an admin");
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_bad_share_and_new_keys_make_a_commit_due() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    let bad = BadShare {
        room: talk.room,
        n: talk.chain.head().n(),
    };
    bob.does(&bad, Bytes::new()).await;
    ada.told(&talk.due(CommitDue::BadShare)).await;
    quiet([&mut bob.peer]).await;
    assert_eq!(bob.follows(talk.room).await.due, Some(CommitDue::BadShare));
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    assert_eq!(bob.may_not(&bad, Bytes::new()).await, ErrorCode::StaleEpoch);
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    let rotation = bob
        .owner
        .rotation(talk.keysets[&bob.account()].head(), 2, 2);
    let rotate = Rotate {
        expected: KeysetNumber::new(1),
    };
    bob.does(&rotate, rotation).await;
    let changed = Event::KeysChanged {
        account: bob.account(),
        number: KeysetNumber::new(2),
        link: KeysetChange::Rotated,
    };
    let told = events(&mut ada.peer).await;
    assert_eq!(told, [changed, talk.due(CommitDue::Rekeyed)]);
    assert_eq!(ada.follows(talk.room).await.due, Some(CommitDue::Rekeyed));
    // A commit that uses the wrap key from before is refused; one for the new keys is taken, since
    // they were rotated to.
    let old = talk.draft(&ada.owner, vec![]);
    let refused = ada.may_not(&old.command(talk.room), old.tail).await;
    assert_eq!(refused, ErrorCode::WrapSuperseded);
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn rooms_go_on_without_an_account_that_is_deleted() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    let delete = Delete {
        login: bob.owner.login.clone(),
    };
    bob.does(&delete, Bytes::new()).await;
    drop(bob.peer);
    // Its keysets stay readable, and nobody gets its id.
    let chain = keys::Chain {
        account: bob.owner.account,
        after: None,
    };
    ada.does(&chain, Bytes::new()).await;
    let mut again = house.greeted().await;
    let taken = again.call(&bob.owner.register(), bob.owner.records()).await;
    assert_eq!(taken.expect_err("refused").code, ErrorCode::NotAllowed);
    let with_share = talk.draft(&ada.owner, vec![]);
    let refused = ada
        .may_not(&with_share.command(talk.room), with_share.tail)
        .await;
    assert_eq!(refused, ErrorCode::WrapSuperseded);
    talk.wraps.remove(&bob.owner.account);
    talk.commits(&mut ada, vec![])
        .await
        .expect("with a placeholder");
    events_until_commit(&mut ada).await;
    // Chains that name it are read again from the data.
    house.close().await;
    let house = folder.house().await;
    let (peer, _) = ada.owner.comes_again(&house).await;
    ada.peer = peer;
    assert_eq!(ada.follows(talk.room).await.n.value(), 2);
    let removed = Change::Removed {
        account: bob.owner.account,
        after: AfterRemoval::MayReturn,
    };
    talk.commits(&mut ada, vec![removed])
        .await
        .expect("removed");
    drop((ada, again));
    house.close().await;
}

/// The share of a commit comes, and then it.
async fn events_until_commit(person: &mut Person) {
    loop {
        let (event, _) = person.peer.event().await;
        if let Event::EpochCommitted { .. } = event {
            person.gets_commit().await;
            return;
        }
    }
}

#[tokio::test]
async fn a_room_is_as_it_was_after_a_restart() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    talk.commits(&mut bob, vec![]).await.expect("a rotation");
    let before = ada.follows(talk.room).await;
    let leave = talk.asks(&mut bob, Action::Leave, None).await;
    drop((ada.peer, bob.peer));
    house.close().await;

    let house = folder.house().await;
    let (peer, _) = ada.owner.comes_again(&house).await;
    let mut ada = Person {
        peer,
        owner: ada.owner,
    };
    let (peer, _) = bob.owner.comes_again(&house).await;
    let mut bob = Person {
        peer,
        owner: bob.owner,
    };
    let after = ada.follows(talk.room).await;
    assert_eq!((after.n, after.commit), (before.n, before.commit));
    assert_eq!(after.channels, before.channels, "the run stays");
    assert_eq!(after.due, Some(CommitDue::Left));
    let share = Share {
        room: talk.room,
        n: after.n,
    };
    bob.does(&share, Bytes::new()).await;
    let changes = vec![Change::Left(Box::new(leave))];
    talk.commits(&mut ada, changes).await.expect("let out");
    talk.reaches(&mut ada).await;
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_commit_that_certainly_failed_disturbs_nobody() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    tamper(&folder, "ALTER TABLE room_shares RENAME TO elsewhere").await;
    let failed = talk.commits(&mut ada, vec![]).await;
    assert_eq!(failed, Err(ErrorCode::Internal));
    quiet([&mut ada.peer, &mut bob.peer]).await;
    tamper(&folder, "ALTER TABLE elsewhere RENAME TO room_shares").await;
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    for member in [&mut ada, &mut bob] {
        talk.reaches(member).await;
    }
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_room_is_read_again_where_nobody_knows_what_is_kept() {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let mut talk = Talk::made(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    bob.follows(talk.room).await;
    tamper(&folder, OWES).await;
    let failed = talk.commits(&mut ada, vec![]).await;
    assert_eq!(failed, Err(ErrorCode::Internal));
    // Who followed may lack what the store has: they come again, and are told.
    assert_eq!(bob.peer.closed().await, CloseCode::Resume);
    tamper(&folder, "DROP TRIGGER owes").await;
    let (peer, _) = bob.owner.comes_again(&house).await;
    bob.peer = peer;
    assert_eq!(bob.follows(talk.room).await.n.value(), 1);
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    talk.reaches(&mut bob).await;
    drop((ada, bob));
    house.close().await;
}

/// Lets the database refuse what has shares when it commits, and not before.
const OWES: &str = "CREATE TABLE creditors (id INTEGER PRIMARY KEY); \
    CREATE TABLE debts (to_whom REFERENCES creditors (id) DEFERRABLE INITIALLY DEFERRED); \
    CREATE TRIGGER owes AFTER INSERT ON room_shares BEGIN INSERT INTO debts VALUES (1); END";
