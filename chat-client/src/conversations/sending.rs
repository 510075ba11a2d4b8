//! Sending: commit what is due, seal, publish, until it is acknowledged.

use wire_format::{
    AccountId, ErrorCode, InstanceId, MessageId, Publish, RoomId, Sequence,
    event::CommitDue,
    room::{Keysets as _, RoomContent, RoomKind},
};

use super::{ConversationError, Conversations, Place, committing::reason, now};
use crate::account::AccountError;

impl Conversations {
    /// Sends a content to a channel and waits until it stands there: durable, if it is one that is
    /// kept. What is due is committed first, and a key that changed meanwhile is no failure. After
    /// [`ConversationError::is_lost`] it is to be given again with the same `message`, over another
    /// connection: it stands there once. Who gives it up says so by [`Conversations::give_up`].
    ///
    /// A dropped future leaves it sent or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn send(
        &mut self,
        at: impl Into<Place>,
        content: &RoomContent,
        message: MessageId,
    ) -> Result<Sequence, ConversationError> {
        let Place { room: id, channel } = at.into();
        for _ in 0..ATTEMPTS {
            self.make_ready(id).await?;
            let keys = self.own_keys(id).await?;
            let conversation = &mut self.room(id)?.conversation;
            let sealed =
                conversation.seal(channel, content, message, &keys, now(), &mut rand::rng())?;
            let publish = Publish {
                request: 0,
                channel,
                epoch: sealed.epoch,
                flags: sealed.flags,
                payload: sealed.payload,
            };
            match self.account.publish(publish).await {
                Ok(sequence) => {
                    let conversation = &mut self.room(id)?.conversation;
                    conversation.acknowledged(channel, content.storage());
                    return Ok(sequence);
                }
                Err(AccountError::Refused { refusal, .. })
                    if refusal.code == ErrorCode::StaleEpoch =>
                {
                    self.sync(id).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(ConversationError::Contended)
    }

    /// Nobody knows what became of a message that was to be sent, and nobody tries again.
    pub fn give_up(&mut self) {
        for room in self.rooms.values_mut() {
            let instance = InstanceId::from_bytes(rand::random());
            room.conversation.begin_again(instance);
        }
    }

    /// Reads the room if it was not read, checks that something may be sent, and commits what is due.
    async fn make_ready(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let is_followed = self.rooms.get(&id).is_some_and(|room| room.is_followed);
        if !is_followed {
            self.enter(id).await?;
        }
        self.check_members(id).await?;
        let room = self.room(id)?;
        if room.conversation.is_forked() || room.conversation.role().is_none() {
            return Ok(room.conversation.check_sending()?);
        }
        let is_over = room.conversation.chain().is_over(now());
        let due = room.due.or(is_over.then_some(CommitDue::Age));
        let people = &self.people;
        let is_rekeying = self
            .rooms
            .get(&id)
            .is_some_and(|room| room.conversation.is_rekeying(people));
        if due.is_some() || is_rekeying {
            self.commit(id, &[], reason(due)).await?;
            // Who came in by it, and whose keys were read for it.
            self.check_members(id).await?;
        }
        self.seal_what_waits(id).await?;
        Ok(self.room(id)?.conversation.check_sending()?)
    }

    /// Begins the next epoch where the newest one is over by its age: nothing is sealed for that any
    /// more, and its secret may be forgotten.
    pub(super) async fn commit_if_over(&mut self, id: RoomId) -> Result<(), ConversationError> {
        if !self.room(id)?.conversation.chain().is_over(now()) {
            return Ok(());
        }
        self.check_members(id).await?;
        self.commit(id, &[], reason(Some(CommitDue::Age))).await
    }

    /// Reads the keys of members that were not read, and refuses to send to whose were swapped, or
    /// were verified and reset.
    async fn check_members(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let conversation = &self.room(id)?.conversation;
        let is_direct = conversation.kind() == RoomKind::Direct;
        let members = conversation.record().members();
        let members: Vec<(AccountId, _)> = members
            .map(|(account, member)| (account, member.fingerprint))
            .collect();
        for (account, fingerprint) in members {
            if !self.people.is_read(account) {
                match self.read_chain(account).await {
                    // Whose account was deleted gets no share any more, and reads nothing.
                    Err(error) if error.refusal() == Some(ErrorCode::NoSuchAccount) => continue,
                    read => read?,
                }
            }
            let chain = self.people.chain(account);
            let is_new = chain.is_none_or(|chain| chain.head().fingerprint() == fingerprint);
            if self.people.is_blocked(account) && (is_direct || is_new) {
                return Err(ConversationError::Blocked(account));
            }
        }
        Ok(())
    }
}

/// How often a message is sealed anew because the key has changed.
const ATTEMPTS: usize = 8;
