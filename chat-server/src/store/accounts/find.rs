//! Finding one account.

use wire_format::MemberId;

use super::{Account, AccountName, Password, Role, Standing, account_columns, read_account};
use crate::store::{PasswordHash, Query, StoreError, Transaction};

/// Finds an account.
#[derive(Clone, Debug)]
pub enum FindAccount {
    /// By its id.
    ById(MemberId),
    /// By its name, in any case.
    ByName(AccountName),
}

impl Query for FindAccount {
    type Answer = Option<Account>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        match self {
            Self::ById(account) => by_id(transaction, *account).await,
            Self::ByName(name) => by_name(transaction, name).await,
        }
    }
}

/// Finds an account and how it proves itself.
#[derive(Clone, Debug)]
pub struct FindCredentials {
    /// Which account.
    pub of: FindAccount,
}

impl Query for FindCredentials {
    type Answer = Option<(Account, Password)>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let Some(account) = self.of.run(transaction).await? else {
            return Ok(None);
        };
        let sql = "SELECT salt, rounds, login_hash, recovery_hash FROM accounts WHERE id = $1";
        let row = transaction.row(sql, &[(&account.account).into()]).await?;
        let row = row.ok_or(StoreError::Damaged("an account is there and is not"))?;
        let rounds = u32::try_from(row.number(1)?);
        let password = Password {
            salt: row.array(0)?,
            rounds: rounds.map_err(|_| StoreError::Damaged("rounds"))?,
            login: PasswordHash::new(row.text(2)?),
            recovery: PasswordHash::new(row.text(3)?),
        };
        Ok(Some((account, password)))
    }
}

/// Whether an account has this name or one that looks like it: then no guest may.
#[derive(Clone, Debug)]
pub struct IsNameHeld {
    /// The name asked for.
    pub name: AccountName,
}

impl Query for IsNameHeld {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        is_held(transaction, &self.name).await
    }
}

/// How many administrators may sign in.
#[derive(Clone, Copy, Debug)]
pub struct CountAdmins;

impl Query for CountAdmins {
    type Answer = u64;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM accounts WHERE role = $1 AND standing = $2";
        let values = [Role::Admin.code().into(), Standing::Active.code().into()];
        transaction.number(sql, &values).await
    }
}

pub(super) async fn by_id(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<Option<Account>, StoreError> {
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts WHERE id = $1"
    );
    let row = transaction.row(sql, &[(&account).into()]).await?;
    row.as_ref().map(read_account).transpose()
}

async fn by_name(
    transaction: &mut Transaction<'_>,
    name: &AccountName,
) -> Result<Option<Account>, StoreError> {
    let sql = concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts WHERE folded = $1"
    );
    let row = transaction.row(sql, &[name.folded().into()]).await?;
    row.as_ref().map(read_account).transpose()
}

pub(super) async fn is_held(
    transaction: &mut Transaction<'_>,
    name: &AccountName,
) -> Result<bool, StoreError> {
    for look in name.looks() {
        let sql = "SELECT account FROM account_looks WHERE look = $1";
        if transaction.row(sql, &[look.into()]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
