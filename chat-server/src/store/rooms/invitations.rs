//! Invitations that wait for their invitees.

use wire_format::{MemberId, Millis, RoomId};

use crate::store::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction, friends::FriendState,
};

/// Keeps an invitation, in place of an earlier one of the same inviter into the same room; gives
/// whether its invitee is to hear of it.
///
/// Refused: [`Refusal::NoSuchAccount`] for the invitee; [`Refusal::OverQuota`] if as many wait for it
/// as may, in all but of those whom it blocks, or of this inviter.
#[derive(Clone, Debug)]
pub struct PutInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// Its hash.
    pub hash: [u8; 32],
    /// The most that wait for one account.
    pub most: u64,
    /// The most of them that are by one inviter.
    pub most_by_one: u64,
    /// The present time.
    pub now: Millis,
}

/// An invitation, and what it is looked up by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invitation {
    /// The room.
    pub room: RoomId,
    /// Who is invited.
    pub invitee: MemberId,
    /// By whom.
    pub inviter: MemberId,
    /// When it ends.
    pub expires_at: Millis,
    /// The record.
    pub record: Vec<u8>,
}

impl Change for PutInvitation {
    /// Whether the invitee has not blocked the inviter.
    type Answer = bool;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Stop> {
        let invitation = &self.invitation;
        crate::store::accounts::require(transaction, invitation.invitee).await?;
        let sql = "DELETE FROM room_invitations WHERE invitee = $1 AND (expires_at <= $2 \
                   OR (room = $3 AND inviter = $4))";
        let values = [
            (&invitation.invitee).into(),
            self.now.into(),
            (&invitation.room).into(),
            (&invitation.inviter).into(),
        ];
        transaction.execute(sql, &values).await?;
        self.require_space(transaction).await?;
        let sql = "INSERT INTO room_invitations (hash, room, invitee, inviter, expires_at, record) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING";
        let values = [
            (&self.hash).into(),
            (&invitation.room).into(),
            (&invitation.invitee).into(),
            (&invitation.inviter).into(),
            invitation.expires_at.into(),
            invitation.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        let sql = "SELECT 1 FROM friends WHERE account = $1 AND other = $2 AND state = $3";
        let values = [
            (&invitation.invitee).into(),
            (&invitation.inviter).into(),
            FriendState::Blocked.code().into(),
        ];
        Ok(transaction.row(sql, &values).await?.is_none())
    }
}

impl PutInvitation {
    async fn require_space(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let Invitation {
            invitee, inviter, ..
        } = &self.invitation;
        let sql = "SELECT count(*) FROM room_invitations WHERE invitee = $1 AND inviter = $2";
        let by_one = [invitee.into(), inviter.into()];
        if transaction.number(sql, &by_one).await? >= self.most_by_one {
            return Err(Refusal::OverQuota.into());
        }
        let sql = "SELECT count(*) FROM room_invitations i WHERE invitee = $1 \
                   AND NOT EXISTS (SELECT 1 FROM friends f WHERE f.account = i.invitee \
                   AND f.other = i.inviter AND f.state = $2)";
        let all = [invitee.into(), FriendState::Blocked.code().into()];
        if transaction.number(sql, &all).await? >= self.most {
            return Err(Refusal::OverQuota.into());
        }
        Ok(())
    }
}

/// Lists the invitations that wait for an account, but those by somebody whom it blocks; the oldest
/// end first.
#[derive(Clone, Copy, Debug)]
pub struct ListInvitations {
    /// Whose.
    pub account: MemberId,
    /// The present time.
    pub now: Millis,
    /// The most to give.
    pub limit: u32,
}

impl Query for ListInvitations {
    type Answer = Vec<Vec<u8>>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT record FROM room_invitations i WHERE invitee = $1 AND expires_at > $2 \
                   AND NOT EXISTS (SELECT 1 FROM friends f WHERE f.account = i.invitee \
                   AND f.other = i.inviter AND f.state = $3) \
                   ORDER BY expires_at, hash LIMIT $4";
        let values = [
            (&self.account).into(),
            self.now.into(),
            FriendState::Blocked.code().into(),
            u64::from(self.limit).into(),
        ];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(|row| row.bytes(0)).collect()
    }
}

/// Whether an invitation into a room waits for an account.
#[derive(Clone, Copy, Debug)]
pub struct IsInvited {
    /// Whom.
    pub account: MemberId,
    /// The room.
    pub room: RoomId,
    /// The present time.
    pub now: Millis,
}

impl Query for IsInvited {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM room_invitations WHERE invitee = $1 AND room = $2 \
                   AND expires_at > $3 LIMIT 1";
        let values = [(&self.account).into(), (&self.room).into(), self.now.into()];
        Ok(transaction.row(sql, &values).await?.is_some())
    }
}

/// Drops an invitation to an account, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct DropInvitation {
    /// Whose.
    pub account: MemberId,
    /// The invitation's hash.
    pub hash: [u8; 32],
}

impl Change for DropInvitation {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "DELETE FROM room_invitations WHERE hash = $1 AND invitee = $2";
        let values = [(&self.hash).into(), (&self.account).into()];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}

/// Drops invitations that have ended.
#[derive(Clone, Copy, Debug)]
pub struct DropExpiredInvitations {
    /// The present time.
    pub now: Millis,
}

impl Change for DropExpiredInvitations {
    type Answer = u64;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Stop> {
        let sql = "DELETE FROM room_invitations WHERE expires_at <= $1";
        Ok(transaction.execute(sql, &[self.now.into()]).await?)
    }
}
