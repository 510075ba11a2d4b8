//! What the envelopes and the files of an account take, and how much they may.
//!
//! A change takes the rows of its accounts in ascending order: of two changes with accounts in common, no
//! one then holds a row that the other waits for while it waits for one of the other's.

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use wire_format::MemberId;

use super::MessageDraft;
use crate::store::{StoreError, Transaction, transaction::Value};

/// Counts what these messages take, and gives the places of those for which their senders have no more
/// space: from the first of a sender that does not fit on, so that none is kept behind one that is not.
pub(super) async fn charge(
    transaction: &mut Transaction<'_>,
    drafts: &[&MessageDraft],
    most_bytes: u64,
) -> Result<HashSet<usize>, StoreError> {
    let mut sums = BTreeMap::<MemberId, u64>::new();
    for draft in drafts {
        let sum = sums.entry(draft.sender).or_default();
        *sum = sum.saturating_add(bytes(draft));
    }
    let sums: Vec<_> = sums.into_iter().collect();
    let mut refused = HashSet::new();
    for group in sums.chunks(AT_ONCE) {
        for (sender, total) in add(transaction, group).await? {
            if total > most_bytes {
                let added = group.iter().find(|(account, _)| *account == sender);
                let before = total - added.map_or(0, |(_, sum)| *sum);
                let late = late(drafts, sender, most_bytes.saturating_sub(before));
                let unkept = late.iter().map(|place| bytes(drafts[*place])).sum();
                give_back(transaction, &sender, unkept).await?;
                refused.extend(late);
            }
        }
    }
    Ok(refused)
}

/// The places of a sender's messages from the first on that does not fit into what is left.
fn late(drafts: &[&MessageDraft], sender: MemberId, mut left: u64) -> Vec<usize> {
    let theirs = drafts.iter().enumerate();
    let theirs = theirs.filter(|(_, draft)| draft.sender == sender);
    let fits = |(_, draft): &(usize, &&MessageDraft)| {
        let rest = left.checked_sub(bytes(draft));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    theirs.skip_while(fits).map(|(place, _)| place).collect()
}

/// Adds to what senders take; gives what each of them takes then.
async fn add(
    transaction: &mut Transaction<'_>,
    sums: &[(MemberId, u64)],
) -> Result<Vec<(MemberId, u64)>, StoreError> {
    // What is missing to a whole group is a row that adds nothing: one form of the statement.
    let nobody = (MemberId::from_bytes([0; MemberId::LEN]), 0);
    let rows = sums.iter().chain(std::iter::repeat(&nobody)).take(AT_ONCE);
    let values = rows.flat_map(|(account, sum)| [Value::from(account), (*sum).into()]);
    let values: Vec<_> = values.collect();
    let rows = transaction.rows(ADD.as_str(), &values).await?;
    let totals = rows.iter().map(|row| Ok((row.account(0)?, row.number(1)?)));
    totals.collect()
}

/// Counts bytes of an author no more, and in their place a message, whatever there is space for: it makes
/// space.
pub(super) async fn replace(
    transaction: &mut Transaction<'_>,
    author: &MemberId,
    erased: u64,
    draft: &MessageDraft,
) -> Result<(), StoreError> {
    let added = [(draft.sender, bytes(draft))];
    if *author <= draft.sender {
        give_back(transaction, author, erased).await?;
        add(transaction, &added).await?;
    } else {
        add(transaction, &added).await?;
        give_back(transaction, author, erased).await?;
    }
    Ok(())
}

/// Counts bytes of something else than messages; whether the account has space for them. What is over the
/// limit is counted, too: who calls undoes it.
pub(in crate::store) async fn take(
    transaction: &mut Transaction<'_>,
    account: &MemberId,
    bytes: u64,
    most_bytes: u64,
) -> Result<bool, StoreError> {
    let totals = add(transaction, &[(*account, bytes)]).await?;
    Ok(totals.iter().all(|(_, total)| *total <= most_bytes))
}

/// Counts bytes of a sender no more.
pub(in crate::store) async fn give_back(
    transaction: &mut Transaction<'_>,
    sender: &MemberId,
    bytes: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE storage SET bytes = bytes - $2 WHERE account = $1 AND bytes >= $2";
    let values = [sender.into(), bytes.into()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

fn bytes(draft: &MessageDraft) -> u64 {
    u64::try_from(draft.envelope.len()).unwrap_or(u64::MAX)
}

/// The statement that adds to what [`AT_ONCE`] senders take.
static ADD: LazyLock<String> = LazyLock::new(|| {
    let row = |row: usize| format!("(${}, ${})", row * 2 + 1, row * 2 + 2);
    let rows: Vec<_> = (0..AT_ONCE).map(row).collect();
    format!(
        "INSERT INTO storage (account, bytes) \
         SELECT column1, column2 FROM (VALUES {}) AS added WHERE column2 > 0 \
         ON CONFLICT (account) DO UPDATE SET bytes = storage.bytes + excluded.bytes \
         RETURNING account, bytes",
        rows.join(", ")
    )
});
/// Senders that one statement counts.
const AT_ONCE: usize = 16;
