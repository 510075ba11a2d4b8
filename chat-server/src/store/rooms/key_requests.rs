//! Requests for keys of older epochs, and what was granted (docs/protocol.md#1413-history-key-requests-and-grants).

use wire_format::{MemberId, RoomId};

use crate::store::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction, transaction::Row,
};

/// Keeps an account's request in place of its earlier one, whose grants go.
///
/// Refused: [`Refusal::NoSuchRoom`].
#[derive(Clone, Debug)]
pub struct PutKeyRequest {
    /// The room.
    pub room: RoomId,
    /// Who asks.
    pub account: MemberId,
    /// The request's hash.
    pub hash: [u8; 32],
    /// The request.
    pub record: Vec<u8>,
}

impl Change for PutKeyRequest {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "SELECT 1 FROM rooms WHERE id = $1";
        let room = transaction.row(sql, &[(&self.room).into()]).await?;
        room.ok_or(Refusal::NoSuchRoom)?;
        let sql = "DELETE FROM key_grants WHERE room = $1 AND account = $2";
        let values = [(&self.room).into(), (&self.account).into()];
        transaction.execute(sql, &values).await?;
        let sql = "SELECT COALESCE(max(number), 0) FROM key_requests WHERE room = $1";
        let number = transaction.number(sql, &[(&self.room).into()]).await? + 1;
        let sql = "INSERT INTO key_requests (room, account, number, hash, refused, record) \
                   VALUES ($1, $2, $3, $4, 0, $5) \
                   ON CONFLICT (room, account) DO UPDATE SET number = excluded.number, \
                   hash = excluded.hash, refused = 0, record = excluded.record";
        let values = [
            (&self.room).into(),
            (&self.account).into(),
            number.into(),
            (&self.hash).into(),
            self.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

/// Lists the requests of a room that nobody has refused, and that who looks has not granted, nor as many
/// others as may, the oldest first: that one grant is there says nothing of its worth.
#[derive(Clone, Copy, Debug)]
pub struct ListKeyRequests {
    /// The room.
    pub room: RoomId,
    /// Who looks.
    pub granter: MemberId,
    /// The most grants of one request.
    pub most_grants: u64,
    /// The most to give.
    pub limit: u32,
}

impl Query for ListKeyRequests {
    type Answer = Vec<Vec<u8>>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT record FROM key_requests q WHERE room = $1 AND refused = 0 \
                   AND NOT EXISTS (SELECT 1 FROM key_grants g WHERE g.room = q.room \
                   AND g.account = q.account AND g.granter = $2) \
                   AND (SELECT count(*) FROM key_grants g WHERE g.room = q.room \
                   AND g.account = q.account) < $3 ORDER BY number LIMIT $4";
        let values = [
            (&self.room).into(),
            (&self.granter).into(),
            self.most_grants.into(),
            u64::from(self.limit).into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(|row| row.bytes(0)).collect()
    }
}

/// Reads an account's request in a room.
#[derive(Clone, Copy, Debug)]
pub struct ReadKeyRequest {
    /// The room.
    pub room: RoomId,
    /// Who asked.
    pub account: MemberId,
}

/// A request as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRequestRow {
    /// The request's hash.
    pub hash: [u8; 32],
    /// Whether it was refused, and why, where that was said.
    pub refused: Option<Denied>,
    /// The request.
    pub record: Vec<u8>,
}

impl Query for ReadKeyRequest {
    type Answer = Option<KeyRequestRow>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT hash, refused, record FROM key_requests \
                   WHERE room = $1 AND account = $2";
        let values = [(&self.room).into(), (&self.account).into()];
        let row = transaction.row(sql, &values).await?;
        row.as_ref().map(read_request).transpose()
    }
}

fn read_request(row: &Row) -> Result<KeyRequestRow, StoreError> {
    Ok(KeyRequestRow {
        hash: row.array(0)?,
        refused: match row.number(1)? {
            0 => None,
            code => Some(denied(code)?),
        },
        record: row.bytes(2)?,
    })
}

/// That a request was refused: the number of the reason, or none.
pub type Denied = Option<u8>;

/// Reads what [`DenyKeys`] has written.
fn denied(code: u64) -> Result<Denied, StoreError> {
    let reason = u8::try_from(code.saturating_sub(1));
    let reason = reason.map_err(|_| StoreError::Damaged("an unknown reason"))?;
    Ok((reason != 0).then_some(reason))
}

/// Keeps a grant, in place of an earlier one of the same granter.
///
/// Refused: [`Refusal::NoSuchKeyRequest`] unless this is the asker's request; [`Refusal::OverQuota`] if
/// as many have granted it as may.
#[derive(Clone, Debug)]
pub struct PutGrant {
    /// The room.
    pub room: RoomId,
    /// Who asked.
    pub asker: MemberId,
    /// The request's hash.
    pub request: [u8; 32],
    /// Who grants.
    pub granter: MemberId,
    /// The grant.
    pub record: Vec<u8>,
    /// The most grants of one request.
    pub most: u64,
}

impl Change for PutGrant {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        require(transaction, self.room, self.asker, &self.request).await?;
        let sql = "SELECT count(*) FROM key_grants WHERE room = $1 AND account = $2 \
                   AND granter <> $3";
        let values = [
            (&self.room).into(),
            (&self.asker).into(),
            (&self.granter).into(),
        ];
        if transaction.number(sql, &values).await? >= self.most {
            return Err(Refusal::OverQuota.into());
        }
        let sql = "INSERT INTO key_grants (room, account, granter, record) \
                   VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (room, account, granter) DO UPDATE SET record = excluded.record";
        let values = [
            values[0],
            values[1],
            values[2],
            self.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

/// Notes that an owner or admin does not grant a request.
///
/// Refused: [`Refusal::NoSuchKeyRequest`]. The answer is who asked.
#[derive(Clone, Copy, Debug)]
pub struct DenyKeys {
    /// The room.
    pub room: RoomId,
    /// The request's hash.
    pub request: [u8; 32],
    /// Why.
    pub reason: Denied,
}

impl Change for DenyKeys {
    type Answer = MemberId;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<MemberId, Stop> {
        let sql = "SELECT account FROM key_requests WHERE room = $1 AND hash = $2";
        let values = [(&self.room).into(), (&self.request).into()];
        let row = transaction.row(sql, &values).await?;
        let asker = row.ok_or(Refusal::NoSuchKeyRequest)?.account(0)?;
        let sql = "UPDATE key_requests SET refused = $3 WHERE room = $1 AND hash = $2";
        // Behind 0, which is a request that nobody has refused.
        let code = 1 + u64::from(self.reason.unwrap_or_default());
        transaction
            .execute(sql, &[values[0], values[1], code.into()])
            .await?;
        Ok(asker)
    }
}

/// Reads what was granted to an account in a room.
#[derive(Clone, Copy, Debug)]
pub struct ReadGrants {
    /// The room.
    pub room: RoomId,
    /// Who asked.
    pub account: MemberId,
}

/// What became of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantsFor {
    /// The request's hash, and whether it was refused; `None` if there is none.
    pub request: Option<([u8; 32], Option<Denied>)>,
    /// The grants.
    pub grants: Vec<Vec<u8>>,
}

impl Query for ReadGrants {
    type Answer = GrantsFor;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<GrantsFor, StoreError> {
        let (room, account) = (self.room, self.account);
        let request = ReadKeyRequest { room, account }.run(transaction).await?;
        let sql = "SELECT record FROM key_grants WHERE room = $1 AND account = $2 ORDER BY granter";
        let values = [(&room).into(), (&account).into()];
        let rows = transaction.rows(sql, &values).await?;
        let grants: Result<_, _> = rows.iter().map(|row| row.bytes(0)).collect();
        Ok(GrantsFor {
            request: request.map(|request| (request.hash, request.refused)),
            grants: grants?,
        })
    }
}

async fn require(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    account: MemberId,
    hash: &[u8; 32],
) -> Result<(), Stop> {
    let sql = "SELECT 1 FROM key_requests WHERE room = $1 AND account = $2 AND hash = $3";
    let values = [(&room).into(), (&account).into(), hash.into()];
    let row = transaction.row(sql, &values).await?;
    row.ok_or(Refusal::NoSuchKeyRequest)?;
    Ok(())
}
