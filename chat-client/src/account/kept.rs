//! What a device keeps of an account between two starts.

use serde::{Deserialize, Serialize};
use wire_format::{
    AccountId, KeysetHash, KeysetNumber, Millis, Revision, RootNumber, SessionId, SessionToken,
    WrapNumber,
    identity::{Chain, Pin},
    vault::KeptVaultKey,
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
    fn of_two_processes_each_later_number_counts() {
        let (one, other) = (seen(4, 9, 1, 2), seen(5, 7, 2, 1));
        assert_eq!(one.or_later(other), seen(5, 9, 2, 2));
        assert_eq!(other.or_later(one), seen(5, 9, 2, 2));
    }
}
