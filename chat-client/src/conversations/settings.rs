//! Room settings: which of those that states carry along count, and signing others
//! (docs/protocol.md#1414-room-state).

use wire_format::{
    ErrorCode, RoomId,
    room::{
        KnownSettings, RoomKind, RoomSettingsContent, RoomSettingsDraft, RoomSettingsError,
        UnverifiedRoomSettings,
    },
};

use super::{ConversationError, Conversations, now, words};

/// What is known of a room's settings.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The newest ones that an owner or admin stood in for.
    taken: Option<Taken>,
    /// Those that held once, as far as is known here: carried along, for those who know them.
    unconfirmed: Option<UnverifiedRoomSettings>,
}

#[derive(Debug)]
struct Taken {
    record: UnverifiedRoomSettings,
    known: KnownSettings,
    content: RoomSettingsContent,
}

impl Settings {
    pub(super) fn name(&self) -> Option<&str> {
        let taken = self.taken.as_ref();
        taken.map(|taken| taken.content.name.as_str())
    }

    /// What the next state carries along: older ones that came last are put right.
    pub(super) fn to_carry(&self) -> Option<&UnverifiedRoomSettings> {
        let taken = self.taken.as_ref().map(|taken| &taken.record);
        taken.or(self.unconfirmed.as_ref())
    }

    fn known(&self) -> Option<KnownSettings> {
        self.taken.as_ref().map(|taken| taken.known)
    }

    /// What the known ones say; nothing where none are known.
    pub(super) fn content(&self) -> RoomSettingsContent {
        let taken = self.taken.as_ref();
        taken.map_or_else(RoomSettingsContent::default, |taken| taken.content.clone())
    }
}

impl Conversations {
    /// Takes settings that an owner or admin stands in for; others change nothing that was known.
    pub(super) async fn take_settings(
        &mut self,
        id: RoomId,
        settings: UnverifiedRoomSettings,
    ) -> Result<(), ConversationError> {
        let known = self.room(id)?.state.settings.known();
        match self.judge_settings(id, &settings, known).await? {
            Ok(taken) => self.room(id)?.state.settings = taken,
            Err(RoomSettingsError::NotConfirmed(_)) if self.held_once(id, &settings).await? => {
                self.room(id)?.state.settings.unconfirmed = Some(settings);
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Whether settings that are not confirmed were an owner's or admin's once.
    async fn held_once(
        &mut self,
        id: RoomId,
        settings: &UnverifiedRoomSettings,
    ) -> Result<bool, ConversationError> {
        loop {
            let people = &self.people;
            let room = self.rooms.get(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            match settings.check_once_held(room.conversation.chain(), people) {
                Ok(()) => return Ok(true),
                Err(RoomSettingsError::UnknownKeys(keys)) if self.read_keys(keys).await? => {}
                Err(_) => return Ok(false),
            }
        }
    }

    /// Whether the settings that are known here are by somebody whom newcomers do not believe any more,
    /// and this account may sign them anew.
    pub(super) async fn is_to_confirm(&mut self, id: RoomId) -> Result<bool, ConversationError> {
        let taken = self.room(id)?.state.settings.taken.as_ref();
        let Some(record) = taken.map(|taken| taken.record.clone()) else {
            return Ok(false);
        };
        if !self.decides(id)? {
            return Ok(false);
        }
        let judged = self.judge_settings(id, &record, None).await?;
        Ok(matches!(judged, Err(RoomSettingsError::NotConfirmed(_))))
    }

    /// Signs the settings that are known, with a change, by the present commit.
    pub(super) async fn sign_settings(
        &mut self,
        id: RoomId,
        change: impl FnOnce(&mut RoomSettingsContent),
    ) -> Result<UnverifiedRoomSettings, ConversationError> {
        let keys = self.own_keys(id).await?;
        let author = self.account.id();
        let room = self.room(id)?;
        let chain = room.conversation.chain();
        let mut content = room.state.settings.content();
        change(&mut content);
        let draft = RoomSettingsDraft {
            author,
            number: KnownSettings::next(room.state.settings.known(), chain),
            made_at: now(),
            content: &content,
        };
        Ok(keys.sign_room_settings(chain, &draft, &mut rand::rng())?)
    }

    /// Gives a conversation of several, or a room, another name; owners and admins may. A dropped future
    /// leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::Role`] for other members; the typed cause otherwise.
    pub async fn rename(&mut self, id: RoomId, name: &str) -> Result<(), ConversationError> {
        self.sync(id).await?;
        match self.room(id)?.conversation.kind() {
            RoomKind::Public => self.update_public(id, Some(name), None).await,
            kind => {
                if kind == RoomKind::Private {
                    words::check_name(name)?;
                }
                let rename = |content: &mut RoomSettingsContent| name.clone_into(&mut content.name);
                self.change_settings(id, rename).await
            }
        }
    }

    /// Says what a conversation of several, or a room, is for; owners and admins may. A dropped future
    /// leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::Role`] for other members; the typed cause otherwise.
    pub async fn set_topic(&mut self, id: RoomId, topic: &str) -> Result<(), ConversationError> {
        self.sync(id).await?;
        match self.room(id)?.conversation.kind() {
            RoomKind::Public => self.update_public(id, None, Some(topic)).await,
            _ => {
                words::check_topic(topic)?;
                let about =
                    |content: &mut RoomSettingsContent| topic.clone_into(&mut content.topic);
                self.change_settings(id, about).await
            }
        }
    }

    /// Signs the settings with a change, and seals them for the members.
    pub(super) async fn change_settings(
        &mut self,
        id: RoomId,
        change: impl Fn(&mut RoomSettingsContent),
    ) -> Result<(), ConversationError> {
        self.sync(id).await?;
        if !self.decides(id)? {
            return Err(ConversationError::Role);
        }
        self.commit_if_over(id).await?;
        for _ in 0..ATTEMPTS {
            self.read_state(id).await?;
            let settings = self.sign_settings(id, &change).await?;
            match self.put_state(id, Some(&settings)).await {
                Ok(()) => return self.take_settings(id, settings).await,
                Err(error) if error.refusal() == Some(ErrorCode::StateConflict) => {}
                Err(error) => return Err(error),
            }
            self.sync(id).await?;
        }
        Err(ConversationError::Contended)
    }

    /// What is to be said of settings, once the keys are there that they need.
    async fn judge_settings(
        &mut self,
        id: RoomId,
        settings: &UnverifiedRoomSettings,
        known: Option<KnownSettings>,
    ) -> Result<Result<Settings, RoomSettingsError>, ConversationError> {
        loop {
            let people = &self.people;
            let room = self.rooms.get(&id);
            let room = room.ok_or(ConversationError::NoSuchRoom(id))?;
            let chain = room.conversation.chain();
            let judged = settings.clone().verify(chain, people, known);
            let judged = judged.and_then(|taken| {
                Ok(Settings {
                    taken: Some(Taken {
                        known: settings.known(chain)?,
                        record: settings.clone(),
                        content: taken.content().clone(),
                    }),
                    unconfirmed: None,
                })
            });
            match judged {
                Err(RoomSettingsError::UnknownKeys(keys)) if self.read_keys(keys).await? => {}
                judged => return Ok(judged),
            }
        }
    }
}

/// How often it is tried while others change it.
const ATTEMPTS: usize = 8;
