//! Whom an account is in rooms with.

use wire_format::{MemberId, RoomId};

use super::{Due, read::DIRECT};
use crate::store::{
    Change, Query, Stop, StoreError, Trace, Transaction, friends::FriendState, transaction::Row,
};

/// Finds the friends of each of these accounts, the rooms that it is in, and who has blocked it or is
/// blocked by it, as one snapshot has it; the answer is in the order asked.
#[derive(Clone, Debug)]
pub struct CompanyOf {
    /// Whose; who calls bounds how many.
    pub accounts: Vec<MemberId>,
}

/// Who may be told of an account's presence.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Company {
    /// Its friends.
    pub friends: Vec<MemberId>,
    /// The rooms that it is in.
    pub rooms: Vec<RoomId>,
    /// Those of them whose members are told of its presence: not where it was placed and has not written
    /// yet, nor where it asks to be out.
    pub shown: Vec<RoomId>,
    /// Others who have blocked it, or whom it has blocked.
    pub apart: Vec<MemberId>,
}

impl Query for CompanyOf {
    type Answer = Vec<Company>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Company>, StoreError> {
        let mut all = Vec::with_capacity(self.accounts.len());
        for account in &self.accounts {
            let friend = FriendState::Friend.code().into();
            let blocked = FriendState::Blocked.code().into();
            let sql = "SELECT other FROM friends WHERE account = $1 AND state = $2";
            let friends = transaction.rows(sql, &[account.into(), friend]).await?;
            let sql = "SELECT other FROM friends WHERE account = $1 AND state = $2 \
                       UNION SELECT account FROM friends WHERE other = $1 AND state = $2";
            let apart = transaction.rows(sql, &[account.into(), blocked]).await?;
            let sql = "SELECT room FROM room_members WHERE account = $1 AND gone = 0";
            let rooms = transaction.rows(sql, &[account.into()]).await?;
            let sql = "SELECT room FROM room_members m WHERE account = $1 AND gone = 0 \
                       AND answered = 1 AND NOT EXISTS (SELECT 1 FROM room_requests q \
                       WHERE q.room = m.room AND q.account = m.account AND q.action = 2)";
            let shown = transaction.rows(sql, &[account.into()]).await?;
            all.push(Company {
                friends: accounts(&friends)?,
                rooms: room_ids(&rooms)?,
                shown: room_ids(&shown)?,
                apart: accounts(&apart)?,
            });
        }
        Ok(all)
    }
}

/// Whether an account has blocked another.
#[derive(Clone, Copy, Debug)]
pub struct HasBlocked {
    /// Who may have.
    pub account: MemberId,
    /// Whom.
    pub other: MemberId,
}

impl Query for HasBlocked {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM friends WHERE account = $1 AND other = $2 AND state = $3";
        let blocked = FriendState::Blocked.code().into();
        let values = [(&self.account).into(), (&self.other).into(), blocked];
        Ok(transaction.row(sql, &values).await?.is_some())
    }
}

/// Finds the rooms of which an account is told nothing while it blocks another one: the direct
/// conversations of the two, and where the other one placed it and it has not written yet.
#[derive(Clone, Copy, Debug)]
pub struct RoomsWith {
    /// Who is told.
    pub account: MemberId,
    /// The other one.
    pub other: MemberId,
}

impl Query for RoomsWith {
    type Answer = Vec<RoomId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<RoomId>, StoreError> {
        let sql = "SELECT a.room FROM room_members a \
                   JOIN room_members b ON b.room = a.room AND b.account = $2 \
                   JOIN rooms r ON r.id = a.room \
                   WHERE a.account = $1 AND a.gone = 0 \
                   AND (r.kind = $3 OR (r.founder = $2 AND a.answered = 0))";
        let values = [(&self.account).into(), (&self.other).into(), DIRECT.into()];
        room_ids(&transaction.rows(sql, &values).await?)
    }
}

/// Notes why the next commit of rooms is due, unless something else is noted.
#[derive(Clone, Debug)]
pub struct SetDue {
    /// Which.
    pub rooms: Vec<RoomId>,
    /// Why.
    pub due: Due,
}

impl Change for SetDue {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        for room in &self.rooms {
            let sql = "UPDATE rooms SET due = $2 WHERE id = $1 AND due = 0";
            let values = [room.into(), self.due.code().into()];
            transaction.execute(sql, &values).await?;
        }
        Ok(())
    }
}

fn accounts(rows: &[Row]) -> Result<Vec<MemberId>, StoreError> {
    rows.iter().map(|row| row.account(0)).collect()
}

fn room_ids(rows: &[Row]) -> Result<Vec<RoomId>, StoreError> {
    let rooms = rows.iter().map(|row| row.array(0).map(RoomId::from_bytes));
    rooms.collect()
}
