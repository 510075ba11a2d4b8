//! The layout of the data, step by step; a step never changes once it was released.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// The steps of a SQLite database.
pub(super) fn sqlite() -> Migrator {
    migrator(&[(
        1,
        "accounts",
        include_str!("../../migrations/sqlite/0001_accounts.sql"),
    )])
}

/// The steps of a PostgreSQL database.
pub(super) fn postgres() -> Migrator {
    migrator(&[(
        1,
        "accounts",
        include_str!("../../migrations/postgres/0001_accounts.sql"),
    )])
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
