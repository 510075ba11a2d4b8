//! The next commit of a room.

use wire_format::MemberId;

use super::{Commit, Places, pending};
use crate::store::{Change, Refusal, Stop, StoreError, Trace, Transaction, transaction::Value};

/// Appends a commit, and does with it what it means for requests and invitations.
///
/// Refused: [`Refusal::NoSuchRoom`]; [`Refusal::CommitConflict`] unless it follows the head;
/// [`Refusal::RequestsPending`] if a request came since they were read; [`Refusal::WrapSuperseded`];
/// [`Refusal::OverQuota`] if who comes in is in as many rooms as may be.
#[derive(Clone, Debug)]
pub struct AppendCommit {
    /// The commit.
    pub commit: Commit,
    /// The hash of the commit that it follows.
    pub previous: [u8; 32],
    /// The number of the newest request that there was when they were looked at; 0 if there was none.
    pub requests_seen: u64,
    /// Members that it lets out.
    pub gone: Vec<MemberId>,
    /// Accounts that came or went: what these asked, and what invited them, is over.
    pub settled: Vec<MemberId>,
    /// Inviters whose invitations are void: gone, or not allowed any more.
    pub void: Vec<MemberId>,
}

/// What a commit that was appended came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Appended {
    /// Its places.
    pub places: Places,
    /// Whether requests to join are left.
    pub has_joins: bool,
    /// Whose requests to leave are left.
    pub leaving: Vec<MemberId>,
}

impl Change for AppendCommit {
    type Answer = Appended;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Appended, Stop> {
        let commit = &self.commit;
        self.advance(transaction).await?;
        if pending::newest(transaction, commit.room).await? > self.requests_seen {
            return Err(Refusal::RequestsPending.into());
        }
        for account in &self.gone {
            let sql = "UPDATE room_members SET gone = $3 WHERE room = $1 AND account = $2";
            let values = [(&commit.room).into(), account.into(), commit.n.into()];
            transaction.execute(sql, &values).await?;
            self.execute(transaction, DROP_GRANTS, account).await?;
            self.execute(transaction, DROP_KEY_REQUEST, account).await?;
        }
        let places = commit.write(transaction).await?;
        for account in &self.settled {
            self.execute(transaction, DROP_REQUEST, account).await?;
            self.execute(transaction, DROP_INVITATIONS_TO, account)
                .await?;
        }
        for account in &self.void {
            self.execute(transaction, DROP_INVITATIONS_BY, account)
                .await?;
        }
        if !self.gone.is_empty() {
            let sql = "DELETE FROM direct_pairs WHERE room = $1";
            transaction.execute(sql, &[(&commit.room).into()]).await?;
        }
        let (has_joins, leaving) = pending::left(transaction, commit.room).await?;
        Ok(Appended {
            places,
            has_joins,
            leaving,
        })
    }
}

impl AppendCommit {
    /// Moves the room's head on, if it is where the commit follows.
    async fn advance(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let commit = &self.commit;
        let sql = "UPDATE rooms SET n = $2, hash = $3, due = 0 \
                   WHERE id = $1 AND n = $4 AND hash = $5";
        let before = commit.n.saturating_sub(1);
        let values = [
            (&commit.room).into(),
            commit.n.into(),
            (&commit.hash).into(),
            before.into(),
            (&self.previous).into(),
        ];
        if transaction.execute(sql, &values).await? == 1 {
            return Ok(());
        }
        let sql = "SELECT n FROM rooms WHERE id = $1";
        let row = transaction.row(sql, &[(&commit.room).into()]).await?;
        Err(match row {
            None => Refusal::NoSuchRoom,
            Some(_) => Refusal::CommitConflict,
        }
        .into())
    }

    async fn execute(
        &self,
        transaction: &mut Transaction<'_>,
        sql: &'static str,
        account: &MemberId,
    ) -> Result<(), StoreError> {
        let values: [Value<'_>; 2] = [(&self.commit.room).into(), account.into()];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

const DROP_REQUEST: &str = "DELETE FROM room_requests WHERE room = $1 AND account = $2";
const DROP_INVITATIONS_TO: &str = "DELETE FROM room_invitations WHERE room = $1 AND invitee = $2";
const DROP_INVITATIONS_BY: &str = "DELETE FROM room_invitations WHERE room = $1 AND inviter = $2";
const DROP_GRANTS: &str = "DELETE FROM key_grants WHERE room = $1 AND account = $2";
const DROP_KEY_REQUEST: &str = "DELETE FROM key_requests WHERE room = $1 AND account = $2";
