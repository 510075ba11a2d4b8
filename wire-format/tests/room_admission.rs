//! What a server checks before it takes a commit, and what is pending, by the chain of the golden
//! vectors.

use bytes::Bytes;
use wire_format::{
    AccountId, Millis, RoomId, WrapNumber,
    room::{
        Admission, AdmissionError, CommitTail, InvitationError, Keysets, NO_WRAP, PLACEHOLDER,
        PublishedWrap, RequestError, RoomChain, UnverifiedCommit, UnverifiedRequest,
    },
};

use vectors::rooms::{
    Invitation, People, Request, Story, founded, joined, made_at, placed, policy, role, room,
};

#[expect(dead_code, reason = "only the rooms are needed here")]
mod vectors;

const ONE: WrapNumber = WrapNumber::new(1);
const SHARE: Bytes = Bytes::from_static(&[5; 384]);
static SHARES: [Bytes; 3] = [SHARE; 3];
const NO_SHARE: Bytes = Bytes::from_static(&PLACEHOLDER);

/// The first wrap key of everybody, as it was published before anybody's keys changed.
fn first(account: AccountId) -> Option<PublishedWrap> {
    Some(People::all().wrap_at(account, 1).into())
}

/// What the server knows when the commit of this number comes, by its wrap keys and shares.
fn at<'a>(
    n: usize,
    account: AccountId,
    (wraps, shares): (&'a [WrapNumber], &'a [Bytes]),
    keysets: &'a dyn Keysets,
) -> Admission<'a> {
    Admission {
        account,
        now: Millis::new(made_at(u64::try_from(n).expect("few"))),
        pending: &[],
        wraps,
        newest_wrap: &first,
        shares,
        keysets,
    }
}

fn room_id() -> RoomId {
    RoomId::from_bytes(room())
}

#[test]
fn a_server_takes_the_story_as_it_happened() {
    let story = Story::new();
    let mut chain: Option<RoomChain> = None;
    for (step, record) in story.steps.iter().zip(&story.records) {
        let n = usize::try_from(step.n).expect("few");
        let keysets = story.keysets_at(n);
        let published = |account| Some(story.people.wrap_at(account, n).into());
        let (wraps, shares): (Vec<_>, Vec<_>) = story.shares(n).iter().map(wrap_and_share).unzip();
        let admission = Admission {
            newest_wrap: &published,
            ..at(n, step.author, (&wraps, &shares), &keysets)
        };
        let record = Bytes::from(record.clone());
        match &mut chain {
            None => {
                let admitted = RoomChain::admit_first(room_id(), record, &admission);
                chain = Some(
                    admitted
                        .expect("a first commit")
                        .into_chain()
                        .expect("a chain"),
                );
            }
            Some(chain) => {
                let admitted = chain.admit(record.clone(), &admission).expect("a commit");
                let slower = admitted.clone();
                chain.take(admitted).expect("it follows");
                // Who was slower is told so, before and after the checks.
                assert_eq!(chain.take(slower), Err(AdmissionError::Conflict));
                let again = chain.admit(record, &admission).err();
                assert_eq!(again, Some(AdmissionError::Conflict));
            }
        }
    }
    let head = chain.expect("a chain").head().hash();
    assert_eq!(head.as_bytes(), &story.head());
}

fn wrap_and_share(value: &serde_json::Value) -> (WrapNumber, Bytes) {
    let text = |field: &str| value[field].as_str().expect("text");
    let wrap = text("wrap").parse().expect("a number");
    (wrap, vectors::unhex(text("share")).into())
}

#[test]
fn what_a_server_refuses_comes_in_its_order() {
    let story = Story::new();
    let before = story.up_to(2);
    let chain = before.chain().expect("a chain");
    let ada = before.people.ada.clone();
    let step = before.step((&ada, 0), 7, vec![role(&before.people.bob, 2)]);
    let keysets = story.keysets_at(3);
    let good = at(3, ada.account, (&[ONE; 2], &SHARES[..2]), &keysets);
    let record = || Bytes::from(step.signed().0);
    let refusal = |admission: &Admission<'_>| chain.admit(record(), admission).err();
    assert_eq!(refusal(&good), None);

    let bob = before.people.bob.account;
    let other = Admission {
        account: bob,
        ..good
    };
    let other_account = AdmissionError::OtherAccount(ada.account);
    assert_eq!(refusal(&other), Some(other_account));

    let five_minutes = 5 * 60 * 1_000;
    for (now, expected) in [
        (step.made_at - five_minutes - 1, true),
        (step.made_at - five_minutes, false),
        (step.made_at + five_minutes, false),
        (step.made_at + five_minutes + 1, true),
    ] {
        let now = Admission {
            now: Millis::new(now),
            ..good
        };
        let clock = AdmissionError::Clock(Millis::new(step.made_at));
        assert_eq!(refusal(&now), expected.then_some(clock));
    }

    let (request, by) = &story.requests[1];
    let request = UnverifiedRequest::parse(request.signed(by).0.into()).expect("a layout");
    let without = Admission {
        pending: &[request.pending()],
        ..good
    };
    let missing = AdmissionError::Pending(request.hash());
    assert_eq!(refusal(&without), Some(missing));

    for wraps in [
        &[ONE][..],
        &[ONE; 3],
        &[ONE, WrapNumber::new(2)],
        &[ONE, NO_WRAP],
    ] {
        let old = Admission { wraps, ..good };
        assert_eq!(refusal(&old), Some(AdmissionError::Superseded));
    }
    for shares in [&SHARES[..1], &SHARES] {
        let some = Admission { shares, ..good };
        let shares = shares.len();
        let expected = AdmissionError::Shares { shares, members: 2 };
        assert_eq!(refusal(&some), Some(expected));
    }
    let (first, _) = step.record.members.first_key_value().expect("a member");
    let none = Admission {
        shares: &[NO_SHARE, SHARE],
        ..good
    };
    assert_eq!(refusal(&none), Some(AdmissionError::Placeholder(*first)));
    // PSS and DSA come before the list and its rules, where requests take signatures of their own.
    let mut unsigned = record().to_vec();
    let end = unsigned.len() - 1;
    unsigned[end] ^= 1;
    let found = chain.admit(unsigned.into(), &without).err();
    assert!(matches!(found, Some(AdmissionError::Signature(_))));
}

#[test]
fn whoever_has_no_wrap_key_by_the_listed_keys_gets_a_placeholder() {
    let story = Story::new().up_to(7);
    let chain = story.chain().expect("a chain");
    let (ada, bob) = (&story.people.ada, &story.people.bob);
    let step = story.step((bob, 0), 5, vec![]);
    let record = || Bytes::from(step.signed().0);
    let keysets = story.keysets_at(8);
    // In the order of the list.
    let ada_is_first = ada.account < bob.account;
    let places = |of_ada: (WrapNumber, Bytes)| {
        let mut places = [of_ada, (ONE, SHARE)];
        if !ada_is_first {
            places.reverse();
        }
        places.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (wraps, shares) = places((NO_WRAP, NO_SHARE));
    let after_a_reset = |account| Some(story.people.wrap_at(account, 8).into());
    let deleted = |account| first(account).filter(|_| account != ada.account);
    for newest_wrap in [&after_a_reset as &dyn Fn(_) -> _, &deleted] {
        let admission = Admission {
            newest_wrap,
            ..at(8, bob.account, (&wraps, &shares), &keysets)
        };
        assert!(chain.admit(record(), &admission).is_ok());
        let (wraps, shares) = places((WrapNumber::new(3), SHARE));
        let given = Admission {
            wraps: &wraps,
            shares: &shares,
            ..admission
        };
        let found = chain.admit(record(), &given).err();
        assert_eq!(found, Some(AdmissionError::Superseded));
        let (_, shares) = places((NO_WRAP, SHARE));
        let given = Admission {
            shares: &shares,
            ..admission
        };
        let found = chain.admit(record(), &given).err();
        assert_eq!(found, Some(AdmissionError::Placeholder(ada.account)));
    }
}

#[test]
fn a_request_is_pending_as_long_as_a_commit_could_take_it_in() {
    let story = Story::new();
    let (ada, bob) = (&story.people.ada, &story.people.bob);
    let chain = story.up_to(1).chain().expect("a chain");
    let keysets = story.keysets_at(2);
    let asked = |invitation: &Invitation| {
        let mut request = Request::new(1, bob, 0, story.hash_of(1), made_at(1) + 2);
        request.invitation = invitation.signed(&ada.identities[0]).0;
        let record = request.signed(&bob.identities[0]).0;
        UnverifiedRequest::parse(record.into()).expect("a layout")
    };
    let request = asked(&story.invitation);
    let ends = story.invitation.expires_at;
    let would = |chain: &RoomChain, now| {
        let now = Millis::new(now);
        let found = chain.would_take(&request, now, &keysets);
        assert_eq!(chain.check_request(&request, now, &keysets), found);
        found
    };
    assert_eq!(would(&chain, made_at(2)), Ok(()));
    assert_eq!(would(&chain, ends - 1), Ok(()));
    let expired = InvitationError::Expired(Millis::new(ends));
    assert_eq!(would(&chain, ends), Err(RequestError::Invitation(expired)));
    // A clock behind the head's stands where the head does.
    assert_eq!(would(&chain, 1), Ok(()));
    let later = story.up_to(2).chain().expect("a chain");
    assert_eq!(
        would(&later, made_at(3)),
        Err(RequestError::Member(bob.account))
    );

    // Signatures are looked at when it comes.
    let mut forged = request.bytes().to_vec();
    let end = forged.len() - 1;
    forged[end] ^= 1;
    let forged = UnverifiedRequest::parse(forged.into()).expect("a layout");
    let now = Millis::new(made_at(2));
    assert!(chain.would_take(&forged, now, &keysets).is_ok());
    let found = chain.check_request(&forged, now, &keysets);
    assert!(matches!(found, Err(RequestError::Signature(_))));
}

#[test]
fn nobody_joins_a_direct_conversation() {
    let mut story = Story::new().up_to(0);
    let People {
        ada, bob, carol, ..
    } = story.people;
    let founding = vec![founded(policy(4, 2, 1, 1, 0)), placed(bob)];
    let step = story.step((ada, 0), 1, founding);
    story.push(step);
    let chain = story.chain().expect("a chain");
    let request = Request::new(1, carol, 0, story.head(), made_at(1) + 1);
    let record = request.signed(&carol.identities[0]).0;
    let request = UnverifiedRequest::parse(record.into()).expect("a layout");
    let found = chain.would_take(&request, Millis::new(made_at(2)), &story.keysets_at(2));
    assert_eq!(found, Err(RequestError::RoomKind));
}

#[test]
fn newcomers_come_with_the_keys_of_their_chain_head() {
    let story = Story::new();
    let before = story.up_to(3);
    let chain = before.chain().expect("a chain");
    let carol = before.people.carol.clone();
    let (request, by) = &story.requests[1];
    let record = request.signed(by).0;
    let step = before.step((&carol, 0), 2, vec![joined(&record)]);
    let request = UnverifiedRequest::parse(record.into()).expect("a layout");
    let keysets = story.keysets_at(4);
    let now = Admission {
        pending: &[request.pending()],
        ..at(4, carol.account, (&[ONE; 3], &SHARES), &keysets)
    };
    assert!(chain.admit(step.signed().0.into(), &now).is_ok());

    // Ada's first keys, where her chain has come to the third: receivers take what was valid once.
    let first = story
        .up_to(0)
        .step((&before.people.ada, 0), 1, story.steps[0].changes.clone());
    let author = before.people.ada.account;
    let late = at(1, author, (&[ONE], &SHARES[..1]), &story.people.keysets);
    let record = Bytes::from(first.signed().0);
    let found = RoomChain::admit_first(room_id(), record.clone(), &late).err();
    assert!(matches!(found, Some(AdmissionError::Invalid(_))));
    assert!(RoomChain::first(room_id(), record, &story.people.keysets).is_ok());
}

#[test]
fn the_tail_of_a_commit_is_taken_apart() {
    let story = Story::new();
    let commit = story.records[0].clone();
    let share = [5; 384];
    let tail = |shares: usize| {
        let length = u32::try_from(commit.len()).expect("short");
        let mut tail = [&length.to_be_bytes()[..], &commit].concat();
        tail.extend(share.repeat(shares));
        Bytes::from(tail)
    };
    for shares in [0, 1, 999, 1_000] {
        let read = CommitTail::parse(tail(shares)).expect("a tail");
        assert_eq!(read.commit, commit);
        assert_eq!(read.shares.len(), shares);
        assert!(UnverifiedCommit::parse(read.commit).is_ok());
    }
    assert!(CommitTail::parse(tail(1_001)).is_err());
    let one = tail(1);
    for length in (0..one.len()).filter(|&length| length != 4 + commit.len()) {
        assert!(CommitTail::parse(one.slice(..length)).is_err(), "{length}");
    }
    assert!(CommitTail::parse(Bytes::from_static(&[0; 4])).is_err());
}
