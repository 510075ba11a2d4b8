//! What the server shows of a room to who is in it: which channels it has, in which order, and in
//! public rooms what they are called. Names and topics of private rooms are in their settings, which
//! owners and admins sign; the server has them for no room but a public one.

use std::collections::{BTreeMap, BTreeSet};

use wire_format::{
    ChannelId, Event, RoomId,
    command::conversations::{Followed, FollowedChannel},
    limits::ROOM_CHANNELS,
    room::RoomKind,
};

use super::{ConversationError, Conversations, News, Place, Room, Stands};
use crate::{account::PeerFault, conversation::Alarm};

/// A room as the server shows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Face {
    pub(super) revision: u32,
    pub(super) is_archived: bool,
    /// In public rooms.
    pub(super) name: Option<String>,
    /// In public rooms.
    pub(super) topic: Option<String>,
    channels: BTreeMap<ChannelId, ChannelFace>,
}

/// A channel as the server shows it.
#[derive(Clone, Debug, Default)]
pub(super) struct ChannelFace {
    pub(super) position: u32,
    pub(super) is_archived: bool,
    pub(super) slow_ms: u32,
    /// In public rooms.
    pub(super) name: Option<String>,
    /// In public rooms.
    pub(super) topic: Option<String>,
}

/// A channel of a room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChannelInfo {
    /// Which.
    pub channel: ChannelId,
    /// What it is called; empty where nobody who may has named it.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// Whether it is the one that every room has.
    pub is_main: bool,
    /// Whether it is only read.
    pub is_archived: bool,
    /// How long a member waits between two messages, in milliseconds; 0 for not.
    pub slow_ms: u32,
}

/// What of a room its members see beside who is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoomInfo {
    /// Which.
    pub room: RoomId,
    /// What it is.
    pub kind: RoomKind,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub topic: String,
    /// Whether it is only read.
    pub is_archived: bool,
    /// Its channels, in their order.
    pub channels: Vec<ChannelInfo>,
}

impl Face {
    fn of(followed: Followed) -> Self {
        let channels = followed.channels.into_iter();
        Self {
            revision: followed.revision,
            is_archived: followed.archived,
            name: followed.name,
            topic: followed.topic,
            channels: channels
                .map(|channel| (channel.channel, ChannelFace::of(channel)))
                .collect(),
        }
    }

    /// Takes a channel as it is now; whether it was known.
    pub(super) fn take_channel(&mut self, channel: ChannelId, face: ChannelFace) -> bool {
        self.channels.insert(channel, face).is_some()
    }

    /// The channels in their order: by their position, then by their ids.
    fn ordered(&self) -> Vec<(ChannelId, &ChannelFace)> {
        let channels = self.channels.iter();
        let mut channels: Vec<_> = channels.map(|(id, face)| (*id, face)).collect();
        channels.sort_by_key(|(id, face)| (face.position, *id));
        channels
    }
}

impl ChannelFace {
    fn of(channel: FollowedChannel) -> Self {
        Self {
            position: channel.position,
            is_archived: channel.archived,
            slow_ms: channel.slow_ms,
            name: channel.name,
            topic: channel.topic,
        }
    }
}

impl Conversations {
    /// Takes what the server shows of a room as it is followed; gives where each of its channels
    /// stands, in their order. A channel that is another room's is named, and not opened.
    pub(super) fn take_face(
        &mut self,
        id: RoomId,
        mut followed: Followed,
    ) -> Result<Vec<Stands>, ConversationError> {
        if followed.channels.len() > ROOM_CHANNELS {
            return Err(PeerFault::Pages.into());
        }
        self.reclaim_main(id);
        let mixed: Vec<ChannelId> = followed.channels.iter().map(|one| one.channel).collect();
        let mixed: Vec<ChannelId> = mixed
            .into_iter()
            .filter(|&channel| self.is_elsewhere(id, channel))
            .collect();
        followed
            .channels
            .retain(|channel| !mixed.contains(&channel.channel));
        let mixed = mixed.into_iter();
        self.alarms
            .extend(mixed.map(|channel| (Some(id), Alarm::Channel(channel))));
        let stands = followed.channels.iter().map(|channel| Stands {
            channel: channel.channel,
            run: channel.run,
            sequence: channel.sequence,
        });
        let stands: BTreeMap<ChannelId, Stands> =
            stands.map(|stands| (stands.channel, stands)).collect();
        let room = self.room(id)?;
        let known: BTreeSet<ChannelId> = room.conversation.channels().collect();
        let many = known.iter().chain(stands.keys()).collect::<BTreeSet<_>>();
        // Channels stay: a server that shows others each time shows more than there can be.
        if !stands.contains_key(&room.conversation.main()) || many.len() > ROOM_CHANNELS {
            return Err(PeerFault::Pages.into());
        }
        for stands in stands.values() {
            room.conversation.run(stands.channel, stands.run);
        }
        room.face = Face::of(followed);
        self.name_withheld(id)?;
        let room = self.room(id)?;
        let ordered = room.face.ordered().into_iter();
        Ok(ordered
            .filter_map(|(id, _)| stands.get(&id).copied())
            .collect())
    }

    /// Names channels that the room had, or that owners and admins name, and that the server does not
    /// show: none is ever deleted. Each is named once.
    pub(super) fn name_withheld(&mut self, id: RoomId) -> Result<(), ConversationError> {
        let room = self.room(id)?;
        if !room.is_followed && room.face.channels.is_empty() {
            return Ok(());
        }
        let mut expected: BTreeSet<ChannelId> = room.conversation.channels().collect();
        if room.conversation.kind() == RoomKind::Private {
            let named = room.state.settings.content().channels;
            expected.extend(named.iter().map(|channel| channel.id));
        }
        let face = &room.face.channels;
        let withheld = expected.into_iter().filter(|id| !face.contains_key(id));
        let withheld: Vec<ChannelId> = withheld.collect();
        for channel in withheld {
            if self.room(id)?.withheld.insert(channel) {
                let alarm = Alarm::ChannelWithheld(channel);
                self.alarms.push((Some(id), alarm));
            }
        }
        Ok(())
    }

    /// Whether a channel that the server names as one of a room is another room's, or one too many in a
    /// conversation.
    fn is_elsewhere(&self, id: RoomId, channel: ChannelId) -> bool {
        if channel == ChannelId::main_of(id) {
            return false;
        }
        let kind = self.rooms.get(&id).map(|room| room.conversation.kind());
        let mut known = self.vaulted.rooms();
        let mut others = self.rooms.iter().filter(|(other, _)| **other != id);
        matches!(kind, Some(RoomKind::Group | RoomKind::Direct))
            || known.any(|known| ChannelId::main_of(known) == channel)
            || others.any(|(_, other)| other.conversation.has(channel))
    }

    /// Takes the main channel of a room back from those that the server named it for before.
    fn reclaim_main(&mut self, id: RoomId) {
        let main = ChannelId::main_of(id);
        for (other, room) in &mut self.rooms {
            if *other != id && room.conversation.has(main) {
                room.conversation.close(main);
                self.alarms.push((Some(*other), Alarm::Channel(main)));
            }
        }
    }

    /// What a public room is called, by the server's word.
    pub(super) async fn public_name(&mut self, id: RoomId) -> Result<String, ConversationError> {
        let room = self.room(id)?;
        if let Some(name) = room.face.name.as_ref().filter(|_| room.is_followed) {
            return Ok(name.clone());
        }
        Ok(self.look(id).await?.name)
    }

    /// What a room is called and which channels it has. It is read and followed if it was not.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn info(&mut self, id: RoomId) -> Result<RoomInfo, ConversationError> {
        let is_followed = self.rooms.get(&id).is_some_and(|room| room.is_followed);
        if !is_followed {
            self.enter(id).await?;
        }
        self.read_state(id).await?;
        self.known_info(id).ok_or(ConversationError::NoSuchRoom(id))
    }

    /// The channels of a room in their order, as far as they are known; none where it was not followed.
    pub fn known_channels(&self, id: RoomId) -> Vec<ChannelInfo> {
        self.known_info(id)
            .map_or_else(Vec::new, |info| info.channels)
    }

    /// What a channel is called, as far as that is known.
    pub fn channel_name(&self, at: Place) -> Option<String> {
        let channels = self.known_info(at.room)?.channels.into_iter();
        let mut channels = channels.filter(|one| one.channel == at.channel);
        channels.next().map(|one| one.name)
    }

    fn known_info(&self, id: RoomId) -> Option<RoomInfo> {
        let room = self.rooms.get(&id)?;
        let kind = room.conversation.kind();
        let settings = room.state.settings.content();
        let is_public = kind == RoomKind::Public;
        let shown = |ours: Option<&String>, sealed: &str| match ours {
            Some(ours) if is_public => ours.clone(),
            _ if is_public => String::new(),
            _ => sealed.to_owned(),
        };
        let channels = room.face.ordered().into_iter().map(|(channel, face)| {
            let mut named = settings.channels.iter();
            let named = named.find(|named| named.id == channel);
            let is_main = channel == ChannelId::main_of(id);
            let name = named.map_or("", |named| named.name.as_str());
            let topic = named.map_or("", |named| named.topic.as_str());
            let mut name = shown(face.name.as_ref(), name);
            if is_main && name.is_empty() {
                MAIN.clone_into(&mut name);
            }
            ChannelInfo {
                channel,
                name,
                topic: shown(face.topic.as_ref(), topic),
                is_main,
                is_archived: face.is_archived,
                slow_ms: face.slow_ms,
            }
        });
        let channels = channels.collect();
        Some(RoomInfo {
            room: id,
            kind,
            name: shown(room.face.name.as_ref(), &settings.name),
            topic: shown(room.face.topic.as_ref(), &settings.topic),
            is_archived: room.face.is_archived,
            channels,
        })
    }

    /// Takes what the server shows otherwise from now on.
    pub(super) async fn updated(&mut self, event: Event) -> Result<(), ConversationError> {
        match event {
            Event::RoomUpdated {
                room,
                revision,
                name,
                topic,
                archived,
            } => {
                let Some(known) = self.newer_face(room, revision) else {
                    return Ok(());
                };
                known.face.is_archived = archived;
                known.face.name = name.or(known.face.name.take());
                known.face.topic = topic.or(known.face.topic.take());
                self.news.push(News::Renamed(room));
            }
            Event::ChannelUpdated {
                room,
                channel,
                revision,
                name,
                topic,
                position,
                slow_ms,
                archived,
            } => {
                let Some(known) = self.newer_face(room, revision) else {
                    return Ok(());
                };
                let face = ChannelFace {
                    position,
                    is_archived: archived,
                    slow_ms,
                    name,
                    topic,
                };
                let is_known = known.face.take_channel(channel, face);
                self.news.push(News::ChannelChanged { room, channel });
                if !is_known {
                    // Its numbering, and what stands in it by now.
                    self.read_new(Place { room, channel }).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn read_new(&mut self, at: Place) -> Result<(), ConversationError> {
        self.follow(at.room).await?;
        while self.room(at.room)?.conversation.has(at.channel) && self.fetch_on(at).await? {}
        Ok(())
    }

    /// A room whose face is older than a change of it.
    fn newer_face(&mut self, room: RoomId, revision: u32) -> Option<&mut Room> {
        let known = self.rooms.get_mut(&room)?;
        if !known.is_followed || known.face.revision >= revision {
            return None;
        }
        known.face.revision = revision;
        Some(known)
    }

    /// The channel of a room that a word means: its id, or its name.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchChannel`], [`ConversationError::Ambiguous`]; the typed cause otherwise.
    pub async fn find_channel(
        &mut self,
        id: RoomId,
        typed: &str,
    ) -> Result<ChannelId, ConversationError> {
        let channels = self.info(id).await?.channels.into_iter();
        let by_id = |channel: &ChannelInfo| channel.channel.to_string() == typed;
        let meant = channels.filter(|channel| channel.name == typed || by_id(channel));
        let meant: Vec<ChannelInfo> = meant.collect();
        match meant.as_slice() {
            [channel] => Ok(channel.channel),
            [] => Err(ConversationError::NoSuchChannel(typed.to_owned())),
            // An id is nobody's name.
            several => several
                .iter()
                .find(|channel| by_id(channel))
                .map(|channel| channel.channel)
                .ok_or_else(|| ConversationError::Ambiguous(typed.to_owned())),
        }
    }
}

/// What the main channel is called where nothing else was said.
pub(super) const MAIN: &str = "general";
