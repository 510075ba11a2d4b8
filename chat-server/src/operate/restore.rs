//! `chat-server restore`.

use chat_server::{
    backup::{self, Target},
    wall_clock::utc,
};

use super::{OperateError, output};
use crate::cli::RestoreTask;

pub(super) async fn run(task: RestoreTask) -> Result<(), OperateError> {
    let target = if task.replace {
        Target::Replaced
    } else {
        Target::Empty
    };
    let restored = backup::restore(task.place.location()?, &task.from, target).await?;
    let (rows, made_at) = (restored.rows, utc(restored.made_at));
    let head = output::head(&restored.head);
    let done = format!("{rows} rows of {made_at} restored; audit log {head}");
    Ok(output::line(&done)?)
}
