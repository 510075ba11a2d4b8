//! `sealwire send --file`: a file, sealed chunk by chunk; done when the message that names it is durable.

use std::{
    fs::{self, File},
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use chat_client::conversations::{FileError, Place, Progress};
use serde_json::json;
use wire_format::{
    ByteCount, ErrorCode, RoomId,
    file::{FileCut, SealedFile},
    limits::TEXT_BYTES,
    room::{FileNote, RoomContent},
};

use super::{
    super::{at::At, flags::Send, home::Home, out, send, talker::Talker, told},
    Deadline, come_back, name,
    shown::Shown,
    transfer::{Meant, Transfer, Transfers},
};
use crate::{cli::Format, exit::Failure};

/// A file that is to be sent, as it is now.
struct Sent {
    path: PathBuf,
    file: Arc<File>,
    cut: FileCut,
    changed_at: SystemTime,
    name: String,
    text: Option<String>,
}

pub(in super::super) async fn run(
    at: At,
    home: Home,
    format: Format,
    flags: Send,
    path: PathBuf,
) -> Result<(), Failure> {
    let sent = Sent::open(path, flags.name, flags.text)?;
    let mut talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let transfers = talker.transfers()?;
    let mut deadline = Deadline::new(Duration::from_secs(flags.give_up_after.unwrap_or(60)));
    let to = send::Target {
        to: &flags.to,
        channel: flags.channel.as_deref(),
    };
    let done = deliver(&mut talker, &transfers, &sent, to, format, &mut deadline).await;
    for alarm in talker.alarms() {
        told::alarm(&alarm, &talker.conversations);
    }
    let object = done?;
    talker.close().await?;
    if format == Format::Json {
        out::print(format, "", &object)?;
    }
    Ok(())
}

impl Sent {
    fn open(path: PathBuf, named: Option<String>, text: Option<String>) -> Result<Self, Failure> {
        let refused = |why: String| Failure::Settings(format!("{} {why}", path.display()));
        let unreadable = |error: std::io::Error| refused(format!("cannot be read: {error}"));
        let name = match named {
            Some(named) => Some(named).filter(|named| name::is_name(named)),
            None => name::of_path(&path),
        };
        let name = name.ok_or_else(|| {
            refused("has a name that no message carries: give one with --name".to_owned())
        })?;
        if text
            .as_ref()
            .is_some_and(|text| !(1..=TEXT_BYTES).contains(&text.len()))
        {
            return Err(refused(format!(
                "goes with a text of 1 to {TEXT_BYTES} bytes"
            )));
        }
        let file = File::open(&path).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?;
        if !found.is_file() {
            return Err(refused("is no file".to_owned()));
        }
        let cut = FileCut::of_size(ByteCount::new(found.len()));
        let cut = cut.ok_or_else(|| refused("is larger than 4 GiB".to_owned()))?;
        let changed_at = found.modified().map_err(unreadable)?;
        let path = fs::canonicalize(&path).map_err(unreadable)?;
        Ok(Self {
            path,
            file: Arc::new(file),
            cut,
            changed_at,
            name,
            text,
        })
    }

    fn meant(&self, room: RoomId) -> Meant<'_> {
        Meant {
            room,
            path: &self.path,
            size: self.cut.size().value(),
            changed_at: self.changed_at,
            name: &self.name,
            text: self.text.as_deref(),
        }
    }

    fn content(&self, transfer: &Transfer) -> RoomContent {
        RoomContent::File(FileNote {
            file: transfer.file,
            name: self.name.clone(),
            media_type: name::media_type(&self.name).to_owned(),
            size: self.cut.size(),
            secret: transfer.secret.clone(),
            chunks: self.cut.chunks(),
            text: self.text.clone(),
        })
    }

    /// Whether the file is still what it was when it was opened.
    fn is_same(&self) -> bool {
        let found = self.file.metadata();
        found.is_ok_and(|found| {
            let is_size = found.len() == self.cut.size().value();
            is_size && found.modified().is_ok_and(|at| at == self.changed_at)
        })
    }
}

async fn deliver(
    talker: &mut Talker,
    transfers: &Transfers,
    sent: &Sent,
    to: send::Target<'_>,
    format: Format,
    deadline: &mut Deadline,
) -> Result<serde_json::Value, Failure> {
    let at = talker.place(to.to, to.channel).await?;
    let room = at.room;
    let meant = sent.meant(room);
    let transfer = match transfers.find(&meant)? {
        Some(transfer) => transfer,
        None => {
            let transfer = Transfer::new();
            transfers.save(&meant, &transfer)?;
            transfer
        }
    };
    let file = SealedFile::new(transfer.file, transfer.secret.clone(), sent.cut);
    let put = put(talker, room, &file, sent, format, deadline).await;
    if let Err(failure) = put {
        if is_over(&failure) {
            transfers.forget(&meant);
        }
        return Err(failure);
    }
    if !sent.is_same() {
        transfers.forget(&meant);
        // It is of no use to anybody; what fails here goes within a day.
        let _ = talker.conversations.remove_file(file.id()).await;
        return Err(Failure::File(FileError::Read(std::io::Error::other(
            "it was changed while it was read",
        ))));
    }
    let content = sent.content(&transfer);
    let within = deadline.within;
    let (_, sequence) = send::deliver(talker, to, &content, transfer.message, within).await?;
    keep(talker, at, &file, sequence, deadline).await?;
    transfers.forget(&meant);
    Ok(json!({
        "type": "sent",
        "room": room,
        "channel": at.channel,
        "message": transfer.message,
        "sequence": sequence,
        "file": file.id(),
        "title": sent.name,
        "size": sent.cut.size(),
    }))
}

/// Puts what is missing, over as many connections as it takes.
async fn put(
    talker: &mut Talker,
    room: RoomId,
    file: &SealedFile,
    sent: &Sent,
    format: Format,
    deadline: &mut Deadline,
) -> Result<(), Failure> {
    let mut shown = Shown::new("sent", format);
    loop {
        let mut told = |progress: Progress| {
            deadline.push();
            shown.tell(progress);
        };
        let conversations = &mut talker.conversations;
        let done = match conversations.announce_file(room, file).await {
            Ok(()) => {
                let source: Arc<File> = Arc::clone(&sent.file);
                conversations.put_file(file, source, &mut told).await
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => return Ok(()),
            Err(error) => come_back(talker, error, deadline).await?,
        }
    }
}

async fn keep(
    talker: &mut Talker,
    at: Place,
    file: &SealedFile,
    sequence: wire_format::Sequence,
    deadline: &mut Deadline,
) -> Result<(), Failure> {
    loop {
        let kept = talker
            .conversations
            .keep_file(file.id(), at.channel, sequence);
        match kept.await {
            Ok(()) => return Ok(()),
            Err(error) => come_back(talker, error, deadline).await?,
        }
    }
}

/// Whether nothing comes of going on with what was begun.
fn is_over(failure: &Failure) -> bool {
    let over = [
        ErrorCode::OverQuota,
        ErrorCode::TooLarge,
        ErrorCode::NotAllowed,
        ErrorCode::NoSuchRoom,
        ErrorCode::NoSuchFile,
    ];
    match failure {
        Failure::File(error) => error.refusal().is_none_or(|code| over.contains(&code)),
        _ => false,
    }
}
