//! Deleting items whose time has come.

use std::collections::BTreeMap;

use wire_format::Millis;

use crate::store::{Change, Stop, Trace, Transaction};

/// Deletes items that are due (docs/protocol.md#1416-forgetting); gives how many. Fewer than
/// `limit`: none are left.
#[derive(Clone, Copy, Debug)]
pub struct ForgetItems {
    /// The present time.
    pub now: Millis,
    /// The most items to delete at once.
    pub limit: u32,
}

impl Change for ForgetItems {
    type Answer = u64;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Stop> {
        let sql = "DELETE FROM vault_items WHERE (account, revision) IN ( \
                   SELECT account, revision FROM vault_items \
                   WHERE forget_at > 0 AND forget_at <= $1 ORDER BY forget_at LIMIT $2 \
                   ) RETURNING account";
        let values = [self.now.into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        let mut deleted = BTreeMap::<_, u64>::new();
        for row in &rows {
            *deleted.entry(row.account(0)?).or_default() += 1;
        }
        for (account, items) in &deleted {
            let sql = "UPDATE vaults SET items = items - $2 WHERE account = $1";
            let values = [account.into(), (*items).into()];
            transaction.execute(sql, &values).await?;
        }
        Ok(deleted.into_values().sum())
    }
}
