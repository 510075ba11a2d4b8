//! Every table and column, in an order in which rows may be written: what is referred to comes first.
//!
//! A backup is made from this list. A migration that adds a table or a column adds it here, too; a
//! test compares the list with the layout that the migrations make.

use super::{
    StoreError,
    dump::ROWS_AT_ONCE,
    transaction::{Row, Value},
};

/// A table, its key first.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
    /// So many of the first columns are the key.
    key: usize,
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Number,
    Text,
    Bytes,
    MaybeBytes,
}

/// What stands in a column of a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Cell {
    Nothing,
    Number(u64),
    Bytes(Vec<u8>),
    Text(String),
}

impl Table {
    /// The table of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Rows of it in memory at once: fewer where a record may have a mebibyte.
    pub(crate) fn rows_at_once(&self) -> usize {
        if LARGE.contains(&self.name) {
            LARGE_ROWS_AT_ONCE
        } else {
            ROWS_AT_ONCE
        }
    }

    /// Selects the first rows, or those behind a key; the last parameter is how many.
    pub(super) fn select(&self, from: Begin) -> String {
        let key = self.names(self.key);
        let after = match from {
            Begin::Start => String::new(),
            Begin::BehindKey => format!("WHERE ({key}) > ({}) ", parameters(self.key)),
        };
        let limit = match from {
            Begin::Start => 1,
            Begin::BehindKey => self.key + 1,
        };
        let (columns, name) = (self.names(self.columns.len()), self.name);
        format!("SELECT {columns} FROM {name} {after}ORDER BY {key} LIMIT ${limit}")
    }

    /// Inserts into some of the columns.
    pub(super) fn insert(&self, columns: &[&'static Column]) -> String {
        let names: Vec<_> = columns.iter().map(|column| column.name).collect();
        let (name, names) = (self.name, names.join(", "));
        let values = parameters(columns.len());
        format!("INSERT INTO {name} ({names}) VALUES ({values})")
    }

    pub(super) fn read(&self, row: &Row) -> Result<Vec<Cell>, StoreError> {
        let columns = self.columns.iter().enumerate();
        columns
            .map(|(place, column)| column.kind.read(row, place))
            .collect()
    }

    /// The key of a row.
    pub(super) fn key_of<'r>(&self, row: &'r [Cell]) -> &'r [Cell] {
        &row[..self.key.min(row.len())]
    }

    fn names(&self, first: usize) -> String {
        let names: Vec<_> = self.columns[..first].iter().map(|c| c.name).collect();
        names.join(", ")
    }
}

/// Where a page of rows begins.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    Start,
    BehindKey,
}

impl Kind {
    fn read(self, row: &Row, place: usize) -> Result<Cell, StoreError> {
        Ok(match self {
            Self::Number => Cell::Number(row.number(place)?),
            Self::Text => Cell::Text(row.text(place)?),
            Self::Bytes => Cell::Bytes(row.bytes(place)?),
            Self::MaybeBytes => row.maybe_bytes(place)?.map_or(Cell::Nothing, Cell::Bytes),
        })
    }
}

impl Column {
    /// Whether this may stand in the column.
    pub(crate) const fn takes(&self, cell: &Cell) -> bool {
        matches!(
            (self.kind, cell),
            (Kind::Number, Cell::Number(_))
                | (Kind::Text, Cell::Text(_))
                | (Kind::Bytes | Kind::MaybeBytes, Cell::Bytes(_))
                | (Kind::MaybeBytes, Cell::Nothing)
        )
    }
}

impl Cell {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Nothing => Value::NoBytes,
            Self::Number(number) => Value::Number(*number),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// Tables whose rows may be large: a commit, the shares of an epoch, a state, a message, a report.
const LARGE: [&str; 5] = [
    "room_commits",
    "room_shares",
    "room_states",
    "messages",
    "reports",
];
/// Rows of these in memory at once: with the largest records some 8 MiB.
const LARGE_ROWS_AT_ONCE: usize = 8;

fn parameters(count: usize) -> String {
    let parameters: Vec<_> = (1..=count).map(|number| format!("${number}")).collect();
    parameters.join(", ")
}

macro_rules! tables {
    ($($table:ident key $key:literal { $($column:ident: $kind:ident,)* })*) => {
        /// All tables.
        pub(crate) const TABLES: &[Table] = &[$(Table {
            name: stringify!($table),
            key: $key,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind },)*],
        },)*];
    };
}

tables! {
    server key 1 {
        only_row: Number,
        name: Text,
        key_id: Text,
        signing_key: Bytes,
        decoy_secret: Bytes,
        registration: Number,
        founded_at: Number,
    }
    accounts key 1 {
        id: Bytes,
        name: Text,
        folded: Text,
        display: Text,
        salt: Bytes,
        rounds: Number,
        login_hash: Text,
        recovery_hash: Text,
        role: Number,
        standing: Number,
        recovery: Number,
        created_at: Number,
    }
    account_looks key 1 {
        look: Text,
        account: Bytes,
    }
    keysets key 2 {
        account: Bytes,
        number: Number,
        record: Bytes,
    }
    wrap_keys key 2 {
        account: Bytes,
        number: Number,
        record: Bytes,
    }
    vault_roots key 1 {
        account: Bytes,
        number: Number,
        record: Bytes,
    }
    vaults key 1 {
        account: Bytes,
        revision: Number,
        items: Number,
    }
    vault_items key 3 {
        account: Bytes,
        kind: Number,
        name: Bytes,
        number: Number,
        revision: Number,
        forget_at: Number,
        record: Bytes,
    }
    sessions key 1 {
        id: Bytes,
        account: Bytes,
        means: Number,
        client: Text,
        address: Text,
        started_at: Number,
        seen_at: Number,
        idle_ms: Number,
        idle_at: Number,
        expires_at: Number,
    }
    tokens key 1 {
        hash: Bytes,
        purpose: Number,
        account: MaybeBytes,
        expires_at: Number,
    }
    friends key 2 {
        account: Bytes,
        other: Bytes,
        state: Number,
    }
    audit key 1 {
        number: Number,
        at: Number,
        actor_kind: Number,
        actor: Bytes,
        action: Text,
        subject: Text,
        detail: Text,
        previous: Bytes,
        hash: Bytes,
    }
    rooms key 1 {
        id: Bytes,
        kind: Number,
        founder: Bytes,
        founded_at: Number,
        n: Number,
        hash: Bytes,
        due: Number,
        asked: Number,
        revision: Number,
        archived: Number,
        name: Text,
        folded: Text,
        topic: Text,
    }
    direct_pairs key 2 {
        first: Bytes,
        second: Bytes,
        room: Bytes,
    }
    room_commits key 2 {
        room: Bytes,
        n: Number,
        hash: Bytes,
        author: Bytes,
        at: Number,
        record: Bytes,
    }
    room_shares key 2 {
        room: Bytes,
        n: Number,
        accounts: Bytes,
        wraps: Bytes,
        shares: Bytes,
    }
    room_members key 2 {
        room: Bytes,
        account: Bytes,
        fingerprint: Bytes,
        role: Number,
        came: Number,
        gone: Number,
        answered: Number,
    }
    room_requests key 2 {
        room: Bytes,
        account: Bytes,
        number: Number,
        action: Number,
        hash: Bytes,
        record: Bytes,
    }
    room_invitations key 1 {
        hash: Bytes,
        room: Bytes,
        invitee: Bytes,
        inviter: Bytes,
        expires_at: Number,
        record: Bytes,
    }
    key_requests key 2 {
        room: Bytes,
        account: Bytes,
        number: Number,
        hash: Bytes,
        refused: Number,
        record: Bytes,
    }
    key_grants key 3 {
        room: Bytes,
        account: Bytes,
        granter: Bytes,
        record: Bytes,
    }
    room_states key 1 {
        room: Bytes,
        number: Number,
        record: Bytes,
    }
    channels key 1 {
        id: Bytes,
        room: Bytes,
        run: Bytes,
        sequence: Number,
        committed: Number,
        name: Text,
        topic: Text,
        position: Number,
        archived: Number,
        slow_ms: Number,
    }
    messages key 2 {
        channel: Bytes,
        sequence: Number,
        at: Number,
        sender: Bytes,
        name: Text,
        flags: Number,
        n: Number,
        message: MaybeBytes,
        hash: Bytes,
        envelope: MaybeBytes,
        tombstone: Number,
    }
    past_keysets key 2 {
        account: Bytes,
        number: Number,
        record: Bytes,
    }
    storage key 1 {
        account: Bytes,
        bytes: Number,
    }
    room_looks key 1 {
        look: Text,
        room: Bytes,
    }
    files key 1 {
        id: Bytes,
        room: Bytes,
        uploader: Bytes,
        chunks: Number,
        bytes: Number,
        held: Number,
        touched_at: Number,
        channel: Bytes,
        sequence: Number,
    }
    file_chunks key 2 {
        file: Bytes,
        place: Number,
        hash: Bytes,
    }
    gone_files key 1 {
        id: Bytes,
    }
    file_storage key 1 {
        only_row: Number,
        bytes: Number,
    }
    moderation key 1 {
        only_row: Number,
        emergency: Number,
        reports: Number,
    }
    reports key 1 {
        number: Number,
        hash: Bytes,
        reporter: Bytes,
        channel: Bytes,
        sequence: Number,
        message: Bytes,
        sender: Bytes,
        received_at: Number,
        record: Bytes,
    }
    room_keeps key 2 {
        room: Bytes,
        n: Number,
        days: Number,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, SqliteConnection};

    use super::*;
    use crate::store::migrations;

    /// Every column as the migrations make it: table, name, type, place in the key.
    async fn layout() -> Vec<(String, String, String, i64)> {
        let mut connection = SqliteConnection::connect("sqlite::memory:")
            .await
            .expect("one");
        let migrator = migrations::sqlite();
        let migrated = migrator.run_direct(None, &mut connection, false);
        migrated.await.expect("migrated");
        let sql = "SELECT m.name, c.name, c.type || CASE c.\"notnull\" + (c.pk > 0) WHEN 0 \
                   THEN '?' ELSE '' END, c.pk FROM sqlite_master m, pragma_table_info(m.name) c \
                   WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' \
                   AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.rowid, c.cid";
        sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .expect("read")
    }

    #[tokio::test]
    async fn every_table_and_column_is_listed() {
        let listed = TABLES.iter().flat_map(|table| {
            let columns = table.columns.iter().enumerate();
            columns.map(move |(place, column)| {
                let kind = match column.kind {
                    Kind::Number => "INTEGER",
                    Kind::Text => "TEXT",
                    Kind::Bytes => "BLOB",
                    Kind::MaybeBytes => "BLOB?",
                };
                let key = if place < table.key { place + 1 } else { 0 };
                let key = i64::try_from(key).expect("few");
                (table.name.into(), column.name.into(), kind.into(), key)
            })
        });
        let listed: Vec<(String, String, String, i64)> = listed.collect();
        assert_eq!(listed, layout().await);
    }

    #[test]
    fn statements_are_made_from_the_list() {
        let friends = Table::named("friends").expect("listed");
        assert_eq!(
            friends.select(Begin::Start),
            "SELECT account, other, state FROM friends ORDER BY account, other LIMIT $1"
        );
        assert_eq!(
            friends.select(Begin::BehindKey),
            "SELECT account, other, state FROM friends WHERE (account, other) > ($1, $2) \
             ORDER BY account, other LIMIT $3"
        );
        let columns: Vec<_> = friends.columns.iter().collect();
        assert_eq!(
            friends.insert(&columns),
            "INSERT INTO friends (account, other, state) VALUES ($1, $2, $3)"
        );
        assert!(Table::named("strangers").is_none());
    }
}
