//! Filling a store by the hundred thousand; through its own operations it would take minutes.

use std::path::Path;

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};

/// Writes so many accounts and ten times as many rows of friends into a store that is closed.
///
/// # Errors
/// The layout is another one.
pub(super) async fn fill(folder: &Path, accounts: u32) -> anyhow::Result<()> {
    let url = format!("sqlite:{}", folder.join("sealwire.db").display());
    let mut connection = SqliteConnection::connect(&url).await?;
    for sql in STATEMENTS {
        let sql = sql
            .replace("$accounts", &accounts.to_string())
            .replace("$most", &(accounts - 1).to_string());
        let done = connection.execute(AssertSqlSafe(sql.clone())).await;
        done.with_context(|| sql)?;
    }
    Ok(connection.close().await?)
}

/// Everyone is a friend of the next ten, in the order of ids; the first of a thousand, and has
/// 10 000 vault items.
const STATEMENTS: &[&str] = &[
    "BEGIN",
    "CREATE TEMP TABLE n AS WITH RECURSIVE n (n) AS \
     (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < $most) SELECT n, randomblob(16) AS id FROM n",
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
     (SELECT n + 1 AS step FROM n WHERE n < 10) s JOIN p b ON b.p = (a.p + s.step) % $accounts",
    "INSERT OR IGNORE INTO friends SELECT a.id, b.id, 3 FROM p a, p b \
     WHERE a.p = 0 AND b.p BETWEEN 1 AND 1000",
    "INSERT INTO vault_items SELECT a.id, 1 + n % 2, CAST(printf('%024d', n) AS BLOB), 1, n + 1, 0, \
     randomblob(450) FROM p a, n WHERE a.p = 0 AND n < 10000",
    "UPDATE vaults SET revision = 10000, items = 10000 WHERE account = (SELECT id FROM p WHERE p = 0)",
    "INSERT INTO audit SELECT n + 1, n, 3, zeroblob(16), 'action', 'subject', '', zeroblob(32), \
     zeroblob(32) FROM n WHERE n < 10000",
    "COMMIT",
];
