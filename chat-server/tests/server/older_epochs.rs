//! Sections 14.13 and 14.14: keys of older epochs, and what a room is called.

use bytes::{BufMut, Bytes, BytesMut};
use chat_server::{AccountLimits, Rate};
use wire_format::{
    EpochNumber, EpochSecret, ErrorCode, Event, StateNumber, WrapNumber,
    command::{
        commits::{Grant, Grants, GrantsOf, KeyRequests, Refuse, RefuseReason, RequestKeys},
        conversations::{GetState, SetState},
    },
    identity::GrantKey,
    record_list,
    room::{GrantDraft, KeyRequestDraft, RoomKind, UnverifiedGrant, UnverifiedKeyRequest},
};

use crate::{
    circle::quiet,
    conversing::{Person, Talk},
    owner::{Folder, now},
    support::House,
};

async fn group(house: &House) -> (Person, Person, Talk) {
    let mut ada = Person::arrives(house, "Ada").await;
    let mut bob = Person::arrives(house, "Bob").await;
    let talk = Talk::begins(RoomKind::Group, &mut ada, &mut [&mut bob]).await;
    (ada, bob, talk)
}

pub(crate) fn key_request(talk: &Talk, by: &Person, wrap: u64) -> UnverifiedKeyRequest {
    let draft = KeyRequestDraft {
        room: talk.room,
        account: by.account(),
        commit: talk.chain.head().hash(),
        from: EpochNumber::new(1),
        to: EpochNumber::new(1),
        wrap: WrapNumber::new(wrap),
        made_at: now(),
    };
    let signed = by
        .owner
        .identity()
        .sign_key_request(&draft, &mut rand::rng());
    UnverifiedKeyRequest::parse(signed.expect("a request").bytes().clone()).expect("a layout")
}

pub(crate) fn grant(talk: &Talk, by: &Person, request: UnverifiedKeyRequest) -> UnverifiedGrant {
    let verified = request.verify(&talk.chain, &talk.keysets, WrapNumber::new(1));
    let request = verified.expect("a member's");
    let draft = GrantDraft {
        request: &request,
        granter: by.account(),
        made_at: now(),
        wrap: &talk.wraps[&request.account()],
        secrets: &[(EpochNumber::new(1), EpochSecret::generate(&mut rand::rng()))],
        key: &GrantKey::generate(&mut rand::rng()),
        iv: &rand::random(),
    };
    let keys = by.owner.identity();
    let grant = keys.sign_grant(&talk.chain, &draft, &talk.keysets, &mut rand::rng());
    grant.expect("a grant")
}

/// A room state with the right layout, which is all that a server looks at.
pub(crate) fn state(talk: &Talk, by: &Person, number: u64) -> Bytes {
    let head = talk.chain.head();
    let mut record = BytesMut::new();
    record.put_slice(&[1, 0x1a]);
    record.put_slice(talk.room.as_bytes());
    record.put_u64(head.n().value());
    record.put_slice(head.hash().as_bytes());
    record.put_u64(number);
    record.put_slice(by.account().as_bytes());
    record.put_slice(by.owner.identity().fingerprint().as_bytes());
    record.put_u64(now().value());
    record.put_slice(&[7; 16]);
    record.put_u32(256);
    record.put_slice(&[7; 256 + 32]);
    record.put_u16(384);
    record.put_slice(&[7; 384 + 64]);
    record.freeze()
}

#[tokio::test]
async fn keys_are_asked_for_granted_and_refused() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, talk) = group(&house).await;
    let request = key_request(&talk, &bob, 1);
    let stale = key_request(&talk, &bob, 2);
    let refused = bob.may_not(&RequestKeys {}, stale.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::WrapSuperseded);
    let refused = ada.may_not(&RequestKeys {}, request.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::RequestInvalid);
    let early = grant(&talk, &ada, request.clone());
    let refused = ada.may_not(&Grant {}, early.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::RequestInvalid, "nobody has asked");

    bob.does(&RequestKeys {}, request.bytes().clone()).await;
    let tail = ada
        .told(&Event::EpochKeysRequested { room: talk.room })
        .await;
    assert_eq!(tail, *request.bytes());
    quiet([&mut bob.peer]).await;
    let requests = KeyRequests { room: talk.room };
    let (_, tail) = ada.does(&requests, Bytes::new()).await;
    assert_eq!(
        record_list::parse_exactly(tail),
        Ok([request.bytes().clone()])
    );
    let grants = Grants { room: talk.room };
    let (none, tail) = bob.does(&grants, Bytes::new()).await;
    let asked = |reason: Option<RefuseReason>| GrantsOf {
        request: Some(request.hash()),
        refused: reason.is_some(),
        reason,
    };
    assert_eq!((none, tail.is_empty()), (asked(None), true));
    let reason = Some(RefuseReason::FromJoiningOn);

    let refuse = Refuse {
        room: talk.room,
        request: request.hash(),
        reason,
    };
    assert_eq!(
        bob.may_not(&refuse, Bytes::new()).await,
        ErrorCode::NotAllowed
    );
    ada.does(&refuse, Bytes::new()).await;
    let told = Event::EpochRefused {
        room: talk.room,
        request: request.hash(),
        reason,
    };
    bob.told(&told).await;
    assert_eq!(bob.does(&grants, Bytes::new()).await.0, asked(reason));
    let (_, tail) = ada.does(&requests, Bytes::new()).await;
    assert!(tail.is_empty(), "it is answered");

    ada.does(&Grant {}, early.bytes().clone()).await;
    let tail = bob.told(&Event::EpochGranted { room: talk.room }).await;
    assert_eq!(tail, *early.bytes());
    let (_, tail) = bob.does(&grants, Bytes::new()).await;
    assert_eq!(
        record_list::parse_exactly(tail),
        Ok([early.bytes().clone()])
    );
    // Who asks anew begins anew.
    let again = key_request(&talk, &bob, 1);
    bob.does(&RequestKeys {}, again.bytes().clone()).await;
    let (of, tail) = bob.does(&grants, Bytes::new()).await;
    assert_eq!((of.request, tail.is_empty()), (Some(again.hash()), true));
    let refused = ada.may_not(&Grant {}, early.bytes().clone()).await;
    assert_eq!(refused, ErrorCode::RequestInvalid, "for the request before");
    let other = Refuse {
        room: talk.room,
        request: request.hash(),
        reason: None,
    };
    assert_eq!(
        ada.may_not(&other, Bytes::new()).await,
        ErrorCode::RequestInvalid
    );
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_state_replaces_the_one_that_its_author_knows() {
    let folder = Folder::new();
    let house = folder.house().await;
    let (mut ada, mut bob, mut talk) = group(&house).await;
    let get = GetState { room: talk.room };
    let (none, tail) = bob.does(&get, Bytes::new()).await;
    assert_eq!((none.number.value(), tail.is_empty()), (0, true));
    let set = |expected| SetState {
        room: talk.room,
        expected: StateNumber::new(expected),
    };
    let first = state(&talk, &ada, 1);
    ada.does(&set(0), first.clone()).await;
    let number = StateNumber::new(1);
    let told = bob
        .told(&Event::RoomState {
            room: talk.room,
            number,
        })
        .await;
    assert_eq!(told, first);
    quiet([&mut ada.peer]).await;
    let (found, tail) = bob.does(&get, Bytes::new()).await;
    assert_eq!((found.number, tail), (number, first.clone()));
    use ErrorCode::{Malformed, StaleEpoch, StateConflict, TooLarge};
    for (why, code, expected, tail) in [
        ("nothing", Malformed, 1, Bytes::new()),
        ("cut off", Malformed, 1, first.slice(..first.len() - 1)),
        (
            "too large",
            TooLarge,
            1,
            Bytes::from(vec![1; 256 * 1024 + 1]),
        ),
        ("another number", Malformed, 1, state(&talk, &bob, 3)),
        ("another's", Malformed, 1, state(&talk, &ada, 2)),
        ("an older one", StateConflict, 0, state(&talk, &bob, 1)),
    ] {
        assert_eq!(bob.may_not(&set(expected), tail).await, code, "{why}");
    }
    let before = state(&talk, &bob, 2);
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    assert_eq!(bob.may_not(&set2(&talk, 1), before).await, StaleEpoch);
    let next = state(&talk, &bob, 2);
    bob.does(&set2(&talk, 1), next).await;
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_state_costs_what_a_message_of_its_size_does() {
    let folder = Folder::new();
    let mut settings = folder.settings(AccountLimits::default());
    settings.limits.messages = Rate::per_minute(1, 2);
    let house = House::with(settings).await;
    let (mut ada, bob, talk) = group(&house).await;
    for number in 1..=2 {
        let set = set2(&talk, number - 1);
        ada.does(&set, state(&talk, &ada, number)).await;
    }
    let third = state(&talk, &ada, 3);
    let refused = ada.may_not(&set2(&talk, 2), third).await;
    assert_eq!(refused, ErrorCode::RateLimited);
    drop((ada, bob));
    house.close().await;
}

fn set2(talk: &Talk, expected: u64) -> SetState {
    SetState {
        room: talk.room,
        expected: StateNumber::new(expected),
    }
}
