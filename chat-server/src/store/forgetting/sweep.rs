//! Deleting what is due in one room.

use std::collections::BTreeMap;

use wire_format::{ChannelId, MemberId, Millis, RoomId, Sequence};

use super::Keeps;
use crate::store::{Change, Stop, StoreError, Trace, Transaction, files, messages::storage};

/// Deletes what is due of a room: deliveries, with the reports of them and their files; shares of epochs;
/// and the grants, any of which may hold such an epoch's secret, with what they answer. The commits stay.
#[derive(Clone, Copy, Debug)]
pub struct ForgetInRoom {
    /// The room.
    pub room: RoomId,
    /// The present time.
    pub now: Millis,
    /// The most deliveries of a channel, and the most shares, to delete at once.
    pub limit: u32,
}

/// What was deleted of a room.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Forgotten {
    /// Deliveries of a time before this one are gone; `None` where none was due.
    pub before: Option<Millis>,
    /// Whether anything was.
    pub is_any: bool,
    /// Whether more may be due.
    pub more: bool,
}

impl Change for ForgetInRoom {
    type Answer = Forgotten;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Forgotten, Stop> {
        let keeps = Keeps::read(transaction, self.room).await?;
        let mut forgotten = Forgotten::default();
        let mut freed = BTreeMap::<MemberId, u64>::new();
        let sql = "SELECT id FROM channels WHERE room = $1 ORDER BY id";
        let channels = transaction.rows(sql, &[(&self.room).into()]).await?;
        for row in channels {
            let channel = ChannelId::from_bytes(row.array(0)?);
            let due = self.due(transaction, channel, &keeps, &mut freed).await?;
            let Some((last, at, is_full)) = due else {
                continue;
            };
            forgotten.before = forgotten.before.max(Some(Millis::new(at + 1)));
            forgotten.more |= is_full;
            self.delete(transaction, channel, last).await?;
            files::drop_up_to(transaction, channel, last, &mut freed).await?;
        }
        // In the order in which every change takes these rows.
        for (sender, bytes) in &freed {
            storage::give_back(transaction, sender, *bytes).await?;
        }
        let shares = self.drop_shares(transaction, &keeps).await?;
        forgotten.is_any = forgotten.before.is_some() || shares > 0;
        forgotten.more |= shares == self.limit;
        Ok(forgotten)
    }
}

impl ForgetInRoom {
    fn is_due(&self, keeps: &Keeps, n: u64, at: u64) -> bool {
        let keep = keeps.of(n);
        keep.is_some_and(|keep| at.saturating_add(keep) <= self.now.value())
    }

    /// Times of deliveries, in their order. One that was taken while the clock was ahead counts as taken
    /// with the one behind it: it holds nothing up.
    fn believable(&self, mut times: Vec<u64>) -> Vec<u64> {
        let mut behind = self.now.value();
        for time in times.iter_mut().rev() {
            if *time > self.now.value().saturating_add(AHEAD_MS) {
                *time = behind;
            }
            behind = *time;
        }
        times
    }

    /// The last delivery in front of a channel that is due, its time, and whether more may be; and what
    /// they took of whom.
    async fn due(
        &self,
        transaction: &mut Transaction<'_>,
        channel: ChannelId,
        keeps: &Keeps,
        freed: &mut BTreeMap<MemberId, u64>,
    ) -> Result<Option<(Sequence, u64, bool)>, StoreError> {
        let sql = "SELECT sequence, at, n, sender, \
                   CAST(COALESCE(length(envelope), 0) AS BIGINT) FROM messages \
                   WHERE channel = $1 ORDER BY sequence LIMIT $2";
        let values = [channel.as_bytes().into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        let times = rows.iter().map(|row| row.number(1));
        let times = self.believable(times.collect::<Result<_, _>>()?);
        let (mut last, mut count) = (None, 0);
        for (row, at) in rows.iter().zip(times) {
            let sequence = row.number(0)?;
            if !self.is_due(keeps, row.number(2)?, at) {
                break;
            }
            let sum = freed.entry(row.account(3)?).or_default();
            *sum = sum.saturating_add(row.number(4)?);
            last = Some((Sequence::new(sequence), at));
            count += 1;
        }
        Ok(last.map(|(last, at)| (last, at, count == self.limit)))
    }

    async fn delete(
        &self,
        transaction: &mut Transaction<'_>,
        channel: ChannelId,
        last: Sequence,
    ) -> Result<(), StoreError> {
        let values = [channel.as_bytes().into(), last.value().into()];
        for sql in [
            "DELETE FROM reports WHERE channel = $1 AND sequence <= $2",
            "DELETE FROM messages WHERE channel = $1 AND sequence <= $2",
        ] {
            transaction.execute(sql, &values).await?;
        }
        Ok(())
    }

    /// Deletes the shares of epochs that are due, and every grant with them; of how many epochs.
    async fn drop_shares(
        &self,
        transaction: &mut Transaction<'_>,
        keeps: &Keeps,
    ) -> Result<u32, StoreError> {
        let sql = "SELECT s.n, c.at, COALESCE(e.at, 0) FROM room_shares s \
                   JOIN room_commits c ON c.room = s.room AND c.n = s.n \
                   LEFT JOIN room_commits e ON e.room = s.room AND e.n = s.n + 1 \
                   WHERE s.room = $1 ORDER BY s.n LIMIT $2";
        let values = [(&self.room).into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        let (mut last, mut count) = (None, 0);
        for row in &rows {
            let (n, began, ended) = (row.number(0)?, row.number(1)?, row.number(2)?);
            let ended = match (ended, keeps.epoch_age()) {
                (0, None) => break,
                // Nothing is sealed for it afterwards.
                (0, Some(age)) => began.saturating_add(age),
                (ended, _) => ended,
            };
            if !self.is_due(keeps, n, ended) {
                break;
            }
            last = Some(n);
            count += 1;
        }
        if let Some(last) = last {
            let values = [(&self.room).into(), last.into()];
            let sql = "DELETE FROM room_shares WHERE room = $1 AND n <= $2";
            transaction.execute(sql, &values).await?;
            for sql in [
                "DELETE FROM key_grants WHERE room = $1",
                "DELETE FROM key_requests WHERE room = $1",
            ] {
                transaction.execute(sql, &values[..1]).await?;
            }
        }
        Ok(count)
    }
}

/// How far a time may be ahead of the clock, in milliseconds: as far as clocks differ.
const AHEAD_MS: u64 = 5 * 60 * 1_000;
