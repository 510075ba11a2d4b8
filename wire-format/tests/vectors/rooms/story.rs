//! The commits of one room.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wire_format::{
    AccountId, Fingerprint,
    identity::Chain,
    room::{CommitError, Extended, RoomChain},
};

use super::{
    COMMIT, FOUNDED_AT, HOUR, People, Request, changes::Change, changes::Invitation, commitment,
    fingerprint, founded, joined, left, policy, policy_changed, rekeyed, removed, role, room,
    secret, signed, unbanned,
};
use crate::vectors::{
    accounts::{Account, Block, Identity},
    hex, keyset,
    random::Labelled,
};

/// Policy, members with fingerprints and roles, and banned accounts, as they are hashed.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) policy: [u8; 8],
    pub(crate) members: BTreeMap<AccountId, (Fingerprint, u8)>,
    pub(crate) banned: BTreeSet<AccountId>,
}

impl Record {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let count = |length: usize| u32::try_from(length).expect("few").to_be_bytes();
        let mut bytes = self.policy.to_vec();
        bytes.extend(count(self.members.len()));
        for (account, (fingerprint, role)) in &self.members {
            bytes.extend(account.as_bytes());
            bytes.extend(fingerprint.as_bytes());
            bytes.push(*role);
        }
        bytes.extend(count(self.banned.len()));
        for account in &self.banned {
            bytes.extend(account.as_bytes());
        }
        bytes
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"sealwire/v1/members\0")
            .chain_update(room())
            .chain_update(self.bytes())
            .finalize()
            .into()
    }
}

/// The fields of a commit, who signs it, and what it is to result in.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) start: [u8; 2],
    pub(crate) room: [u8; 16],
    pub(crate) n: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) author: AccountId,
    pub(crate) by: Identity,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) made_at: u64,
    pub(crate) reason: u8,
    pub(crate) commitment: [u8; 32],
    pub(crate) changes: Vec<Change>,
    pub(crate) members: [u8; 32],
    pub(crate) record: Record,
}

impl Step {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let count = u16::try_from(self.changes.len()).expect("few");
        let mut bytes = [
            &self.start[..],
            &self.room,
            &self.n.to_be_bytes(),
            &self.previous,
            self.author.as_bytes(),
            self.fingerprint.as_bytes(),
            &self.made_at.to_be_bytes(),
            &[self.reason],
            &self.commitment,
            &self.members,
            &count.to_be_bytes(),
        ]
        .concat();
        for (kind, body) in &self.changes {
            bytes.push(*kind);
            bytes.extend(u32::try_from(body.len()).expect("short").to_be_bytes());
            bytes.extend(body);
        }
        bytes
    }

    pub(crate) fn signed(&self) -> (Vec<u8>, Block) {
        signed(&self.bytes(), COMMIT, &self.by)
    }
}

/// What one commit of the story says; the rest follows from the ones before it.
struct Plot<'a> {
    author: (&'a Account, usize),
    reason: u8,
    changes: Vec<Change>,
}

/// A room from its first commit on.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) people: &'static People,
    pub(crate) steps: Vec<Step>,
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) blocks: Vec<Block>,
    /// By which bob came in, and the request that carried it.
    pub(crate) invitation: Invitation,
    pub(crate) requests: Vec<(Request, Identity)>,
}

pub(crate) fn made_at(n: u64) -> u64 {
    FOUNDED_AT + (n - 1) * HOUR
}

/// Told once: it takes many signatures.
static STORY: LazyLock<Story> = LazyLock::new(Story::tell);

impl Story {
    pub(crate) fn new() -> Self {
        STORY.clone()
    }

    fn tell() -> Self {
        let people = People::all();
        let invitation = Invitation::new(people, &people.ada, &people.bob, [0; 32], made_at(1) + 1);
        let mut story = Self {
            people,
            steps: Vec::new(),
            records: Vec::new(),
            blocks: Vec::new(),
            invitation,
            requests: Vec::new(),
        };
        let People {
            ada, bob, carol, ..
        } = people;
        let add = |story: &mut Self, author, reason, changes| {
            story.add(Plot {
                author,
                reason,
                changes,
            });
        };
        add(
            &mut story,
            (ada, 0),
            1,
            vec![founded(policy(2, 2, 1, 1, 0))],
        );

        story.invitation.commit = story.head();
        let (invitation, _) = story.invitation.signed(&ada.identities[0]);
        let mut request = Request::new(1, bob, 0, story.head(), made_at(1) + 2);
        request.invitation = invitation;
        let by_bob = story.request(request, &bob.identities[0]);
        add(&mut story, (bob, 0), 2, vec![joined(&by_bob)]);

        let opened = policy(2, 1, 2, 2, 90);
        let changes = vec![role(bob, 2), policy_changed(opened)];
        add(&mut story, (ada, 0), 7, changes);

        // She knew of commit 2 when she asked.
        let known = story.hash_of(2);
        let request = Request::new(1, carol, 0, known, made_at(3) + 1);
        let by_carol = story.request(request, &carol.identities[0]);
        add(&mut story, (carol, 0), 2, vec![joined(&by_carol)]);

        let second = keyset::records(ada)[1].clone();
        add(&mut story, (ada, 0), 8, vec![rekeyed(&second)]);
        add(&mut story, (ada, 1), 2, vec![removed(carol, 1)]);
        add(&mut story, (bob, 0), 3, vec![]);
        add(&mut story, (bob, 0), 7, vec![unbanned(carol)]);

        let request = Request::new(1, ada, 2, story.head(), made_at(8) + 1);
        let by_ada = story.request(request, &ada.identities[2]);
        add(&mut story, (ada, 2), 2, vec![joined(&by_ada)]);
        add(&mut story, (bob, 0), 7, vec![role(ada, 1)]);

        let request = Request::new(2, ada, 2, story.head(), made_at(10) + 1);
        let goodbye = story.request(request, &ada.identities[2]);
        add(&mut story, (bob, 0), 2, vec![left(&goodbye)]);
        story
    }

    fn request(&mut self, request: Request, by: &Identity) -> Vec<u8> {
        let (record, _) = request.signed(by);
        self.requests.push((request, by.clone()));
        record
    }

    fn add(&mut self, plot: Plot<'_>) {
        self.push(self.step(plot.author, plot.reason, plot.changes));
    }

    /// Goes on with one more commit.
    pub(crate) fn push(&mut self, step: Step) {
        let (record, block) = step.signed();
        self.steps.push(step);
        self.records.push(record);
        self.blocks.push(block);
    }

    /// What would follow the newest commit.
    pub(crate) fn step(
        &self,
        (author, identity): (&Account, usize),
        reason: u8,
        changes: Vec<Change>,
    ) -> Step {
        let n = u64::try_from(self.steps.len() + 1).expect("few");
        let by = author.identities[identity].clone();
        let before = self.steps.last().map(|last| &last.record);
        let record = after(before, author.account, fingerprint(&by), &changes);
        Step {
            start: [1, 0x15],
            room: room(),
            n,
            previous: if n == 1 { [0; 32] } else { self.head() },
            author: author.account,
            fingerprint: fingerprint(&by),
            by,
            made_at: made_at(n),
            reason,
            commitment: commitment(n),
            members: record.hash(),
            changes,
            record,
        }
    }

    /// The story up to this commit.
    pub(crate) fn up_to(&self, n: usize) -> Self {
        Self {
            people: self.people,
            steps: self.steps[..n].to_vec(),
            records: self.records[..n].to_vec(),
            blocks: self.blocks[..n].to_vec(),
            invitation: self.invitation.clone(),
            requests: self.requests.clone(),
        }
    }

    /// The keysets as they were when this commit was made.
    pub(crate) fn keysets_at(&self, n: usize) -> BTreeMap<AccountId, Chain> {
        let mut keysets = self.people.keysets.clone();
        let ada = &self.people.ada;
        let count = super::keysets_of_ada(n);
        keysets.insert(ada.account, keyset::begun(ada, count));
        keysets
    }

    pub(crate) fn head(&self) -> [u8; 32] {
        self.blocks.last().expect("a commit").hash
    }

    pub(crate) fn hash_of(&self, n: usize) -> [u8; 32] {
        self.blocks[n - 1].hash
    }

    /// The chain that the crate makes of the commits, none of them if there is none.
    pub(crate) fn chain(&self) -> Option<RoomChain> {
        let room = wire_format::RoomId::from_bytes(room());
        let mut records = self.records.iter().cloned();
        let first = records.next()?;
        let keysets = &self.people.keysets;
        let mut chain = RoomChain::first(room, first.into(), keysets).expect("a commit");
        for record in records {
            let extended = chain.extend(record.into(), keysets);
            assert_eq!(extended, Ok(Extended::Taken));
        }
        Some(chain)
    }

    /// What the crate says to one more commit.
    pub(crate) fn refusal(&self, record: &[u8]) -> Option<CommitError> {
        let room = wire_format::RoomId::from_bytes(room());
        let record = bytes::Bytes::copy_from_slice(record);
        let keysets = &self.people.keysets;
        match self.chain() {
            None => RoomChain::first(room, record, keysets).err(),
            Some(mut chain) => chain.extend(record, keysets).err(),
        }
    }

    /// The shares of a commit, in the order of its list; zeros for whoever's newest wrap key is of
    /// keys that only a reset led to.
    pub(crate) fn shares(&self, n: usize) -> Vec<Value> {
        let step = &self.steps[n - 1];
        let mut seeds = Labelled::new("room vectors: shares");
        let plain = [&[1][..], &secret(step.n)].concat();
        let mut share = |(&account, &(listed, _)): (&AccountId, &(Fingerprint, u8))| {
            let wrap = self.people.wrap_at(account, n);
            if wrap.fingerprint() != listed {
                let share = hex([0; 384]);
                return json!({ "account": account, "wrap": "0", "share": share });
            }
            let share = wrap
                .wrap_secret(&super::epoch_secret(step.n), &mut seeds)
                .expect("wrapped");
            json!({
                "account": account,
                "wrap": wrap.number(),
                "plain": hex(&plain),
                "seed": hex(seeds.draws.last().expect("a seed")),
                "share": hex(share),
            })
        };
        step.record.members.iter().map(&mut share).collect()
    }
}

/// What changes make of a record, right or wrong.
pub(crate) fn after(
    before: Option<&Record>,
    author: AccountId,
    fingerprint: Fingerprint,
    changes: &[Change],
) -> Record {
    let mut record = before.cloned().unwrap_or_else(|| Record {
        policy: policy(2, 2, 1, 1, 0),
        members: BTreeMap::from([(author, (fingerprint, 1))]),
        banned: BTreeSet::new(),
    });
    let id = |body: &[u8], at: usize| -> Option<AccountId> {
        let bytes = body.get(at..at + 16)?;
        Some(AccountId::from_bytes(bytes.try_into().expect("16 bytes")))
    };
    let keys = |body: &[u8], at: usize| -> Option<Fingerprint> {
        let bytes = body.get(at..at + 32)?;
        Some(Fingerprint::from_bytes(bytes.try_into().expect("32 bytes")))
    };
    for (kind, body) in changes {
        match kind {
            1 | 7 => record.policy = body[..8].try_into().expect("a policy"),
            2 => {
                let role = if record.policy[0] == 4 { 1 } else { 3 };
                if let (Some(account), Some(keys)) = (id(body, 0), keys(body, 16)) {
                    record.members.insert(account, (keys, role));
                }
            }
            // version, type, room, action, account, fingerprint
            3 => {
                if let (Some(account), Some(keys)) = (id(body, 19), keys(body, 35)) {
                    record.members.insert(account, (keys, 3));
                }
            }
            4 => {
                id(body, 19).map(|account| record.members.remove(&account));
            }
            5 => {
                let account = id(body, 0).expect("an account");
                record.members.remove(&account);
                if body[16] == 1 {
                    record.banned.insert(account);
                }
            }
            6 => {
                let account = id(body, 0).expect("an account");
                if let Some(member) = record.members.get_mut(&account) {
                    member.1 = body[16];
                }
            }
            8 => {
                let account = id(body, 2).expect("an account");
                let new = keyset::fingerprint_in(body);
                if let (Some(member), Some(new)) = (record.members.get_mut(&account), new) {
                    member.0 = new;
                }
            }
            9 => {
                record.banned.remove(&id(body, 0).expect("an account"));
            }
            _ => {}
        }
    }
    record
}
