//! A room's story, as the vectors of sections 14.7 to 14.14 tell it: who is in it, and its commits, put
//! together field by field.

use std::{collections::BTreeMap, sync::LazyLock};

use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha512};
use wire_format::{
    AccountId, EpochSecret, Fingerprint, WrapNumber,
    identity::{Chain, UnverifiedWrapKey, WrapKey},
    padding, seal,
};

use super::{
    accounts::{Account, Block, Identity},
    keyset,
    random::Labelled,
    wrap_key,
};

mod changes;
mod story;

pub(crate) use changes::{
    Change, Invitation, Request, founded, joined, left, placed, policy, policy_changed, rekeyed,
    removed, role, unbanned,
};
pub(crate) use story::{Record, Step, Story, made_at};

pub(crate) const COMMIT: &[u8] = b"sealwire/v1/commit\0";
pub(crate) const REQUEST: &[u8] = b"sealwire/v1/request\0";
pub(crate) const INVITATION: &[u8] = b"sealwire/v1/invitation\0";
/// When commit 1 is made; each one after it is an hour later.
pub(crate) const FOUNDED_AT: u64 = 1_797_000_000_000;
pub(crate) const HOUR: u64 = 3_600_000;

pub(crate) fn room() -> [u8; 16] {
    Labelled::array("room vectors: room")
}

/// The three accounts, with all their keysets and wrap keys.
pub(crate) struct People {
    pub(crate) ada: Account,
    pub(crate) bob: Account,
    pub(crate) carol: Account,
    pub(crate) keysets: BTreeMap<AccountId, Chain>,
    /// By account, in the order of their numbers.
    wraps: BTreeMap<AccountId, Vec<WrapKey>>,
}

/// Made once: it takes many signatures.
static PEOPLE: LazyLock<People> = LazyLock::new(People::new);

impl People {
    pub(crate) fn all() -> &'static Self {
        &PEOPLE
    }

    fn new() -> Self {
        let [ada, bob, carol] = ["ada", "bob", "carol"].map(Account::of);
        let chains = [&ada, &bob, &carol].map(|account| (account.account, keyset::whole(account)));
        // Each of ada's keysets came with a wrap key of its own.
        let wraps = [&ada, &bob, &carol].map(|account| {
            let of_keyset = |at| wrap_of(account, at);
            let keys = (0..account.identities.len()).map(of_keyset).collect();
            (account.account, keys)
        });
        Self {
            keysets: chains.into(),
            wraps: wraps.into(),
            ada,
            bob,
            carol,
        }
    }

    pub(crate) fn account(&self, id: AccountId) -> &Account {
        let all = [&self.ada, &self.bob, &self.carol];
        all.into_iter()
            .find(|account| account.account == id)
            .expect("an account")
    }

    /// The first wrap key of an account.
    pub(crate) fn wrap(&self, account: &Account) -> WrapKey {
        self.wraps[&account.account][0].clone()
    }

    /// The newest wrap key of an account when the commit of this number was made.
    pub(crate) fn wrap_at(&self, account: AccountId, n: usize) -> &WrapKey {
        let wraps = &self.wraps[&account];
        &wraps[wraps.len().min(keysets_of_ada(n)) - 1]
    }

    /// The newest wrap keys of all when the commit of this number was made.
    pub(crate) fn wraps_at(&self, n: usize) -> BTreeMap<AccountId, WrapKey> {
        let accounts = self.wraps.keys();
        accounts
            .map(|&account| (account, self.wrap_at(account, n).clone()))
            .collect()
    }
}

/// How many keysets ada had when the commit of this number was made: she rotated before commit 5, and
/// began anew before commit 8, which could give her no share.
fn keysets_of_ada(n: usize) -> usize {
    match n {
        ..5 => 1,
        5..8 => 2,
        _ => 3,
    }
}

/// The wrap key that came with a keyset; numbers count from 1.
fn wrap_of(account: &Account, at: usize) -> WrapKey {
    let record = wrap_key::signed_by(account, at + 1, at);
    UnverifiedWrapKey::parse(record.into())
        .expect("a layout")
        .verify(keyset::begun(account, at + 1).head(), WrapNumber::new(0))
        .expect("a wrap key")
}

pub(crate) fn fingerprint(identity: &Identity) -> Fingerprint {
    identity.keys().fingerprint()
}

/// The secret of an epoch.
pub(crate) fn secret(n: u64) -> [u8; 32] {
    const LABELS: [&str; 13] = [
        "room vectors: secret 0",
        "room vectors: secret 1",
        "room vectors: secret 2",
        "room vectors: secret 3",
        "room vectors: secret 4",
        "room vectors: secret 5",
        "room vectors: secret 6",
        "room vectors: secret 7",
        "room vectors: secret 8",
        "room vectors: secret 9",
        "room vectors: secret 10",
        "room vectors: secret 11",
        "room vectors: secret 12",
    ];
    Labelled::array(LABELS[usize::try_from(n).expect("a number")])
}

pub(crate) fn epoch_secret(n: u64) -> EpochSecret {
    EpochSecret::from_bytes(secret(n))
}

pub(crate) fn commitment(n: u64) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"sealwire/v1/epoch-secret\0")
        .chain_update(room())
        .chain_update(n.to_be_bytes())
        .chain_update(secret(n))
        .finalize()
        .into()
}

/// Signs with the given label; the record's hash is the block's.
pub(crate) fn signed(body: &[u8], label: &[u8], by: &Identity) -> (Vec<u8>, Block) {
    let block = by.sign(label, body, "room vectors: salt");
    ([body, &block.bytes()].concat(), block)
}

pub(crate) fn derived(input: &[u8], salt: &[u8], info: &[u8]) -> [u8; 64] {
    let mut key = [0; 64];
    Hkdf::<Sha512>::new(Some(salt), input)
        .expand(info, &mut key)
        .expect("a key");
    key
}

pub(crate) fn padded(content: &[u8]) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.push(0x80);
    padded.resize(padding::bucket(content.len()).expect("it fits"), 0);
    padded
}

/// A sealed part behind what stands above it.
pub(crate) fn sealed_part(above: &[u8], key: &[u8; 64], iv: &[u8; 16], padded: &[u8]) -> Vec<u8> {
    let (ciphertext, tag) = seal::seal(key, iv, above, padded).expect("sealed");
    let length = u32::try_from(ciphertext.len()).expect("a short content");
    [above, iv, &length.to_be_bytes(), &ciphertext, &tag].concat()
}

/// The variants of an error's `Debug` text, from the outermost in, in snake case.
pub(crate) fn causes(debug: &str) -> String {
    // `Change { at: 1, cause: Request(Invitation(Role(..))) }` is change/request/invitation/role. What
    // a variant holds beside another error is not a cause.
    const VALUES: [&str; 4] = ["epoch_number", "keyset_number", "millis", "state_number"];
    let mut names: Vec<String> = Vec::new();
    let mut rest = debug;
    while rest.starts_with(|c: char| c.is_ascii_uppercase()) {
        let name = super::snake(rest);
        if VALUES.contains(&name.as_str()) || names.last().is_some_and(|last| last == "field") {
            break;
        }
        if names.last() != Some(&name) {
            names.push(name);
        }
        let inside = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        let cause = inside.find("cause: ").map(|at| &inside[at + 7..]);
        rest = inside.strip_prefix('(').or(cause).unwrap_or_default();
    }
    names.join("/")
}
