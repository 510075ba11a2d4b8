//! Deleting what is left of files that are gone.

use tracing::{error, warn};
use wire_format::{FileId, Millis};

use super::Accounts;
use crate::{
    blobs::{AnyBlobs, Blobs as _},
    error::BindError,
    store::{
        Store as _, StoreError,
        files::{ExpireFiles, FindFile, ForgetGone, ListGone, MarkGone},
        server::ReadIdentity,
    },
};

impl Accounts {
    /// Takes the place of files for these data, and deletes what is due there before anybody is served.
    ///
    /// # Errors
    /// [`BindError::Blobs`] if it belongs to other data, or cannot be used.
    pub(crate) async fn claim_files(&self) -> Result<(), BindError> {
        let Some(blobs) = &self.blobs else {
            return Ok(());
        };
        let identity = self.store.read(ReadIdentity).await?;
        let identity = identity.ok_or(StoreError::Damaged("the server's identity"))?;
        blobs.claim(&identity.key_id).await?;
        self.delete_gone_files().await;
        Ok(())
    }

    /// Lets files go that nobody finished or named within a day, and deletes the chunks of those that are
    /// gone. What fails is tried again within a minute.
    pub(super) async fn collect_files(&self, now: Millis) {
        let before = Millis::new(now.value().saturating_sub(UNKEPT_MS));
        let expire = ExpireFiles {
            before,
            limit: AT_ONCE,
        };
        while self.tidy(self.store.write(expire).await) == Some(true) {}
        self.delete_gone_files().await;
    }

    /// Deletes the chunks of files that are gone, and forgets these. A dropped future leaves some to the
    /// next call, or to the next start.
    pub(crate) async fn delete_gone_files(&self) {
        let Some(blobs) = &self.blobs else {
            return;
        };
        // Two at once would only meet at every file.
        let _deleting = self.deleting_files.lock().await;
        let mut after = None;
        loop {
            let limit = AT_ONCE;
            let gone = self.store.read(ListGone { after, limit }).await;
            let gone = gone.unwrap_or_default();
            let Some(last) = gone.last() else {
                return;
            };
            after = Some(*last);
            for file in gone {
                if let Err(failed) = blobs.remove_file(file).await {
                    error!(error = %failed, "chunks of a file that is gone were not deleted");
                    continue;
                }
                // Last: until then nobody announces another file with this id, whose chunks would go, too.
                // Who still puts a chunk finds it gone first, and deletes it.
                let _nobody = self.puts.none_of(file).await;
                self.tidy(self.store.write(ForgetGone { file }).await);
            }
        }
    }

    /// Finds chunks of files that the store does not know, as after a restored backup or a server that was
    /// killed, and lets them be deleted: once, in the background. A dropped future leaves the rest.
    pub(crate) async fn find_unknown_files(&self) {
        let Some(blobs) = &self.blobs else {
            return;
        };
        let mut after = None;
        loop {
            let found = page(blobs, after).await;
            let Some(last) = found.last() else {
                return;
            };
            after = Some(*last);
            for &file in &found {
                // A read each, so that a start writes nothing where all of them are known.
                if let Ok(None) = self.store.read(FindFile { file }).await {
                    self.tidy(self.store.write(MarkGone { file }).await);
                }
            }
        }
    }
}

async fn page(blobs: &AnyBlobs, after: Option<FileId>) -> Vec<FileId> {
    let found = blobs.files(after, PAGE).await;
    found.unwrap_or_else(|failed| {
        warn!(error = %failed, "the files that are kept cannot be listed");
        Vec::new()
    })
}

/// How long a file waits for its next chunk, or for the message that names it.
const UNKEPT_MS: u64 = 24 * 60 * 60 * 1_000;
/// Files that one change lets go, and that are read at once.
const AT_ONCE: u32 = 100;
/// Files that are listed at once.
const PAGE: usize = 1_000;
