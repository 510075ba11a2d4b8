//! Ending sessions.

use wire_format::{MemberId, Millis};

use super::SessionId;
use crate::store::{
    Change, Refusal, Stop, StoreError, Trace, Transaction,
    audit::{Actor, Entry},
    transaction::Row,
};

/// Ends a session of an account. Refused: [`Refusal::NoSuchSession`].
#[derive(Clone, Copy, Debug)]
pub struct RevokeSession {
    /// Whose.
    pub account: MemberId,
    /// Which session.
    pub session: SessionId,
    /// Who ends it.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for RevokeSession {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "DELETE FROM sessions WHERE id = $1 AND account = $2";
        let values = [self.session.as_bytes().into(), (&self.account).into()];
        if transaction.execute(sql, &values).await? == 0 {
            return Err(Refusal::NoSuchSession.into());
        }
        Entry::about(self.actor, "session.revoke", self.account)
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}

/// Ends all sessions of an account but one; the answer is which.
#[derive(Clone, Copy, Debug)]
pub struct RevokeOtherSessions {
    /// Whose.
    pub account: MemberId,
    /// The session that stays.
    pub kept: SessionId,
    /// The present time.
    pub now: Millis,
}

impl Change for RevokeOtherSessions {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        let ended = end_all(transaction, self.account, Some(self.kept)).await?;
        let actor = Actor::Account(self.account);
        Entry::about(actor, "session.revoke_others", self.account)
            .detail(ended.len().to_string())
            .append(transaction, self.now)
            .await?;
        Ok(ended)
    }
}

/// Ends sessions that have expired or were idle for too long; the answer is which. Fewer than
/// `limit`: none are left.
#[derive(Clone, Copy, Debug)]
pub struct ExpireSessions {
    /// The present time.
    pub now: Millis,
    /// The most sessions to end at once.
    pub limit: u32,
}

impl Change for ExpireSessions {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        let sql = "DELETE FROM sessions WHERE id IN ( \
                   SELECT id FROM sessions WHERE idle_at <= $1 OR expires_at <= $1 LIMIT $2 \
                   ) RETURNING id";
        let values = [self.now.into(), u64::from(self.limit).into()];
        Ok(ids(&transaction.rows(sql, &values).await?)?)
    }
}

/// Ends the sessions of an account, or all but one.
pub(in crate::store) async fn end_all(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    kept: Option<SessionId>,
) -> Result<Vec<SessionId>, StoreError> {
    let kept = kept.as_ref().map_or(&[][..], |session| session.as_bytes());
    let sql = "DELETE FROM sessions WHERE account = $1 AND id <> $2 RETURNING id";
    let values = [(&account).into(), kept.into()];
    ids(&transaction.rows(sql, &values).await?)
}

/// Ends sessions of an account until so many are left.
pub(super) async fn end_least_seen(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    kept: u32,
) -> Result<Vec<SessionId>, StoreError> {
    let sql = "DELETE FROM sessions WHERE account = $1 AND id NOT IN ( \
               SELECT id FROM sessions WHERE account = $1 ORDER BY seen_at DESC, id LIMIT $2 \
               ) RETURNING id";
    let values = [(&account).into(), u64::from(kept).into()];
    ids(&transaction.rows(sql, &values).await?)
}

fn ids(rows: &[Row]) -> Result<Vec<SessionId>, StoreError> {
    rows.iter().map(|row| row.array(0).map(SessionId)).collect()
}
