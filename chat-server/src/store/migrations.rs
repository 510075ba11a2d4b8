//! The layout of the data, step by step; a step never changes once it was released.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

use super::StoreError;

/// The steps of a SQLite database.
pub(super) fn sqlite() -> Migrator {
    migrator(&[
        (
            1,
            "accounts",
            include_str!("../../migrations/sqlite/0001_accounts.sql"),
        ),
        (
            2,
            "rooms",
            include_str!("../../migrations/sqlite/0002_rooms.sql"),
        ),
        (
            3,
            "storage",
            include_str!("../../migrations/sqlite/0003_storage.sql"),
        ),
        (
            4,
            "channels",
            include_str!("../../migrations/sqlite/0004_channels.sql"),
        ),
        (
            5,
            "files",
            include_str!("../../migrations/sqlite/0005_files.sql"),
        ),
        (
            6,
            "moderation",
            include_str!("../../migrations/sqlite/0006_moderation.sql"),
        ),
        (
            7,
            "forgetting",
            include_str!("../../migrations/sqlite/0007_forgetting.sql"),
        ),
    ])
}

/// The steps of a PostgreSQL database.
pub(super) fn postgres() -> Migrator {
    migrator(&[
        (
            1,
            "accounts",
            include_str!("../../migrations/postgres/0001_accounts.sql"),
        ),
        (
            2,
            "rooms",
            include_str!("../../migrations/postgres/0002_rooms.sql"),
        ),
        (
            3,
            "storage",
            include_str!("../../migrations/postgres/0003_storage.sql"),
        ),
        (
            4,
            "channels",
            include_str!("../../migrations/postgres/0004_channels.sql"),
        ),
        (
            5,
            "files",
            include_str!("../../migrations/postgres/0005_files.sql"),
        ),
        (
            6,
            "moderation",
            include_str!("../../migrations/postgres/0006_moderation.sql"),
        ),
        (
            7,
            "forgetting",
            include_str!("../../migrations/postgres/0007_forgetting.sql"),
        ),
    ])
}

/// The layout of this program: the number of the last step.
pub(crate) fn layout() -> i64 {
    sqlite().iter().map(|step| step.version).max().unwrap_or(0)
}

/// Whether data with these steps applied may be used as they are.
pub(super) fn check(newest: Option<i64>) -> Result<(), StoreError> {
    match newest {
        None => Err(StoreError::Absent),
        Some(version) if version < layout() => Err(StoreError::Older { version }),
        Some(_) => Ok(()),
    }
}

/// sqlx takes a checksum of each text and compares it with that of what was applied.
fn migrator(steps: &[(i64, &'static str, &'static str)]) -> Migrator {
    let steps = steps.iter().map(|&(version, description, sql)| {
        Migration::new(
            version,
            Cow::Borrowed(description),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(steps.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_steps() {
        let steps = |migrator: Migrator| -> Vec<_> {
            let steps = migrator.iter();
            steps
                .map(|step| (step.version, step.description.clone()))
                .collect()
        };
        assert_eq!(steps(sqlite()), steps(postgres()));
    }

    #[test]
    fn data_are_used_as_they_are_from_this_layout_on() {
        assert!(matches!(check(None), Err(StoreError::Absent)));
        let before = check(Some(layout() - 1));
        assert!(matches!(before, Err(StoreError::Older { version }) if version == layout() - 1));
        // The migrator names what is newer.
        assert!(check(Some(layout())).is_ok() && check(Some(layout() + 1)).is_ok());
    }
}
