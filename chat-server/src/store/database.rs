//! Which store a server keeps its record in.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr as _,
};

use sqlx::postgres::PgConnectOptions;

use super::{
    Change, Postgres, Query, Sqlite, Store, StoreError, Verdict, migrations, postgres, sqlite,
};

/// Where the record is: `--database`, or the data folder without one.
#[derive(Clone)]
pub enum Location {
    /// A SQLite file in this folder.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PgConnectOptions>),
}

/// Why a `--database` is not one; it may hold a password and is not repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "--database is postgres://USER@HOST/NAME or sqlite:FOLDER, or is left out for SQLite in --data"
)]
pub struct LocationError;

impl Location {
    /// Reads `--database`: a `postgres://` URL, or `sqlite:` and a folder; without one it is SQLite
    /// in the data folder.
    ///
    /// # Errors
    /// [`LocationError`] if it is anything else.
    pub fn parse(database: Option<&str>, data: &Path) -> Result<Self, LocationError> {
        let Some(url) = database else {
            return Ok(Self::Sqlite(data.to_owned()));
        };
        if let Some(folder) = url
            .strip_prefix("sqlite:")
            .filter(|folder| !folder.is_empty())
        {
            return Ok(Self::Sqlite(folder.into()));
        }
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(LocationError);
        }
        let options = PgConnectOptions::from_str(url).map_err(|_| LocationError)?;
        Ok(Self::Postgres(Box::new(options)))
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(folder) => f.debug_tuple("Sqlite").field(folder).finish(),
            Self::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

/// The store of a server, whichever it is.
#[derive(Clone)]
pub enum Database {
    /// One file and one process that writes it.
    Sqlite(Sqlite),
    /// A database server, that many nodes may share.
    Postgres(Postgres),
}

impl Database {
    /// Opens the store, makes it if there is none, and brings its layout up to date.
    ///
    /// A dropped future leaves a store that opens the next time.
    ///
    /// # Errors
    /// [`StoreError`] says what stands in the way.
    pub async fn open(location: Location) -> Result<Self, StoreError> {
        match location {
            Location::Sqlite(folder) => Sqlite::open(&folder).await.map(Self::Sqlite),
            Location::Postgres(options) => Postgres::open(*options).await.map(Self::Postgres),
        }
    }
}

impl Database {
    /// Opens data that a server of this version made, for a command beside it or in its place; makes
    /// nothing where there are none, and changes no layout.
    ///
    /// A dropped future leaves the data as they were.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where no server ever started, [`StoreError::Older`] and
    /// [`StoreError::Newer`] for the data of another version, and what else stands in the way.
    pub async fn open_present(location: Location) -> Result<Self, StoreError> {
        migrations::check(Self::newest_step(&location).await?)?;
        match location {
            Location::Sqlite(folder) => Sqlite::open_to(&folder, None).await.map(Self::Sqlite),
            Location::Postgres(options) => Postgres::open(*options).await.map(Self::Postgres),
        }
    }

    /// Takes what was deleted out of the place where changes are logged first. False where somebody is
    /// in its way at this moment. A PostgreSQL server does so by itself, in its own time.
    ///
    /// A dropped future leaves it done or not.
    ///
    /// # Errors
    /// [`StoreError`], as the database fails.
    pub(crate) async fn empty_log(&self) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(store) => store.empty_log().await,
            Self::Postgres(_) => Ok(true),
        }
    }

    /// The newest step of migration that was applied at this place, if any was.
    pub(crate) async fn newest_step(location: &Location) -> Result<Option<i64>, StoreError> {
        match location {
            Location::Sqlite(folder) => sqlite::newest_step(folder).await,
            Location::Postgres(options) => postgres::newest_step(options).await,
        }
    }

    /// Opens data with the layout that a step of migration led to.
    pub(crate) async fn open_to(location: Location, layout: i64) -> Result<Self, StoreError> {
        let to = Some(layout);
        match location {
            Location::Sqlite(folder) => Sqlite::open_to(&folder, to).await.map(Self::Sqlite),
            Location::Postgres(options) => {
                Postgres::open_to(*options, to).await.map(Self::Postgres)
            }
        }
    }
}

impl Store for Database {
    async fn write<C: Change>(&self, change: C) -> Result<Verdict<C::Answer>, StoreError> {
        match self {
            Self::Sqlite(store) => store.write(change).await,
            Self::Postgres(store) => store.write(change).await,
        }
    }

    async fn read<Q: Query>(&self, query: Q) -> Result<Q::Answer, StoreError> {
        match self {
            Self::Sqlite(store) => store.read(query).await,
            Self::Postgres(store) => store.read(query).await,
        }
    }

    async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_folder_or_a_postgres_url() {
        let data = Path::new("data");
        let parsed = Location::parse(None, data);
        assert!(matches!(parsed, Ok(Location::Sqlite(folder)) if folder == data));
        let parsed = Location::parse(Some("postgres://canary:canary@localhost/chat"), data);
        let location = parsed.expect("a URL");
        assert_eq!(format!("{location:?}"), "Postgres(..)");
        let parsed = Location::parse(Some("sqlite:/srv/chat"), data);
        assert!(matches!(parsed, Ok(Location::Sqlite(folder)) if folder == Path::new("/srv/chat")));
        for bad in [
            "",
            "sqlite:",
            "mysql://localhost/chat",
            "postgres",
            "postgres:no url",
            "chat.db",
        ] {
            assert!(Location::parse(Some(bad), data).is_err(), "{bad}");
        }
    }
}
