//! Where data of a test are.

use std::path::Path;

use chat_server::store::Location;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection,
};

use crate::{cluster, support::Folder};

/// A folder with SQLite, or the URL of a PostgreSQL database.
pub(crate) enum Place {
    Sqlite(Folder),
    Postgres(String),
}

impl Place {
    /// A folder that is not there yet.
    pub(crate) fn folder() -> Self {
        Self::Sqlite(Folder::new())
    }

    /// A place of the same kind with nothing in it.
    pub(crate) async fn empty_one(&self) -> Self {
        let Self::Postgres(url) = self else {
            return Self::folder();
        };
        let name = format!("empty{:016x}", rand::random::<u64>());
        cluster::execute(url, &format!("CREATE DATABASE {name}")).await;
        let (before, host) = url.split_once('?').expect("a URL");
        let (before, _) = before.rsplit_once('/').expect("a URL");
        Self::Postgres(format!("{before}/{name}?{host}"))
    }

    pub(crate) fn location(&self) -> Location {
        match self {
            Self::Sqlite(folder) => Location::Sqlite(folder.path().to_owned()),
            Self::Postgres(url) => Location::parse(Some(url), Path::new(".")).expect("a URL"),
        }
    }

    /// How a command is told of it.
    pub(crate) fn arguments(&self) -> [String; 2] {
        match self {
            Self::Sqlite(folder) => ["--data".into(), folder.path().display().to_string()],
            Self::Postgres(url) => ["--database".into(), url.clone()],
        }
    }

    /// Runs a statement on a connection of its own.
    pub(crate) async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(folder) => {
                let mut connection = connect(folder).await;
                let done = connection.execute(AssertSqlSafe(sql)).await;
                done.unwrap_or_else(|error| panic!("{sql}: {error}"));
                connection.close().await.expect("closed");
            }
            Self::Postgres(url) => cluster::execute(url, sql).await,
        }
    }

    /// Whether anything at all was made there.
    pub(crate) async fn is_untouched(&self) -> bool {
        match self {
            Self::Sqlite(folder) => !folder.path().exists(),
            Self::Postgres(_) => self.texts(POSTGRES_TABLES).await.is_empty(),
        }
    }

    /// Every table and row as text, the same for equal data whatever keeps them.
    pub(crate) async fn dump(&self) -> Vec<String> {
        let (tables, columns) = match self {
            Self::Sqlite(_) => (SQLITE_TABLES, SQLITE_COLUMNS),
            Self::Postgres(_) => (POSTGRES_TABLES, POSTGRES_COLUMNS),
        };
        let mut dump = Vec::new();
        for table in self.texts(tables).await {
            let columns = self.texts(&columns.replace("TABLE", &table)).await;
            let row = columns.join(" || '|' || ");
            let rows = self.texts(&format!("SELECT {row} FROM {table}")).await;
            dump.extend(rows.into_iter().map(|row| format!("{table} {row}")));
        }
        dump.sort();
        dump
    }

    /// The first column of all rows.
    async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(folder) => {
                let mut connection = connect(folder).await;
                let rows = connection.fetch_all(AssertSqlSafe(sql)).await.expect(sql);
                connection.close().await.expect("closed");
                rows.iter().map(|row| row.get(0)).collect()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.expect("connected");
                let rows = connection.fetch_all(AssertSqlSafe(sql)).await.expect(sql);
                connection.close().await.expect("closed");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }
}

async fn connect(folder: &Folder) -> SqliteConnection {
    let file = folder.path().join("sealwire.db");
    let url = format!("sqlite:{}", file.display());
    SqliteConnection::connect(&url).await.expect("connected")
}

const SQLITE_TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' \
     AND name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY name";
const SQLITE_COLUMNS: &str =
    "SELECT 'quote(' || name || ')' FROM pragma_table_info('TABLE') ORDER BY cid";
const POSTGRES_TABLES: &str = "SELECT table_name::text FROM information_schema.tables \
     WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' ORDER BY table_name";
const POSTGRES_COLUMNS: &str = "SELECT CASE data_type \
     WHEN 'bytea' THEN 'coalesce(''X'''''' || upper(encode(' || column_name || ', ''hex'')) || '''''''', ''NULL'')' \
     WHEN 'text' THEN 'quote_literal(' || column_name || ')' \
     ELSE column_name || '::text' END \
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'TABLE' \
     ORDER BY ordinal_position";
