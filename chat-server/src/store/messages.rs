//! Messages of end-to-end rooms: each stored once, numbered without gaps, and erased for good.
//!
//! A message is in `messages` with the envelope as it came. An erased one has none, and the sequence
//! of its tombstone instead; a tombstone has both, its envelope and the sequence of what it erased. A
//! commit has its place there, too, and its record in `room_commits`. `storage` sums up the envelopes that
//! are kept of each sender.

mod erase;
mod fetch;
mod place;
pub(in crate::store) mod storage;

use std::sync::LazyLock;

use wire_format::Sequence;

pub use erase::EraseMessage;
pub use fetch::{FetchMessages, Page, StoredDelivery, StoredPayload};
pub use place::{MessageDraft, PlaceMessages, Placed};

use super::{StoreError, Transaction, transaction::Value};

/// What is to stand in one place of a channel.
struct Entry<'e> {
    draft: &'e MessageDraft,
    sequence: Sequence,
    /// What it erases; 0 for nothing.
    erases: Sequence,
}

impl Entry<'_> {
    fn values(&self) -> [Value<'_>; COLUMNS] {
        let draft = self.draft;
        [
            draft.channel.as_bytes().into(),
            self.sequence.value().into(),
            draft.at.into(),
            (&draft.sender).into(),
            draft.name.as_str().into(),
            MESSAGE.into(),
            draft.n.into(),
            draft.message.as_bytes().into(),
            draft.hash.as_bytes().into(),
            (&draft.envelope[..]).into(),
            self.erases.value().into(),
        ]
    }
}

/// Writes entries, many in one statement: each statement makes a way of its own to the thread that
/// carries it out.
async fn write(transaction: &mut Transaction<'_>, entries: &[Entry<'_>]) -> Result<(), StoreError> {
    for group in entries.chunks(AT_ONCE) {
        let is_whole = group.len() == AT_ONCE;
        let (at_once, sql) = match is_whole {
            true => (AT_ONCE, MANY.as_str()),
            false => (1, ONE.as_str()),
        };
        for some in group.chunks(at_once) {
            let values: Vec<_> = some.iter().flat_map(Entry::values).collect();
            transaction.execute(sql, &values).await?;
        }
    }
    Ok(())
}

/// The statement that writes [`AT_ONCE`] rows, put together once.
static MANY: LazyLock<String> = LazyLock::new(|| insertion(AT_ONCE));
/// The one that writes one.
static ONE: LazyLock<String> = LazyLock::new(|| insertion(1));

/// The statement that writes so many rows.
fn insertion(rows: usize) -> String {
    let row = |row: usize| {
        let first = row * COLUMNS + 1;
        let columns: Vec<_> = (first..first + COLUMNS)
            .map(|column| format!("${column}"))
            .collect();
        format!("({})", columns.join(", "))
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO messages \
         (channel, sequence, at, sender, name, flags, n, message, hash, envelope, tombstone) \
         VALUES {}",
        rows.join(", ")
    )
}

/// The flags of a deliver frame, as the databases keep them: a stored message.
pub(super) const MESSAGE: u64 = 0b01;
/// Likewise: a commit.
const COMMIT: u64 = 0b11;
/// Columns of a row.
const COLUMNS: usize = 11;
/// Rows that one statement writes, or looks for. There are two forms of a statement, with so many and
/// with one: each form is prepared once.
const AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_through() {
        let sql = insertion(2);
        assert!(sql.contains("VALUES ($1, $2,"), "{sql}");
        assert!(sql.ends_with("$11), ($12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"));
    }
}
