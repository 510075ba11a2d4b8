//! Keyset chains and wrap keys (docs/protocol.md#143-identity-the-keyset-chain and
//! docs/protocol.md#144-wrap-keys), as opaque records.

use wire_format::{MemberId, Millis};

use super::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction, accounts,
    audit::{Actor, Entry},
    rooms, vault,
};

/// How a keyset continues its chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Link {
    /// Signed by the keys before.
    Rotated,
    /// Not signed by them.
    Reset,
}

/// Appends a keyset together with a wrap key and a vault root; after a reset the vault has no items.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::KeysConflict`] unless the head is `expected` and
/// `wrap_number` the newest + 1; [`Refusal::VaultConflict`] unless the root's number is
/// `root_number` − 1.
#[derive(Clone, Debug)]
pub struct AppendKeyset {
    /// Whose.
    pub account: MemberId,
    /// The number of the present chain head; the record's is one more.
    pub expected: u64,
    /// How the record continues it.
    pub link: Link,
    /// The keyset.
    pub keyset: Vec<u8>,
    /// The number in the wrap key.
    pub wrap_number: u64,
    /// The wrap key.
    pub wrap_key: Vec<u8>,
    /// The number in the vault root.
    pub root_number: u64,
    /// The vault root.
    pub vault_root: Vec<u8>,
    /// The present time.
    pub now: Millis,
}

impl Change for AppendKeyset {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        accounts::require(transaction, self.account).await?;
        if keyset_head(transaction, self.account).await? != self.expected {
            return Err(Refusal::KeysConflict.into());
        }
        let number = self.expected.saturating_add(1);
        insert_keyset(transaction, self.account, number, &self.keyset).await?;
        append_wrap_key(transaction, self.account, self.wrap_number, &self.wrap_key).await?;
        let expected = self.root_number.saturating_sub(1);
        vault::replace(transaction, self.account, expected, &self.vault_root).await?;
        let action = match self.link {
            Link::Rotated => "keys.rotate",
            Link::Reset => {
                // What the lost keys sealed opens for nobody any more.
                vault::empty(transaction, self.account).await?;
                rooms::part_pairs(transaction, self.account).await?;
                "keys.reset"
            }
        };
        Entry::about(Actor::Account(self.account), action, self.account)
            .detail(number.to_string())
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}

/// Appends a wrap key together with a vault root.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::KeysConflict`] unless `number` is the newest + 1;
/// [`Refusal::VaultConflict`] unless the root's number is `root_number` − 1.
#[derive(Clone, Debug)]
pub struct AppendWrapKey {
    /// Whose.
    pub account: MemberId,
    /// The number in the wrap key.
    pub number: u64,
    /// The wrap key.
    pub wrap_key: Vec<u8>,
    /// The number in the vault root.
    pub root_number: u64,
    /// The vault root.
    pub vault_root: Vec<u8>,
}

impl Change for AppendWrapKey {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        accounts::require(transaction, self.account).await?;
        append_wrap_key(transaction, self.account, self.number, &self.wrap_key).await?;
        let expected = self.root_number.saturating_sub(1);
        vault::replace(transaction, self.account, expected, &self.vault_root).await
    }
}

/// Reads keysets in ascending order.
#[derive(Clone, Copy, Debug)]
pub struct ReadChain {
    /// Whose.
    pub account: MemberId,
    /// The number after which to begin.
    pub after: u64,
    /// The most records to give.
    pub limit: u32,
}

/// Reads whole chains, those of deleted accounts that rooms name included, in the order asked; empty for
/// unknown accounts.
#[derive(Clone, Debug)]
pub struct ReadChains {
    /// Whose, and how many of its keysets need not be read; who calls bounds how many.
    pub accounts: Vec<(MemberId, u64)>,
}

impl Query for ReadChains {
    type Answer = Vec<Chain>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Chain>, StoreError> {
        let mut chains = Vec::with_capacity(self.accounts.len());
        for &(account, after) in &self.accounts {
            let read = ReadChain {
                account,
                after,
                limit: u32::MAX,
            };
            chains.push(read.run(transaction).await?);
        }
        Ok(chains)
    }
}

/// A part of a keyset chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chain {
    /// The number of the newest keyset; 0 for an unknown account.
    pub head: u64,
    /// Keysets, ascending without gaps.
    pub keysets: Vec<Vec<u8>>,
}

impl Query for ReadChain {
    type Answer = Chain;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Chain, StoreError> {
        let head = keyset_head(transaction, self.account).await?;
        if head == 0 {
            return rooms::past_keysets(transaction, self.account, self.after, self.limit).await;
        }
        let sql = "SELECT record FROM keysets WHERE account = $1 AND number > $2 \
                   ORDER BY number LIMIT $3";
        let values = [
            (&self.account).into(),
            self.after.into(),
            u64::from(self.limit).into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        let keysets = rows
            .iter()
            .map(|row| row.bytes(0))
            .collect::<Result<_, _>>()?;
        Ok(Chain { head, keysets })
    }
}

/// Reads the newest wrap key of each of these accounts, in the order asked; none for unknown ones.
#[derive(Clone, Debug)]
pub struct ReadWrapKeys {
    /// Whose; at most [`WRAP_KEYS_AT_ONCE`] are looked at.
    pub accounts: Vec<MemberId>,
}

/// The newest wrap key of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrapKey {
    /// Whose.
    pub account: MemberId,
    /// The record.
    pub record: Vec<u8>,
}

impl Query for ReadWrapKeys {
    type Answer = Vec<WrapKey>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<WrapKey>, StoreError> {
        let asked = &self.accounts[..self.accounts.len().min(WRAP_KEYS_AT_ONCE)];
        let ids: Vec<u8> = asked.iter().flat_map(|id| *id.as_bytes()).collect();
        // One statement for all: the ids travel as one value, and are cut apart there. The rows are
        // put in order here: the database would move all records to do it.
        let sql = "WITH RECURSIVE asked (place, account) AS ( \
                       SELECT 0, substr($1, 1, 16) \
                       UNION ALL \
                       SELECT place + 1, substr($1, 17 + 16 * place, 16) FROM asked \
                       WHERE 16 + 16 * place < length($1) \
                   ) \
                   SELECT CAST(place AS BIGINT), ( \
                       SELECT w.record FROM wrap_keys w WHERE w.account = asked.account \
                       ORDER BY w.number DESC LIMIT 1 \
                   ) FROM asked";
        let rows = transaction.rows(sql, &[ids.as_slice().into()]).await?;
        let mut newest = vec![None; asked.len()];
        for row in &rows {
            let place = usize::try_from(row.number(0)?).unwrap_or(usize::MAX);
            if let Some(newest) = newest.get_mut(place) {
                *newest = row.maybe_bytes(1)?;
            }
        }
        let keys = asked.iter().zip(newest);
        let keys = keys.filter_map(|(&account, record)| {
            let record = record?;
            Some(WrapKey { account, record })
        });
        Ok(keys.collect())
    }
}

/// Reads the number of the newest wrap key of each of these accounts, in their order; 0 for none.
#[derive(Clone, Debug)]
pub struct ReadNewestWraps {
    /// Whose; who calls bounds how many.
    pub accounts: Vec<MemberId>,
}

impl Query for ReadNewestWraps {
    type Answer = Vec<u64>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<u64>, StoreError> {
        newest_wraps(transaction, &self.accounts).await
    }
}

/// The number of the newest wrap key of each of these accounts, in their order; 0 for none.
pub(super) async fn newest_wraps(
    transaction: &mut Transaction<'_>,
    accounts: &[MemberId],
) -> Result<Vec<u64>, StoreError> {
    let ids: Vec<u8> = accounts.iter().flat_map(|id| *id.as_bytes()).collect();
    let sql = "WITH RECURSIVE asked (place, account) AS ( \
                   SELECT 0, substr($1, 1, 16) \
                   UNION ALL \
                   SELECT place + 1, substr($1, 17 + 16 * place, 16) FROM asked \
                   WHERE 16 + 16 * place < length($1) \
               ) \
               SELECT CAST(place AS BIGINT), CAST(COALESCE(( \
                   SELECT max(w.number) FROM wrap_keys w WHERE w.account = asked.account \
               ), 0) AS BIGINT) FROM asked";
    let rows = transaction.rows(sql, &[ids.as_slice().into()]).await?;
    let mut newest = vec![0; accounts.len()];
    for row in &rows {
        let place = usize::try_from(row.number(0)?).unwrap_or(usize::MAX);
        if let Some(newest) = newest.get_mut(place) {
            *newest = row.number(1)?;
        }
    }
    Ok(newest)
}

/// Accounts whose wrap keys are read at once: the members of the largest room
/// (docs/protocol.md#1418-limits-and-codes).
pub const WRAP_KEYS_AT_ONCE: usize = 1_000;

pub(super) async fn insert_keyset(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    number: u64,
    record: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO keysets (account, number, record) VALUES ($1, $2, $3)";
    let values = [(&account).into(), number.into(), record.into()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

pub(super) async fn insert_wrap_key(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    number: u64,
    record: &[u8],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO wrap_keys (account, number, record) VALUES ($1, $2, $3)";
    let values = [(&account).into(), number.into(), record.into()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

async fn append_wrap_key(
    transaction: &mut Transaction<'_>,
    account: MemberId,
    number: u64,
    record: &[u8],
) -> Result<(), Stop> {
    let sql = "SELECT number FROM wrap_keys WHERE account = $1 ORDER BY number DESC LIMIT 1";
    let newest = transaction.number(sql, &[(&account).into()]).await?;
    if newest + 1 != number {
        return Err(Refusal::KeysConflict.into());
    }
    Ok(insert_wrap_key(transaction, account, number, record).await?)
}

async fn keyset_head(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<u64, StoreError> {
    let sql = "SELECT number FROM keysets WHERE account = $1 ORDER BY number DESC LIMIT 1";
    transaction.number(sql, &[(&account).into()]).await
}
