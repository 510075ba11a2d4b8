//! Reading a page of a channel.

use bytes::Bytes;
use wire_format::{
    ChannelId, Deliver, EnvelopeHash, MemberId, Millis, RoomId, Sequence, limits::NAME_BYTES,
    room::Erased,
};

use super::{COMMIT, place::newest};
use crate::store::{
    Query, StoreError, Transaction,
    transaction::{Row, Value},
};

/// Asks for deliveries of a channel: with `after` the oldest behind it, else the newest, all of them
/// in front of `before` if it is given. Who calls has looked whether the account is in the room.
#[derive(Clone, Copy, Debug)]
pub struct FetchMessages {
    /// The room of the channel.
    pub room: RoomId,
    /// Where.
    pub channel: ChannelId,
    /// Only what is behind it.
    pub after: Option<Sequence>,
    /// Only what is in front of it.
    pub before: Option<Sequence>,
    /// At most so many.
    pub limit: u64,
    /// At most so many bytes of deliver bodies and their lengths, but one delivery in any case.
    pub bytes: usize,
}

/// A page of a channel.
#[derive(Clone, Debug)]
pub struct Page {
    /// The oldest delivery that is left; 0 for none.
    pub first: Sequence,
    /// The newest.
    pub last: Sequence,
    /// Whether there is more in the direction that was asked for.
    pub more: bool,
    /// Ascending.
    pub deliveries: Vec<StoredDelivery>,
}

/// What stands in one place of a channel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredDelivery {
    /// Its place.
    pub sequence: Sequence,
    /// When the server took it.
    pub at: Millis,
    /// Whose it is.
    pub sender: MemberId,
    /// The name that the sender had.
    pub name: String,
    /// What it is.
    pub payload: StoredPayload,
}

/// What a stored delivery has inside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoredPayload {
    /// An envelope.
    Message(Bytes),
    /// A commit's record.
    Commit(Bytes),
    /// Nothing any more.
    Erased {
        /// Of the envelope that was here.
        hash: EnvelopeHash,
        /// The place of its tombstone.
        tombstone: Sequence,
    },
}

impl Query for FetchMessages {
    type Answer = Page;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Page, StoreError> {
        let last = newest(transaction, self.channel).await?;
        let (chosen, more) = self.choose(transaction).await?;
        let deliveries = match chosen {
            Some(places) => self.read(transaction, places).await?,
            None => Vec::new(),
        };
        // What was in front of it is forgotten.
        let sql = "SELECT COALESCE(min(sequence), 0) FROM messages WHERE channel = $1";
        let first = transaction
            .number(sql, &[self.channel.as_bytes().into()])
            .await?;
        Ok(Page {
            first: Sequence::new(first),
            last,
            more,
            deliveries,
        })
    }
}

impl FetchMessages {
    /// The first and the last place that fit into the page, and whether there are more. Sizes are
    /// read first: a page of the largest messages would be half a gigabyte.
    async fn choose(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<(Option<(u64, u64)>, bool), StoreError> {
        let order = match self.after {
            Some(_) => "ASC",
            None => "DESC",
        };
        let sql = format!(
            "SELECT messages.sequence, CAST(coalesce(length(messages.envelope), 0) AS BIGINT), \
             CAST(coalesce(length(room_commits.record), 0) AS BIGINT) FROM messages \
             LEFT JOIN room_commits ON messages.flags = {COMMIT} \
             AND room_commits.room = $4 AND room_commits.n = messages.n \
             WHERE messages.channel = $1 AND messages.sequence > $2 AND messages.sequence < $3 \
             ORDER BY messages.sequence {order} LIMIT $5"
        );
        let most = u64::try_from(i64::MAX).unwrap_or(u64::MAX);
        let values: [Value<'_>; 5] = [
            self.channel.as_bytes().into(),
            self.after.map_or(0, Sequence::value).min(most).into(),
            self.before.map_or(most, Sequence::value).min(most).into(),
            self.room.as_bytes().into(),
            self.limit.saturating_add(1).into(),
        ];
        let rows = transaction.rows(sqlx::AssertSqlSafe(sql), &values).await?;
        let most_bytes = u64::try_from(self.bytes).unwrap_or(u64::MAX);
        let mut bytes = 0_u64;
        let mut chosen: Option<(u64, u64)> = None;
        for (count, row) in (0_u64..).zip(&rows) {
            bytes += HEAD_BYTES
                + match row.number(1)? + row.number(2)? {
                    0 => Erased::LEN as u64,
                    payload => payload,
                };
            if count == self.limit || (bytes > most_bytes && chosen.is_some()) {
                return Ok((chosen, true));
            }
            let sequence = row.number(0)?;
            let (from, until) = chosen.unwrap_or((sequence, sequence));
            chosen = Some((from.min(sequence), until.max(sequence)));
        }
        Ok((chosen, false))
    }

    async fn read(
        &self,
        transaction: &mut Transaction<'_>,
        (from, until): (u64, u64),
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let sql = "SELECT messages.sequence, messages.at, messages.sender, messages.name, \
                   messages.hash, messages.envelope, messages.tombstone, room_commits.record \
                   FROM messages LEFT JOIN room_commits ON messages.flags = 3 \
                   AND room_commits.room = $4 AND room_commits.n = messages.n \
                   WHERE messages.channel = $1 AND messages.sequence BETWEEN $2 AND $3 \
                   ORDER BY messages.sequence";
        let values = [
            self.channel.as_bytes().into(),
            from.into(),
            until.into(),
            self.room.as_bytes().into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(delivery).collect()
    }
}

fn delivery(row: &Row) -> Result<StoredDelivery, StoreError> {
    let payload = match (row.maybe_bytes(5)?, row.maybe_bytes(7)?) {
        (_, Some(commit)) => StoredPayload::Commit(commit.into()),
        (Some(envelope), None) => StoredPayload::Message(envelope.into()),
        (None, None) => StoredPayload::Erased {
            hash: EnvelopeHash::from_bytes(row.array(4)?),
            tombstone: Sequence::new(row.number(6)?),
        },
    };
    Ok(StoredDelivery {
        sequence: Sequence::new(row.number(0)?),
        at: row.millis(1)?,
        sender: row.account(2)?,
        name: row.text(3)?,
        payload,
    })
}

/// What a delivery takes beside its payload at most, in bytes: its length in the list, its head, a
/// name.
const HEAD_BYTES: u64 = 4 + Deliver::HEAD_BYTES as u64 + NAME_BYTES as u64;
