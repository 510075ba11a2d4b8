//! Looking through accounts.

use wire_format::MemberId;

use super::{Account, Standing, account_columns, read_account};
use crate::{
    names,
    store::{Query, StoreError, Transaction},
};

/// Finds active accounts whose names begin like this, in any case, by name.
#[derive(Clone, Debug)]
pub struct SearchAccounts {
    /// How the name begins, as typed.
    pub prefix: String,
    /// The most accounts to give.
    pub limit: u32,
}

impl Query for SearchAccounts {
    type Answer = Vec<Account>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Account>, StoreError> {
        let from = names::fold(self.prefix.trim_start());
        if from.contains('\0') {
            // PostgreSQL keeps no text with it, and no name holds it.
            return Ok(Vec::new());
        }
        // No name holds the last scalar value, so every name that begins so is below this.
        let to = format!("{from}{}", char::MAX);
        let sql = concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts WHERE folded >= $1 AND folded < $2 AND standing = $3 \
             ORDER BY folded LIMIT $4"
        );
        let values = [
            from.as_str().into(),
            to.as_str().into(),
            Standing::Active.code().into(),
            u64::from(self.limit).into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(read_account).collect()
    }
}

/// Lists all accounts by id, a page at a time.
#[derive(Clone, Copy, Debug)]
pub struct ListAccounts {
    /// The account after which to begin; `None` for the first page.
    pub after: Option<MemberId>,
    /// The most accounts to give.
    pub limit: u32,
}

impl Query for ListAccounts {
    type Answer = Vec<Account>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Account>, StoreError> {
        let after = self.after.as_ref().map_or(&[][..], |id| id.as_bytes());
        let sql = concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts WHERE id > $1 ORDER BY id LIMIT $2"
        );
        let values = [after.into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(read_account).collect()
    }
}
