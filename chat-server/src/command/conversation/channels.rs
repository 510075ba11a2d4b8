//! `channels.*`.

use std::sync::Arc;

use wire_format::{
    ChannelId, ErrorCode, Refusal, RunId,
    command::channels::{Archive, Create, Update},
    limits::{ROOM_CHANNELS, SLOW_MS},
    room::RoomKind,
};

use super::faces::{back, name, over_members, revise, topic, written_in};
use crate::{
    account::AccountSession,
    command::{
        Turn,
        errand::{Errand, too_often},
    },
    conversation::Conversation,
    names,
    store::rooms::{ChannelFace, FaceStep},
};

/// Makes another channel, behind the others. A dropped future leaves it made and told, or neither.
pub(super) async fn create(
    errand: Errand,
    own: Arc<AccountSession>,
    create: Create,
) -> Result<Turn, Refusal> {
    let attempts = &errand.accounts.attempts;
    attempts.conversation(own.account).map_err(too_often)?;
    let typed = Typed::read(create.name.as_deref(), create.topic.as_deref())?;
    let channel = create.channel;
    let judge = move |room: &Conversation, role| {
        over_members(role)?;
        written_in(room)?;
        let faces = room.channel_faces();
        if room.has(channel) {
            return Err(ErrorCode::StateConflict);
        }
        if faces.len() >= ROOM_CHANNELS {
            return Err(ErrorCode::OverQuota);
        }
        let last = faces.iter().map(|(_, face)| face.position).max();
        let mut face = ChannelFace {
            position: last.unwrap_or_default().saturating_add(1),
            ..ChannelFace::default()
        };
        typed.put_on(&mut face, channel, room)?;
        if room.kind() == RoomKind::Public && face.name.is_empty() {
            return Err(ErrorCode::Malformed);
        }
        let run = RunId::from_bytes(rand::random());
        Ok(Some(FaceStep::Channel { channel, run, face }))
    };
    revise(errand, own, (create.room, None), Box::new(judge)).await
}

/// Changes a channel. A dropped future leaves it changed and told, or as it was.
pub(super) async fn update(
    errand: Errand,
    own: Arc<AccountSession>,
    update: Update,
) -> Result<Turn, Refusal> {
    if update.slow_ms.is_some_and(|slow_ms| slow_ms > SLOW_MS) {
        return Err(ErrorCode::Malformed.into());
    }
    let typed = Typed::read(update.name.as_deref(), update.topic.as_deref())?;
    let which = (update.room, Some(update.revision));
    let judge = move |room: &Conversation, role| {
        over_members(role)?;
        written_in(room)?;
        let channel = update.channel;
        let before = face_of(room, channel)?;
        if before.archived {
            return Err(ErrorCode::Archived);
        }
        let mut face = before.clone();
        typed.put_on(&mut face, channel, room)?;
        face.position = update.position.unwrap_or(face.position);
        face.slow_ms = update.slow_ms.unwrap_or(face.slow_ms);
        Ok((face != before).then_some(FaceStep::Faced { channel, face }))
    };
    revise(errand, own, which, Box::new(judge)).await
}

/// Says that a channel is only read, or written in again. A dropped future leaves it so and told, or as
/// it was.
pub(super) async fn archive(
    errand: Errand,
    own: Arc<AccountSession>,
    archive: Archive,
) -> Result<Turn, Refusal> {
    let judge = move |room: &Conversation, role| {
        over_members(role)?;
        written_in(room)?;
        let channel = archive.channel;
        let mut face = face_of(room, channel)?;
        if channel == room.main() {
            return Err(ErrorCode::NotAllowed);
        }
        match (face.archived, archive.archived) {
            (true, false) => Ok(Some(back(channel))),
            (false, true) => {
                face.archived = true;
                Ok(Some(FaceStep::Faced { channel, face }))
            }
            (true, true) | (false, false) => Ok(None),
        }
    };
    revise(errand, own, (archive.room, None), Box::new(judge)).await
}

/// What a channel is called, as prepared.
struct Typed {
    name: Option<String>,
    topic: Option<String>,
}

impl Typed {
    fn read(typed_name: Option<&str>, typed_topic: Option<&str>) -> Result<Self, ErrorCode> {
        Ok(Self {
            name: typed_name.map(name).transpose()?,
            topic: typed_topic.map(topic).transpose()?,
        })
    }

    /// Calls a channel so; in a private room nothing of it is the server's to know.
    fn put_on(
        self,
        face: &mut ChannelFace,
        channel: ChannelId,
        room: &Conversation,
    ) -> Result<(), ErrorCode> {
        let is_said = self.name.is_some() || self.topic.is_some();
        if is_said && room.kind() != RoomKind::Public {
            return Err(ErrorCode::Malformed);
        }
        if let Some(name) = self.name {
            if is_taken(&name, channel, room) {
                return Err(ErrorCode::NameTaken);
            }
            face.name = name;
        }
        if let Some(topic) = self.topic {
            face.topic = topic;
        }
        Ok(())
    }
}

/// Whether another channel of the room is called so, or almost.
fn is_taken(name: &str, channel: ChannelId, room: &Conversation) -> bool {
    let looks = names::look_alikes(name);
    let faces = room.channel_faces();
    let mut others = faces.iter().filter(|(id, _)| *id != channel);
    others.any(|(_, face)| !names::look_alikes(&face.name).is_disjoint(&looks))
}

fn face_of(room: &Conversation, channel: ChannelId) -> Result<ChannelFace, ErrorCode> {
    let faces = room.channel_faces().into_iter();
    let mut of = faces.filter(|(id, _)| *id == channel);
    of.next().map(|(_, face)| face).ok_or(ErrorCode::NoSuchRoom)
}
