//! The inside of an operation: statements that both databases understand.
//!
//! SQL is written once, with `$1` for parameters and nothing that only one of them knows; types are
//! three: numbers, bytes and text.

use sqlx::{
    Executor as _, PgConnection, Postgres, Row as _, SqlSafeStr, Sqlite, SqliteConnection,
    postgres::PgRow, sqlite::SqliteRow,
};
use wire_format::{MemberId, Millis};

use super::StoreError;

/// A transaction under way; an operation runs its statements in it.
pub struct Transaction<'c> {
    connection: Connection<'c>,
}

enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub(super) enum Value<'v> {
    Number(u64),
    Bytes(&'v [u8]),
    Text(&'v str),
    /// Bytes that are not there.
    NoBytes,
}

/// A row of a result; columns are counted from 0.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! bound {
    ($database:ty, $sql:expr, $values:expr) => {{
        let mut query = sqlx::query::<$database>($sql);
        for value in $values {
            query = match *value {
                Value::Number(number) => query.bind(signed(number)?),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Text(text) => query.bind(text),
                Value::NoBytes => query.bind(None::<&[u8]>),
            };
        }
        query
    }};
}

impl<'c> Transaction<'c> {
    pub(super) const fn sqlite(connection: &'c mut SqliteConnection) -> Self {
        Self {
            connection: Connection::Sqlite(connection),
        }
    }

    pub(super) const fn postgres(connection: &'c mut PgConnection) -> Self {
        Self {
            connection: Connection::Postgres(connection),
        }
    }

    /// Runs a statement; gives how many rows it changed.
    pub(super) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = bound!(Sqlite, sql, values);
                Ok(connection.execute(query).await?.rows_affected())
            }
            Connection::Postgres(connection) => {
                let query = bound!(Postgres, sql, values);
                Ok(connection.execute(query).await?.rows_affected())
            }
        }
    }

    /// All rows that a statement gives; who calls bounds them.
    pub(super) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => {
                let query = bound!(Sqlite, sql, values);
                let rows = connection.fetch_all(query).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Connection::Postgres(connection) => {
                let query = bound!(Postgres, sql, values);
                let rows = connection.fetch_all(query).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row, if there is one.
    pub(super) async fn row(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The one number of the first row; 0 if there is none.
    pub(super) async fn number(
        &mut self,
        sql: impl SqlSafeStr,
        values: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        match self.row(sql, values).await? {
            Some(row) => row.number(0),
            None => Ok(0),
        }
    }
}

macro_rules! column {
    ($row:expr, $column:expr, $kind:ty) => {
        match $row {
            Row::Sqlite(row) => row.try_get::<$kind, _>($column),
            Row::Postgres(row) => row.try_get::<$kind, _>($column),
        }
        .map_err(|_| StoreError::Damaged("a column has another type"))
    };
}

impl Row {
    pub(super) fn number(&self, column: usize) -> Result<u64, StoreError> {
        let number = column!(self, column, i64)?;
        u64::try_from(number).map_err(|_| StoreError::Damaged("a number is negative"))
    }

    pub(super) fn millis(&self, column: usize) -> Result<Millis, StoreError> {
        self.number(column).map(Millis::new)
    }

    pub(super) fn text(&self, column: usize) -> Result<String, StoreError> {
        column!(self, column, String)
    }

    pub(super) fn bytes(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        column!(self, column, Vec<u8>)
    }

    pub(super) fn maybe_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        column!(self, column, Option<Vec<u8>>)
    }

    pub(super) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], StoreError> {
        array(self.bytes(column)?)
    }

    pub(super) fn account(&self, column: usize) -> Result<MemberId, StoreError> {
        self.array(column).map(MemberId::from_bytes)
    }
}

pub(super) fn array<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], StoreError> {
    bytes
        .try_into()
        .map_err(|_| StoreError::Damaged("bytes have another length"))
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Millis> for Value<'_> {
    fn from(time: Millis) -> Self {
        Self::Number(time.value())
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'v> From<&'v MemberId> for Value<'v> {
    fn from(id: &'v MemberId) -> Self {
        Self::Bytes(id.as_bytes())
    }
}

impl<'v, const N: usize> From<&'v [u8; N]> for Value<'v> {
    fn from(bytes: &'v [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::NumberTooLarge)
}

/// Gives an enum of unit variants the numbers under which the databases keep it.
macro_rules! coded {
    ($name:ident: $($variant:ident = $code:literal),+ $(,)?) => {
        impl $name {
            pub(in crate::store) const fn code(self) -> u64 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            pub(in crate::store) const fn of_code(
                code: u64,
            ) -> Result<Self, $crate::store::StoreError> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => Err($crate::store::StoreError::Damaged(concat!("no such ", stringify!($name)))),
                }
            }
        }
    };
}
pub(super) use coded;
