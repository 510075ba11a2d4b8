//! What does not continue the chain.

use serde_json::{Value, json};
use wire_format::Fingerprint;

use crate::vectors::{
    accounts::{Account, Identity},
    hex, keyset,
    rooms::{
        Change, Request, Step, Story, causes, fingerprint, founded, joined, left, made_at, placed,
        policy, policy_changed, rekeyed, removed, role, unbanned,
    },
};

struct Cases {
    story: Story,
    values: Vec<Value>,
}

pub(super) fn all(story: &Story) -> Vec<Value> {
    let mut cases = Cases {
        story: story.up_to(story.steps.len()),
        values: Vec::new(),
    };
    layouts(&mut cases);
    places(&mut cases);
    authors(&mut cases);
    orders(&mut cases);
    powers(&mut cases);
    results(&mut cases);
    conversations(&mut cases);
    cases.values
}

impl Cases {
    fn bytes(&mut self, after: usize, why: &str, record: &[u8], cause: &str) {
        let error = self.story.up_to(after).refusal(record);
        let found = error.map(|error| causes(&format!("{error:?}")));
        // What cannot be read is named by its own cause.
        let found = found.map(|found| found.trim_start_matches("record/").to_owned());
        assert_eq!(found.as_deref(), Some(cause), "{why}");
        self.values
            .push(json!({ "why": why, "after": after, "cause": cause, "record": hex(record) }));
    }

    fn step(&mut self, after: usize, why: &str, step: &Step, cause: &str) {
        self.bytes(after, why, &step.signed().0, cause);
    }

    /// A commit with these changes where nothing else is wrong.
    fn changes(
        &mut self,
        after: usize,
        author: (&Account, usize),
        why: &str,
        changes: Vec<Change>,
        cause: &str,
    ) {
        let step = self.story.up_to(after).step(author, 7, changes);
        self.step(after, why, &step, cause);
    }

    fn people(&self) -> [Account; 3] {
        let people = self.story.people;
        [&people.ada, &people.bob, &people.carol].map(Account::clone)
    }

    fn request(&self, action: u8, account: &Account, identity: usize, after: usize) -> Vec<u8> {
        let made = made_at(u64::try_from(after).expect("few")) + 1;
        let commit = self.story.hash_of(after);
        let request = Request::new(action, account, identity, commit, made);
        request.signed(&account.identities[identity]).0
    }
}

fn changed(step: &Step, change: impl Fn(&mut Step)) -> Step {
    let mut step = step.clone();
    change(&mut step);
    step
}

/// Step 1.
fn layouts(cases: &mut Cases) {
    let [ada, bob, _] = cases.people();
    let good = cases.story.up_to(2).step((&ada, 0), 5, vec![role(&bob, 2)]);
    let (record, _) = good.signed();
    let at = |at: usize, value: u8| {
        let mut record = record.clone();
        record[at] = value;
        record
    };
    let cut = record[..record.len() - 1].to_vec();
    cases.bytes(2, "one byte is missing", &cut, "truncated");
    let longer = [&record[..], &[0]].concat();
    cases.bytes(2, "one byte too many", &longer, "left_over");
    cases.bytes(2, "another version", &at(0, 2), "version");
    cases.bytes(2, "another type", &at(1, 0x14), "record_type");
    let steps: [(&str, Step); 7] = [
        ("n 0", changed(&good, |step| step.n = 0)),
        ("n 2^53", changed(&good, |step| step.n = 1 << 53)),
        ("reason 0", changed(&good, |step| step.reason = 0)),
        ("reason 9", changed(&good, |step| step.reason = 9)),
        (
            "a change of kind 0",
            changed(&good, |step| step.changes[0].0 = 0),
        ),
        (
            "a change of kind 10",
            changed(&good, |step| step.changes[0].0 = 10),
        ),
        ("role 5", changed(&good, |step| step.changes[0].1[16] = 5)),
    ];
    for (why, step) in steps {
        cases.step(2, why, &step, "field");
    }
    let longer = changed(&good, |step| step.changes[0].1.push(0));
    cases.step(2, "a change with a byte too many", &longer, "left_over");
    let shorter = changed(&good, |step| {
        step.changes[0].1.pop();
    });
    cases.step(2, "a change with a byte too few", &shorter, "truncated");
    let many = changed(&good, |step| {
        let change = step.changes[0].clone();
        step.changes = vec![change; 257];
    });
    cases.step(2, "257 changes", &many, "field");
    let leave = cases.request(2, &bob, 0, 2);
    let as_join = cases
        .story
        .up_to(2)
        .step((&ada, 0), 2, vec![joined(&leave)]);
    cases.step(2, "a leave as a join", &as_join, "field");
    let first = keyset::records(&ada)[0].clone();
    let as_rotation = cases
        .story
        .up_to(2)
        .step((&ada, 0), 8, vec![rekeyed(&first)]);
    cases.step(2, "a first keyset as a rotation", &as_rotation, "field");
    let elsewhere = changed(&good, |step| step.room[0] ^= 1);
    cases.step(2, "of another room", &elsewhere, "other_room");
}

/// Step 2.
fn places(cases: &mut Cases) {
    let [ada, bob, _] = cases.people();
    let good = cases.story.up_to(2).step((&ada, 0), 5, vec![role(&bob, 2)]);
    let far = changed(&good, |step| step.n = 4);
    cases.step(2, "after a commit that is missing", &far, "gap");
    let other = cases.story.up_to(1).step((&ada, 0), 5, vec![]);
    cases.step(2, "another commit 2", &other, "fork");
    let previous = changed(&good, |step| step.previous[0] ^= 1);
    cases.step(2, "after another commit 2", &previous, "previous");
    // What nobody could have written shows no other history.
    let [_, _, carol] = cases.people();
    let stranger = cases.story.up_to(1).step((&carol, 0), 5, vec![]);
    cases.step(2, "another commit 2 by a stranger", &stranger, "author");
    let stranger = changed(&previous, |step| {
        step.author = carol.account;
        step.fingerprint = fingerprint(&carol.identities[0]);
        step.by = carol.identities[0].clone();
    });
    let why = "after another commit 2, by a stranger";
    cases.step(2, why, &stranger, "author");
    let forged = changed(&other, |step| step.by = bob.identities[0].clone());
    let pss = "signature/pss_signature";
    cases.step(2, "another commit 2 that ada did not sign", &forged, pss);
    let forged = changed(&previous, |step| step.by = bob.identities[0].clone());
    let why = "after another commit 2, not signed by ada";
    cases.step(2, why, &forged, pss);
    let founding = vec![founded(policy(2, 2, 1, 1, 0))];
    let founded_anew = cases.story.up_to(0).step((&bob, 0), 1, founding);
    let why = "another commit 1 by somebody else";
    cases.step(2, why, &founded_anew, "author");
    let first = changed(&cases.story.steps[0].clone(), |step| step.made_at += 1);
    cases.step(2, "another commit 1", &first, "fork");
    let first = changed(&cases.story.steps[0].clone(), |step| step.previous[31] = 1);
    cases.step(0, "a first commit after something", &first, "previous");
    let second = cases.story.steps[1].clone();
    cases.step(0, "a second commit first", &second, "gap");
}

/// Steps 3 to 5.
fn authors(cases: &mut Cases) {
    let [ada, bob, carol] = cases.people();
    let stranger = cases.story.up_to(2).step((&carol, 0), 5, vec![]);
    cases.step(2, "by somebody who is not a member", &stranger, "author");
    let newer = cases.story.up_to(2).step((&ada, 1), 5, vec![]);
    cases.step(
        2,
        "by keys that the list does not have yet",
        &newer,
        "author",
    );
    let older = cases.story.up_to(5).step((&ada, 0), 5, vec![]);
    cases.step(5, "by keys that the list no longer has", &older, "author");
    let good = cases.story.up_to(2).step((&ada, 0), 5, vec![]);
    let unknown = changed(&cases.story.steps[0].clone(), |step| {
        step.fingerprint = Fingerprint::from_bytes([7; 32]);
    });
    cases.step(
        0,
        "a first commit by keys that nobody knows",
        &unknown,
        "unknown_keys",
    );
    let by = |identity: &Identity| {
        let step = changed(&good, |step| step.by = identity.clone());
        let (_, block) = step.signed();
        block
    };
    let (own, other) = (by(&ada.identities[0]), by(&bob.identities[0]));
    let with = |pss: &[u8], dsa: &[u8; 64]| [&good.bytes()[..], &[1, 0x80], pss, dsa].concat();
    let pss = "signature/pss_signature";
    cases.bytes(
        2,
        "signed by other keys",
        &with(&other.pss, &other.dsa),
        pss,
    );
    cases.bytes(2, "PSS by other keys", &with(&other.pss, &own.dsa), pss);
    let dsa = "signature/dsa_signature";
    cases.bytes(2, "DSA by other keys", &with(&own.pss, &other.dsa), dsa);
    let later = changed(&good, |step| step.made_at += 1);
    let (_, block) = good.signed();
    let moved = [later.bytes(), block.bytes()].concat();
    cases.bytes(2, "another time than was signed", &moved, pss);
    let early = changed(&good, |step| step.made_at = made_at(2) - 1);
    cases.step(2, "older than the commit before", &early, "time");
}

/// Step 6: order, and what no author may.
fn orders(cases: &mut Cases) {
    let [ada, bob, carol] = cases.people();
    let owner = (&ada, 0);
    let founding = || founded(policy(2, 2, 1, 1, 0));
    let opened = || policy_changed(policy(2, 1, 1, 1, 0));
    let two = vec![policy_changed(policy(2, 1, 1, 1, 0)), role(&bob, 2)];
    cases.changes(2, owner, "kinds that do not ascend", two, "order");
    let mut roles = vec![role(&bob, 2), role(&ada, 2)];
    roles.sort_by(|a, b| b.1.cmp(&a.1));
    cases.changes(2, owner, "accounts that do not ascend", roles, "order");
    let twice = vec![role(&bob, 2), role(&bob, 4)];
    cases.changes(2, owner, "an account twice", twice, "order");
    cases.changes(2, owner, "two policies", vec![opened(), opened()], "order");
    cases.changes(
        2,
        owner,
        "founded again",
        vec![founding()],
        "change/founded",
    );
    cases.changes(
        0,
        owner,
        "a first commit that makes no room",
        vec![],
        "change/founded",
    );
    let placed_late = vec![placed(&carol)];
    cases.changes(2, owner, "placed later", placed_late, "change/room_kind");
    let placed_here = vec![founding(), placed(&bob)];
    cases.changes(
        0,
        owner,
        "placed in a room",
        placed_here,
        "change/room_kind",
    );
    let other_kind = vec![policy_changed(policy(1, 1, 1, 1, 0))];
    cases.changes(
        2,
        owner,
        "another kind of room",
        other_kind,
        "change/room_kind",
    );
    let nobody = vec![removed(&carol, 0)];
    cases.changes(2, owner, "a stranger removed", nobody, "change/not_member");
    let nobody = vec![role(&carol, 3)];
    cases.changes(
        2,
        owner,
        "a role for a stranger",
        nobody,
        "change/not_member",
    );
    let free = vec![unbanned(&carol)];
    cases.changes(
        2,
        owner,
        "unbanned who is not banned",
        free,
        "change/not_banned",
    );
    let join = cases.request(1, &carol, 0, 3);
    let leave = cases.request(2, &carol, 0, 3);
    let both = vec![joined(&join), left(&leave)];
    cases.changes(
        3,
        owner,
        "in and out at once",
        both,
        "change/request/not_member",
    );
    let banned = vec![removed(&carol, 1)];
    let why = "banned who is banned";
    cases.changes(6, (&ada, 1), why, banned, "change/banned");
    let second = rekeyed(&keyset::records(&ada)[1]);
    let again = vec![second.clone()];
    cases.changes(
        5,
        (&bob, 0),
        "a rotation again",
        again,
        "change/keyset/number",
    );
    let other = vec![rekeyed(&keyset::another_second(&ada))];
    let why = "a rotation that is not in the account's chain";
    cases.changes(4, (&bob, 0), why, other, "change/keyset/other_keyset");
    let gone = vec![left(&cases.request(2, &ada, 0, 4)), second];
    cases.changes(
        4,
        (&bob, 0),
        "a rotation of who leaves",
        gone,
        "change/not_member",
    );
}

/// Step 6: who may.
fn powers(cases: &mut Cases) {
    let [ada, bob, carol] = cases.people();
    let (owner, member) = ((&ada, 0), (&bob, 0));
    let denied = "change/not_allowed";
    let opened = || policy_changed(policy(2, 1, 2, 2, 0));
    // Bob is a member in commit 2 and an admin from commit 3 on.
    let cases_of_bob: [(usize, &str, Change); 8] = [
        (2, "a member removes", removed(&ada, 0)),
        (2, "a member gives a role", role(&ada, 3)),
        (2, "a member takes a role", role(&bob, 2)),
        (2, "a member changes the policy", opened()),
        (4, "an admin removes an owner", removed(&ada, 0)),
        (4, "an admin gives its own role", role(&carol, 2)),
        (4, "an admin makes itself an owner", role(&bob, 1)),
        (4, "an admin changes the policy", opened()),
    ];
    for (after, why, change) in cases_of_bob {
        cases.changes(after, member, why, vec![change], denied);
    }
    let muted = role(&ada, 4);
    cases.changes(4, member, "an admin mutes an owner", vec![muted], denied);
    let own = vec![role(&ada, 1)];
    cases.changes(4, owner, "an owner gives itself its role", own, denied);
    let unban = vec![unbanned(&carol)];
    cases.changes(9, (&ada, 2), "a member unbans", unban, "change/not_allowed");
    // Who leaves is banned as if it had not: ada owns the room, bob is its admin.
    let banned = vec![left(&cases.request(2, &ada, 0, 4)), removed(&ada, 1)];
    cases.changes(
        4,
        member,
        "an admin bans an owner who leaves",
        banned,
        denied,
    );
    // Whoever comes back after a reset has the powers of a member, whatever it was before.
    let back = vec![joined(&cases.request(1, &ada, 2, 4)), role(&carol, 2)];
    cases.changes(4, (&ada, 2), "a role by who comes back", back, denied);
}

/// Step 7.
fn results(cases: &mut Cases) {
    let [ada, bob, _] = cases.people();
    let leave = vec![left(&cases.request(2, &bob, 0, 2))];
    cases.changes(
        2,
        (&bob, 0),
        "its author leaves by it",
        leave,
        "author_gone",
    );
    let good = cases.story.up_to(2).step((&ada, 0), 7, vec![role(&bob, 2)]);
    let other = changed(&good, |step| step.members[0] ^= 1);
    cases.step(2, "another members hash", &other, "members_hash");
    let before = changed(&good, |step| {
        step.members = cases.story.steps[1].record.hash();
    });
    cases.step(2, "the members hash of before", &before, "members_hash");
}

fn conversations(cases: &mut Cases) {
    let [ada, bob, carol] = cases.people();
    let owner = (&ada, 0);
    let direct = || founded(policy(4, 2, 1, 1, 0));
    let alone = vec![direct()];
    cases.changes(
        0,
        owner,
        "a direct conversation of one",
        alone,
        "member_count",
    );
    let mut placed = [&bob, &carol].map(placed);
    placed.sort();
    let [first, second] = placed;
    let three = vec![direct(), first, second];
    cases.changes(
        0,
        owner,
        "a direct conversation of three",
        three,
        "member_count",
    );
    let own = vec![direct(), crate::vectors::rooms::placed(&ada)];
    cases.changes(0, owner, "placed who founds it", own, "change/member");
    let mut unknown = crate::vectors::rooms::placed(&bob);
    unknown.1[16] ^= 1;
    let strange = vec![direct(), unknown];
    cases.changes(
        0,
        owner,
        "placed with unknown keys",
        strange,
        "change/unknown_keys",
    );
}
