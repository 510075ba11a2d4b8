//! `chat-server backup`.

use chat_server::{backup, store::Database, store::Store as _};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use super::{OperateError, output};
use crate::cli::BackupTask;

pub(super) async fn run(task: BackupTask) -> Result<(), OperateError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // What is under way then leaves no file.
    tokio::select! {
        done = make(&task) => done,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

async fn make(task: &BackupTask) -> Result<(), OperateError> {
    // The first one says whether it can work at all.
    once(task).await?;
    let Some(every) = task.every else {
        return Ok(());
    };
    let mut times = interval(every.duration());
    times.set_missed_tick_behavior(MissedTickBehavior::Delay);
    times.tick().await;
    loop {
        times.tick().await;
        if let Err(error) = once(task).await {
            eprintln!("chat-server: {:#}", anyhow::Error::new(error));
        }
    }
}

/// Opens the data anew each time: the server may have been upgraded meanwhile.
async fn once(task: &BackupTask) -> Result<(), OperateError> {
    let store = Database::open_present(task.place.location()?).await?;
    let made = backup::make(&store, &task.to).await;
    store.close().await;
    output::line(&made?.path.display().to_string())?;
    if let Some(keep) = task.keep {
        backup::prune(&task.to, keep).map_err(|source| {
            let folder = task.to.display().to_string();
            OperateError::Prune { folder, source }
        })?;
    }
    Ok(())
}
