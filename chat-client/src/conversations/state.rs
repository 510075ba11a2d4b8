//! The room state: what members see of a conversation beside its messages
//! (docs/protocol.md#1414-room-state).

use bytes::Bytes;
use wire_format::{
    AccountId, EpochNumber, RoomId, StateNumber,
    command::conversations::{GetState, SetState},
    room::{
        OpenedRoomState, RoomKind, RoomState, RoomStateContent, RoomStateDraft, RoomStateError,
        SeenState, UnverifiedRoomSettings, UnverifiedRoomState,
    },
};

use super::{ConversationError, Conversations, Room, now, settings::Settings};
use crate::conversation::{Conversation, SealFault};

/// The room state, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The one that was taken last.
    seen: SeenState,
    /// What the next one is to follow by the server's word: one that is refused can be replaced.
    there: StateNumber,
    /// The epoch of a newer one, whose key has not come.
    waits: Option<EpochNumber>,
    pub(super) settings: Settings,
    content: RoomStateContent,
}

impl State {
    /// The name by the settings, if there are any.
    pub(super) fn name(&self) -> Option<&str> {
        self.settings.name()
    }

    /// What any member may change.
    pub(super) const fn content(&self) -> &RoomStateContent {
        &self.content
    }

    /// Takes what this account sealed itself.
    pub(super) fn take_content(&mut self, content: RoomStateContent) {
        self.content = content;
    }

    /// The epoch of a newer one whose key may come. Of a forgotten epoch none does, to anybody.
    fn waits(&self, conversation: &Conversation) -> Option<EpochNumber> {
        self.waits.filter(|&n| n > conversation.forgotten())
    }

    /// Whether there is a newer one that another member can read, and seals anew: it is not to be lost.
    fn is_awaited(&self, conversation: &Conversation, me: AccountId) -> bool {
        let chain = conversation.chain();
        let mut others = chain.record().members().map(|(account, _)| account);
        self.waits(conversation)
            .is_some_and(|n| others.any(|other| other != me && chain.member_in(n, other).is_some()))
    }
}

impl Conversations {
    /// Reads the room state; whether it is another one than was known. One whose key is not here, or
    /// that does not hold, changes nothing.
    pub(super) async fn read_state(&mut self, id: RoomId) -> Result<bool, ConversationError> {
        let (state, tail) = self
            .account
            .call(&GetState { room: id }, Bytes::new())
            .await?;
        let known = &mut self.room(id)?.state;
        if tail.is_empty() || state.number <= known.seen.number {
            return Ok(false);
        }
        (known.there, known.waits) = (state.number, None);
        let record = UnverifiedRoomState::parse(tail)?;
        let Ok(verified) = self.judge_state(id, &record).await? else {
            return Ok(false);
        };
        let (number, n) = (verified.number(), verified.n());
        let Some(secret) = self.room(id)?.conversation.secret(n).cloned() else {
            self.room(id)?.state.waits = Some(n);
            return Ok(false);
        };
        let Ok(OpenedRoomState { settings, content }) = verified.open(&secret) else {
            return Ok(false);
        };
        if let Some(settings) = settings {
            self.take_settings(id, settings).await?;
        }
        let state = &mut self.room(id)?.state;
        (state.seen, state.content) = (SeenState { number, n }, content);
        self.name_withheld(id)?;
        Ok(true)
    }

    /// What is to be said of a state, once the keys are there that it needs.
    async fn judge_state(
        &mut self,
        id: RoomId,
        record: &UnverifiedRoomState,
    ) -> Result<Result<RoomState, RoomStateError>, ConversationError> {
        loop {
            let people = &self.people;
            let room = self.rooms.get(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            let chain = room.conversation.chain();
            match record.clone().verify(chain, people, room.state.seen) {
                Err(RoomStateError::UnknownKeys(keys)) if self.read_keys(keys).await? => {}
                judged => return Ok(judged),
            }
        }
    }

    /// Seals the state that is known for the newest epoch, so that whoever came in reads it, and signs
    /// settings anew that need it. Another member may be first.
    pub(super) async fn reseal(&mut self, id: RoomId) -> Result<(), ConversationError> {
        self.read_state(id).await?;
        let confirms = self.is_to_confirm(id).await?;
        let room = self.room(id)?;
        // One that is refused hides the known one from whoever comes.
        let is_old = room.state.seen.n < room.conversation.chain().head().n()
            || room.state.seen.number < room.state.there;
        let waits = room.state.waits(&room.conversation);
        let is_read = room.state.seen.number.value() > 0 && waits.is_none();
        if !is_read || (!is_old && !confirms) {
            return Ok(());
        }
        let carried = if confirms {
            Some(self.sign_settings(id, |_| {}).await?)
        } else {
            room.state.settings.to_carry().cloned()
        };
        match self.put_state(id, carried.as_ref()).await {
            Ok(()) if confirms => match carried {
                Some(settings) => self.take_settings(id, settings).await,
                None => Ok(()),
            },
            Err(error) if error.refusal().is_some() => Ok(()),
            put => put,
        }
    }

    pub(super) async fn put_state(
        &mut self,
        id: RoomId,
        settings: Option<&UnverifiedRoomSettings>,
    ) -> Result<(), ConversationError> {
        let content = self.room(id)?.state.content.clone();
        self.put_state_of(id, settings, &content).await
    }

    pub(super) async fn put_state_of(
        &mut self,
        id: RoomId,
        settings: Option<&UnverifiedRoomSettings>,
        content: &RoomStateContent,
    ) -> Result<(), ConversationError> {
        let keys = self.own_keys(id).await?;
        let author = self.account.id();
        let room = self.room(id)?;
        let chain = room.conversation.chain();
        let head = chain.head().n();
        let secret = room.conversation.secret(head).cloned();
        let secret = secret.ok_or(SealFault::Unkeyed)?;
        if room.state.is_awaited(&room.conversation, author) {
            return Err(SealFault::Unkeyed.into());
        }
        let expected = room.state.seen.number.max(room.state.there);
        let draft = RoomStateDraft {
            author,
            number: expected.next(),
            made_at: now(),
            settings,
            content,
            secret: &secret,
            iv: &rand::random(),
        };
        let state = keys.sign_room_state(chain, &draft, &mut rand::rng())?;
        let set = SetState { room: id, expected };
        let number = state.number();
        self.account.call(&set, state.bytes().clone()).await?;
        let state = &mut self.room(id)?.state;
        (state.seen, state.waits) = (SeenState { number, n: head }, None);
        Ok(())
    }

    /// Begins the next epoch of a room that is followed where the newest one is over, and seals the state
    /// that is known for it: in a room where nobody sends, it would be forgotten with that one's secret.
    pub(super) async fn keep_state(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let Room {
            conversation,
            is_followed,
            ..
        } = self.room(id)?;
        let may_commit = conversation.role().is_some() && !conversation.is_forked();
        if !*is_followed || !may_commit || !conversation.chain().is_over(now()) {
            return Ok(());
        }
        self.read_state(id).await?;
        let room = self.room(id)?;
        let waits = room.state.waits(&room.conversation);
        let is_held = room.state.seen.number.value() > 0 && waits.is_none();
        // A stranger is told nothing by it.
        if !is_held || self.is_request(id).await? {
            return Ok(());
        }
        match self.commit_if_over(id).await {
            Err(error @ ConversationError::Account(_)) if error.refusal().is_none() => Err(error),
            // Another member was first, or will be.
            _ => Ok(()),
        }
    }

    /// The name that an invitation carries: one space where there is none.
    pub(super) async fn name_to_seal(&mut self, id: RoomId) -> Result<String, ConversationError> {
        let name = self.own_name(id).await?;
        Ok(name.unwrap_or_else(|| " ".to_owned()))
    }

    /// What a room is called by whoever may name it: by its settings, or a public one by the server.
    pub(super) async fn own_name(
        &mut self,
        id: RoomId,
    ) -> Result<Option<String>, ConversationError> {
        let name = match self.room(id)?.conversation.kind() {
            RoomKind::Public => Some(self.public_name(id).await?),
            _ => {
                self.read_state(id).await?;
                self.room(id)?.state.name().map(str::to_owned)
            }
        };
        Ok(name.filter(|name| !name.is_empty()))
    }
}
