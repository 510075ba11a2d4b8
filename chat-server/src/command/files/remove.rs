//! `files.remove`.

use std::sync::Arc;

use wire_format::{Refusal, command::files::Remove};

use super::file_of;
use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::files::RemoveFile,
};

/// Lets a file go; its chunks are deleted at once. A dropped future leaves it there or gone.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    remove: Remove,
) -> Result<Turn, Refusal> {
    let (_, _, role) = file_of(&errand, &own, remove.file).await?;
    let change = RemoveFile {
        file: remove.file,
        account: own.member(),
        may_remove_others: role.is_over_members(),
    };
    errand.write_in(&own, change).await?;
    let accounts = Arc::clone(&errand.accounts);
    let deleting = async move { accounts.delete_gone_files().await };
    errand.node.tracker.spawn(deleting);
    errand.done()
}
