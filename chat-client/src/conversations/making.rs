//! Making conversations of two and of several.

use wire_format::{
    AccountId, EpochSecret, ErrorCode, RoomId,
    command::conversations::{Create, WrapNumbers},
    event::KeysetChange,
    room::{Change, CommitDraft, CommitReason, Keysets as _, Policy, RoomKind, SignedCommit},
};

use super::{ConversationError, Conversations, now};
use crate::account::{AccountError, OwnFault};

impl Conversations {
    /// The direct conversation with somebody; it is made if it is not there. A dropped future leaves
    /// it made or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn direct_with(&mut self, other: AccountId) -> Result<RoomId, ConversationError> {
        for _ in 0..ATTEMPTS {
            if let Some(room) = self.find_direct(other).await? {
                return Ok(room);
            }
            match self
                .make(Policy::new(RoomKind::Direct), &[other], None)
                .await
            {
                // Another device, or the other one, was first.
                Err(error) if error.refusal() == Some(ErrorCode::RoomTaken) => {}
                made => return made,
            }
        }
        Err(ConversationError::Contended)
    }

    /// Makes a conversation of several; everybody is in it from its beginning. A dropped future leaves
    /// it made or not, with or without its name.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn make_group(
        &mut self,
        name: &str,
        members: &[AccountId],
    ) -> Result<RoomId, ConversationError> {
        let policy = Policy::new(RoomKind::Group);
        let room = self.make(policy, members, None).await?;
        self.rename(room, name).await?;
        Ok(room)
    }

    /// Looks for the direct conversation with somebody that both are in, and in which neither has begun
    /// anew with other keys: the server lets two of whom one has make another one.
    async fn find_direct(&mut self, other: AccountId) -> Result<Option<RoomId>, ConversationError> {
        let mut unbelieved = None;
        for own in self.mine().await? {
            // Who is in a direct conversation only goes.
            let kept = self.kept_record(own.room);
            let is_theirs = kept.map(|record| {
                record.policy().kind == RoomKind::Direct && record.member(other).is_some()
            });
            if is_theirs == Some(false) {
                continue;
            }
            match self.sync(own.room).await {
                Ok(()) => {}
                // Another one is not to take its place unasked.
                Err(error) if error.is_of_one_room() => {
                    unbelieved = unbelieved.or(is_theirs.map(|_| error));
                    continue;
                }
                Err(error) => return Err(error),
            }
            let conversation = &self.room(own.room)?.conversation;
            if conversation.peer() == Some(other) && !self.is_parted(own.room, other).await? {
                return Ok(Some(own.room));
            }
        }
        unbelieved.map_or(Ok(None), Err)
    }

    /// Whether one of the two of a direct conversation has other keys now than those it lists, and these
    /// did not sign them.
    async fn is_parted(
        &mut self,
        room: RoomId,
        other: AccountId,
    ) -> Result<bool, ConversationError> {
        for account in [self.account.id(), other] {
            if !self.people.is_read(account) {
                match self.read_chain(account).await {
                    // A deleted account has no other keys.
                    Err(error) if error.refusal() == Some(ErrorCode::NoSuchAccount) => continue,
                    read => read?,
                }
            }
            let listed = self.room(room)?.conversation.record().member(account);
            let change = listed
                .zip(self.people.chain(account))
                .map(|(listed, chain)| {
                    chain.change_between(listed.fingerprint, chain.head().fingerprint())
                });
            if change == Some(Some(KeysetChange::Reset)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes a room of a policy; a public one is listed with this name and topic.
    pub(super) async fn make(
        &mut self,
        policy: Policy,
        members: &[AccountId],
        listed: Option<(&str, &str)>,
    ) -> Result<RoomId, ConversationError> {
        let me = self.account.id();
        for account in std::iter::once(me).chain(members.iter().copied()) {
            self.read_chain(account).await?;
            if self.people.is_blocked(account) {
                return Err(ConversationError::Blocked(account));
            }
        }
        for _ in 0..ATTEMPTS {
            let room = RoomId::from_bytes(rand::random());
            let secret = EpochSecret::generate(&mut rand::rng());
            let signed = self.first_commit(room, policy, members, &secret).await?;
            let (wraps, tail) = self.shared(&signed, &secret).await?;
            let wraps = WrapNumbers::try_from(wraps).map_err(|_| OwnFault::Kept);
            let wraps = wraps.map_err(AccountError::from)?;
            let create = Create {
                name: listed.map(|(name, _)| name.to_owned()),
                topic: listed.map(|(_, topic)| topic.to_owned()),
                ..Create::unnamed(room, wraps)
            };
            match self.account.call(&create, tail).await {
                Ok(_) => {}
                Err(AccountError::Refused { refusal, .. })
                    if refusal.code == ErrorCode::WrapSuperseded =>
                {
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            self.sync(room).await?;
            return Ok(room);
        }
        Err(ConversationError::Contended)
    }

    async fn first_commit(
        &mut self,
        room: RoomId,
        policy: Policy,
        members: &[AccountId],
        secret: &EpochSecret,
    ) -> Result<SignedCommit, ConversationError> {
        let me = self.account.id();
        let mut changes = vec![Change::Founded(policy)];
        for &account in members {
            let chain = self.people.chain(account);
            let chain = chain.ok_or(ConversationError::NotInRoom(account))?;
            changes.push(Change::Placed {
                account,
                fingerprint: chain.head().fingerprint(),
            });
        }
        let draft = CommitDraft {
            author: me,
            made_at: now(),
            reason: CommitReason::First,
            changes,
            secret,
        };
        let keys = std::sync::Arc::clone(self.account.keys());
        let signed = keys.sign_first_commit(room, draft, &self.people, &mut rand::rng());
        Ok(signed?)
    }
}

/// How often it is tried where others are faster.
const ATTEMPTS: usize = 4;
