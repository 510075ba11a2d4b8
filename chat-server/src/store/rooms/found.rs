//! Making a room.

use wire_format::{ChannelId, MemberId, RunId};

use super::{ChannelFace, Commit, face, listed::PUBLIC};
use crate::store::{Change, Refusal, Stop, StoreError, Trace, Transaction};

/// Makes a room with its first commit and its first channel; gives the commit's place in it.
///
/// Refused: [`Refusal::RoomTaken`] if the room, or a direct conversation of these two that both are
/// in, is there; [`Refusal::NameTaken`] if another public room is called so, or almost;
/// [`Refusal::OverQuota`] if somebody is in as many rooms as may be, or made as many public ones;
/// [`Refusal::WrapSuperseded`].
#[derive(Clone, Debug)]
pub struct FoundRoom {
    /// The kind in the room's policy.
    pub kind: u8,
    /// Its first commit.
    pub commit: Commit,
    /// Its first channel.
    pub channel: ChannelId,
    /// Its numbering.
    pub run: RunId,
    /// The two of a direct conversation, the smaller id first.
    pub pair: Option<[MemberId; 2]>,
    /// What a public room is called.
    pub face: Option<PublicFace>,
}

/// What a new public room is called.
#[derive(Clone, Debug)]
pub struct PublicFace {
    /// Its name, as prepared.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// What its first channel is called.
    pub channel: String,
    /// The most public rooms that one account makes.
    pub most: u64,
}

impl Change for FoundRoom {
    type Answer = u64;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Stop> {
        let commit = &self.commit;
        let sql = "INSERT INTO rooms (id, kind, founder, founded_at, n, hash, due, asked) \
                   VALUES ($1, $2, $3, $4, $5, $6, 0, 0) ON CONFLICT (id) DO NOTHING";
        let values = [
            (&commit.room).into(),
            u64::from(self.kind).into(),
            (&commit.author).into(),
            commit.now.into(),
            commit.n.into(),
            (&commit.hash).into(),
        ];
        if transaction.execute(sql, &values).await? == 0 {
            return Err(Refusal::RoomTaken.into());
        }
        if let Some([first, second]) = &self.pair {
            let sql = "INSERT INTO direct_pairs (first, second, room) VALUES ($1, $2, $3) \
                       ON CONFLICT (first, second) DO NOTHING";
            let values = [first.into(), second.into(), (&commit.room).into()];
            if transaction.execute(sql, &values).await? == 0 {
                return Err(Refusal::RoomTaken.into());
            }
        }
        if let Some(face) = &self.face {
            self.call(transaction, face).await?;
        }
        let sql = "SELECT 1 FROM channels WHERE id = $1";
        let channel = [self.channel.as_bytes().into()];
        if transaction.row(sql, &channel).await?.is_some() {
            // Somebody has drawn the id that is derived from the room's.
            return Err(Refusal::RoomTaken.into());
        }
        let named = self.face.as_ref().map(|face| face.channel.clone());
        let channel = ChannelFace {
            name: named.unwrap_or_default(),
            ..ChannelFace::default()
        };
        face::add_channel(transaction, commit.room, (self.channel, self.run), &channel).await?;
        let places = commit.write(transaction).await?;
        Ok(places.first().map_or(0, |(_, place)| *place))
    }
}

impl FoundRoom {
    async fn call(&self, transaction: &mut Transaction<'_>, face: &PublicFace) -> Result<(), Stop> {
        let sql = "SELECT count(*) FROM rooms WHERE founder = $1 AND kind = $2 AND archived = 0";
        let values = [(&self.commit.author).into(), PUBLIC.into()];
        // This one is among them.
        if transaction.number(sql, &values).await? > face.most {
            return Err(Refusal::OverQuota.into());
        }
        face::call(transaction, self.commit.room, &face.name, &face.topic).await
    }
}

/// Whoever has other keys now, not signed by the old ones, is in no direct conversation with them: each
/// of the others may be in a new one.
pub(in crate::store) async fn part_pairs(
    transaction: &mut Transaction<'_>,
    account: MemberId,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM direct_pairs WHERE first = $1 OR second = $1";
    transaction.execute(sql, &[(&account).into()]).await?;
    Ok(())
}
