//! How long reads take on SQLite with 100 000 accounts and 1 000 000 rows of friends: the 99th
//! percentile of each must not be above 5 ms. It prints a table and fails if one is.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use chat_server::store::{
    Database, Location, Query, Store as _,
    accounts::{AccountName, CountAdmins, FindAccount, FindCredentials, IsNameHeld},
    accounts::{ListAccounts, SearchAccounts},
    audit::ReadAudit,
    friends::{FriendsOf, ListFriends},
    keys::{ReadChain, ReadWrapKeys},
    sessions::{FindSession, ListSessions, SessionId},
    vault::{ReadItems, ReadRoot},
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
use tokio::runtime::Runtime;
use wire_format::{MemberId, Millis};

const ACCOUNTS: usize = 100_000;
const READS: usize = 2_000;
const P99_MOST: Duration = Duration::from_millis(5);
const NOW: Millis = Millis::new(1);

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let folder = Folder::new();
    let slow = runtime.block_on(measure(&folder));
    assert!(slow.is_empty(), "above {P99_MOST:?}: {slow:?}");
}

/// Fills a store and times every read; gives those that are too slow.
async fn measure(folder: &Folder) -> Vec<&'static str> {
    let location = Location::Sqlite(folder.0.clone());
    let store = Database::open(location.clone()).await.expect("a store");
    store.close().await;
    fill(folder).await;
    let store = Database::open(location).await.expect("a store");
    let ids = ids(&store).await;
    let id = |at: usize| ids[at * 7_919 % ids.len()];
    let mut table = Table::default();
    println!("read                    p50 µs    p99 µs    most µs");
    table
        .time(&store, "account by id", |at| FindAccount::ById(id(at)))
        .await;
    table
        .time(&store, "account by name", |at| {
            FindAccount::ByName(name(at))
        })
        .await;
    let of = |at| FindCredentials {
        of: FindAccount::ByName(name(at)),
    };
    table.time(&store, "credentials", of).await;
    table
        .time(&store, "name held", |at| IsNameHeld { name: name(at) })
        .await;
    let search = |at| SearchAccounts {
        prefix: format!("User {:03}", at % 1_000),
        limit: 20,
    };
    table.time(&store, "search, 20", search).await;
    let list = |at| ListAccounts {
        after: Some(id(at)),
        limit: 100,
    };
    table.time(&store, "accounts, 100", list).await;
    table.time(&store, "administrators", |_| CountAdmins).await;
    let friends = |at| ListFriends {
        account: id(at),
        after: None,
        limit: 1_000,
    };
    table.time(&store, "friends, 10", friends).await;
    let friends = |_| ListFriends {
        account: ids[0],
        after: None,
        limit: 1_000,
    };
    table.time(&store, "friends, 1 000", friends).await;
    let friends = |_| FriendsOf {
        accounts: vec![ids[0]],
    };
    table.time(&store, "friends' ids, 1 000", friends).await;
    let chain = |at| ReadChain {
        account: id(at),
        after: 0,
        limit: 100,
    };
    table.time(&store, "keyset chain", chain).await;
    let wraps = |at| ReadWrapKeys {
        accounts: vec![id(at)],
    };
    table.time(&store, "wrap keys, 1", wraps).await;
    let wraps = |at| ReadWrapKeys {
        accounts: (at..at + 1_000).map(id).collect(),
    };
    table.time(&store, "wrap keys, 1 000", wraps).await;
    table
        .time(&store, "vault root", |at| ReadRoot { account: id(at) })
        .await;
    let items = |at| ReadItems {
        account: ids[0],
        after: u64::try_from(at).expect("small"),
        kind: None,
    };
    table.time(&store, "vault items, a page", items).await;
    let items = |at| ReadItems {
        account: ids[0],
        after: u64::try_from(at).expect("small"),
        kind: Some(2),
    };
    table.time(&store, "vault items of a kind", items).await;
    let session = |at| FindSession {
        session: SessionId::from_bytes(*id(at).as_bytes()),
        now: NOW,
    };
    table.time(&store, "session", session).await;
    let sessions = |at| ListSessions {
        account: id(at),
        now: NOW,
    };
    table.time(&store, "sessions", sessions).await;
    let audit = |at| ReadAudit {
        after: u64::try_from(at).expect("small"),
        limit: 100,
    };
    table.time(&store, "audit log, 100", audit).await;
    store.close().await;
    table.slow
}

#[derive(Default)]
struct Table {
    slow: Vec<&'static str>,
}

impl Table {
    async fn time<Q: Query>(
        &mut self,
        store: &Database,
        label: &'static str,
        query: impl Fn(usize) -> Q,
    ) {
        let mut times = Vec::with_capacity(READS);
        for at in 0..READS {
            let query = query(at);
            let began = Instant::now();
            store.read(query).await.expect("read");
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let [p50, p99, most] = [READS / 2, READS * 99 / 100, READS - 1].map(|at| times[at]);
        let micros = [p50, p99, most].map(|time| time.as_micros());
        println!(
            "{label:22} {:>8} {:>9} {:>10}",
            micros[0], micros[1], micros[2]
        );
        if p99 > P99_MOST {
            self.slow.push(label);
        }
    }
}

fn name(at: usize) -> AccountName {
    AccountName::prepare(&format!("User {:06}", at * 7_919 % ACCOUNTS)).expect("a name")
}

async fn ids(store: &Database) -> Vec<MemberId> {
    let mut ids = Vec::new();
    loop {
        let after = ids.last().copied();
        let list = ListAccounts {
            after,
            limit: 1_000,
        };
        let page = store.read(list).await.expect("read");
        if page.is_empty() {
            return ids;
        }
        ids.extend(page.iter().map(|account| account.account));
    }
}

/// Writes rows by the hundred thousand; through the store they would take minutes.
async fn fill(folder: &Folder) {
    let file = folder.0.join("sealwire.db");
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("connected");
    for sql in FILL {
        let done = connection.execute(AssertSqlSafe(*sql)).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    connection.close().await.expect("closed");
}

/// Everyone is a friend of the next ten, in the order of ids; the first of a thousand, and has
/// 10 000 vault items.
const FILL: &[&str] = &[
    "BEGIN",
    "CREATE TEMP TABLE n AS WITH RECURSIVE n (n) AS \
     (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 99999) SELECT n, randomblob(16) AS id FROM n",
    "INSERT INTO accounts SELECT id, printf('User %06d', n), printf('user %06d', n), \
     printf('User %06d', n), randomblob(16), 600000, '$argon2id$', '$argon2id$', 1, 1, 1, n FROM n",
    "INSERT INTO account_looks SELECT folded, id FROM accounts",
    "INSERT INTO keysets SELECT id, 1, randomblob(1500) FROM n",
    "INSERT INTO wrap_keys SELECT id, 1, randomblob(1000) FROM n",
    "INSERT INTO vault_roots SELECT id, 1, randomblob(8000) FROM n",
    "INSERT INTO vaults SELECT id, 0, 0 FROM n",
    "INSERT INTO sessions SELECT id, id, 1, 'client', 'address', n, n, 1, 9000000000000, 9000000000000 FROM n",
    "CREATE TEMP TABLE p AS SELECT row_number() OVER (ORDER BY id) - 1 AS p, id FROM n",
    "CREATE INDEX temp.p_by_p ON p (p)",
    "INSERT INTO friends SELECT a.id, b.id, 3 FROM p a, \
     (SELECT n + 1 AS step FROM n WHERE n < 10) s JOIN p b ON b.p = (a.p + s.step) % 100000",
    "INSERT OR IGNORE INTO friends SELECT a.id, b.id, 3 FROM p a, p b \
     WHERE a.p = 0 AND b.p BETWEEN 1 AND 1000",
    "INSERT INTO vault_items SELECT a.id, 1 + n % 2, CAST(printf('%024d', n) AS BLOB), 1, n + 1, 0, \
     randomblob(450) FROM p a, n WHERE a.p = 0 AND n < 10000",
    "UPDATE vaults SET revision = 10000, items = 10000 WHERE account = (SELECT id FROM p WHERE p = 0)",
    "INSERT INTO audit SELECT n + 1, n, 3, zeroblob(16), 'action', 'subject', '', zeroblob(32), \
     zeroblob(32) FROM n WHERE n < 10000",
    "COMMIT",
];

/// A folder, deleted when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("sealwire-reads-{:016x}", rand::random::<u64>());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
