//! `chat-server user disable` and `enable`.

use chat_server::{
    Limits,
    store::{
        Database, Store as _,
        accounts::{SetStanding, Standing},
        audit::Actor,
    },
    wall_clock,
};

use super::{OperateError, find, output};

pub(super) async fn run(
    store: &Database,
    name: &str,
    standing: Standing,
) -> Result<(), OperateError> {
    let account = find(store, name).await?;
    let set = SetStanding {
        account: account.account,
        standing,
        actor: Actor::Operator,
        now: wall_clock::now(),
    };
    let ended = store.write(set).await??.len();
    let name = account.name;
    let done = match standing {
        Standing::Active => format!("{name} may sign in"),
        Standing::Disabled => {
            let within = Limits::SWEEP_EVERY.as_secs();
            format!(
                "{name} is disabled; sessions ended: {ended}, their connections close within \
                 {within} seconds"
            )
        }
    };
    Ok(output::line(&done)?)
}
