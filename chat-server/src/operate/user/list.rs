//! `chat-server user list`.

use chat_server::{
    store::{
        Database, Store as _,
        accounts::{Account, ListAccounts, Recovery},
    },
    wall_clock::utc,
};
use serde_json::json;

use super::{OperateError, output};

pub(super) async fn run(store: &Database, is_json: bool) -> Result<(), OperateError> {
    let mut after = None;
    loop {
        let list = ListAccounts {
            after,
            limit: ACCOUNTS_AT_ONCE,
        };
        let accounts = store.read(list).await?;
        let Some(last) = accounts.last() else {
            return Ok(());
        };
        after = Some(last.account);
        for account in &accounts {
            print(account, is_json)?;
        }
    }
}

fn print(account: &Account, is_json: bool) -> Result<(), OperateError> {
    let (role, standing) = (account.role.as_str(), account.standing.as_str());
    let id = account.account.to_string();
    if is_json {
        let line = json!({
            "account": id,
            "name": account.name,
            "display": account.display,
            "role": role,
            "standing": standing,
            "rehearsed": account.recovery == Recovery::Rehearsed,
            "created_at": account.created_at.value().to_string(),
        });
        return Ok(output::line(&line.to_string())?);
    }
    let since = utc(account.created_at);
    Ok(output::columns(&[
        &account.name,
        role,
        standing,
        &since,
        &id,
    ])?)
}

/// Accounts in memory at once: some 200 KiB.
const ACCOUNTS_AT_ONCE: u32 = 1_000;
