//! Reading the log, and finding the first row that is not as it was written.

use super::{Actor, AuditRow};
use crate::store::{Query, StoreError, Transaction, transaction::Row};

/// The newest row: number and hash; zeros when the log is empty.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AuditHead {
    /// How many rows there are.
    pub number: u64,
    /// The hash of the newest.
    pub hash: [u8; 32],
}

/// The first row that breaks the chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuditFault {
    /// A row is not there, and later ones are.
    #[error("row {0} of the audit log is missing")]
    Missing(u64),
    /// A row does not name the hash of the row before it.
    #[error("row {0} of the audit log does not continue the one before it")]
    Unchained(u64),
    /// A row is not what its hash was computed over.
    #[error("row {0} of the audit log was altered")]
    Altered(u64),
    /// The log ends before a row that was noted elsewhere.
    #[error("row {noted} of the audit log was noted, and the log ends at row {end}")]
    Cut {
        /// The number that was noted.
        noted: u64,
        /// The newest row.
        end: u64,
    },
    /// The chain holds and leads to another row than the one that was noted elsewhere.
    #[error("row {0} of the audit log is not the one that was noted")]
    Replaced(u64),
}

/// Reads rows in ascending order.
#[derive(Clone, Copy, Debug)]
pub struct ReadAudit {
    /// The number after which to begin.
    pub after: u64,
    /// The most rows to give.
    pub limit: u32,
}

impl Query for ReadAudit {
    type Answer = Vec<AuditRow>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<AuditRow>, StoreError> {
        let rows = page(transaction, self.after, self.limit).await?;
        rows.iter().map(audit_row).collect()
    }
}

/// Computes the whole chain. A tail that was cut off shows only against a head noted elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct VerifyAudit;

impl Query for VerifyAudit {
    type Answer = Result<AuditHead, AuditFault>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        verify(transaction, AuditHead::default()).await
    }
}

/// Computes the whole chain, and compares the row of a head that was noted elsewhere: then a tail
/// that was cut off shows, and a chain that was computed anew.
#[derive(Clone, Copy, Debug)]
pub struct VerifyAuditSince {
    /// The head that was noted.
    pub noted: AuditHead,
}

impl Query for VerifyAuditSince {
    type Answer = Result<AuditHead, AuditFault>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        verify(transaction, self.noted).await
    }
}

async fn verify(
    transaction: &mut Transaction<'_>,
    noted: AuditHead,
) -> Result<Result<AuditHead, AuditFault>, StoreError> {
    let mut head = AuditHead::default();
    loop {
        let rows = page(transaction, head.number, VERIFIED_AT_ONCE).await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            match follow(head, row) {
                Ok(next) => head = next,
                Err(fault) => return Ok(Err(fault)),
            }
            if head.number == noted.number && head.hash != noted.hash {
                return Ok(Err(AuditFault::Replaced(noted.number)));
            }
        }
    }
    let (noted, end) = (noted.number, head.number);
    Ok(if end < noted {
        Err(AuditFault::Cut { noted, end })
    } else {
        Ok(head)
    })
}

/// Checks that a row continues the chain.
fn follow(head: AuditHead, row: &Row) -> Result<AuditHead, AuditFault> {
    let number = head.number + 1;
    // What cannot even be read was not written by this program.
    let row = audit_row(row).map_err(|_| AuditFault::Altered(number))?;
    if row.number != number {
        return Err(AuditFault::Missing(number));
    }
    if row.previous != head.hash {
        return Err(AuditFault::Unchained(number));
    }
    if row.hash != row.computed() {
        return Err(AuditFault::Altered(number));
    }
    let hash = row.hash;
    Ok(AuditHead { number, hash })
}

pub(super) async fn head(transaction: &mut Transaction<'_>) -> Result<AuditHead, StoreError> {
    let sql = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    match transaction.row(sql, &[]).await? {
        None => Ok(AuditHead::default()),
        Some(row) => Ok(AuditHead {
            number: row.number(0)?,
            hash: row.array(1)?,
        }),
    }
}

async fn page(
    transaction: &mut Transaction<'_>,
    after: u64,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT number, at, actor_kind, actor, action, subject, detail, previous, hash \
               FROM audit WHERE number > $1 ORDER BY number LIMIT $2";
    let values = [after.into(), u64::from(limit).into()];
    transaction.rows(sql, &values).await
}

fn audit_row(row: &Row) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        number: row.number(0)?,
        at: row.millis(1)?,
        actor: Actor::of_parts(row.number(2)?, row.array(3)?)?,
        action: row.text(4)?,
        subject: row.text(5)?,
        detail: row.text(6)?,
        previous: row.array(7)?,
        hash: row.array(8)?,
    })
}

/// Rows in memory while the chain is computed: some 300 KiB.
const VERIFIED_AT_ONCE: u32 = 1_000;
