//! `sealwire fetch`: the file that a message names, opened chunk by chunk; it has its name when it is whole.

use std::{fs::File, sync::Arc, time::Duration};

use chat_client::{
    conversation::Message,
    conversations::{FileError, Place, Progress},
};
use serde_json::json;
use wire_format::{
    ErrorCode, Sequence,
    file::SealedFile,
    room::{FileNote, RoomContent},
};

use super::{
    super::{at::At, flags::Fetch, home::Home, out, talker::Talker, told},
    Deadline, come_back,
    shown::Shown,
    target::{Target, part_name},
};
use crate::{cli::Format, exit::Failure, plain::visible};

pub(in super::super) async fn run(
    at: At,
    home: Home,
    format: Format,
    flags: Fetch,
) -> Result<(), Failure> {
    let mut talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let place = talker.place(&flags.from, flags.channel.as_deref()).await?;
    let sequence = Sequence::new(flags.sequence);
    let read = named(&mut talker, place, sequence).await;
    for alarm in talker.alarms() {
        told::alarm(&alarm, &talker.conversations);
    }
    let note = read?;
    let file = SealedFile::of_note(&note).map_err(|_| nothing_there(sequence))?;
    let to = flags.output.as_deref();
    let target = Target::open(to, &note.name, &part_name(&note)?, flags.force)?;
    let mut deadline = Deadline::new(Duration::from_secs(flags.give_up_after.unwrap_or(60)));
    if let Err(failure) = get(&mut talker, &file, &target, format, &mut deadline).await {
        if is_over(&failure) {
            target.discard();
        }
        return Err(failure);
    }
    let path = target.finish(file.cut())?;
    talker.close().await?;
    let object = json!({
        "type": "fetched",
        "room": place.room,
        "channel": place.channel,
        "sequence": sequence,
        "file": note.file,
        "title": note.name,
        "size": note.size,
        "path": path.to_string_lossy(),
    });
    out::print(format, &visible(&path.to_string_lossy()), &object)
}

/// The file that a message names.
async fn named(talker: &mut Talker, place: Place, at: Sequence) -> Result<FileNote, Failure> {
    match talker.conversations.message_at(place, at).await? {
        Some(Message {
            content: RoomContent::File(note),
            ..
        }) => Ok(note),
        _ => Err(nothing_there(at)),
    }
}

fn nothing_there(at: Sequence) -> Failure {
    Failure::Settings(format!(
        "there is no message with a file that can be read at {at}"
    ))
}

/// Gets what is missing, over as many connections as it takes.
async fn get(
    talker: &mut Talker,
    file: &SealedFile,
    target: &Target,
    format: Format,
    deadline: &mut Deadline,
) -> Result<(), Failure> {
    let mut shown = Shown::new("got", format);
    loop {
        // Chunks are written one behind the other, whatever cut it off.
        let first = target.written(file.cut())?;
        let mut told = |progress: Progress| {
            deadline.push();
            shown.tell(progress);
        };
        let sink: Arc<File> = target.file();
        let got = talker
            .conversations
            .get_file(file, first, sink, &mut told)
            .await;
        match got {
            Ok(()) => return Ok(()),
            Err(error) => come_back(talker, error, deadline).await?,
        }
    }
}

/// Whether what was written is of no use: the file is gone, or is not what the message says.
fn is_over(failure: &Failure) -> bool {
    match failure {
        Failure::File(FileError::Chunk { .. }) => true,
        Failure::File(error) => error.refusal() == Some(ErrorCode::NoSuchFile),
        _ => false,
    }
}
