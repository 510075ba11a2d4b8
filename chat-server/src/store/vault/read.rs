//! Reading what is new in a vault, a page at a time.

use wire_format::MemberId;

use crate::store::{
    Query, StoreError, Transaction,
    transaction::{Row, Value},
};

/// Reads items in the order of their last changes.
#[derive(Clone, Copy, Debug)]
pub struct ReadItems {
    /// Whose vault.
    pub account: MemberId,
    /// The revision after which to begin.
    pub after: u64,
    /// Only items of this kind.
    pub kind: Option<u8>,
}

/// A page of items.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ItemsPage {
    /// The revision to go on after: of the last item if there are more, else the vault's.
    pub revision: u64,
    /// Whether there are more.
    pub more: bool,
    /// The records: with four bytes for the length of each at most [`PAGE_BYTES`].
    pub records: Vec<Vec<u8>>,
}

impl Query for ReadItems {
    type Answer = ItemsPage;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<ItemsPage, StoreError> {
        let sql = "SELECT revision FROM vaults WHERE account = $1";
        let newest = transaction.number(sql, &[(&self.account).into()]).await?;
        // Lengths first: a page must not bring more into memory than it gives.
        let rows = self
            .select(
                transaction,
                [
                    "SELECT revision, CAST(length(record) AS BIGINT) FROM vault_items \
                     WHERE account = $1 AND revision > $2 ORDER BY revision LIMIT $3",
                    "SELECT revision, CAST(length(record) AS BIGINT) FROM vault_items \
                     WHERE account = $1 AND revision > $2 AND kind = $4 ORDER BY revision LIMIT $3",
                ],
                LOOKED_AT,
            )
            .await?;
        let (fitting, last) = fitting(&rows)?;
        let more = fitting < rows.len() || rows.len() == usize::from(LOOKED_AT);
        let records = self
            .select(
                transaction,
                [
                    "SELECT record FROM vault_items \
                     WHERE account = $1 AND revision > $2 ORDER BY revision LIMIT $3",
                    "SELECT record FROM vault_items \
                     WHERE account = $1 AND revision > $2 AND kind = $4 ORDER BY revision LIMIT $3",
                ],
                u16::try_from(fitting).unwrap_or(LOOKED_AT),
            )
            .await?;
        let records = records.iter().map(|row| row.bytes(0));
        Ok(ItemsPage {
            revision: if more { last } else { newest },
            more,
            records: records.collect::<Result<_, _>>()?,
        })
    }
}

impl ReadItems {
    /// Runs the first statement for all kinds, the second for one.
    async fn select(
        &self,
        transaction: &mut Transaction<'_>,
        [of_all, of_kind]: [&'static str; 2],
        limit: u16,
    ) -> Result<Vec<Row>, StoreError> {
        let account = Value::from(&self.account);
        let limit = u64::from(limit);
        match self.kind {
            None => {
                let values = [account, self.after.into(), limit.into()];
                transaction.rows(of_all, &values).await
            }
            Some(kind) => {
                let kind = u64::from(kind);
                let values = [account, self.after.into(), limit.into(), kind.into()];
                transaction.rows(of_kind, &values).await
            }
        }
    }
}

/// How many of these fit a page, and the revision of the last of them.
fn fitting(rows: &[Row]) -> Result<(usize, u64), StoreError> {
    let (mut bytes, mut last) = (0, 0);
    for (place, row) in rows.iter().enumerate() {
        bytes += LENGTH_BYTES + row.number(1)?;
        if bytes > PAGE_BYTES {
            return Ok((place, last));
        }
        last = row.number(0)?;
    }
    Ok((rows.len(), last))
}

/// The tail of one reply (docs/protocol.md#146-the-vault).
pub const PAGE_BYTES: u64 = 1 << 20;
/// The length before each record in a record list.
const LENGTH_BYTES: u64 = 4;
/// Items of a page at most, so that small ones do not make it slow.
const LOOKED_AT: u16 = 1_024;
