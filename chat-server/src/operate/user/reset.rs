//! `chat-server user reset`.

use chat_server::store::{Database, accounts::Standing, tokens::Purpose};

use super::{OperateError, find, issue};

pub(super) async fn run(store: &Database, name: &str, lasts_ms: u64) -> Result<(), OperateError> {
    let account = find(store, name).await?;
    if account.standing == Standing::Disabled {
        return Err(OperateError::Disabled(account.name));
    }
    issue(store, Purpose::Fresh(account.account), lasts_ms, |until| {
        format!(
            "a fresh start for {}: who has it chooses a new password and new keys, once, until \
             {until}; what only the old keys open stays closed",
            account.name
        )
    })
    .await
}
