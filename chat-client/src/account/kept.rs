//! What a device keeps of an account between two starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire_format::{
    AccountId, KeysetHash, KeysetNumber, Millis, Revision, RootNumber, SessionId, SessionToken,
    WrapNumber,
    identity::{Chain, Pin},
    vault::{ItemKind, ItemName, KeptVaultKey},
};

/// What goes on with a session without a password: who has it reads the vault, and is the account
/// until the session ends. It is for a file that only its owner reads.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The account's id.
    pub account: AccountId,
    /// The prepared user name.
    pub name: String,
    /// The server's name, as it was accepted.
    pub server_name: String,
    /// The session.
    pub session: SessionId,
    /// What continues it.
    pub token: SessionToken,
    /// When it ends whatever happens.
    pub expires_at: Millis,
    /// What opens the vault's root.
    pub vault_key: KeptVaultKey,
    /// What a server must not fall behind.
    pub seen: Seen,
    /// Items by which others are judged, and which a server must not leave out.
    #[serde(default)]
    pub items: SeenItems,
}

/// The highest numbers that a device saw of pins and room heads, since its account began, or began anew.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct SeenItems(BTreeMap<String, u64>);

impl SeenItems {
    /// The number of an item; 0 for one that was not seen.
    pub(super) fn number(&self, name: &ItemName) -> u64 {
        self.0.get(&key(name)).copied().unwrap_or_default()
    }

    /// Notes that an item was seen.
    pub(super) fn see(&mut self, name: &ItemName, number: u64) {
        if matches!(name.kind(), ItemKind::Pin | ItemKind::RoomHead) {
            let seen = self.0.entry(key(name)).or_default();
            *seen = number.max(*seen);
        }
    }

    /// How many of a kind were seen that are not among these.
    pub(super) fn missing(&self, kind: ItemKind, given: &[ItemName]) -> usize {
        let given: std::collections::BTreeSet<String> = given.iter().map(key).collect();
        let prefix = format!("{}:", kind.byte());
        let of_kind = self.0.keys().filter(|seen| seen.starts_with(&prefix));
        of_kind.filter(|seen| !given.contains(*seen)).count()
    }
}

/// An item's kind and name as one text.
fn key(name: &ItemName) -> String {
    let mut key = format!("{}:", name.kind().byte());
    for byte in name.bytes() {
        key.push_str(&format!("{byte:02x}"));
    }
    key
}

/// The highest numbers that a device saw of its own account.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Of the vault's root.
    pub root: RootNumber,
    /// Of the changes to the vault's items.
    pub revision: Revision,
    /// Of the wrap key.
    pub wrap: WrapNumber,
    /// Of the keyset.
    pub keyset: KeysetNumber,
    /// The hash of that keyset.
    pub head: KeysetHash,
}

impl Seen {
    pub(super) fn of(chain: &Chain, root: RootNumber, wrap: WrapNumber) -> Self {
        let pin = chain.pin();
        Self {
            root,
            revision: Revision::default(),
            wrap,
            keyset: pin.number,
            head: pin.head,
        }
    }

    /// The later of each: what two processes of a device saw together.
    #[must_use]
    pub fn or_later(self, other: Self) -> Self {
        let chain = if other.keyset > self.keyset {
            other
        } else {
            self
        };
        Self {
            root: self.root.max(other.root),
            revision: self.revision.max(other.revision),
            wrap: self.wrap.max(other.wrap),
            ..chain
        }
    }

    /// The own chain's head as it was seen.
    pub(super) fn pin(&self, account: AccountId) -> Pin {
        Pin {
            account,
            number: self.keyset,
            head: self.head,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(root: u64, revision: u64, wrap: u64, keyset: u8) -> Seen {
        Seen {
            root: RootNumber::new(root),
            revision: Revision::new(revision),
            wrap: WrapNumber::new(wrap),
            keyset: KeysetNumber::new(keyset.into()),
            head: KeysetHash::from_bytes([keyset; 32]),
        }
    }

    #[test]
    fn pins_and_heads_that_were_seen_are_missed_by_their_kind() {
        let pin = |byte| ItemName::Pin(AccountId::from_bytes([byte; 16]));
        let head = ItemName::RoomHead(wire_format::RoomId::from_bytes([1; 16]));
        let mut seen = SeenItems::default();
        for (name, number) in [(pin(1), 2), (pin(2), 1), (head.clone(), 7), (pin(1), 1)] {
            seen.see(&name, number);
        }
        assert_eq!([seen.number(&pin(1)), seen.number(&head)], [2, 7]);
        assert_eq!(seen.missing(ItemKind::Pin, &[pin(1)]), 1);
        assert_eq!(seen.missing(ItemKind::Pin, &[pin(2), pin(1)]), 0);
        assert_eq!(seen.missing(ItemKind::RoomHead, &[pin(1)]), 1);
        assert_eq!(seen.missing(ItemKind::ReadMark, &[]), 0);
    }

    #[test]
    fn of_two_processes_each_later_number_counts() {
        let (one, other) = (seen(4, 9, 1, 2), seen(5, 7, 2, 1));
        assert_eq!(one.or_later(other), seen(5, 9, 2, 2));
        assert_eq!(other.or_later(one), seen(5, 9, 2, 2));
    }
}
