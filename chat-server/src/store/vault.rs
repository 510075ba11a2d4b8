//! Vaults: a root and items of each account (docs/protocol.md#146-the-vault), as opaque records.

mod forget;
mod put;
mod read;

use wire_format::MemberId;

use super::{Change, Query, Refusal, Stop, StoreError, Trace, Transaction, accounts};

pub use forget::ForgetItems;
pub use put::{PutItems, VaultItem};
pub use read::{ItemsPage, PAGE_BYTES, ReadItems};

/// A vault root and its number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VaultRoot {
    /// 1, 2, 3, …
    pub number: u64,
    /// The record.
    pub record: Vec<u8>,
}

/// Reads the present root; `None` for an unknown account.
#[derive(Clone, Copy, Debug)]
pub struct ReadRoot {
    /// Whose.
    pub account: MemberId,
}

impl Query for ReadRoot {
    type Answer = Option<VaultRoot>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT number, record FROM vault_roots WHERE account = $1";
        let Some(row) = transaction.row(sql, &[(&self.account).into()]).await? else {
            return Ok(None);
        };
        Ok(Some(VaultRoot {
            number: row.number(0)?,
            record: row.bytes(1)?,
        }))
    }
}

/// Replaces the root by the next one.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::VaultConflict`] unless its number is `expected`.
#[derive(Clone, Debug)]
pub struct ReplaceRoot {
    /// Whose.
    pub account: MemberId,
    /// The number of the present root; the record's is one more.
    pub expected: u64,
    /// The next root.
    pub record: Vec<u8>,
}

impl Change for ReplaceRoot {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        accounts::require(transaction, self.account).await?;
        replace(transaction, self.account, self.expected, &self.record).await
    }
}

/// Makes the vault of a new account.
pub(super) async fn create(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    root: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO vault_roots (account, number, record) VALUES ($1, 1, $2)";
    let values = [(&account).into(), root.into()];
    transaction.execute(sql, &values).await?;
    let sql = "INSERT INTO vaults (account, revision, items) VALUES ($1, 0, 0)";
    transaction.execute(sql, &[(&account).into()]).await?;
    Ok(())
}

pub(super) async fn replace(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    expected: u64,
    root: &[u8],
) -> Result<(), Stop> {
    let sql = "UPDATE vault_roots SET number = $3, record = $4 WHERE account = $1 AND number = $2";
    let values = [
        (&account).into(),
        expected.into(),
        expected.saturating_add(1).into(),
        root.into(),
    ];
    match transaction.execute(sql, &values).await? {
        0 => Err(Refusal::VaultConflict.into()),
        _ => Ok(()),
    }
}

/// Deletes all items; the revision goes on from where it is.
pub(super) async fn empty(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<(), StoreError> {
    let account = [(&account).into()];
    let sql = "DELETE FROM vault_items WHERE account = $1";
    transaction.execute(sql, &account).await?;
    let sql = "UPDATE vaults SET items = 0 WHERE account = $1";
    transaction.execute(sql, &account).await?;
    Ok(())
}
