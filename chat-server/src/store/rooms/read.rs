//! Reading rooms and their chains.

use std::collections::HashMap;

use wire_format::{ChannelId, MemberId, RoomId};

use super::{
    ChannelRow, Due, Face,
    face::{self, face_columns, read_face},
    pending,
};
use crate::store::{Query, StoreError, Transaction, friends::FriendState, transaction::Row};

/// Reads a room; `None` if there is none.
#[derive(Clone, Copy, Debug)]
pub struct ReadRoom {
    /// Which.
    pub room: RoomId,
}

/// A room, and what its members' commands are judged by beside its chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoomRow {
    /// Who made it.
    pub founder: MemberId,
    /// The number of the newest commit.
    pub n: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Why the next one is due, where it cannot be computed.
    pub due: Option<Due>,
    /// What it is called, and whether it is written in.
    pub face: Face,
    /// Its channels, ascending by id.
    pub channels: Vec<ChannelRow>,
    /// Whether somebody asks to join.
    pub has_joins: bool,
    /// Who asks to leave.
    pub leaving: Vec<MemberId>,
    /// Members that were placed and have not written yet.
    pub unanswered: Vec<MemberId>,
    /// Those to whom nothing is told: the two of a direct conversation, as far as they have blocked each
    /// other; in a group, who was placed by somebody whom they block and has not written yet.
    pub deaf: Vec<MemberId>,
}

impl Query for ReadRoom {
    type Answer = Option<RoomRow>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<RoomRow>, StoreError> {
        let sql = concat!(
            "SELECT r.founder, r.n, r.hash, r.due, r.kind, ",
            face_columns!(),
            " FROM rooms r WHERE r.id = $1"
        );
        let room = [(&self.room).into()];
        let Some(row) = transaction.row(sql, &room).await? else {
            return Ok(None);
        };
        let (has_joins, leaving) = pending::left(transaction, self.room).await?;
        let sql = "SELECT account FROM room_members \
                   WHERE room = $1 AND gone = 0 AND answered = 0";
        let unanswered = accounts(&transaction.rows(sql, &room).await?)?;
        let deaf = match row.number(4)? {
            DIRECT => self.deaf(transaction, DEAF_OF_TWO).await?,
            _ => self.deaf(transaction, DEAF_IN_GROUP).await?,
        };
        Ok(Some(RoomRow {
            founder: row.account(0)?,
            n: row.number(1)?,
            hash: row.array(2)?,
            due: match row.number(3)? {
                0 => None,
                code => Some(Due::of_code(code)?),
            },
            face: read_face(&row, 5)?,
            channels: face::channels(transaction, self.room).await?,
            has_joins,
            leaving,
            unanswered,
            deaf,
        }))
    }
}

impl ReadRoom {
    async fn deaf(
        &self,
        transaction: &mut Transaction<'_>,
        sql: &'static str,
    ) -> Result<Vec<MemberId>, StoreError> {
        let values = [(&self.room).into(), FriendState::Blocked.code().into()];
        accounts(&transaction.rows(sql, &values).await?)
    }
}

fn accounts(rows: &[Row]) -> Result<Vec<MemberId>, StoreError> {
    rows.iter().map(|row| row.account(0)).collect()
}

const DEAF_OF_TWO: &str = "SELECT f.account FROM friends f \
     JOIN room_members a ON a.room = $1 AND a.account = f.account \
     JOIN room_members b ON b.room = $1 AND b.account = f.other \
     WHERE f.state = $2";
const DEAF_IN_GROUP: &str = "SELECT f.account FROM rooms r \
     JOIN friends f ON f.other = r.founder AND f.state = $2 \
     JOIN room_members m ON m.room = r.id AND m.account = f.account \
     WHERE r.id = $1 AND m.gone = 0 AND m.answered = 0";

/// The kind of a direct conversation, as it stands in records.
pub(super) const DIRECT: u64 = 4;

/// Finds the room of a channel, if an account is in it.
#[derive(Clone, Copy, Debug)]
pub struct RoomOfChannel {
    /// The channel.
    pub channel: ChannelId,
    /// Who asks.
    pub account: MemberId,
}

impl Query for RoomOfChannel {
    type Answer = Option<RoomId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<RoomId>, StoreError> {
        let sql = "SELECT c.room FROM channels c JOIN room_members m ON m.room = c.room \
                   WHERE c.id = $1 AND m.account = $2 AND m.gone = 0";
        let values = [self.channel.as_bytes().into(), (&self.account).into()];
        let row = transaction.row(sql, &values).await?;
        row.map(|row| row.array(0).map(RoomId::from_bytes))
            .transpose()
    }
}

/// Whether an account is in a room.
#[derive(Clone, Copy, Debug)]
pub struct IsIn {
    /// Who.
    pub account: MemberId,
    /// The room.
    pub room: RoomId,
}

impl Query for IsIn {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM room_members WHERE room = $1 AND account = $2 AND gone = 0";
        let values = [(&self.room).into(), (&self.account).into()];
        Ok(transaction.row(sql, &values).await?.is_some())
    }
}

/// Reads commits of a room in ascending order, at most `COMMITS_BYTES` of them and at least one.
#[derive(Clone, Copy, Debug)]
pub struct ReadCommits {
    /// The room.
    pub room: RoomId,
    /// The number after which to begin.
    pub after: u64,
}

/// A part of a room's chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Commits {
    /// The number of the newest commit; 0 for an unknown room.
    pub head: u64,
    /// Commits, ascending without gaps.
    pub commits: Vec<Vec<u8>>,
}

impl Query for ReadCommits {
    type Answer = Commits;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Commits, StoreError> {
        let sql = "SELECT n FROM rooms WHERE id = $1";
        let head = transaction.number(sql, &[(&self.room).into()]).await?;
        let (mut commits, mut bytes) = (Vec::<Vec<u8>>::new(), 0);
        let mut after = self.after;
        while bytes < COMMITS_BYTES {
            // Few at a time: a commit may be large, and most are not.
            let sql = "SELECT record FROM room_commits WHERE room = $1 AND n > $2 \
                       ORDER BY n LIMIT $3";
            let values = [(&self.room).into(), after.into(), COMMITS_AT_ONCE.into()];
            let rows = transaction.rows(sql, &values).await?;
            let is_last = rows.is_empty();
            for row in rows {
                let commit = row.bytes(0)?;
                bytes += LENGTH_BYTES + commit.len();
                if bytes > COMMITS_BYTES && !commits.is_empty() {
                    return Ok(Commits { head, commits });
                }
                commits.push(commit);
                after += 1;
            }
            if is_last {
                break;
            }
        }
        Ok(Commits { head, commits })
    }
}

/// Largest record list of commits, in bytes (docs/protocol.md#149-commits).
const COMMITS_BYTES: usize = 1024 * 1024;
/// What stands in front of a record of a list, in bytes.
const LENGTH_BYTES: usize = 4;
/// Commits that one statement gives: 8 MiB of the largest.
const COMMITS_AT_ONCE: u64 = 16;

/// Lists the rooms that an account is in, a page at a time, by id; but those that it asks to leave,
/// direct conversations with somebody whom it blocks, and where such a one placed it and it has not
/// written yet.
#[derive(Clone, Copy, Debug)]
pub struct ListRooms {
    /// Whose.
    pub account: MemberId,
    /// The room after which to begin; `None` for the first page.
    pub after: Option<RoomId>,
    /// The most to give.
    pub limit: u32,
}

/// A room of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnRoom {
    /// Which.
    pub room: RoomId,
    /// The number of the newest commit.
    pub n: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its channels, ascending.
    pub channels: Vec<ChannelId>,
    /// Whether a stranger placed the account there, which has not written yet.
    pub request: bool,
}

impl Query for ListRooms {
    type Answer = Vec<OwnRoom>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<OwnRoom>, StoreError> {
        let after = self.after.as_ref().map_or(&[][..], |id| id.as_bytes());
        let sql = "SELECT r.id, r.n, r.hash, \
                   CAST(CASE WHEN m.answered = 0 AND NOT EXISTS (SELECT 1 FROM friends f \
                   WHERE f.account = m.account AND f.other = r.founder AND f.state = $4) \
                   THEN 1 ELSE 0 END AS BIGINT) \
                   FROM room_members m JOIN rooms r ON r.id = m.room \
                   WHERE m.account = $1 AND m.room > $2 AND m.gone = 0 \
                   AND NOT EXISTS (SELECT 1 FROM room_requests q \
                   WHERE q.room = m.room AND q.account = m.account AND q.action = 2) \
                   AND NOT (r.kind = 4 AND EXISTS (SELECT 1 FROM room_members o \
                   JOIN friends f ON f.account = m.account AND f.other = o.account \
                   WHERE o.room = m.room AND f.state = $5)) \
                   AND NOT (m.answered = 0 AND EXISTS (SELECT 1 FROM friends f \
                   WHERE f.account = m.account AND f.other = r.founder AND f.state = $5)) \
                   ORDER BY m.room LIMIT $3";
        let values = [
            (&self.account).into(),
            after.into(),
            u64::from(self.limit).into(),
            FriendState::Friend.code().into(),
            FriendState::Blocked.code().into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        let mut rooms: Vec<_> = rows.iter().map(read_own).collect::<Result<_, _>>()?;
        self.add_channels(transaction, &mut rooms).await?;
        Ok(rooms)
    }
}

impl ListRooms {
    /// Adds the channels of a page of rooms, all in one statement.
    async fn add_channels(
        &self,
        transaction: &mut Transaction<'_>,
        rooms: &mut [OwnRoom],
    ) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (rooms.first(), rooms.last()) else {
            return Ok(());
        };
        let sql = "SELECT c.room, c.id FROM room_members m JOIN channels c ON c.room = m.room \
                   WHERE m.account = $1 AND m.gone = 0 AND m.room >= $2 AND m.room <= $3 \
                   ORDER BY c.room, c.id";
        let values = [
            (&self.account).into(),
            (&first.room).into(),
            (&last.room).into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        let mut channels = HashMap::<RoomId, Vec<ChannelId>>::new();
        for row in &rows {
            let room = RoomId::from_bytes(row.array(0)?);
            let channel = ChannelId::from_bytes(row.array(1)?);
            channels.entry(room).or_default().push(channel);
        }
        for room in rooms {
            room.channels = channels.remove(&room.room).unwrap_or_default();
        }
        Ok(())
    }
}

fn read_own(row: &Row) -> Result<OwnRoom, StoreError> {
    Ok(OwnRoom {
        room: RoomId::from_bytes(row.array(0)?),
        n: row.number(1)?,
        hash: row.array(2)?,
        channels: Vec::new(),
        request: row.number(3)? != 0,
    })
}
