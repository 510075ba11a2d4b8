//! Sessions of accounts. A token holds a session's id and its absolute expiry; the row holds the
//! rest, and without the row the token is worth nothing: to revoke a session is to delete it.

mod end;
mod start;
mod within;

use std::fmt;

use wire_format::{MemberId, Millis};

use super::{
    Change, Query, Stop, StoreError, Trace, Transaction,
    accounts::{self, Account, Standing},
    transaction::{Row, coded},
};

pub(super) use end::end_all;
pub use end::{ExpireSessions, RevokeOtherSessions, RevokeSession};
pub use start::{Proof, StartSession};
pub use within::InSession;

/// A session of an account: 16 random bytes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Takes the bytes as they are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes as they travel.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a session was begun with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Means {
    /// The password.
    Password,
    /// The recovery code.
    Recovery,
    /// A one-time token.
    Fresh,
}

coded!(Means: Password = 1, Recovery = 2, Fresh = 3);

/// A session as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// Its id.
    pub session: SessionId,
    /// Whose it is.
    pub account: MemberId,
    /// What it was begun with.
    pub means: Means,
    /// The program that began it, in its own words.
    pub client: String,
    /// The address from which it was begun.
    pub address: String,
    /// When it was begun.
    pub started_at: Millis,
    /// When it was last seen.
    pub seen_at: Millis,
    /// How long it may be idle.
    pub idle_ms: u64,
    /// When it ends in any case.
    pub expires_at: Millis,
}

/// Finds a live session and its account; `None` if it is idle for too long, has expired, was
/// revoked, or its account may not sign in.
#[derive(Clone, Copy, Debug)]
pub struct FindSession {
    /// Which session.
    pub session: SessionId,
    /// The present time.
    pub now: Millis,
}

impl Query for FindSession {
    type Answer = Option<(Session, Account)>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions WHERE id = $1 AND idle_at > $2 AND expires_at > $2"
        );
        let values = [self.session.as_bytes().into(), self.now.into()];
        let Some(row) = transaction.row(sql, &values).await? else {
            return Ok(None);
        };
        let session = read_session(&row)?;
        let account = accounts::FindAccount::ById(session.account);
        let account = account.run(transaction).await?;
        let account = account.filter(|account| account.standing == Standing::Active);
        Ok(account.map(|account| (session, account)))
    }
}

/// Lists the live sessions of an account, the newest first.
#[derive(Clone, Copy, Debug)]
pub struct ListSessions {
    /// Whose.
    pub account: MemberId,
    /// The present time.
    pub now: Millis,
}

impl Query for ListSessions {
    type Answer = Vec<Session>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Session>, StoreError> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions WHERE account = $1 AND idle_at > $2 AND expires_at > $2 \
             ORDER BY started_at DESC, id"
        );
        let values = [(&self.account).into(), self.now.into()];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(read_session).collect()
    }
}

/// Notes when sessions were last seen, many at once. A session that is gone stays gone, and a time
/// before the one noted changes nothing. The answer is the sessions that are gone: another process
/// may have ended them.
#[derive(Clone, Debug)]
pub struct TouchSessions {
    /// Which sessions, and when each was seen.
    pub seen: Vec<(SessionId, Millis)>,
}

impl Change for TouchSessions {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        let mut gone = Vec::new();
        for (session, seen_at) in &self.seen {
            let sql = "UPDATE sessions SET seen_at = $2, idle_at = $2 + idle_ms \
                       WHERE id = $1 AND seen_at < $2";
            let values = [session.as_bytes().into(), (*seen_at).into()];
            if transaction.execute(sql, &values).await? > 0 {
                continue;
            }
            let sql = "SELECT 1 FROM sessions WHERE id = $1";
            let values = [session.as_bytes().into()];
            if transaction.row(sql, &values).await?.is_none() {
                gone.push(*session);
            }
        }
        Ok(gone)
    }
}

/// The columns that [`read_session`] reads, in its order.
macro_rules! session_columns {
    () => {
        "id, account, means, client, address, started_at, seen_at, idle_ms, expires_at"
    };
}
use session_columns;

fn read_session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        session: row.array(0).map(SessionId)?,
        account: row.account(1)?,
        means: Means::of_code(row.number(2)?)?,
        client: row.text(3)?,
        address: row.text(4)?,
        started_at: row.millis(5)?,
        seen_at: row.millis(6)?,
        idle_ms: row.number(7)?,
        expires_at: row.millis(8)?,
    })
}
