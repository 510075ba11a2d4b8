//! Forgetting: what rooms keep for so many days only, and what is due of it
//! (docs/protocol.md#1416-forgetting).
//!
//! `room_keeps` says from which commit on a room keeps what is said for how long. What is due of a channel
//! is always in front: times ascend with the sequence, and a later policy never lengthens what an earlier
//! one says of what is there.

mod sweep;

use wire_format::{Millis, RoomId};

use super::{Database, Query, Store as _, StoreError, Transaction, vault::ForgetItems};

pub use self::sweep::{ForgetInRoom, Forgotten};

/// Rooms that forget, ascending; a page of them.
#[derive(Clone, Copy, Debug)]
pub struct ForgettingRooms {
    /// The room after which to begin; `None` for the first page.
    pub after: Option<RoomId>,
    /// The most to give.
    pub limit: u32,
}

impl Query for ForgettingRooms {
    type Answer = Vec<RoomId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let after = self.after.as_ref().map_or(&[][..], |room| room.as_bytes());
        let sql = "SELECT DISTINCT room FROM room_keeps WHERE days > 0 AND room > $1 \
                   ORDER BY room LIMIT $2";
        let values = [after.into(), u64::from(self.limit).into()];
        let rows = transaction.rows(sql, &values).await?;
        let rooms = rows.iter();
        rooms
            .map(|row| row.array(0).map(RoomId::from_bytes))
            .collect()
    }
}

/// Deletes everything that is due by a time, in every room and every vault: before data are served that
/// may be old, or that nobody looked after meanwhile.
///
/// A dropped future leaves some of it there.
///
/// # Errors
/// [`StoreError`], as the store fails.
pub async fn forget_due(store: &Database, now: Millis) -> Result<(), StoreError> {
    let limit = AT_ONCE;
    let mut after = None;
    loop {
        let rooms = store.read(ForgettingRooms { after, limit }).await?;
        for &room in &rooms {
            while forget_in(store, room, now).await?.more {}
        }
        after = rooms.last().copied();
        if rooms.len() < AT_ONCE as usize {
            break;
        }
    }
    while store.write(ForgetItems { now, limit }).await? == Ok(u64::from(limit)) {}
    store.empty_log().await?;
    Ok(())
}

/// Deletes some of what is due in a room.
///
/// # Errors
/// [`StoreError`], as the store fails.
pub(crate) async fn forget_in(
    store: &Database,
    room: RoomId,
    now: Millis,
) -> Result<Forgotten, StoreError> {
    let limit = AT_ONCE;
    let forget = ForgetInRoom { room, now, limit };
    // No rule is in its way.
    Ok(store.write(forget).await?.unwrap_or_default())
}

/// Rows that one change deletes: it holds the writer up for milliseconds.
const AT_ONCE: u32 = 500;

/// Writes down for how long a room keeps what is said from a commit on, if that is another time than
/// before.
pub(super) async fn write_keep(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    n: u64,
    days: u16,
) -> Result<(), StoreError> {
    let sql = "SELECT days FROM room_keeps WHERE room = $1 ORDER BY n DESC LIMIT 1";
    let days = u64::from(days);
    if transaction.number(sql, &[(&room).into()]).await? == days {
        return Ok(());
    }
    let sql = "INSERT INTO room_keeps (room, n, days) VALUES ($1, $2, $3)";
    let values = [(&room).into(), n.into(), days.into()];
    transaction.execute(sql, &values).await?;
    Ok(())
}

/// For how long a room keeps what is said, by its commits.
struct Keeps(Vec<(u64, u64)>);

impl Keeps {
    async fn read(transaction: &mut Transaction<'_>, room: RoomId) -> Result<Self, StoreError> {
        let sql = "SELECT n, days FROM room_keeps WHERE room = $1 ORDER BY n";
        let rows = transaction.rows(sql, &[(&room).into()]).await?;
        let keeps = rows.iter();
        let keeps = keeps.map(|row| Ok((row.number(0)?, row.number(1)?)));
        Ok(Self(keeps.collect::<Result<_, StoreError>>()?))
    }

    /// For how many milliseconds messages of an epoch are kept: as the policy in force says, or any later
    /// one that is shorter; `None` is for ever.
    fn of(&self, n: u64) -> Option<u64> {
        let later = self.0.partition_point(|&(from, _)| from <= n);
        let counts = self.0.get(later.saturating_sub(1)..).unwrap_or_default();
        // Before the first row it was for ever.
        let counts = counts.iter().map(|&(_, days)| days);
        counts.filter(|&days| days > 0).min().map(millis)
    }

    /// At which age the newest epoch is over, in milliseconds; `None` where nothing is forgotten now.
    fn epoch_age(&self) -> Option<u64> {
        let newest = self.0.last().map(|&(_, days)| days);
        newest.filter(|&days| days > 0).map(|days| {
            let most = wire_format::limits::COMMIT_AGE.as_millis();
            millis(days).min(u64::try_from(most).unwrap_or(u64::MAX))
        })
    }
}

const fn millis(days: u64) -> u64 {
    days.saturating_mul(24 * 60 * 60 * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_policy_holds_for_what_is_there_and_a_longer_one_does_not() {
        let keeps = Keeps(vec![(2, 30), (4, 7), (6, 90), (9, 0)]);
        for (n, days) in [
            (1, Some(7)),
            (2, Some(7)),
            (5, Some(7)),
            (6, Some(90)),
            (8, Some(90)),
            (9, None),
            (12, None),
        ] {
            assert_eq!(keeps.of(n), days.map(millis), "{n}");
        }
        assert_eq!(keeps.epoch_age(), None);
        assert_eq!(Keeps(vec![(1, 1)]).epoch_age(), Some(millis(1)));
        assert_eq!(Keeps(vec![(1, 90)]).epoch_age(), Some(millis(7)));
        assert_eq!(Keeps(Vec::new()).of(1), None);
    }
}
