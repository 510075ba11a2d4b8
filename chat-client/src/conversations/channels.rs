//! The channels of a room: making one, what it is called, its order, slow mode, archiving. In public
//! rooms their names are plain; in private ones they stand in the settings, which owners and admins sign.

use bytes::Bytes;
use wire_format::{
    ChannelId, RoomId,
    command::channels::{Archive, Create, Update},
    limits::SLOW_MS,
    room::{RoomKind, RoomSettingsContent, StateChannel},
    vault::Rest,
};

use super::{ConversationError, Conversations, Place, faces::MAIN, words};

/// What is to be changed of a channel; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChannelChange<'a> {
    /// What it is called.
    pub name: Option<&'a str>,
    /// What it is for.
    pub topic: Option<&'a str>,
    /// Its place among the others.
    pub position: Option<u32>,
    /// How long a member waits between two messages, in milliseconds, at most an hour; 0 for not.
    pub slow_ms: Option<u32>,
}

impl Conversations {
    /// Makes another channel; owners and admins may. It begins empty. A dropped future leaves it made or
    /// not; in a private room with or without its name.
    ///
    /// # Errors
    /// [`ConversationError::ChannelTaken`], [`ConversationError::Words`]; the typed cause otherwise.
    pub async fn make_channel(
        &mut self,
        room: RoomId,
        name: &str,
        topic: &str,
    ) -> Result<ChannelId, ConversationError> {
        words::check_name(name)?;
        words::check_topic(topic)?;
        let kind = self.may_change_channels(room).await?;
        self.must_be_free(room, name, None).await?;
        let channel = ChannelId::from_bytes(rand::random());
        let shown = |text: &str| (kind == RoomKind::Public).then(|| text.to_owned());
        let create = Create {
            room,
            channel,
            name: shown(name),
            topic: shown(topic),
        };
        self.account.call(&create, Bytes::new()).await?;
        self.follow(room).await?;
        if kind == RoomKind::Private {
            let at = Place { room, channel };
            self.name_channel(at, Some(name), Some(topic)).await?;
        }
        Ok(channel)
    }

    /// Changes a channel; owners and admins may. A dropped future leaves it done or not, or in part.
    ///
    /// # Errors
    /// [`ConversationError::ChannelTaken`], [`ConversationError::Words`]; the typed cause otherwise.
    pub async fn change_channel(
        &mut self,
        at: Place,
        change: ChannelChange<'_>,
    ) -> Result<(), ConversationError> {
        let kind = self.may_change_channels(at.room).await?;
        if let Some(name) = change.name {
            words::check_name(name)?;
            self.must_be_free(at.room, name, Some(at.channel)).await?;
        }
        words::check_topic(change.topic.unwrap_or_default())?;
        if change.slow_ms.is_some_and(|slow_ms| slow_ms > SLOW_MS) {
            return Err(ConversationError::Slow);
        }
        if kind == RoomKind::Private && (change.name.is_some() || change.topic.is_some()) {
            self.name_channel(at, change.name, change.topic).await?;
        }
        let plain = if kind == RoomKind::Public {
            change
        } else {
            ChannelChange {
                name: None,
                topic: None,
                ..change
            }
        };
        self.update_channel(at, plain).await
    }

    /// Says that a channel is only read from now on, or written in again; owners and admins may, of every
    /// channel but the main one. A dropped future leaves it said or not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn archive_channel(
        &mut self,
        at: Place,
        archived: bool,
    ) -> Result<(), ConversationError> {
        self.may_change_channels(at.room).await?;
        let Place { room, channel } = at;
        let archive = Archive {
            room,
            channel,
            archived,
        };
        self.account.call(&archive, Bytes::new()).await?;
        self.follow(room).await.map(drop)
    }

    async fn update_channel(
        &mut self,
        at: Place,
        change: ChannelChange<'_>,
    ) -> Result<(), ConversationError> {
        let Place { room, channel } = at;
        let ChannelChange {
            name,
            topic,
            position,
            slow_ms,
        } = change;
        if (name, topic, position, slow_ms) == (None, None, None, None) {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let update = Update {
                room,
                channel,
                revision: self.revision(room).await?,
                name: name.map(str::to_owned),
                topic: topic.map(str::to_owned),
                position,
                slow_ms,
            };
            match self.account.call(&update, Bytes::new()).await {
                Ok(_) => return self.follow(room).await.map(drop),
                Err(error) => self.changed_meanwhile(room, error.into())?,
            }
        }
        Err(ConversationError::Contended)
    }

    /// Names a channel of a private room in its settings.
    async fn name_channel(
        &mut self,
        at: Place,
        name: Option<&str>,
        topic: Option<&str>,
    ) -> Result<(), ConversationError> {
        let is_main = at.is_main();
        let change = |settings: &mut RoomSettingsContent| {
            let channels = &mut settings.channels;
            let known = channels.iter().position(|known| known.id == at.channel);
            let known = known.unwrap_or_else(|| {
                channels.push(StateChannel {
                    id: at.channel,
                    name: if is_main { MAIN } else { UNNAMED }.to_owned(),
                    topic: String::new(),
                    rest: Rest::default(),
                });
                channels.len() - 1
            });
            let known = &mut channels[known];
            if let Some(name) = name {
                name.clone_into(&mut known.name);
            }
            if let Some(topic) = topic {
                topic.clone_into(&mut known.topic);
            }
        };
        self.change_settings(at.room, change).await
    }

    /// That this account may change the channels of a room, which is read; gives what it is.
    async fn may_change_channels(&mut self, room: RoomId) -> Result<RoomKind, ConversationError> {
        self.sync(room).await?;
        let kind = self.must_be_room(room)?;
        if !self.decides(room)? {
            return Err(ConversationError::Role);
        }
        Ok(kind)
    }

    /// That no other channel of the room is called so. Two would be told apart by nobody.
    async fn must_be_free(
        &mut self,
        room: RoomId,
        name: &str,
        but: Option<ChannelId>,
    ) -> Result<(), ConversationError> {
        let channels = self.info(room).await?.channels;
        let mut others = channels.iter().filter(|one| Some(one.channel) != but);
        if others.any(|other| other.name.to_lowercase() == name.to_lowercase()) {
            return Err(ConversationError::ChannelTaken(name.to_owned()));
        }
        Ok(())
    }
}

/// What a channel is called that somebody gives a topic before a name.
const UNNAMED: &str = "unnamed";
/// How often it is tried while others change it.
const ATTEMPTS: usize = 8;
