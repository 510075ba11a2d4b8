//! Section 14.13: which grants are passed on, and which are plainly invalid.

use bytes::Bytes;
use wire_format::{
    AccountId, ErrorCode, Event,
    command::{
        commits::{Grant, Grants, RequestKeys},
        keys::Wrap,
    },
    record_list,
    room::{AfterRemoval, Change, HistoryPolicy, Policy, Role, RoomKind, UnverifiedKeyRequest},
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk},
    older_epochs::{grant, key_request},
    owner::{Folder, list},
    support::House,
};

/// Where fields stand in a grant (docs/protocol.md#1413-history-key-requests-and-grants).
const ROOM_AT: usize = 2;
const REQUEST_AT: usize = 18;
const GRANTER_AT: usize = 50;
const FINGERPRINT_AT: usize = 66;
const ASKER_AT: usize = 98;
const COMMIT_AT: usize = 114;
const WRAP_AT: usize = 154;

fn with(grant: &Bytes, at: usize, field: &[u8]) -> Bytes {
    let mut bent = grant.to_vec();
    bent[at..at + field.len()].copy_from_slice(field);
    bent.into()
}

/// Ada, who made the room, Bob, who came in later and asks for the first epoch, and Cat, who was there.
async fn three(house: &House) -> (Person, Person, Person, Talk) {
    let mut ada = Person::arrives(house, "Ada").await;
    let mut bob = Person::arrives(house, "Bob").await;
    let mut cat = Person::arrives(house, "Cat").await;
    let mut talk = Talk::made(RoomKind::Group, &mut ada, &mut [&mut cat]).await;
    talk.learns(&mut bob).await;
    let (invitation, _) = talk.invites(&mut ada, bob.account()).await;
    let join = talk.request(
        &bob.owner,
        wire_format::room::Action::Join,
        Some(&invitation),
    );
    let changes = vec![Change::Joined(Box::new(join))];
    talk.commits(&mut bob, changes).await.expect("he comes in");
    (ada, bob, cat, talk)
}

async fn asks(talk: &Talk, by: &mut Person) -> UnverifiedKeyRequest {
    let request = key_request(talk, by, 1);
    by.does(&RequestKeys {}, request.bytes().clone()).await;
    request
}

#[tokio::test]
async fn what_is_plainly_no_answer_is_not_passed_on() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, cat, talk) = three(&house).await;
    let request = asks(&talk, &mut bob).await;
    let good = grant(&talk, &ada, request).bytes().clone();
    let elsewhere = Talk::made(RoomKind::Group, &mut ada, &mut []).await;
    // Everything on its way to him is read before.
    crate::circle::events(&mut bob.peer).await;
    let stranger = AccountId::from_bytes([7; 16]);
    let foreign = elsewhere.chain.head().hash();
    use ErrorCode::{Malformed, NoSuchRoom, RequestInvalid, TooLarge};
    for (why, code, tail) in [
        ("nothing", Malformed, Bytes::new()),
        ("cut off", Malformed, good.slice(..good.len() - 1)),
        ("too large", TooLarge, vec![1; 72 * 1024 + 1].into()),
        (
            "in a room that is not there",
            NoSuchRoom,
            with(&good, ROOM_AT, &[9; 16]),
        ),
        (
            "in another room",
            RequestInvalid,
            with(&good, ROOM_AT, elsewhere.room.as_bytes()),
        ),
        (
            "for another request",
            RequestInvalid,
            with(&good, REQUEST_AT, &[9; 32]),
        ),
        (
            "by somebody else",
            RequestInvalid,
            with(&good, GRANTER_AT, cat.account().as_bytes()),
        ),
        (
            "by keys that she does not have",
            RequestInvalid,
            with(&good, FINGERPRINT_AT, &[9; 32]),
        ),
        (
            "for somebody who is not in the room",
            RequestInvalid,
            with(&good, ASKER_AT, stranger.as_bytes()),
        ),
        (
            "for a member who did not ask",
            RequestInvalid,
            with(&good, ASKER_AT, cat.account().as_bytes()),
        ),
        (
            "at a commit of another room",
            RequestInvalid,
            with(&good, COMMIT_AT, foreign.as_bytes()),
        ),
        (
            "to another wrap key",
            RequestInvalid,
            with(&good, WRAP_AT, &2_u64.to_be_bytes()),
        ),
    ] {
        assert_eq!(ada.may_not(&Grant {}, tail).await, code, "{why}");
    }
    quiet([&mut bob.peer]).await;
    let grants = Grants { room: talk.room };
    assert!(bob.does(&grants, Bytes::new()).await.1.is_empty());

    // That its signature does not hold is the asker's to see.
    let mut bent = good.to_vec();
    *bent.last_mut().expect("a byte") ^= 1;
    ada.does(&Grant {}, bent).await;
    ada.does(&Grant {}, good.clone()).await;
    let granted = Event::EpochGranted { room: talk.room };
    for _ in 0..2 {
        bob.told(&granted).await;
    }
    let (_, tail) = bob.does(&grants, Bytes::new()).await;
    let kept = record_list::parse_exactly(tail);
    assert_eq!(kept, Ok([good]), "in place of the one before");
    drop((ada, bob, cat));
    house.close().await;
}

#[tokio::test]
async fn a_member_does_not_decide_for_owners_and_admins() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut cat, mut talk) = three(&house).await;
    let request = asks(&talk, &mut bob).await;
    let by_cat = grant(&talk, &cat, request).bytes().clone();
    let refused = cat.may_not(&Grant {}, by_cat.clone()).await;
    assert_eq!(refused, ErrorCode::RequestInvalid);
    let account = cat.account();
    let role = Change::Role {
        account,
        role: Role::Admin,
    };
    talk.commits(&mut ada, vec![role]).await.expect("an admin");
    cat.does(&Grant {}, by_cat.clone()).await;
    let role = Change::Role {
        account,
        role: Role::Member,
    };
    talk.commits(&mut ada, vec![role]).await.expect("none");
    let refused = cat.may_not(&Grant {}, by_cat.clone()).await;
    assert_eq!(refused, ErrorCode::RequestInvalid);
    // Where the room shares its history, every member gives it.
    let policy = Policy {
        history: HistoryPolicy::Shared,
        ..*talk.chain.record().policy()
    };
    let shared = Change::Policy(policy);
    talk.commits(&mut ada, vec![shared]).await.expect("shared");
    cat.does(&Grant {}, by_cat).await;

    // And so is the secret of an epoch that the asker was in, shared or not.
    let request = asks(&talk, &mut cat).await;
    let by_bob = grant(&talk, &bob, request).bytes().clone();
    let policy = Policy {
        history: HistoryPolicy::FromJoining,
        ..policy
    };
    let unshared = Change::Policy(policy);
    talk.commits(&mut ada, vec![unshared])
        .await
        .expect("not shared");
    bob.does(&Grant {}, by_bob.clone()).await;

    // Who was removed is granted nothing, and grants nothing.
    let request = asks(&talk, &mut bob).await;
    let by_ada = grant(&talk, &ada, request).bytes().clone();
    let removed = Change::Removed {
        account: bob.account(),
        after: AfterRemoval::MayReturn,
    };
    talk.commits(&mut ada, vec![removed])
        .await
        .expect("removed");
    let refused = ada.may_not(&Grant {}, by_ada).await;
    assert_eq!(refused, ErrorCode::RequestInvalid);
    assert_eq!(bob.may_not(&Grant {}, by_bob).await, ErrorCode::NoSuchRoom);
    drop((ada, bob, cat));
    house.close().await;
}

#[tokio::test]
async fn a_grant_is_for_the_wrap_key_that_was_asked_with() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, cat, talk) = three(&house).await;
    let request = asks(&talk, &mut bob).await;
    let good = grant(&talk, &ada, request).bytes().clone();
    // The private half of the one before is kept for as long as something may be addressed to it.
    let records = list(&[bob.owner.wrap_key(2), bob.owner.root(2)]);
    bob.does(&Wrap {}, records).await;
    ada.does(&Grant {}, good).await;
    drop((ada, bob, cat));
    house.close().await;
}
