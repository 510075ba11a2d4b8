//! `sealwire send`: one text, sealed end to end; done when it is durable.

use std::{
    io::{self, Read as _},
    time::Duration,
};

use chat_client::conversations::{ConversationError, Place};
use serde_json::json;
use tokio::time::Instant;
use wire_format::{
    MessageId, Sequence,
    limits::TEXT_BYTES,
    room::{RoomContent, Text},
};

use super::{at::At, files, flags::Send, home::Home, out, talker::Talker, told};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(
    at: At,
    home: Home,
    format: Format,
    mut flags: Send,
) -> Result<(), Failure> {
    if let Some(path) = flags.file.take() {
        return files::put::run(at, home, format, flags, path).await;
    }
    let text = match flags.text {
        Some(text) => text,
        None => tokio::task::spawn_blocking(standard_input)
            .await
            .map_err(|_| Failure::Keys)??,
    };
    let content = content(text)?;
    let mut talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let within = Duration::from_secs(flags.give_up_after.unwrap_or(60));
    let message = MessageId::from_bytes(rand::random());
    let to = Target {
        to: &flags.to,
        channel: flags.channel.as_deref(),
    };
    let sent = deliver(&mut talker, to, &content, message, within).await;
    for alarm in talker.alarms() {
        told::alarm(&alarm, &talker.conversations);
    }
    let (at, sequence) = sent?;
    talker.close().await?;
    if format == Format::Json {
        let object = json!({
            "type": "sent",
            "room": at.room,
            "channel": at.channel,
            "message": message,
            "sequence": sequence,
        });
        out::print(format, "", &object)?;
    }
    Ok(())
}

/// The content of a text, if it may be one.
pub(super) fn content(text: String) -> Result<RoomContent, Failure> {
    if text.is_empty() || text.len() > TEXT_BYTES {
        return Err(Failure::Settings(format!(
            "a text has 1 to {TEXT_BYTES} bytes; this one has {}",
            text.len()
        )));
    }
    let mentions = None;
    Ok(RoomContent::Text(Text { text, mentions }))
}

/// Where a text is to go, as it was typed.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) to: &'a str,
    /// A channel of a room; the main one where none is said.
    pub(super) channel: Option<&'a str>,
}

/// Sends it over as many connections as it takes, under one message id: it stands there once.
pub(super) async fn deliver(
    talker: &mut Talker,
    to: Target<'_>,
    content: &RoomContent,
    message: MessageId,
    within: Duration,
) -> Result<(Place, Sequence), Failure> {
    let until = Instant::now() + within;
    let mut meant = None;
    loop {
        match attempt(talker, to, &mut meant, content, message).await {
            Ok(sent) => return Ok(sent),
            Err(Failure::Account(error)) => {
                let error = ConversationError::from(error);
                talker.come_back(error, until).await?;
            }
            Err(failure) => return Err(failure),
        }
    }
}

async fn attempt(
    talker: &mut Talker,
    to: Target<'_>,
    meant: &mut Option<Place>,
    content: &RoomContent,
    message: MessageId,
) -> Result<(Place, Sequence), Failure> {
    let at = match *meant {
        Some(at) => at,
        None => *meant.insert(talker.place(to.to, to.channel).await?),
    };
    let sequence = talker.conversations.send(at, content, message).await?;
    Ok((at, sequence))
}

fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(TEXT_BYTES + 2).unwrap_or(u64::MAX);
    let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(Failure::Input)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::Settings("standard input is not UTF-8".to_owned()))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}
