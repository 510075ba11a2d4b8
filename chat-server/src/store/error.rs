//! What goes wrong with a store.

use std::{io, path::PathBuf, sync::Arc};

use sqlx::migrate::MigrateError;

/// Why a store did not open, or did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The folder or the file for the data cannot be made or written.
    #[error("{} cannot be used for data", path.display())]
    Folder {
        /// The folder or the file.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// There is nothing at this place, or nothing that a server ever started on.
    #[error("no server's data are there; start the server once, or name another place")]
    Absent,
    /// An earlier version of the program made the data.
    #[error(
        "the data are of an older version (migration {version}); \
         start this version's server on them once"
    )]
    Older {
        /// The newest migration that was applied.
        version: i64,
    },
    /// A later version of the program made changes to the data's layout.
    #[error("the data are from a newer version (migration {version}); use that one or a newer one")]
    Newer {
        /// The first migration that this program does not know.
        version: i64,
    },
    /// A migration was applied from another text than this program's.
    #[error("migration {version} of the data is not the one of this program")]
    Migration {
        /// The migration.
        version: i64,
    },
    /// The disk or the quota is full; nothing was written.
    #[error("no space left for data; free some, then try again")]
    Full,
    /// The data cannot be written; nothing was.
    #[error("the data are read-only")]
    ReadOnly,
    /// Too many changes of the same rows at once; nothing was written.
    #[error("too many changes at once; try again")]
    Contended,
    /// The store is closed; nothing was written.
    #[error("the store is closed")]
    Closed,
    /// A number that no honest client reaches: above 2⁶³ − 1, the largest that a database keeps.
    #[error("a number is too large")]
    NumberTooLarge,
    /// A row that this program did not write so.
    #[error("the data are damaged: {0}")]
    Damaged(&'static str),
    /// Anything else that went wrong before a change was committed; nothing was written.
    #[error("the database failed")]
    Database(#[source] Arc<sqlx::Error>),
    /// The commit of a change was not answered; it may stand or not.
    #[error("the database failed while it committed")]
    Unsettled(#[source] Arc<sqlx::Error>),
}

impl StoreError {
    /// Whether a change that ended so may stand all the same.
    pub(crate) const fn leaves_unknown(&self) -> bool {
        matches!(self, Self::Unsettled(_))
    }

    /// Whether it came of the rows that a change met or brings, so that another change may well be made.
    pub(crate) fn is_about_rows(&self) -> bool {
        match self {
            Self::NumberTooLarge | Self::Damaged(_) => true,
            Self::Database(error) => matches!(**error, sqlx::Error::Database(_)),
            _ => false,
        }
    }

    /// As it is where a commit was under way: what is not known to have come to nothing may stand.
    pub(super) fn while_committing(self) -> Self {
        match self {
            Self::Database(error) => Self::Unsettled(error),
            other => other,
        }
    }

    /// Whether a transaction is undone as a whole by it, with what was in it before.
    pub(super) const fn ends_transaction(&self) -> bool {
        !matches!(self, Self::NumberTooLarge | Self::Damaged(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some(code) => of_code(code).unwrap_or_else(|| Self::Database(Arc::new(error))),
                None => Self::Database(Arc::new(error)),
            },
            _ => Self::Database(Arc::new(error)),
        }
    }
}

/// SQLite's result codes are decimal numbers whose low byte is the primary one; PostgreSQL's
/// SQLSTATEs have five characters.
fn of_code(code: &str) -> Option<StoreError> {
    if let (true, Ok(extended)) = (code.len() < 5, code.parse::<u32>()) {
        return match extended & 0xff {
            SQLITE_FULL => Some(StoreError::Full),
            SQLITE_READONLY => Some(StoreError::ReadOnly),
            SQLITE_BUSY => Some(StoreError::Contended),
            _ => None,
        };
    }
    match code {
        PG_DISK_FULL => Some(StoreError::Full),
        PG_READ_ONLY => Some(StoreError::ReadOnly),
        PG_SERIALIZATION | PG_DEADLOCK | PG_UNIQUE => Some(StoreError::Contended),
        _ => None,
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer { version },
            MigrateError::VersionMismatch(version) => Self::Migration { version },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Database(Arc::new(sqlx::Error::Migrate(Box::new(other)))),
        }
    }
}

/// <https://www.sqlite.org/rescode.html>
const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_FULL: u32 = 13;
/// PostgreSQL, appendix A. In a serializable transaction a unique violation, too, means that
/// another one was first: the next run sees its row.
const PG_DISK_FULL: &str = "53100";
const PG_READ_ONLY: &str = "25006";
const PG_SERIALIZATION: &str = "40001";
const PG_DEADLOCK: &str = "40P01";
const PG_UNIQUE: &str = "23505";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_commit_under_way_leaves_unknown_what_stands() {
        for before in [
            sqlx::Error::PoolTimedOut,
            sqlx::Error::PoolClosed,
            sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()),
        ] {
            let error = StoreError::from(before);
            assert!(!error.leaves_unknown(), "{error:?}");
        }
        let lost = || sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert!(StoreError::from(lost()).while_committing().leaves_unknown());
        assert!(!StoreError::Full.while_committing().leaves_unknown());
        assert!(!StoreError::Contended.while_committing().leaves_unknown());
    }

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        assert!(matches!(of_code("13"), Some(StoreError::Full)));
        assert!(matches!(of_code("1032"), Some(StoreError::ReadOnly)));
        assert!(matches!(of_code("53100"), Some(StoreError::Full)));
        assert!(matches!(of_code("25006"), Some(StoreError::ReadOnly)));
        assert!(matches!(of_code("40001"), Some(StoreError::Contended)));
        assert!(matches!(of_code("5"), Some(StoreError::Contended)));
        assert!(of_code("2067").is_none(), "a violated constraint");
        assert!(of_code("42P01").is_none());
    }
}
