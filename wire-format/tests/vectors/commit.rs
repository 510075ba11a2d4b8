//! `commit.json`.

use serde_json::{Value, json};
use wire_format::{
    CommitHash, Millis, OpenError, RoomId,
    room::{CommitDraft, CommitReason, CommitTail, NO_WRAP, RoomChain, UnverifiedCommit},
};

use super::{
    accounts::Account,
    hex, keyset,
    random::Labelled,
    rooms::{Story, commitment, epoch_secret, founded, placed, policy, room, secret},
};

mod refused;

pub(crate) fn vectors() -> Value {
    let story = Story::new();
    let chain = story.chain().expect("a chain");
    taken_up_again(&story, &chain);
    let valid: Vec<Value> = (1..=story.steps.len())
        .map(|n| valid(&story, n, &format!("{}", n - 1)))
        .collect();
    let keysets: Vec<Value> = [&story.people.ada, &story.people.bob, &story.people.carol]
        .map(|account| {
            let records = keyset::records(account);
            let records: Vec<String> = records.iter().map(hex).collect();
            json!({ "account": account.account, "keysets": records })
        })
        .into();
    json!({
        "about": "The chain of a room (docs/protocol.md#149-commits) of the accounts in \
            account_keys.json, whose keysets are in `keysets`. Each commit of `valid` follows the one \
            before it; changes are given as kind and body; room_record is what it results in. A share's \
            plain is encrypted with seed to the member's wrap key of this number; a number 0 is a \
            placeholder, since the member's newest wrap key is past a reset. `tail` is that of `epochs.commit`. `group` and `direct` are first commits of conversations. A record in `invalid` is refused after the first `after` commits \
            of `valid`; `cause` names the first check that fails, with what failed inside it behind a \
            slash.",
        "room": hex(room()),
        "keysets": keysets,
        "valid": valid,
        "group": conversation(3, &[&story.people.bob, &story.people.carol]),
        "direct": conversation(4, &[&story.people.carol]),
        "invalid": refused::all(&story),
    })
}

fn valid(story: &Story, n: usize, after: &str) -> Value {
    let step = &story.steps[n - 1];
    let record = &story.records[n - 1];
    let read = UnverifiedCommit::parse(record.clone().into()).expect("a layout");
    assert_eq!(read.hash(), CommitHash::from_bytes(story.hash_of(n)));
    written_by_the_crate_is_the_same(story, n);
    let changes: Vec<Value> = step
        .changes
        .iter()
        .map(|(kind, body)| json!({ "kind": kind, "body": hex(body) }))
        .collect();
    let shares = story.shares(n);
    let length = u32::try_from(record.len()).expect("short");
    let mut tail = [&length.to_be_bytes()[..], record].concat();
    for share in &shares {
        tail.extend(super::unhex(share["share"].as_str().expect("text")));
    }
    let apart = CommitTail::parse(tail.clone().into()).expect("a tail");
    assert_eq!(
        (&apart.commit[..], apart.shares.len()),
        (&record[..], shares.len())
    );
    json!({
        "after": after,
        "n": step.n.to_string(),
        "previous": hex(step.previous),
        "author": step.author,
        "fingerprint": step.fingerprint,
        "made_at": step.made_at.to_string(),
        "reason": step.reason,
        "secret": hex(secret(step.n)),
        "commitment": hex(commitment(step.n)),
        "changes": changes,
        "room_record": hex(step.record.bytes()),
        "members_hash": hex(step.members),
        "signed_bytes": hex(step.bytes()),
        "hash": hex(story.hash_of(n)),
        "block": story.blocks[n - 1].value(),
        "shares": shares,
        "tail": hex(&tail),
        "record": hex(record),
    })
}

/// The crate makes the same bytes of the same decisions, given in another order, and opens the shares.
fn written_by_the_crate_is_the_same(story: &Story, n: usize) {
    let step = &story.steps[n - 1];
    let record = story.records[n - 1].clone();
    let mut changes = UnverifiedCommit::parse(record.into())
        .expect("a layout")
        .changes()
        .to_vec();
    changes.reverse();
    let secret = epoch_secret(step.n);
    let draft = CommitDraft {
        author: step.author,
        made_at: Millis::new(step.made_at),
        reason: CommitReason::from_byte(step.reason).expect("a reason"),
        changes,
        secret: &secret,
    };
    let mut rng = Labelled::new("room vectors: salt");
    let keys = step.by.keys();
    // The author looks for its newest keys in a chain of its time.
    let before = story.up_to(n - 1);
    let keysets = story.keysets_at(n);
    let room = RoomId::from_bytes(room());
    let signed = match before.chain() {
        None => keys.sign_first_commit(room, draft, &keysets, &mut rng),
        Some(chain) => keys.sign_commit(&chain, draft, &keysets, &mut rng),
    }
    .expect("signed");
    let bytes = step.bytes();
    assert_eq!(signed.commit.bytes()[..bytes.len()], bytes);
    assert_eq!(signed.record().encode(), step.record.bytes());
    let chain = story.up_to(n).chain().expect("a chain");
    let wraps = story.people.wraps_at(n);
    let tail = signed.tail(
        &wraps,
        &keysets,
        &secret,
        &mut Labelled::new("room vectors: shares"),
    );
    let (numbers, tail) = tail.expect("wrapped");
    let shares = CommitTail::parse(tail).expect("a tail").shares;
    let expected = story.shares(n);
    for (at, (&member, number)) in step.record.members.keys().zip(numbers).enumerate() {
        assert_eq!(
            hex(&shares[at]),
            expected[at]["share"].as_str().expect("text")
        );
        assert_eq!(json!(number), expected[at]["wrap"]);
        let newest = usize::try_from(wraps[&member].number().value()).expect("few");
        let key = story.people.account(member).wrap(newest);
        let opened = chain.head().open_share(&shares[at], &key, &mut rng);
        let placeholder = number == NO_WRAP;
        assert_eq!(opened.is_ok(), !placeholder);
        assert_eq!(opened.err() == Some(OpenError::Placeholder), placeholder);
    }
}

/// A chain is taken up at a head that was kept, and read again from its beginning.
fn taken_up_again(story: &Story, chain: &RoomChain) {
    let room = RoomId::from_bytes(room());
    let kept = story.up_to(5).chain().expect("a chain").to_note();
    let mut taken =
        RoomChain::take_up(room, &kept, story.records[4].clone().into()).expect("taken");
    let records = story.records[..5]
        .iter()
        .map(|record| record.clone().into());
    let mut read = RoomChain::reread(room, &kept, records).expect("read");
    for record in &story.records[5..] {
        let record = || record.clone().into();
        taken
            .extend(record(), &story.people.keysets)
            .expect("taken");
        read.extend(record(), &story.people.keysets).expect("taken");
    }
    assert_eq!(taken.head().hash(), chain.head().hash());
    assert_eq!(read.record(), chain.record());
}

/// A first commit by ada, with these accounts in it from the beginning.
fn conversation(kind: u8, with: &[&Account]) -> Value {
    let mut story = Story::new().up_to(0);
    let mut accounts = with.to_vec();
    accounts.sort_by_key(|account| account.account);
    let mut changes = vec![founded(policy(kind, 2, 1, 1, 0))];
    changes.extend(accounts.iter().map(|account| placed(account)));
    let ada = story.people.ada.clone();
    let step = story.step((&ada, 0), 1, changes);
    story.push(step);
    assert!(story.chain().is_some());
    valid(&story, 1, "0")
}
