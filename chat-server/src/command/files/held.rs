//! `files.held`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::files::GetHeld};

use super::file_of;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::files::ReadHeld,
};

/// Says which chunks of a file are there. A dropped future leaves nothing behind.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    asked: GetHeld,
) -> Result<Turn, Refusal> {
    file_of(&errand, &own, asked.file).await?;
    let held = errand.read(ReadHeld { file: asked.file }).await?;
    errand.ok(&held.ok_or(ErrorCode::NoSuchFile)?)
}
