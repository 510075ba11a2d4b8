//! Leaving, removing, roles, and a new key on demand.

use bytes::Bytes;
use wire_format::{
    AccountId, RoomId,
    command::conversations::Request,
    room::{Action, AfterRemoval, Change, CommitReason, RequestDraft, Role},
};

use super::{ConversationError, Conversations, now};

impl Conversations {
    /// Leaves a conversation: nothing more of it is delivered from the reply on, and the next member
    /// who sends takes it out of the list. A dropped future leaves it left or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn leave(&mut self, id: RoomId) -> Result<(), ConversationError> {
        self.sync(id).await?;
        let keys = self.own_keys(id).await?;
        let draft = RequestDraft {
            room: id,
            action: Action::Leave,
            account: self.account.id(),
            commit: self.room(id)?.conversation.chain().head().hash(),
            made_at: now(),
            invitation: None,
        };
        let request = keys.sign_request(&draft, &mut rand::rng())?;
        let record: Bytes = request.bytes().clone();
        self.account.call(&Request {}, record).await?;
        self.rooms.remove(&id);
        Ok(())
    }

    /// Removes a member; it reads nothing from the next epoch on. A dropped future leaves it done or
    /// not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn remove(
        &mut self,
        id: RoomId,
        account: AccountId,
        after: AfterRemoval,
    ) -> Result<(), ConversationError> {
        self.sync(id).await?;
        let is_member = self
            .room(id)?
            .conversation
            .record()
            .member(account)
            .is_some();
        if !is_member && after == AfterRemoval::MayReturn {
            return Err(ConversationError::NotInRoom(account));
        }
        let removed = Change::Removed { account, after };
        self.commit(id, &[removed], CommitReason::Membership).await
    }

    /// Gives a member a role. A dropped future leaves it done or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn set_role(
        &mut self,
        id: RoomId,
        account: AccountId,
        role: Role,
    ) -> Result<(), ConversationError> {
        self.sync(id).await?;
        let record = self.room(id)?.conversation.record();
        let member = record.member(account);
        let member = member.ok_or(ConversationError::NotInRoom(account))?;
        if member.role == role {
            return Ok(());
        }
        let change = Change::Role { account, role };
        self.commit(id, &[change], CommitReason::RolesOrPolicy)
            .await
    }

    /// Lets somebody who was banned come in again, if they are invited or the room is open. A dropped
    /// future leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::NotBanned`]; the typed cause otherwise.
    pub async fn unban(&mut self, id: RoomId, account: AccountId) -> Result<(), ConversationError> {
        self.sync(id).await?;
        if !self.room(id)?.conversation.record().is_banned(account) {
            return Err(ConversationError::NotBanned(account));
        }
        let change = Change::Unbanned(account);
        self.commit(id, &[change], CommitReason::Membership).await
    }

    /// Makes another member the owner, and this account an admin: by one commit, so that the room has an
    /// owner at all times. A dropped future leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::Role`] for who is no owner; the typed cause otherwise.
    pub async fn transfer(&mut self, id: RoomId, to: AccountId) -> Result<(), ConversationError> {
        self.sync(id).await?;
        let me = self.account.id();
        let conversation = &self.room(id)?.conversation;
        if conversation.role() != Some(Role::Owner) || to == me {
            return Err(ConversationError::Role);
        }
        let member = conversation.record().member(to);
        member.ok_or(ConversationError::NotInRoom(to))?;
        let given = |account, role| Change::Role { account, role };
        let changes = [given(to, Role::Owner), given(me, Role::Admin)];
        self.commit(id, &changes, CommitReason::RolesOrPolicy).await
    }

    /// Starts the next epoch with a new secret. A dropped future leaves it done or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn rotate(&mut self, id: RoomId) -> Result<(), ConversationError> {
        self.sync(id).await?;
        self.commit(id, &[], CommitReason::OnDemand).await
    }
}
