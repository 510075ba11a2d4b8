//! Keys of older epochs: asking for them, and answering who asks.

use bytes::Bytes;
use wire_format::{
    EpochNumber, ErrorCode, KeyRequestHash, RoomId,
    command::commits::{Grant, KeyRequests, Refuse, RefuseReason, RequestKeys},
    event::CommitDue,
    identity::GrantKey,
    limits::{EPOCHS_ASKED, ROOM_MEMBERS},
    record_list,
    room::{
        CommitReason, GrantDraft, KeyRequest, KeyRequestDraft, KeyRequestError, Role,
        UnverifiedKeyRequest,
    },
};

use super::{ConversationError, Conversations, News, now};
use crate::conversation::Asked;

impl Conversations {
    /// Asks the members for the keys of all epochs that are missing. Members whose policy allows it
    /// answer by themselves when they are there; else an owner or admin decides. A dropped future
    /// leaves it asked or not.
    ///
    /// # Errors
    /// [`ConversationError::NothingToAsk`]; the typed cause otherwise.
    pub async fn ask(&mut self, id: RoomId) -> Result<(), ConversationError> {
        self.sync(id).await?;
        let range = self.room(id)?.conversation.to_ask_for();
        let (from, to) = range.ok_or(ConversationError::NothingToAsk)?;
        self.ask_for(id, from, to).await
    }

    /// Asks for the epochs that this account was in and is missing, unless what was asked for before holds it: a new request does away
    /// with the grants for the one before it.
    pub(super) async fn ask_for_missing(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let (_, state) = self.collect_grants(id).await?;
        let missing = self.room(id)?.conversation.missing();
        let (Some(&first), Some(&to)) = (missing.first(), missing.last()) else {
            return Ok(());
        };
        let least = EpochNumber::new(to.value().saturating_sub(EPOCHS_ASKED - 1));
        let from = first.max(least);
        if let Some(hash) = state.request {
            let wrap = self.account.wrap_number();
            let pending = self.own_request(id, hash, wrap).await?;
            let epochs = pending.map(|pending| pending.epochs());
            if epochs.is_some_and(|epochs| epochs.contains(&from) && epochs.contains(&to)) {
                return Ok(());
            }
        }
        self.ask_for(id, from, to).await
    }

    pub(super) async fn ask_for(
        &mut self,
        id: RoomId,
        from: EpochNumber,
        to: EpochNumber,
    ) -> Result<(), ConversationError> {
        let keys = self.own_keys(id).await?;
        let draft = KeyRequestDraft {
            room: id,
            account: self.account.id(),
            commit: self.room(id)?.conversation.chain().head().hash(),
            from,
            to,
            wrap: self.account.wrap_number(),
            made_at: now(),
        };
        let request = keys.sign_key_request(&draft, &mut rand::rng())?;
        let record = request.bytes().clone();
        self.keep_request(id, &request).await?;
        self.account.call(&RequestKeys {}, record).await?;
        self.room(id)?.asked = Some(request);
        Ok(())
    }

    /// The key requests of members that are pending, and what of each can be answered here.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn asked(&mut self, id: RoomId) -> Result<Vec<Asked>, ConversationError> {
        self.sync(id).await?;
        let me = self.account.id();
        let mut asked = Vec::new();
        for request in self.key_requests(id).await? {
            if request.account() == me {
                continue;
            }
            match self.judge(id, request).await {
                Ok(judged) => asked.push(judged),
                // One that does not hold is nobody's to answer.
                Err(ConversationError::KeyRequest(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(asked)
    }

    async fn key_requests(
        &mut self,
        room: RoomId,
    ) -> Result<Vec<UnverifiedKeyRequest>, ConversationError> {
        let (_, tail) = self
            .account
            .call(&KeyRequests { room }, Bytes::new())
            .await?;
        let records = record_list::parse(tail, ROOM_MEMBERS)?.into_iter();
        let requests = records.map(UnverifiedKeyRequest::parse);
        Ok(requests.collect::<Result<_, _>>()?)
    }

    /// Judges a key request; reads the keys that it waits for.
    async fn judge(
        &mut self,
        id: RoomId,
        request: UnverifiedKeyRequest,
    ) -> Result<Asked, ConversationError> {
        self.read_chain(request.account()).await?;
        let wraps = self.wraps(&[request.account()]).await?;
        let newest = wraps.get(&request.account()).map(|wrap| wrap.number());
        let newest = newest.unwrap_or_default();
        let mut is_fresh = false;
        loop {
            let people = &self.people;
            let room = self
                .rooms
                .get(&id)
                .ok_or(ConversationError::NoSuchRoom(id))?;
            let judged = room.conversation.asked(request.clone(), people, newest);
            match judged {
                Ok(asked) => return Ok(asked),
                Err(KeyRequestError::UnknownKeys(keys)) if self.read_keys(keys).await? => {}
                // It may name a commit that was made since.
                Err(error) if error.is_alarm() && !is_fresh => {
                    is_fresh = true;
                    self.sync(id).await?;
                }
                Err(error) => {
                    if let KeyRequestError::Fork(other) = error {
                        self.room(id)?.conversation.forks(other);
                        self.keep_head(id).await?;
                    }
                    return Err(error.into());
                }
            }
        }
    }

    /// Answers a request that came: by itself with what the policy gives.
    pub(super) async fn answer(
        &mut self,
        id: RoomId,
        request: UnverifiedKeyRequest,
    ) -> Result<Option<News>, ConversationError> {
        if request.account() == self.account.id() {
            return Ok(None);
        }
        let asked = match self.judge(id, request).await {
            Ok(asked) => asked,
            Err(ConversationError::KeyRequest(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let granted = self.give_free(id, &asked).await?;
        let decides = self.decides(id)?;
        Ok(Some(News::KeysAsked {
            room: id,
            account: asked.request.account(),
            request: asked.request.hash(),
            granted,
            to_decide: if decides { asked.to_decide } else { Vec::new() },
        }))
    }

    /// Hands over what the policy gives; gives the epochs.
    async fn give_free(
        &mut self,
        id: RoomId,
        asked: &Asked,
    ) -> Result<Vec<EpochNumber>, ConversationError> {
        // Nothing goes by itself to keys that may be somebody else's.
        let is_blocked = self.people.is_blocked(asked.request.account());
        if is_blocked || asked.free.is_empty() {
            return Ok(Vec::new());
        }
        match self.give(id, &asked.request, &asked.free).await {
            Ok(()) => {}
            // As many others as may have granted it, or it was withdrawn or replaced meanwhile.
            Err(error) if error.refusal() == Some(ErrorCode::RequestInvalid) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        }
        self.commit_after_bad_share(id, &asked.free).await?;
        Ok(asked.free.clone())
    }

    /// Answers what waits: hands over what the policy gives, and tells what this account may decide.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn answer_pending(&mut self, id: RoomId) -> Result<Vec<News>, ConversationError> {
        let mut news = Vec::new();
        for request in self.key_requests(id).await? {
            news.extend(self.answer(id, request).await?);
        }
        Ok(news)
    }

    /// Whoever hands over the secret of an epoch whose share was bad commits the next one.
    async fn commit_after_bad_share(
        &mut self,
        id: RoomId,
        granted: &[EpochNumber],
    ) -> Result<(), ConversationError> {
        let room = self.room(id)?;
        let head = room.conversation.chain().head().n();
        if room.due == Some(CommitDue::BadShare) && granted.contains(&head) {
            self.commit(id, &[], CommitReason::BadShare).await?;
        }
        Ok(())
    }

    /// Grants a request, by this user's decision: everything that is held here of what was asked for.
    /// A dropped future leaves it granted or not.
    ///
    /// # Errors
    /// [`ConversationError::NotAsked`], [`ConversationError::NothingToGrant`]; the typed cause otherwise.
    pub async fn grant(
        &mut self,
        id: RoomId,
        request: KeyRequestHash,
    ) -> Result<Vec<EpochNumber>, ConversationError> {
        let asked = self.asked(id).await?.into_iter();
        let asked = asked
            .into_iter()
            .find(|asked| asked.request.hash() == request);
        let asked = asked.ok_or(ConversationError::NotAsked)?;
        let mut epochs = asked.free;
        if self.decides(id)? {
            epochs.extend(asked.to_decide);
        }
        epochs.sort_unstable();
        if epochs.is_empty() {
            return Err(ConversationError::NothingToGrant);
        }
        self.give(id, &asked.request, &epochs).await?;
        Ok(epochs)
    }

    /// Does not grant a request, and lets its asker know, and why.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn refuse(
        &mut self,
        room: RoomId,
        request: KeyRequestHash,
        reason: Option<RefuseReason>,
    ) -> Result<(), ConversationError> {
        let refuse = Refuse {
            room,
            request,
            reason,
        };
        self.account.call(&refuse, Bytes::new()).await?;
        Ok(())
    }

    /// Whether this account is an owner or admin there.
    pub(super) fn decides(&mut self, id: RoomId) -> Result<bool, ConversationError> {
        let role = self.room(id)?.conversation.role();
        Ok(role.is_some_and(Role::is_over_members))
    }

    async fn give(
        &mut self,
        id: RoomId,
        request: &KeyRequest,
        epochs: &[EpochNumber],
    ) -> Result<(), ConversationError> {
        let asker = request.account();
        if self.people.is_blocked(asker) {
            return Err(ConversationError::Blocked(asker));
        }
        let keys = self.own_keys(id).await?;
        let wraps = self.wraps(&[asker]).await?;
        let wrap = wraps.get(&asker);
        let wrap = wrap.ok_or(ConversationError::NotInRoom(asker))?;
        let granter = self.account.id();
        let people = &self.people;
        let room = self
            .rooms
            .get(&id)
            .ok_or(ConversationError::NoSuchRoom(id))?;
        let secrets = room.conversation.secrets(epochs);
        let key = GrantKey::generate(&mut rand::rng());
        let draft = GrantDraft {
            request,
            granter,
            made_at: now(),
            wrap,
            secrets: &secrets,
            key: &key,
            iv: &rand::random(),
        };
        let chain = room.conversation.chain();
        let grant = keys.sign_grant(chain, &draft, people, &mut rand::rng())?;
        let record = grant.bytes().clone();
        self.account.call(&Grant {}, record).await?;
        Ok(())
    }
}
