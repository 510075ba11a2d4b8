//! What members make of commits and of what is judged by them, by the chain of the golden vectors.

use bytes::Bytes;
use wire_format::{
    ChannelId, Draft, EpochKeys, EpochNumber, InstanceId, MessageId, Millis, ReplayKey,
    ReplayTable, RoomId, Storage, WrapNumber,
    envelope::{Delivery, SenderError, UnverifiedSignedEnvelope},
    identity::GrantKey,
    open_error::{Field, SealError},
    replay::{ReplayLimits, Seen},
    room::{
        ChangeError, Claim, ClaimError, CommitDraft, CommitError, CommitReason, DraftError,
        Extended, GrantDraft, GrantError, InvitationError, KeyRequestDraft, KeyRequestError,
        RequestError, RoomChain, TakeUpError, UnverifiedKeyRequest,
    },
    vault::StoredBytes,
};

use vectors::{
    accounts::Account,
    key_request,
    random::Labelled,
    rooms::{
        Invitation, People, Request, Story, epoch_secret, joined, left, made_at, policy,
        policy_changed, removed, role, room, unbanned,
    },
};

#[expect(dead_code, reason = "only the rooms are needed here")]
mod vectors;

const ONE: WrapNumber = WrapNumber::new(1);
fn room_id() -> RoomId {
    RoomId::from_bytes(room())
}

#[test]
fn shares_are_of_the_secret_that_the_commit_names() {
    let story = Story::new().up_to(2);
    let chain = story.chain().expect("a chain");
    let ada = &story.people.ada;
    let draft = CommitDraft {
        author: ada.account,
        // Her clock is behind the head's.
        made_at: Millis::new(7),
        reason: CommitReason::OnDemand,
        changes: Vec::new(),
        secret: &epoch_secret(3),
    };
    let rng = &mut Labelled::new("room tests: tail");
    let keysets = story.keysets_at(3);
    let keys = ada.identities[0].keys();
    let signed = keys
        .sign_commit(&chain, draft, &keysets, rng)
        .expect("signed");
    assert_eq!(signed.commit.made_at(), chain.head().made_at());
    let wraps = story.people.wraps_at(3);
    assert!(signed.tail(&wraps, &keysets, &epoch_secret(3), rng).is_ok());
    let other = signed.tail(&wraps, &keysets, &epoch_secret(4), rng).err();
    assert_eq!(
        other,
        Some(DraftError::Seal(SealError::Field(Field::Secret)))
    );
}

#[test]
fn who_leaves_is_banned_by_the_same_commit() {
    let mut story = Story::new().up_to(4);
    let (ada, carol) = (&story.people.ada, &story.people.carol);
    let leave = Request::new(2, carol, 0, story.head(), made_at(4) + 1);
    let leave = leave.signed(&carol.identities[0]).0;
    let step = story.step((ada, 0), 2, vec![left(&leave), removed(carol, 1)]);
    story.push(step);
    let chain = story.chain().expect("a chain");
    assert!(chain.record().is_banned(carol.account));
    // Unbanned again, what let it in before does not let it in.
    let step = story.step((ada, 0), 7, vec![unbanned(carol)]);
    story.push(step);
    let (request, by) = &story.requests[1];
    let again = story.step((carol, 0), 2, vec![joined(&request.signed(by).0)]);
    let found = story.refusal(&again.signed().0);
    let cause = ChangeError::Request(RequestError::Replayed(carol.account));
    assert_eq!(found, Some(CommitError::Change { at: 0, cause }));
}

#[test]
fn an_invitation_lets_in_once_and_not_back_after_a_removal() {
    let mut story = Story::new().up_to(2);
    let (ada, bob) = (story.people.ada.clone(), story.people.bob.clone());
    let removal = story.step((&ada, 0), 2, vec![removed(&bob, 0)]);
    story.push(removal);
    let mut chain = story.chain().expect("a chain");
    let back = |invitation: &Invitation| {
        let mut request = Request::new(1, &bob, 0, story.head(), made_at(4));
        request.invitation = invitation.signed(&ada.identities[0]).0;
        let record = request.signed(&bob.identities[0]).0;
        let step = story.step((&bob, 0), 2, vec![joined(&record)]);
        Bytes::from(step.signed().0)
    };
    let refused = chain.extend(back(&story.invitation), &story.people.keysets);
    let used = ChangeError::Request(RequestError::Invitation(InvitationError::Used(bob.account)));
    assert_eq!(refused, Err(CommitError::Change { at: 0, cause: used }));

    let mut newer = story.invitation.clone();
    newer.commit = story.head();
    let taken = chain.extend(back(&newer), &story.people.keysets);
    assert_eq!(taken, Ok(Extended::Taken));
}

#[test]
fn an_invitation_of_an_admin_ends_with_its_role() {
    let story = Story::new();
    // In commit 3 bob became an admin, and only owners and admins invite; the room is closed again.
    let mut story = story.up_to(3);
    let (ada, bob, carol) = (
        story.people.ada.clone(),
        story.people.bob.clone(),
        story.people.carol.clone(),
    );
    let add = |story: &mut Story, changes| {
        let step = story.step((&ada, 0), 7, changes);
        story.push(step);
    };
    add(&mut story, vec![policy_changed(policy(2, 2, 1, 2, 0))]);
    let made = made_at(4) + 1;
    let of_commit = |story: &Story, n: usize| {
        let commit = story.hash_of(n);
        let mut invitation = Invitation::new(story.people, &bob, &carol, commit, made);
        invitation.commit = commit;
        let mut request = Request::new(1, &carol, 0, story.head(), made);
        request.invitation = invitation.signed(&bob.identities[0]).0;
        let record = request.signed(&carol.identities[0]).0;
        let step = story.step((&carol, 0), 2, vec![joined(&record)]);
        let record = Bytes::from(step.signed().0);
        let mut chain = story.chain().expect("a chain");
        chain.extend(record, &story.people.keysets)
    };
    let role_error =
        ChangeError::Request(RequestError::Invitation(InvitationError::Role(bob.account)));
    let refused = Err(CommitError::Change {
        at: 0,
        cause: role_error,
    });
    assert_eq!(of_commit(&story, 3), Ok(Extended::Taken));
    assert_eq!(of_commit(&story, 4), Ok(Extended::Taken));
    // He was not one yet.
    assert_eq!(of_commit(&story, 2), refused);
    add(&mut story, vec![role(&bob, 3)]);
    assert_eq!(of_commit(&story, 4), refused);
    // Made an admin again, he was none in between.
    add(&mut story, vec![role(&bob, 2)]);
    assert_eq!(of_commit(&story, 4), refused);
    assert_eq!(of_commit(&story, 6), Ok(Extended::Taken));
}

#[test]
fn what_older_commits_decide_is_read_again() {
    let story = Story::new();
    let keysets = &story.people.keysets;
    let kept = story.up_to(3).chain().expect("a chain").to_note();
    let head = Bytes::from(story.records[2].clone());
    let mut taken = RoomChain::take_up(room_id(), &kept, head).expect("taken");
    // Carol's join names commit 2.
    let fourth = || Bytes::from(story.records[3].clone());
    let error = taken.extend(fourth(), keysets).expect_err("older");
    assert!(error.is_older());
    let second = taken.extend(story.records[1].clone().into(), keysets);
    assert!(second.expect_err("older").is_older());
    let records = || story.records[..3].iter().cloned().map(Bytes::from);
    let mut read = RoomChain::reread(room_id(), &kept, records()).expect("read");
    assert_eq!(read.extend(fourth(), keysets), Ok(Extended::Taken));

    let other = story.records[1].clone().into();
    let not_kept = RoomChain::take_up(room_id(), &kept, other).err();
    assert_eq!(not_kept, Some(TakeUpError::NotKept(EpochNumber::new(2))));
    let short = RoomChain::reread(room_id(), &kept, records().take(2)).err();
    assert_eq!(short, Some(TakeUpError::NotKept(EpochNumber::new(2))));
    let gap = RoomChain::reread(room_id(), &kept, records().skip(1)).err();
    assert_eq!(gap, Some(TakeUpError::NotKept(EpochNumber::new(2))));
    let mut forged = kept;
    forged.state = StoredBytes::from_bytes(story.steps[1].record.bytes().into());
    let head = Bytes::from(story.records[2].clone());
    let forged = RoomChain::take_up(room_id(), &forged, head).err();
    assert_eq!(forged, Some(TakeUpError::MembersHash));
}

#[test]
fn a_chain_that_was_taken_up_judges_nothing_by_what_it_does_not_know() {
    let story = Story::new().up_to(4);
    let People { bob, carol, .. } = story.people;
    let keysets = &story.people.keysets;
    let whole = story.chain().expect("a chain");
    let head = Bytes::from(story.records[3].clone());
    let taken = RoomChain::take_up(room_id(), &whole.to_note(), head).expect("taken");
    let rng = &mut Labelled::new("room tests: older");
    let keys = carol.identities[0].keys();
    let draft = key_request::Fields::new(&story, carol).draft();
    let request = keys.sign_key_request(&draft, rng).expect("signed");
    let claim = |chain: &RoomChain, n| request.claim(EpochNumber::new(n), chain, keysets);
    assert_eq!(claim(&taken, 4), Ok(Some(Claim::Always)));
    assert_eq!(
        claim(&taken, 3),
        Err(ClaimError::Older(EpochNumber::new(3)))
    );
    assert_eq!(claim(&whole, 3), Ok(Some(Claim::SharedHistory)));

    let earlier = KeyRequestDraft {
        commit: whole.entry(EpochNumber::new(3)).expect("a commit").hash(),
        ..draft
    };
    let earlier = keys.sign_key_request(&earlier, rng).expect("signed");
    let verified = |chain| {
        let read = UnverifiedKeyRequest::parse(earlier.bytes().clone()).expect("a layout");
        read.verify(chain, keysets, ONE).map(drop)
    };
    assert_eq!(verified(&whole), Ok(()));
    assert_eq!(verified(&taken), Err(KeyRequestError::Older));

    let draft = GrantDraft {
        request: &request,
        granter: bob.account,
        made_at: Millis::new(1),
        wrap: &story.people.wrap(carol),
        secrets: &[(EpochNumber::new(3), epoch_secret(3))],
        key: &GrantKey::from_bytes([7; 32]),
        iv: &[8; 16],
    };
    let granted = bob.identities[0]
        .keys()
        .sign_grant(&whole, &draft, keysets, rng);
    let granted = granted.expect("signed");
    let mut accept = |chain| {
        let granted = granted
            .clone()
            .accept(&request, &carol.wrap(1), chain, keysets, rng);
        granted.map(|granted| granted.secrets.len())
    };
    assert_eq!(accept(&whole), Ok(1));
    assert_eq!(accept(&taken), Err(GrantError::Older));
}

#[test]
fn nothing_is_granted_to_keys_that_the_list_does_not_know() {
    let story = Story::new().up_to(5);
    let People { ada, bob, .. } = story.people;
    let chain = story.chain().expect("a chain");
    let rng = &mut Labelled::new("room tests: grant");
    let asks = |wrap| KeyRequestDraft {
        wrap: WrapNumber::new(wrap),
        ..key_request::Fields::new(&story, ada).draft()
    };
    let mut granted = |n: usize| {
        let wrap = story.people.wrap_at(ada.account, n);
        let keys = ada.identities[1].keys();
        let request = keys.sign_key_request(&asks(wrap.number().value()), rng);
        let draft = GrantDraft {
            request: &request.expect("signed"),
            granter: bob.account,
            made_at: Millis::new(1),
            wrap,
            secrets: &[(EpochNumber::new(3), epoch_secret(3))],
            key: &GrantKey::from_bytes([7; 32]),
            iv: &[8; 16],
        };
        let keys = bob.identities[0].keys();
        let granted = keys.sign_grant(&chain, &draft, &story.people.keysets, rng);
        granted.map(drop)
    };
    assert_eq!(granted(5), Ok(()));
    let refused = DraftError::Seal(SealError::Field(Field::WrapKey));
    assert_eq!(granted(8), Err(refused));
}

#[test]
fn a_muted_member_is_not_heard_and_a_replay_is_known() {
    let mut story = Story::new().up_to(2);
    let (ada, bob) = (story.people.ada.clone(), story.people.bob.clone());
    let muting = story.step((&ada, 0), 7, vec![role(&bob, 4)]);
    story.push(muting);
    let chain = story.chain().expect("a chain");
    let keysets = &story.people.keysets;
    let channel = ChannelId::main_of(room_id());
    let rng = &mut Labelled::new("room tests: message");
    let mut sent = |author: &Account| {
        let keys = EpochKeys::of_commit(&epoch_secret(3), chain.head()).expect("keys");
        let identity = author.identities[0].keys();
        let draft = Draft {
            channel,
            sender: author.account.into(),
            fingerprint: identity.fingerprint(),
            instance: InstanceId::from_bytes([1; 16]),
            counter: 0,
            storage: Storage::Stored,
            sent_at: Millis::new(1),
            message: MessageId::from_bytes([2; 16]),
            content: br#"{"type":"text","text":"hi"}"#,
        };
        let sealed = keys.seal_signed(&draft, [3; 16], &identity, rng);
        let delivery = Delivery {
            channel,
            sender: draft.sender,
            storage: draft.storage,
        };
        UnverifiedSignedEnvelope::parse(sealed.expect("sealed"))
            .expect("a layout")
            .verify(&delivery, &chain, keysets)
    };
    let muted = SenderError::Muted(bob.account);
    assert_eq!(sent(&bob).map(drop), Err(muted));

    let (first, second) = (sent(&ada).expect("hers"), sent(&ada).expect("hers"));
    let mut table = ReplayTable::new(ReplayLimits::default());
    let key = ReplayKey::of_signed(&first);
    assert_eq!(table.check(&key), Seen::Fresh);
    table.record(&key);
    assert_eq!(table.check(&key), Seen::SameAgain);
    // Another signature makes another envelope under a used counter.
    let other = ReplayKey::of_signed(&second);
    assert_eq!(table.check(&other), Seen::Conflict);
}

#[test]
fn keys_that_are_not_known_are_named() {
    let story = Story::new();
    let mut chain = story.up_to(3).chain().expect("a chain");
    let mut keysets = story.people.keysets.clone();
    let carol = story.people.carol.account;
    keysets.remove(&carol);
    let error = chain.extend(story.records[3].clone().into(), &keysets);
    let unknown = error.expect_err("unknown").unknown_keys();
    assert_eq!(unknown.map(|keys| keys.account), Some(carol));
}
