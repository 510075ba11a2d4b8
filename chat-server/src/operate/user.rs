//! `chat-server user`.

mod add;
mod list;
mod reset;
mod standing;

use chat_server::{
    store::{
        Database, Store as _, TokenHash,
        accounts::{Account, AccountName, FindAccount, Standing},
        audit::Actor,
        tokens::{IssueToken, Purpose},
    },
    wall_clock,
};
use wire_format::{Millis, OneTimeToken};

use super::{OperateError, output, with_data};
use crate::cli::UserTask;

pub(super) async fn run(task: UserTask) -> Result<(), OperateError> {
    match task {
        UserTask::Add { expires, place } => {
            with_data(&place, async |store| {
                add::run(store, expires.millis()).await
            })
            .await
        }
        UserTask::List { json, place } => {
            with_data(&place, async |store| list::run(store, json).await).await
        }
        UserTask::Disable { name, place } => {
            let to = Standing::Disabled;
            with_data(&place, async |store| standing::run(store, &name, to).await).await
        }
        UserTask::Enable { name, place } => {
            let to = Standing::Active;
            with_data(&place, async |store| standing::run(store, &name, to).await).await
        }
        UserTask::Reset {
            name,
            expires,
            place,
        } => {
            let lasts = expires.millis();
            with_data(&place, async |store| reset::run(store, &name, lasts).await).await
        }
    }
}

/// The account of this name.
async fn find(store: &Database, typed: &str) -> Result<Account, OperateError> {
    let nobody = || OperateError::Nobody(typed.to_owned());
    let name = AccountName::prepare(typed).ok_or_else(nobody)?;
    let found = store.read(FindAccount::ByName(name)).await?;
    found.ok_or_else(nobody)
}

/// Makes a one-time token, keeps its hash, and prints it with what it is for.
async fn issue(
    store: &Database,
    purpose: Purpose,
    lasts_ms: u64,
    what_for: impl FnOnce(&str) -> String,
) -> Result<(), OperateError> {
    let token = OneTimeToken::from_bytes(rand::random());
    let now = wall_clock::now();
    let expires_at = Millis::new(now.value() + lasts_ms);
    let issue = IssueToken {
        hash: TokenHash::of(&token),
        purpose,
        expires_at,
        actor: Actor::Operator,
        now,
    };
    store.write(issue).await??;
    Ok(output::token(
        &token,
        &what_for(&wall_clock::utc(expires_at)),
    )?)
}
