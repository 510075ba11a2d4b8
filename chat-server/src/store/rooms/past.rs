//! What stays of accounts that rooms name.

use wire_format::MemberId;

use crate::store::{StoreError, Transaction, keys::Chain};

/// Whether a room's chain names the account: it is or was in one.
pub(in crate::store) async fn was_named(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM room_members WHERE account = $1 LIMIT 1";
    Ok(transaction.row(sql, &[(&account).into()]).await?.is_some())
}

/// Keeps the keysets of an account that is being deleted, if rooms name it; and drops what it asked of
/// them, and what they offer it.
pub(in crate::store) async fn keep_keysets(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<(), StoreError> {
    for sql in ASKED {
        transaction.execute(sql, &[(&account).into()]).await?;
    }
    if was_named(transaction, account).await? {
        let sql = "INSERT INTO past_keysets (account, number, record) \
                   SELECT account, number, record FROM keysets WHERE account = $1";
        transaction.execute(sql, &[(&account).into()]).await?;
    }
    Ok(())
}

/// The keysets of an account that was deleted, as those of another are read.
pub(in crate::store) async fn past_keysets(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    after: u64,
    limit: u32,
) -> Result<Chain, StoreError> {
    let sql = "SELECT COALESCE(max(number), 0) FROM past_keysets WHERE account = $1";
    let head = transaction.number(sql, &[(&account).into()]).await?;
    let sql = "SELECT record FROM past_keysets WHERE account = $1 AND number > $2 \
               ORDER BY number LIMIT $3";
    let values = [(&account).into(), after.into(), u64::from(limit).into()];
    let rows = transaction.rows(sql, &values).await?;
    let keysets = rows.iter().map(|row| row.bytes(0));
    Ok(Chain {
        head,
        keysets: keysets.collect::<Result<_, _>>()?,
    })
}

/// A leave stays: it can be taken in without its account. A join cannot, since nobody could read then.
const ASKED: [&str; 4] = [
    "DELETE FROM room_requests WHERE account = $1 AND action = 1",
    "DELETE FROM room_invitations WHERE invitee = $1 OR inviter = $1",
    "DELETE FROM key_grants WHERE account = $1",
    "DELETE FROM key_requests WHERE account = $1",
];
