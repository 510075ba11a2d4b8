//! One row of a pair.

use wire_format::MemberId;

use super::FriendState;
use crate::store::{Refusal, Stop, StoreError, Transaction, transaction::Value};

/// How one side stands to the other, as it was read.
pub(super) struct Side {
    account: MemberId,
    other: MemberId,
    pub(super) state: Option<FriendState>,
}

impl Side {
    pub(super) async fn read(
        transaction: &mut Transaction<'_>,
        account: MemberId,
        other: MemberId,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT state FROM friends WHERE account = $1 AND other = $2";
        let values = [(&account).into(), (&other).into()];
        let row = transaction.row(sql, &values).await?;
        let state = match row {
            None => None,
            Some(row) => Some(FriendState::of_code(row.number(0)?)?),
        };
        Ok(Self {
            account,
            other,
            state,
        })
    }

    pub(super) async fn write(
        &self,
        transaction: &mut Transaction<'_>,
        next: Option<FriendState>,
        most: u64,
    ) -> Result<(), Stop> {
        let pair: [Value<'_>; 2] = [(&self.account).into(), (&self.other).into()];
        match next {
            next if next == self.state => {}
            None => {
                let sql = "DELETE FROM friends WHERE account = $1 AND other = $2";
                transaction.execute(sql, &pair).await?;
            }
            Some(next) => {
                // Who unblocks somebody has had a place for them.
                if matches!(self.state, None | Some(FriendState::Asking)) {
                    self.require_room(transaction, next, most).await?;
                }
                let sql = "INSERT INTO friends (account, other, state) VALUES ($1, $2, $3) \
                           ON CONFLICT (account, other) DO UPDATE SET state = excluded.state";
                let values = [pair[0], pair[1], next.code().into()];
                transaction.execute(sql, &values).await?;
            }
        }
        Ok(())
    }

    /// Refuses when the account has as many rows as it may of the kind that one in this state is: others
    /// that ask it, or others that it knows by its own doing.
    pub(super) async fn require_room(
        &self,
        transaction: &mut Transaction<'_>,
        state: FriendState,
        most: u64,
    ) -> Result<(), Stop> {
        let sql = match state {
            FriendState::Asking => "SELECT count(*) FROM friends WHERE account = $1 AND state = $2",
            _ => "SELECT count(*) FROM friends WHERE account = $1 AND state <> $2",
        };
        let values = [(&self.account).into(), FriendState::Asking.code().into()];
        if transaction.number(sql, &values).await? >= most {
            return Err(Refusal::OverQuota.into());
        }
        Ok(())
    }
}
