//! Backups: everything that is kept, the server's signing key included, in one file.
//!
//! The format is the same for both databases, so that a backup of one restores into the other:
//! numbers big-endian, text in UTF-8.
//!
//! ```text
//! "sealwire-backup" 0x0a
//! version   u32: 1
//! layout    u32: the newest migration of the data
//! made_at   u64: milliseconds since 1970-01-01T00:00:00Z
//! pieces:
//!   1  table: name_length u8 | name | columns u8 | columns × ( name_length u8 | name )
//!   2  row of the table before it, for each column:
//!        0 nothing · 1 number u64 · 2 bytes: length u32 | bytes · 3 text: length u32 | text
//! 0         the end
//! digest    bytes[32]: SHA-256 of everything before it
//! ```
//!
//! ```text
//! store ─ one snapshot ─▶ pieces ─▶ file.part ─ synced, renamed ─▶ file
//! file ─ checked to its end ─▶ pieces ─ one transaction ─▶ empty store
//! ```

mod format;
mod keep;
mod make;
mod restore;

use std::{io, path::PathBuf, sync::Arc};

pub use keep::prune;
pub use make::{Made, make};
pub use restore::{Restored, Target, restore};

use crate::store::{StoreError, audit::AuditFault};

/// Why a backup was not made or not restored.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file or folder cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// A file of another kind.
    #[error("{} is not a backup", .0.display())]
    Foreign(PathBuf),
    /// A file of a format or a layout that a later version made.
    #[error("{} was made by a newer version; use that one or a newer one", .0.display())]
    Newer(PathBuf),
    /// A file whose end is missing.
    #[error("{} is cut off", .0.display())]
    Cut(PathBuf),
    /// A file that is not as it was written.
    #[error("{} is damaged", .0.display())]
    Damaged(PathBuf),
    /// There are data, and nobody said to replace them.
    #[error("there are data already; nothing was written (--replace deletes them first)")]
    NotEmpty,
    /// The data in place have another layout than the backup, and cannot be replaced by it.
    #[error(
        "the data in place have layout {data}, the backup has {backup}; \
         nothing was written (restore into new data)"
    )]
    Layout {
        /// The newest migration of the data.
        data: i64,
        /// The newest migration of the backup.
        backup: i64,
    },
    /// Everything was restored, and the audit log in the backup was tampered with.
    #[error("restored, but its audit log does not hold")]
    Audit(#[from] AuditFault),
    /// The data cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
