//! Reading what is new in a vault, a page at a time.

use wire_format::MemberId;

use crate::store::{
    Query, StoreError, Transaction,
    transaction::{Row, Value},
};

/// How many of the next items there are, how many of them fit a page, and the revision of the last
/// of these.
macro_rules! sizes_of {
    ($kind:literal) => {
        concat!(
            "SELECT count(*), coalesce(sum(CASE WHEN total <= $4 THEN 1 ELSE 0 END), 0), \
             coalesce(max(CASE WHEN total <= $4 THEN revision END), 0) FROM ( \
             SELECT revision, sum(bytes) OVER (ORDER BY revision) AS total FROM ( \
             SELECT revision, 4 + length(record) AS bytes FROM vault_items \
             WHERE account = $1 AND revision > $2 ",
            $kind,
            " ORDER BY revision LIMIT $3) AS looked_at) AS added_up"
        )
    };
}

/// The first of the next items.
macro_rules! records_of {
    ($kind:literal) => {
        concat!(
            "SELECT record FROM vault_items WHERE account = $1 AND revision > $2 ",
            $kind,
            " ORDER BY revision LIMIT $3"
        )
    };
}

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
        // Lengths first: a page must not bring more into memory than it gives. They are added up
        // there: a row that is handed over costs more than one that is read.
        let of_all = sizes_of!("");
        let of_kind = sizes_of!("AND kind = $5");
        let bounds = [LOOKED_AT, PAGE_BYTES];
        let sizes = self.select(transaction, [of_all, of_kind], &bounds).await?;
        let sizes = sizes.first().ok_or(StoreError::Damaged("no sizes"))?;
        let (looked_at, fitting, last) = (sizes.number(0)?, sizes.number(1)?, sizes.number(2)?);
        let more = fitting < looked_at || looked_at == LOOKED_AT;
        let of_all = records_of!("");
        let of_kind = records_of!("AND kind = $4");
        let bounds = [fitting];
        let records = self.select(transaction, [of_all, of_kind], &bounds).await?;
        let records = records.iter().map(|row| row.bytes(0));
        Ok(ItemsPage {
            revision: if more { last } else { newest },
            more,
            records: records.collect::<Result<_, _>>()?,
        })
    }
}

impl ReadItems {
    /// Runs the first statement for all kinds, the second for one, which is its last parameter.
    async fn select(
        &self,
        transaction: &mut Transaction<'_>,
        [of_all, of_kind]: [&'static str; 2],
        bounds: &[u64],
    ) -> Result<Vec<Row>, StoreError> {
        let mut values = vec![Value::from(&self.account), self.after.into()];
        values.extend(bounds.iter().map(|bound| Value::from(*bound)));
        let Some(kind) = self.kind else {
            return transaction.rows(of_all, &values).await;
        };
        values.push(u64::from(kind).into());
        transaction.rows(of_kind, &values).await
    }
}

/// The tail of one reply (docs/protocol.md#146-the-vault).
pub const PAGE_BYTES: u64 = 1 << 20;
/// Items of a page at most, so that small ones do not make it slow.
const LOOKED_AT: u64 = 1_024;
