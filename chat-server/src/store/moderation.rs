//! What the server's administrators see and decide: reports of messages, and whether anybody new comes in.
//!
//! A report is an opaque record here; who calls has judged its reporter's signatures. What stands at the
//! place that it names is compared in the transaction that keeps it.

mod emergency;
mod reports;

use wire_format::MemberId;

use super::{Query, Refusal, Stop, StoreError, Transaction};

pub use self::{
    emergency::{IsEmergency, Mode, ReadMode, SetEmergency},
    reports::{ListReports, PutReport, ReportRow, Reports, SettleReport},
};
use super::accounts::{Role, Standing};

/// The accounts that administrate the server and may sign in.
#[derive(Clone, Copy, Debug)]
pub struct Administrators;

impl Query for Administrators {
    type Answer = Vec<MemberId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT id FROM accounts WHERE role = $1 AND standing = $2 ORDER BY id";
        let values = [Role::Admin.code().into(), Standing::Active.code().into()];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(|row| row.account(0)).collect()
    }
}

/// Whether an account administrates the server.
async fn is_admin(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM accounts WHERE id = $1 AND role = $2 AND standing = $3";
    let values = [
        (&account).into(),
        Role::Admin.code().into(),
        Standing::Active.code().into(),
    ];
    Ok(transaction.row(sql, &values).await?.is_some())
}

/// Refuses what is for administrators to who is none.
async fn require_admin(transaction: &mut Transaction<'_>, account: MemberId) -> Result<(), Stop> {
    match is_admin(transaction, account).await? {
        true => Ok(()),
        false => Err(Refusal::NotAdmin.into()),
    }
}
