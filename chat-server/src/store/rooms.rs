//! End-to-end rooms: chains of commits, shares, requests, invitations, key requests and states
//! (docs/protocol.md#147-rooms-roles-and-policy and the sections after it), as opaque records.
//!
//! Who calls has judged a record by the room's chain, and gives what is looked up by beside it. What
//! could have changed meanwhile is compared again in the transaction.

mod append;
mod company;
mod face;
mod found;
mod invitations;
mod key_requests;
mod listed;
mod past;
mod pending;
mod read;
mod shares;
mod state;

use wire_format::{ChannelId, MemberId, Millis, RoomId, limits::PLACED_UNANSWERED};

use super::{
    StoreError, Transaction,
    transaction::{Value, coded},
};

pub(super) use self::found::part_pairs;
pub(super) use self::past::{keep_keysets, past_keysets, was_named};
pub use self::{
    append::{AppendCommit, Appended},
    company::{Company, CompanyOf, HasBlocked, RoomsWith, SetDue},
    face::{ChannelFace, ChannelRow, Face, FaceStep, PlacedCommit, Revise, Revision},
    found::{FoundRoom, PublicFace},
    invitations::{
        DropExpiredInvitations, DropInvitation, Invitation, IsInvited, ListInvitations,
        PutInvitation,
    },
    key_requests::{
        Denied, DenyKeys, GrantsFor, KeyRequestRow, ListKeyRequests, PutGrant, PutKeyRequest,
        ReadGrants, ReadKeyRequest,
    },
    listed::{IsPublic, ListPublicRooms, PublicRoom},
    pending::{Action, DropRequests, IsAsking, PutRequest, ReadRequests, Request},
    read::{Commits, IsIn, ListRooms, OwnRoom, ReadCommits, ReadRoom, RoomOfChannel, RoomRow},
    shares::{ReadShare, Share},
    state::{ReadState, SetState, State},
};

/// What a commit is, beside its record.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The room.
    pub room: RoomId,
    /// Its number.
    pub n: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Who made it.
    pub author: MemberId,
    /// The author's name.
    pub name: String,
    /// The record.
    pub record: Vec<u8>,
    /// The members after it, ascending by account.
    pub members: Vec<MemberId>,
    /// In their order, the numbers of the wrap keys that the shares are for; 0 for a placeholder.
    pub wraps: Vec<u64>,
    /// In their order, the shares, one behind the other.
    pub shares: Vec<u8>,
    /// Members that it lets in, or gives another role or other keys.
    pub put: Vec<Member>,
    /// The newest wrap key of each of `members` as it was read; 0 for none.
    pub newest: Vec<u64>,
    /// The most rooms that an account may be in.
    pub rooms_most: u64,
    /// For how many days the room keeps what is said from this commit on; 0 is for ever.
    pub keep_days: u16,
    /// The present time.
    pub now: Millis,
}

/// A member of a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Member {
    /// Who.
    pub account: MemberId,
    /// The keys that it is there with.
    pub fingerprint: [u8; 32],
    /// Its role, as it stands in records.
    pub role: u8,
    /// Whether this commit lets it in.
    pub comes: Comes,
}

/// How somebody is in a room after a commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Comes {
    /// It was in before.
    WasIn,
    /// It came by its own request, or made the room.
    Itself,
    /// Somebody else placed it there.
    Placed,
}

/// Why the next commit is due, where it cannot be computed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Due {
    /// A share did not open.
    BadShare,
    /// A member has new keys.
    Rekeyed,
    /// Somebody wants it.
    Demand,
}

coded!(Due: BadShare = 1, Rekeyed = 2, Demand = 3);

/// Where a commit stands: the channels of its room that take it, ascending by id, and its place in each.
pub type Places = Vec<(ChannelId, u64)>;

impl<'v> From<&'v RoomId> for Value<'v> {
    fn from(room: &'v RoomId) -> Self {
        Self::Bytes(room.as_bytes())
    }
}

impl Commit {
    /// Writes the commit with its shares, its members and its place in each of the room's channels that
    /// is not archived; gives those places.
    async fn write(&self, transaction: &mut Transaction<'_>) -> Result<Places, super::Stop> {
        self.require_newest_wraps(transaction).await?;
        let sql = "INSERT INTO room_commits (room, n, hash, author, at, record) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            (&self.room).into(),
            self.n.into(),
            (&self.hash).into(),
            (&self.author).into(),
            self.now.into(),
            self.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        self.write_shares(transaction).await?;
        super::forgetting::write_keep(transaction, self.room, self.n, self.keep_days).await?;
        for member in &self.put {
            self.put_member(transaction, member).await?;
        }
        Ok(self.take_places(transaction).await?)
    }

    async fn write_shares(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let accounts = packed(&self.members);
        let wraps: Vec<u8> = self.wraps.iter().flat_map(|n| n.to_be_bytes()).collect();
        let sql = "INSERT INTO room_shares (room, n, accounts, wraps, shares) \
                   VALUES ($1, $2, $3, $4, $5)";
        let values = [
            (&self.room).into(),
            self.n.into(),
            accounts.as_slice().into(),
            wraps.as_slice().into(),
            self.shares.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }

    async fn put_member(
        &self,
        transaction: &mut Transaction<'_>,
        member: &Member,
    ) -> Result<(), super::Stop> {
        if member.comes == Comes::WasIn {
            let sql = "UPDATE room_members SET fingerprint = $3, role = $4 \
                       WHERE room = $1 AND account = $2";
            let values = [
                (&self.room).into(),
                (&member.account).into(),
                (&member.fingerprint).into(),
                u64::from(member.role).into(),
            ];
            transaction.execute(sql, &values).await?;
            return Ok(());
        }
        self.require_space_for(transaction, member).await?;
        let sql = "INSERT INTO room_members (room, account, fingerprint, role, came, gone, answered) \
                   VALUES ($1, $2, $3, $4, $5, 0, $6) \
                   ON CONFLICT (room, account) DO UPDATE SET fingerprint = excluded.fingerprint, \
                   role = excluded.role, came = excluded.came, gone = 0, \
                   answered = excluded.answered";
        let values = [
            (&self.room).into(),
            (&member.account).into(),
            (&member.fingerprint).into(),
            u64::from(member.role).into(),
            self.n.into(),
            u64::from(member.comes == Comes::Itself).into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }

    /// What others placed an account in fills nothing of its own space before it has written there; but
    /// one founder places it in so many rooms only.
    async fn require_space_for(
        &self,
        transaction: &mut Transaction<'_>,
        member: &Member,
    ) -> Result<(), super::Stop> {
        if rooms_of(transaction, member.account).await? >= self.rooms_most {
            return Err(super::Refusal::OverQuota.into());
        }
        if member.comes != Comes::Placed {
            return Ok(());
        }
        let sql = "SELECT count(*) FROM room_members m JOIN rooms r ON r.id = m.room \
                   WHERE m.account = $1 AND m.gone = 0 AND m.answered = 0 AND r.founder = $2";
        let values = [(&member.account).into(), (&self.author).into()];
        if transaction.number(sql, &values).await? >= PLACED_UNANSWERED {
            return Err(super::Refusal::OverQuota.into());
        }
        Ok(())
    }

    /// Whoever replaced a wrap key since it was read is to get a share for the new one.
    async fn require_newest_wraps(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), super::Stop> {
        let newest = super::keys::newest_wraps(transaction, &self.members).await?;
        if newest != self.newest {
            return Err(super::Refusal::WrapSuperseded.into());
        }
        Ok(())
    }

    async fn take_places(&self, transaction: &mut Transaction<'_>) -> Result<Places, StoreError> {
        let sql = "UPDATE channels SET sequence = sequence + 1, committed = sequence + 1 \
                   WHERE room = $1 AND archived = 0";
        transaction.execute(sql, &[(&self.room).into()]).await?;
        let sql = "INSERT INTO messages (channel, sequence, at, sender, name, flags, n, message, \
                   hash, envelope, tombstone) \
                   SELECT id, sequence, $2, $3, $4, 3, $5, NULL, $6, NULL, 0 FROM channels \
                   WHERE room = $1 AND archived = 0";
        let values = [
            (&self.room).into(),
            self.now.into(),
            (&self.author).into(),
            self.name.as_str().into(),
            self.n.into(),
            (&self.hash).into(),
        ];
        transaction.execute(sql, &values).await?;
        let sql = "SELECT id, sequence FROM channels WHERE room = $1 AND archived = 0 ORDER BY id";
        let rows = transaction.rows(sql, &[(&self.room).into()]).await?;
        let places = rows
            .iter()
            .map(|row| Ok((ChannelId::from_bytes(row.array(0)?), row.number(1)?)));
        places.collect()
    }
}

/// In how many rooms an account is: not those in which others placed it and it has not written yet, nor
/// those that it asks to leave.
async fn rooms_of(transaction: &mut Transaction<'_>, account: MemberId) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM room_members m \
               WHERE m.account = $1 AND m.gone = 0 AND m.answered = 1 \
               AND NOT EXISTS (SELECT 1 FROM room_requests q \
               WHERE q.room = m.room AND q.account = m.account AND q.action = 2)";
    transaction.number(sql, &[(&account).into()]).await
}

/// Ids as one value.
fn packed(accounts: &[MemberId]) -> Vec<u8> {
    accounts.iter().flat_map(|id| *id.as_bytes()).collect()
}
