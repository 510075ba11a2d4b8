//! The audit log: what an auditor would ask for, chained by hashes.
//!
//! A row is written in the transaction of the change that it records. Its hash is SHA-256 over
//! these bytes, numbers big-endian, text in UTF-8:
//!
//! ```text
//! "sealwire/v1/audit" 0x00
//! previous    bytes[32]: hash of row number − 1; zeros when number = 1
//! number      u64: 1, 2, 3, … without gaps
//! at          u64: milliseconds since 1970-01-01T00:00:00Z
//! actor_kind  u8: 1 account, 2 operator, 3 server
//! actor       bytes[16]: the account; zeros for the others
//! action_length  u32 | action
//! subject_length u32 | subject
//! detail_length  u32 | detail
//! ```
//!
//! Whoever can write the database can also compute the chain anew: it shows what was changed by
//! hand, and anything at all to whoever noted the newest number and hash elsewhere. No row holds a
//! secret. What friends ask each other is not in it: that is nobody's audit.

mod read;

use sha2::{Digest as _, Sha256};
use wire_format::{MemberId, Millis};

use super::{StoreError, Transaction};

pub use read::{AuditFault, AuditHead, ReadAudit, VerifyAudit, VerifyAuditSince};

/// Who made a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actor {
    /// A signed-in account.
    Account(MemberId),
    /// A command on the server's machine.
    Operator,
    /// The server by itself.
    Server,
}

/// One row of the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRow {
    /// 1, 2, 3, … without gaps.
    pub number: u64,
    /// When it was written.
    pub at: Millis,
    /// Who made the change.
    pub actor: Actor,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// To whom or what: an account id, or empty.
    pub subject: String,
    /// More of it, without secrets.
    pub detail: String,
    /// The hash of the row before.
    pub previous: [u8; 32],
    /// The hash of this row.
    pub hash: [u8; 32],
}

impl AuditRow {
    /// The hash that the row must have.
    fn computed(&self) -> [u8; 32] {
        let (kind, actor) = self.actor.parts();
        let mut hash = Sha256::new();
        hash.update(b"sealwire/v1/audit\0");
        hash.update(self.previous);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.value().to_be_bytes());
        hash.update([kind]);
        hash.update(actor);
        for text in [&self.action, &self.subject, &self.detail] {
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            hash.update(length.to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }
}

impl Actor {
    const fn parts(self) -> (u8, [u8; 16]) {
        match self {
            Self::Account(account) => (1, *account.as_bytes()),
            Self::Operator => (2, [0; 16]),
            Self::Server => (3, [0; 16]),
        }
    }

    const fn of_parts(kind: u64, actor: [u8; 16]) -> Result<Self, StoreError> {
        match kind {
            1 => Ok(Self::Account(MemberId::from_bytes(actor))),
            2 => Ok(Self::Operator),
            3 => Ok(Self::Server),
            _ => Err(StoreError::Damaged("no such actor")),
        }
    }
}

/// What a change has to say to the log.
pub(super) struct Entry {
    actor: Actor,
    action: &'static str,
    subject: String,
    detail: String,
}

impl Entry {
    pub(super) fn new(actor: Actor, action: &'static str, subject: &str) -> Self {
        Self {
            actor,
            action,
            subject: subject.to_owned(),
            detail: String::new(),
        }
    }

    /// An entry about an account.
    pub(super) fn about(actor: Actor, action: &'static str, account: MemberId) -> Self {
        Self::new(actor, action, &account.to_string())
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Writes it as the newest row.
    pub(super) async fn append(
        self,
        transaction: &mut Transaction<'_>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let head = read::head(transaction).await?;
        let mut row = AuditRow {
            number: head.number + 1,
            at: now,
            actor: self.actor,
            action: self.action.to_owned(),
            subject: self.subject,
            detail: self.detail,
            previous: head.hash,
            hash: [0; 32],
        };
        row.hash = row.computed();
        insert(transaction, &row).await
    }
}

async fn insert(transaction: &mut Transaction<'_>, row: &AuditRow) -> Result<(), StoreError> {
    let (kind, actor) = row.actor.parts();
    transaction
        .execute(
            "INSERT INTO audit \
             (number, at, actor_kind, actor, action, subject, detail, previous, hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                row.number.into(),
                row.at.into(),
                u64::from(kind).into(),
                (&actor).into(),
                row.action.as_str().into(),
                row.subject.as_str().into(),
                row.detail.as_str().into(),
                (&row.previous).into(),
                (&row.hash).into(),
            ],
        )
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_over_these_bytes() {
        let row = AuditRow {
            number: 2,
            at: Millis::new(3),
            actor: Actor::Account(MemberId::from_bytes([4; 16])),
            action: "a.b".into(),
            subject: "s".into(),
            detail: String::new(),
            previous: [5; 32],
            hash: [0; 32],
        };
        let mut bytes = b"sealwire/v1/audit\0".to_vec();
        bytes.extend([5; 32]);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1]);
        bytes.extend([4; 16]);
        bytes.extend(b"\0\0\0\x03a.b\0\0\0\x01s\0\0\0\0");
        let expected: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(row.computed(), expected);
    }
}
