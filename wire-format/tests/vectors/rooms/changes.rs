//! Changes, and the requests and invitations in them.

use serde_json::{Value, json};
use wire_format::{AccountId, Fingerprint};

use super::{INVITATION, People, REQUEST, fingerprint, room, signed};
use crate::vectors::{
    accounts::{Account, Block, Identity},
    hex,
    random::Labelled,
};

/// A change's kind and body.
pub(crate) type Change = (u8, Vec<u8>);

pub(crate) fn policy(kind: u8, join: u8, history: u8, invite: u8, days: u16) -> [u8; 8] {
    let [high, low] = days.to_be_bytes();
    [kind, join, history, invite, high, low, 0, 0]
}

pub(crate) fn founded(policy: [u8; 8]) -> Change {
    (1, policy.to_vec())
}

pub(crate) fn placed(account: &Account) -> Change {
    let fingerprint = fingerprint(&account.identities[0]);
    let body = [&account.account.as_bytes()[..], fingerprint.as_bytes()].concat();
    (2, body)
}

pub(crate) fn joined(request: &[u8]) -> Change {
    (3, request.to_vec())
}

pub(crate) fn left(request: &[u8]) -> Change {
    (4, request.to_vec())
}

pub(crate) fn removed(account: &Account, ban: u8) -> Change {
    (5, [&account.account.as_bytes()[..], &[ban]].concat())
}

pub(crate) fn role(account: &Account, role: u8) -> Change {
    (6, [&account.account.as_bytes()[..], &[role]].concat())
}

pub(crate) fn policy_changed(policy: [u8; 8]) -> Change {
    (7, policy.to_vec())
}

pub(crate) fn rekeyed(keyset: &[u8]) -> Change {
    (8, keyset.to_vec())
}

pub(crate) fn unbanned(account: &Account) -> Change {
    (9, account.account.as_bytes().to_vec())
}

/// The fields of an invitation.
#[derive(Clone)]
pub(crate) struct Invitation {
    pub(crate) start: [u8; 2],
    pub(crate) room: [u8; 16],
    pub(crate) inviter: AccountId,
    pub(crate) inviter_fingerprint: Fingerprint,
    pub(crate) invitee: AccountId,
    pub(crate) invitee_fingerprint: Fingerprint,
    pub(crate) commit: [u8; 32],
    pub(crate) made_at: u64,
    pub(crate) expires_at: u64,
    pub(crate) wrap: u64,
    pub(crate) name: &'static str,
    pub(crate) seed: Vec<u8>,
    pub(crate) sealed_name: Vec<u8>,
}

impl Invitation {
    pub(crate) fn new(
        people: &People,
        inviter: &Account,
        invitee: &Account,
        commit: [u8; 32],
        made_at: u64,
    ) -> Self {
        let mut seeds = Labelled::new("room vectors: invitation");
        let name = "作战室 ops";
        let sealed_name = people
            .wrap(invitee)
            .wrap_room_name(name, &mut seeds)
            .expect("wrapped");
        Self {
            start: [1, 0x17],
            room: room(),
            inviter: inviter.account,
            inviter_fingerprint: fingerprint(&inviter.identities[0]),
            invitee: invitee.account,
            invitee_fingerprint: fingerprint(&invitee.identities[0]),
            commit,
            made_at,
            expires_at: made_at + 90 * 86_400_000,
            wrap: 1,
            name,
            seed: seeds.draws[0].clone(),
            sealed_name: sealed_name.to_vec(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [
            &self.start[..],
            &self.room,
            self.inviter.as_bytes(),
            self.inviter_fingerprint.as_bytes(),
            self.invitee.as_bytes(),
            self.invitee_fingerprint.as_bytes(),
            &self.commit,
            &self.made_at.to_be_bytes(),
            &self.expires_at.to_be_bytes(),
            &self.wrap.to_be_bytes(),
            &self.sealed_name,
        ]
        .concat()
    }

    pub(crate) fn signed(&self, by: &Identity) -> (Vec<u8>, Block) {
        signed(&self.bytes(), INVITATION, by)
    }

    pub(crate) fn value(&self, by: &Identity) -> Value {
        let (record, block) = self.signed(by);
        json!({
            "room": hex(self.room),
            "inviter": self.inviter,
            "inviter_fingerprint": self.inviter_fingerprint,
            "invitee": self.invitee,
            "invitee_fingerprint": self.invitee_fingerprint,
            "commit": hex(self.commit),
            "made_at": self.made_at.to_string(),
            "expires_at": self.expires_at.to_string(),
            "wrap": self.wrap.to_string(),
            "name": self.name,
            "seed": hex(&self.seed),
            "sealed_name": hex(&self.sealed_name),
            "signed_bytes": hex(self.bytes()),
            "hash": hex(block.hash),
            "block": block.value(),
            "record": hex(record),
        })
    }
}

/// The fields of a request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) start: [u8; 2],
    pub(crate) room: [u8; 16],
    pub(crate) action: u8,
    pub(crate) account: AccountId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) commit: [u8; 32],
    pub(crate) made_at: u64,
    pub(crate) invitation: Vec<u8>,
}

impl Request {
    pub(crate) fn new(
        action: u8,
        account: &Account,
        identity: usize,
        commit: [u8; 32],
        made_at: u64,
    ) -> Self {
        Self {
            start: [1, 0x16],
            room: room(),
            action,
            account: account.account,
            fingerprint: fingerprint(&account.identities[identity]),
            commit,
            made_at,
            invitation: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.invitation.len()).expect("a short invitation");
        [
            &self.start[..],
            &self.room,
            &[self.action],
            self.account.as_bytes(),
            self.fingerprint.as_bytes(),
            &self.commit,
            &self.made_at.to_be_bytes(),
            &length.to_be_bytes(),
            &self.invitation,
        ]
        .concat()
    }

    pub(crate) fn signed(&self, by: &Identity) -> (Vec<u8>, Block) {
        signed(&self.bytes(), REQUEST, by)
    }

    pub(crate) fn value(&self, by: &Identity) -> Value {
        let (record, block) = self.signed(by);
        json!({
            "room": hex(self.room),
            "action": self.action,
            "account": self.account,
            "fingerprint": self.fingerprint,
            "commit": hex(self.commit),
            "made_at": self.made_at.to_string(),
            "invitation": hex(&self.invitation),
            "signed_bytes": hex(self.bytes()),
            "hash": hex(block.hash),
            "block": block.value(),
            "record": hex(record),
        })
    }
}
