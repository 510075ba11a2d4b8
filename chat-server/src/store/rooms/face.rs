//! What rooms and channels are called, and whether they are written in.

use std::collections::BTreeSet;

use wire_format::{ChannelId, Millis, RoomId, RunId};

use super::listed::PUBLIC;
use crate::{
    names,
    store::{
        Change, Refusal, Stop, StoreError, Trace, Transaction,
        transaction::{Row, Value},
    },
};

/// What a room is called, and whether it is written in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Face {
    /// The newest change of it or of a channel.
    pub revision: u32,
    /// Whether it is only read.
    pub archived: bool,
    /// The name of a public room; empty where it is sealed.
    pub name: String,
    /// Likewise, the topic.
    pub topic: String,
}

/// What a channel is called, and what holds in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ChannelFace {
    /// The name of a public room's channel; empty where it is sealed.
    pub name: String,
    /// Likewise, the topic.
    pub topic: String,
    /// Its place among the others.
    pub position: u32,
    /// Whether it is only read.
    pub archived: bool,
    /// How long a member waits between two messages, in milliseconds.
    pub slow_ms: u32,
}

/// A channel as the store has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChannelRow {
    /// Which.
    pub channel: ChannelId,
    /// Its numbering.
    pub run: RunId,
    /// Its newest delivery.
    pub sequence: u64,
    /// Its newest commit.
    pub committed: u64,
    /// What it is called, and what holds in it.
    pub face: ChannelFace,
}

/// The columns of a room's face, in the order in which they are read.
macro_rules! face_columns {
    () => {
        "r.revision, r.archived, r.name, r.topic"
    };
}
pub(super) use face_columns;

/// Reads a face from the columns that begin here.
pub(super) fn read_face(row: &Row, first: usize) -> Result<Face, StoreError> {
    Ok(Face {
        revision: short(row, first)?,
        archived: row.number(first + 1)? != 0,
        name: row.text(first + 2)?,
        topic: row.text(first + 3)?,
    })
}

/// The channels of a room, ascending by id.
pub(super) async fn channels(
    transaction: &mut Transaction<'_>,
    room: RoomId,
) -> Result<Vec<ChannelRow>, StoreError> {
    let sql = "SELECT id, run, sequence, committed, name, topic, position, archived, slow_ms \
               FROM channels WHERE room = $1 ORDER BY id";
    let rows = transaction.rows(sql, &[(&room).into()]).await?;
    rows.iter().map(read_channel).collect()
}

fn read_channel(row: &Row) -> Result<ChannelRow, StoreError> {
    Ok(ChannelRow {
        channel: ChannelId::from_bytes(row.array(0)?),
        run: RunId::from_bytes(row.array(1)?),
        sequence: row.number(2)?,
        committed: row.number(3)?,
        face: ChannelFace {
            name: row.text(4)?,
            topic: row.text(5)?,
            position: short(row, 6)?,
            archived: row.number(7)? != 0,
            slow_ms: short(row, 8)?,
        },
    })
}

fn short(row: &Row, column: usize) -> Result<u32, StoreError> {
    let number = u32::try_from(row.number(column)?);
    number.map_err(|_| StoreError::Damaged("a number is too large"))
}

/// Changes a room or one of its channels; gives the number of the change.
///
/// Refused: [`Refusal::StateConflict`] unless the newest change is the expected one, or if a new channel
/// is there already; [`Refusal::NameTaken`] if another public room that is not archived is called so, or
/// almost, also where a room comes back; [`Refusal::OverQuota`] if a public one comes back whose founder
/// has as many as may be.
#[derive(Clone, Debug)]
pub struct Revise {
    /// The room.
    pub room: RoomId,
    /// Its newest change.
    pub expected: u32,
    /// The most public rooms of one founder that are not archived.
    pub public_most: u64,
    /// What is changed.
    pub step: FaceStep,
}

/// What is changed of a room.
#[derive(Clone, Debug)]
pub enum FaceStep {
    /// What a public room is called.
    Named {
        /// As prepared.
        name: String,
        /// What it is for.
        topic: String,
    },
    /// Whether it is only read.
    Archived(bool),
    /// It has another channel.
    Channel {
        /// Its id.
        channel: ChannelId,
        /// Its numbering.
        run: RunId,
        /// What it is called.
        face: ChannelFace,
    },
    /// A channel is called otherwise, or something else holds in it.
    Faced {
        /// Which.
        channel: ChannelId,
        /// All of what it is from now on.
        face: ChannelFace,
    },
    /// A channel is written in again: it begins with the room's newest commit, unless it has that.
    Back {
        /// Which.
        channel: ChannelId,
        /// The present time.
        now: Millis,
    },
}

/// A change that was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revision {
    /// Its number.
    pub revision: u32,
    /// The room's newest commit, where it took a place in a channel by this.
    pub placed: Option<PlacedCommit>,
}

/// A commit that took a place in a channel later than in the others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlacedCommit {
    /// Its place.
    pub sequence: u64,
    /// Who made it.
    pub author: wire_format::MemberId,
    /// The author's name.
    pub name: String,
    /// The record.
    pub record: Vec<u8>,
}

impl Change for Revise {
    type Answer = Revision;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Revision, Stop> {
        let revision = self.expected.checked_add(1).ok_or(Refusal::StateConflict)?;
        let sql = "UPDATE rooms SET revision = $3 WHERE id = $1 AND revision = $2";
        let values = [
            (&self.room).into(),
            u64::from(self.expected).into(),
            u64::from(revision).into(),
        ];
        if transaction.execute(sql, &values).await? == 0 {
            return Err(Refusal::StateConflict.into());
        }
        let mut placed = None;
        match &self.step {
            FaceStep::Named { name, topic } => {
                call(transaction, self.room, name, topic).await?;
            }
            FaceStep::Archived(archived) => self.archive(transaction, *archived).await?,
            FaceStep::Channel { channel, run, face } => {
                add_channel(transaction, self.room, (*channel, *run), face).await?;
            }
            FaceStep::Faced { channel, face } => self.face(transaction, *channel, face).await?,
            FaceStep::Back { channel, now } => {
                placed = self.bring_back(transaction, *channel, *now).await?;
            }
        }
        Ok(Revision { revision, placed })
    }
}

impl Revise {
    /// The name of an archived room is another's to have, until it comes back.
    async fn archive(&self, transaction: &mut Transaction<'_>, archived: bool) -> Result<(), Stop> {
        let sql = "UPDATE rooms SET archived = $2 WHERE id = $1";
        let values = [(&self.room).into(), u64::from(archived).into()];
        transaction.execute(sql, &values).await?;
        if archived {
            return Ok(forget_name(transaction, self.room).await?);
        }
        let sql = "SELECT name, topic FROM rooms WHERE id = $1 AND kind = $2";
        let values = [(&self.room).into(), PUBLIC.into()];
        let Some(row) = transaction.row(sql, &values).await? else {
            return Ok(());
        };
        call(transaction, self.room, &row.text(0)?, &row.text(1)?).await?;
        let sql = "SELECT count(*) FROM rooms WHERE kind = $2 AND archived = 0 \
                   AND founder = (SELECT founder FROM rooms WHERE id = $1)";
        // This one is among them.
        if transaction.number(sql, &values).await? > self.public_most {
            return Err(Refusal::OverQuota.into());
        }
        Ok(())
    }

    async fn face(
        &self,
        transaction: &mut Transaction<'_>,
        channel: ChannelId,
        face: &ChannelFace,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE channels SET name = $3, topic = $4, position = $5, archived = $6, \
                   slow_ms = $7 WHERE room = $1 AND id = $2";
        let [name, topic, position, archived, slow_ms] = face.values();
        let values = [
            (&self.room).into(),
            channel.as_bytes().into(),
            name,
            topic,
            position,
            archived,
            slow_ms,
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }

    async fn bring_back(
        &self,
        transaction: &mut Transaction<'_>,
        channel: ChannelId,
        now: Millis,
    ) -> Result<Option<PlacedCommit>, StoreError> {
        let (room, id) = ((&self.room).into(), channel.as_bytes().into());
        let sql = "UPDATE channels SET archived = 0 WHERE room = $1 AND id = $2";
        transaction.execute(sql, &[room, id]).await?;
        // The newest commit has a place in the main channel, which is never archived.
        let main = ChannelId::main_of(self.room);
        let sql = "INSERT INTO messages (channel, sequence, at, sender, name, flags, n, message, \
                   hash, envelope, tombstone) \
                   SELECT c.id, c.sequence + 1, $4, m.sender, m.name, 3, m.n, NULL, m.hash, NULL, 0 \
                   FROM channels c JOIN rooms r ON r.id = c.room \
                   JOIN messages m ON m.channel = $3 AND m.flags = 3 AND m.n = r.n \
                   WHERE c.room = $1 AND c.id = $2 AND NOT EXISTS (SELECT 1 FROM messages o \
                   WHERE o.channel = c.id AND o.flags = 3 AND o.n = r.n)";
        let values = [room, id, main.as_bytes().into(), now.into()];
        if transaction.execute(sql, &values).await? == 0 {
            return Ok(None);
        }
        let sql = "UPDATE channels SET sequence = sequence + 1, committed = sequence + 1 \
                   WHERE room = $1 AND id = $2";
        transaction.execute(sql, &[room, id]).await?;
        let sql = "SELECT m.sequence, m.sender, m.name, k.record FROM channels c \
                   JOIN messages m ON m.channel = c.id AND m.sequence = c.sequence \
                   JOIN room_commits k ON k.room = c.room AND k.n = m.n \
                   WHERE c.room = $1 AND c.id = $2";
        let row = transaction.row(sql, &[room, id]).await?;
        let row = row.ok_or(StoreError::Damaged("a commit has lost its record"))?;
        Ok(Some(PlacedCommit {
            sequence: row.number(0)?,
            author: row.account(1)?,
            name: row.text(2)?,
            record: row.bytes(3)?,
        }))
    }
}

impl ChannelFace {
    fn values(&self) -> [Value<'_>; 5] {
        [
            self.name.as_str().into(),
            self.topic.as_str().into(),
            u64::from(self.position).into(),
            u64::from(self.archived).into(),
            u64::from(self.slow_ms).into(),
        ]
    }
}

/// Adds a channel with nothing in it.
pub(super) async fn add_channel(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    (channel, run): (ChannelId, RunId),
    face: &ChannelFace,
) -> Result<(), Stop> {
    let sql = "INSERT INTO channels (id, room, run, sequence, committed, name, topic, position, \
               archived, slow_ms) VALUES ($1, $2, $3, 0, 0, $4, $5, $6, $7, $8) \
               ON CONFLICT (id) DO NOTHING";
    let [name, topic, position, archived, slow_ms] = face.values();
    let values = [
        channel.as_bytes().into(),
        (&room).into(),
        run.as_bytes().into(),
        name,
        topic,
        position,
        archived,
        slow_ms,
    ];
    if transaction.execute(sql, &values).await? == 0 {
        return Err(Refusal::StateConflict.into());
    }
    Ok(())
}

async fn forget_name(transaction: &mut Transaction<'_>, room: RoomId) -> Result<(), StoreError> {
    let sql = "DELETE FROM room_looks WHERE room = $1";
    transaction.execute(sql, &[(&room).into()]).await?;
    Ok(())
}

/// Calls a public room so, unless another one is called so, or almost.
pub(super) async fn call(
    transaction: &mut Transaction<'_>,
    room: RoomId,
    name: &str,
    topic: &str,
) -> Result<(), Stop> {
    forget_name(transaction, room).await?;
    let looks: BTreeSet<String> = names::look_alikes(name);
    for look in &looks {
        let sql = "INSERT INTO room_looks (look, room) VALUES ($1, $2) \
                   ON CONFLICT (look) DO NOTHING";
        let values = [look.as_str().into(), (&room).into()];
        if transaction.execute(sql, &values).await? == 0 {
            return Err(Refusal::NameTaken.into());
        }
    }
    let folded = names::fold(name);
    let sql = "UPDATE rooms SET name = $2, folded = $3, topic = $4 WHERE id = $1";
    let values = [
        (&room).into(),
        name.into(),
        folded.as_str().into(),
        topic.into(),
    ];
    transaction.execute(sql, &values).await?;
    Ok(())
}
