//! Requests to join and to leave that no commit has taken in yet.

use wire_format::{MemberId, RoomId};

use super::IsIn;
use crate::store::{Change, Query, Refusal, Stop, StoreError, Trace, Transaction};

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// To be in the room.
    Join,
    /// To be out of it.
    Leave,
}

impl Action {
    /// The byte in a request.
    const fn code(self) -> u64 {
        match self {
            Self::Join => 1,
            Self::Leave => 2,
        }
    }
}

/// Keeps a request in place of an earlier one of its account.
///
/// Refused: [`Refusal::NoSuchRoom`]; [`Refusal::OverQuota`] for a join of who is in, or asks to be in,
/// as many rooms as may be, this one not being among those it is in.
#[derive(Clone, Debug)]
pub struct PutRequest {
    /// The room.
    pub room: RoomId,
    /// Who asks.
    pub account: MemberId,
    /// For what.
    pub action: Action,
    /// The request's hash.
    pub hash: [u8; 32],
    /// The request.
    pub record: Vec<u8>,
    /// The most rooms that an account may be in.
    pub rooms_most: u64,
}

impl Change for PutRequest {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "SELECT 1 FROM rooms WHERE id = $1";
        let room = transaction.row(sql, &[(&self.room).into()]).await?;
        room.ok_or(Refusal::NoSuchRoom)?;
        if self.action == Action::Join {
            // Who is in, and comes in anew with other keys, takes no more space.
            let (account, room) = (self.account, self.room);
            if !(IsIn { account, room }).run(transaction).await? {
                self.require_space(transaction).await?;
            }
        } else {
            // Who asks to be out of a direct conversation may begin another one.
            let sql = "DELETE FROM direct_pairs WHERE room = $1";
            transaction.execute(sql, &[(&self.room).into()]).await?;
        }
        // Counted in the room: a number that was given is never given again, also when it was the
        // newest and its request is gone.
        let sql = "UPDATE rooms SET asked = asked + 1 WHERE id = $1";
        transaction.execute(sql, &[(&self.room).into()]).await?;
        let number = newest(transaction, self.room).await?;
        let sql = "INSERT INTO room_requests (room, account, number, action, hash, record) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (room, account) DO UPDATE SET number = excluded.number, \
                   action = excluded.action, hash = excluded.hash, record = excluded.record";
        let values = [
            (&self.room).into(),
            (&self.account).into(),
            number.into(),
            self.action.code().into(),
            (&self.hash).into(),
            self.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

impl PutRequest {
    async fn require_space(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "SELECT count(*) FROM room_requests WHERE account = $1 AND action = $2 \
                   AND room <> $3";
        let values = [
            (&self.account).into(),
            Action::Join.code().into(),
            (&self.room).into(),
        ];
        let asked = transaction.number(sql, &values).await?;
        let rooms = super::rooms_of(transaction, self.account).await?;
        if rooms.saturating_add(asked) >= self.rooms_most {
            return Err(Refusal::OverQuota.into());
        }
        Ok(())
    }
}

/// Reads the requests of a room, the oldest first.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequests {
    /// The room.
    pub room: RoomId,
    /// Of each kind, the most to give.
    pub limit: u32,
}

/// A request that waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Its place in the room's order.
    pub number: u64,
    /// Who asks.
    pub account: MemberId,
    /// The record.
    pub record: Vec<u8>,
    /// In how many rooms its account is.
    pub rooms: u64,
}

impl Query for ReadRequests {
    /// The requests, and the number of the newest that there was.
    type Answer = (Vec<Request>, u64);

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let mut requests = Vec::new();
        for action in [Action::Leave, Action::Join] {
            // The last column is what `super::rooms_of` gives.
            let sql = "SELECT r.number, r.account, r.record, \
                       (SELECT count(*) FROM room_members m \
                        WHERE m.account = r.account AND m.gone = 0 AND m.answered = 1 \
                        AND NOT EXISTS (SELECT 1 FROM room_requests q \
                        WHERE q.room = m.room AND q.account = m.account AND q.action = 2)) \
                       FROM room_requests r WHERE r.room = $1 AND r.action = $2 \
                       ORDER BY r.number LIMIT $3";
            let values = [
                (&self.room).into(),
                action.code().into(),
                u64::from(self.limit).into(),
            ];
            for row in &transaction.rows(sql, &values).await? {
                requests.push(Request {
                    number: row.number(0)?,
                    account: row.account(1)?,
                    record: row.bytes(2)?,
                    rooms: row.number(3)?,
                });
            }
        }
        requests.sort_by_key(|request| request.number);
        Ok((requests, newest(transaction, self.room).await?))
    }
}

/// Drops requests that no commit can take in any more; gives what is left, as
/// [`Appended`](super::Appended) does.
#[derive(Clone, Debug)]
pub struct DropRequests {
    /// The room.
    pub room: RoomId,
    /// Whose, and which: a newer one of the same account stays.
    pub requests: Vec<(MemberId, u64)>,
}

impl Change for DropRequests {
    type Answer = (bool, Vec<MemberId>);
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, Stop> {
        for (account, number) in &self.requests {
            let sql = "DELETE FROM room_requests \
                       WHERE room = $1 AND account = $2 AND number = $3";
            let values = [(&self.room).into(), account.into(), (*number).into()];
            transaction.execute(sql, &values).await?;
        }
        Ok(left(transaction, self.room).await?)
    }
}

/// Whether an account asks to come into a room.
#[derive(Clone, Copy, Debug)]
pub struct IsAsking {
    /// Who asks.
    pub account: MemberId,
    /// The room.
    pub room: RoomId,
}

impl Query for IsAsking {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM room_requests WHERE room = $1 AND account = $2 AND action = $3";
        let values = [
            (&self.room).into(),
            (&self.account).into(),
            Action::Join.code().into(),
        ];
        Ok(transaction.row(sql, &values).await?.is_some())
    }
}

/// The number of the newest request that there was in a room; 0 if there was none.
pub(super) async fn newest(
    transaction: &mut Transaction<'_>,
    room: RoomId,
) -> Result<u64, StoreError> {
    let sql = "SELECT asked FROM rooms WHERE id = $1";
    transaction.number(sql, &[(&room).into()]).await
}

/// Whether requests to join are left, and whose requests to leave are.
pub(super) async fn left(
    transaction: &mut Transaction<'_>,
    room: RoomId,
) -> Result<(bool, Vec<MemberId>), StoreError> {
    let sql = "SELECT 1 FROM room_requests WHERE room = $1 AND action = $2 LIMIT 1";
    let joins = [(&room).into(), Action::Join.code().into()];
    let has_joins = transaction.row(sql, &joins).await?.is_some();
    let sql = "SELECT account FROM room_requests WHERE room = $1 AND action = $2";
    let leaves = [(&room).into(), Action::Leave.code().into()];
    let rows = transaction.rows(sql, &leaves).await?;
    let leaving: Result<_, _> = rows.iter().map(|row| row.account(0)).collect();
    Ok((has_joins, leaving?))
}
