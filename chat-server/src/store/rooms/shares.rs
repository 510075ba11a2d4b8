//! A member's share of an epoch's secret.

use wire_format::{MemberId, RoomId};

use crate::store::{Query, StoreError, Transaction, transaction::array};

/// Reads an account's share of an epoch; `None` if it was not in it, or there is no such epoch.
#[derive(Clone, Copy, Debug)]
pub struct ReadShare {
    /// The room.
    pub room: RoomId,
    /// The epoch.
    pub n: u64,
    /// Whose.
    pub account: MemberId,
}

/// A share as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Share {
    /// The number of the wrap key that it is for; 0 for a placeholder.
    pub wrap: u64,
    /// The share.
    pub share: Vec<u8>,
}

impl Query for ReadShare {
    type Answer = Option<Share>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<Share>, StoreError> {
        let sql = "SELECT accounts, wraps FROM room_shares WHERE room = $1 AND n = $2";
        let values = [(&self.room).into(), self.n.into()];
        let Some(row) = transaction.row(sql, &values).await? else {
            return Ok(None);
        };
        let (accounts, wraps) = (row.bytes(0)?, row.bytes(1)?);
        let mut accounts = accounts.chunks_exact(MemberId::LEN);
        let Some(place) = accounts.position(|id| id == self.account.as_bytes()) else {
            return Ok(None);
        };
        let wrap = wraps.chunks_exact(WRAP_BYTES).nth(place);
        let wrap = wrap.ok_or(StoreError::Damaged("a share without its wrap key"))?;
        // SQL counts bytes from 1.
        let begins = u64::try_from(place * SHARE_BYTES + 1).unwrap_or(u64::MAX);
        let sql = "SELECT substr(shares, CAST($3 AS INTEGER), 384) FROM room_shares \
                   WHERE room = $1 AND n = $2";
        let row = transaction
            .row(sql, &[values[0], values[1], begins.into()])
            .await?;
        let share = row.map(|row| row.bytes(0)).transpose()?;
        let share = share.filter(|share| share.len() == SHARE_BYTES);
        Ok(Some(Share {
            wrap: u64::from_be_bytes(array(wrap.to_vec())?),
            share: share.ok_or(StoreError::Damaged("a share is missing"))?,
        }))
    }
}

const WRAP_BYTES: usize = 8;
const SHARE_BYTES: usize = wire_format::limits::ACCOUNT_SHARE_BYTES;
