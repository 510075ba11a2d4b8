//! `sealwire channels`: the channels of a room.

use chat_client::conversations::{ChannelChange, ChannelInfo, Place};
use serde_json::{Value, json};

use super::{
    deed::{Said, parsed, usage, words},
    flags::{Channels, ChannelsAction},
    talker::Talker,
};
use crate::{exit::Failure, plain::visible};

/// Carries an action out.
pub(super) async fn carry_out(talker: &mut Talker, flags: &Channels) -> Result<Said, Failure> {
    let action = flags.action;
    match (action, words(&flags.words).as_slice()) {
        (ChannelsAction::List, [room]) => list(talker, room).await,
        (ChannelsAction::Create, [room, name]) => {
            let topic = flags.topic.as_deref().unwrap_or_default();
            create(talker, room, name, topic).await
        }
        (ChannelsAction::Rename, [room, channel, name]) => {
            let change = ChannelChange {
                name: Some(name),
                ..ChannelChange::default()
            };
            changed(talker, room, channel, change, "renamed").await
        }
        (ChannelsAction::Topic, [room, channel, topic]) => {
            let change = ChannelChange {
                topic: Some(topic),
                ..ChannelChange::default()
            };
            changed(talker, room, channel, change, "topic").await
        }
        (ChannelsAction::Move, [room, channel, position]) => {
            let change = ChannelChange {
                position: Some(parsed(position, "position")?),
                ..ChannelChange::default()
            };
            changed(talker, room, channel, change, "moved").await
        }
        (ChannelsAction::Slow, [room, channel, seconds]) => {
            let seconds: u32 = parsed(seconds, "number of seconds")?;
            let change = ChannelChange {
                slow_ms: Some(seconds.saturating_mul(1_000)),
                ..ChannelChange::default()
            };
            changed(talker, room, channel, change, "slow").await
        }
        (ChannelsAction::Archive, [room, channel]) => archive(talker, room, channel, true).await,
        (ChannelsAction::Reopen, [room, channel]) => archive(talker, room, channel, false).await,
        _ => usage("channels", usage_of(action)),
    }
}

const fn usage_of(action: ChannelsAction) -> &'static str {
    match action {
        ChannelsAction::List => "list ROOM",
        ChannelsAction::Create => "create ROOM NAME [--topic TEXT]",
        ChannelsAction::Rename => "rename ROOM CHANNEL NAME",
        ChannelsAction::Topic => "topic ROOM CHANNEL TEXT",
        ChannelsAction::Move => "move ROOM CHANNEL POSITION",
        ChannelsAction::Slow => "slow ROOM CHANNEL SECONDS",
        ChannelsAction::Archive => "archive ROOM CHANNEL",
        ChannelsAction::Reopen => "reopen ROOM CHANNEL",
    }
}

async fn list(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let info = talker.conversations.info(room).await?;
    let lines: Vec<String> = info.channels.iter().map(line).collect();
    let objects: Vec<Value> = info.channels.iter().map(object).collect();
    Ok(Said {
        text: lines.join("\n"),
        object: json!({
            "type": "channels",
            "room": room,
            "name": info.name,
            "topic": info.topic,
            "archived": info.is_archived,
            "channels": objects,
        }),
    })
}

fn line(channel: &ChannelInfo) -> String {
    let state = match channel {
        ChannelInfo {
            is_archived: true, ..
        } => "archived".to_owned(),
        ChannelInfo { slow_ms: 0, .. } => "open".to_owned(),
        ChannelInfo { slow_ms, .. } => format!("slow {} s", slow_ms.div_ceil(1_000)),
    };
    let (name, topic) = (visible(&channel.name), visible(&channel.topic));
    format!("{state}\t{}\t{name}\t{topic}", channel.channel)
}

fn object(channel: &ChannelInfo) -> Value {
    json!({
        "channel": channel.channel,
        "name": channel.name,
        "topic": channel.topic,
        "main": channel.is_main,
        "archived": channel.is_archived,
        "slow_ms": channel.slow_ms,
    })
}

async fn create(talker: &mut Talker, word: &str, name: &str, topic: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let channel = talker.conversations.make_channel(room, name, topic).await?;
    Ok(done(Place { room, channel }, name, "made"))
}

async fn changed(
    talker: &mut Talker,
    word: &str,
    channel: &str,
    change: ChannelChange<'_>,
    words: &str,
) -> Result<Said, Failure> {
    let at = talker.place(word, Some(channel)).await?;
    talker.conversations.change_channel(at, change).await?;
    Ok(done(at, change.name.unwrap_or(channel), words))
}

async fn archive(
    talker: &mut Talker,
    word: &str,
    channel: &str,
    archived: bool,
) -> Result<Said, Failure> {
    let at = talker.place(word, Some(channel)).await?;
    talker.conversations.archive_channel(at, archived).await?;
    let words = if archived { "archived" } else { "reopened" };
    Ok(done(at, channel, words))
}

fn done(at: Place, name: &str, done: &str) -> Said {
    Said {
        text: format!("{}: {done}", visible(name)),
        object: json!({
            "type": "channel",
            "room": at.room,
            "channel": at.channel,
            "name": name,
            "done": done,
        }),
    }
}
