//! What an operator does beside the server, or in its place.
//!
//! Exit codes: 0 done; 1 refused or failed, in one line on standard error; 2 wrong usage.

mod audit;
mod backup;
mod error;
mod mode;
mod output;
mod registration;
mod restore;
mod user;

use std::process::ExitCode;

use anyhow::Context as _;
use chat_server::store::{Database, Store as _};

use self::error::OperateError;
use crate::cli::{Place, Task, make_proxy_key};

/// Does it, and says how it went.
pub(crate) fn run(task: Task) -> ExitCode {
    match start(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // On one line, each cause after what it caused.
            eprintln!("chat-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(task: Task) -> anyhow::Result<()> {
    if let Task::ProxyKey { file } = task {
        return make_proxy_key(&file).with_context(|| format!("cannot write {}", file.display()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(carry_out(task))?)
}

async fn carry_out(task: Task) -> Result<(), OperateError> {
    match task {
        // Done without a runtime.
        Task::ProxyKey { .. } => Ok(()),
        Task::User(task) => user::run(task).await,
        Task::Registration { mode, place } => registration::run(mode, &place).await,
        Task::Mode { emergency, place } => mode::run(emergency, &place).await,
        Task::Audit(task) => audit::run(task).await,
        Task::Backup(task) => backup::run(task).await,
        Task::Restore(task) => restore::run(task).await,
    }
}

/// Opens the data that are there, does something with them, and closes them in any case.
async fn with_data(
    place: &Place,
    act: impl AsyncFnOnce(&Database) -> Result<(), OperateError>,
) -> Result<(), OperateError> {
    let store = Database::open_present(place.location()?).await?;
    let done = act(&store).await;
    store.close().await;
    done
}
