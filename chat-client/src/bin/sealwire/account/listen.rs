//! `sealwire listen`: what comes in end-to-end conversations, from the first that was not read.

use std::time::Duration;

use chat_client::conversations::News;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use wire_format::Sequence;

use super::{
    at::At,
    flags::Listen,
    home::Home,
    reader::{Begin, Ear, Reader},
    talker::Talker,
    told,
};
use crate::{
    cli::Format,
    exit::{Failure, Signal},
    printer::print,
};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Listen) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    tokio::select! {
        outcome = listen(at, home, format, flags) => outcome,
        _ = interrupt.recv() => Err(Failure::Interrupted(Signal::Interrupt)),
        _ = terminate.recv() => Err(Failure::Interrupted(Signal::Terminate)),
    }
}

async fn listen(at: At, home: Home, format: Format, flags: Listen) -> Result<(), Failure> {
    let talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let begin = flags.from.map_or(Begin::Unread, |from| {
        Begin::After(Sequence::new(from.saturating_sub(1)))
    });
    let give_up_after = Duration::from_secs(flags.give_up_after.unwrap_or(300));
    let mut reader = Reader::new(talker, begin, give_up_after);
    if let Some(word) = flags.room {
        reader.only(&word, flags.channel.as_deref()).await?;
    }
    let mut paper = Paper { format };
    loop {
        let failure = match round(&mut reader, &mut paper, flags.once).await {
            Ok(()) => break,
            Err(failure) => failure,
        };
        let lost = reader.lost(failure, &mut paper)?;
        if lost.is_lost() && !flags.once {
            paper.say("lost", "* the connection was lost; trying again")?;
        }
        reader.come_back(lost).await?;
    }
    let unbelieved = reader.take_unbelieved();
    reader.close().await?;
    unbelieved.map_or(Ok(()), |error| Err(error.into()))
}

/// Catches up, and goes on until the connection is over.
async fn round(reader: &mut Reader, paper: &mut Paper, once: bool) -> Result<(), Failure> {
    reader.catch_up(paper).await?;
    paper.say("caught_up", "* that is all there is")?;
    if once {
        return Ok(());
    }
    loop {
        let step = reader.next().await?;
        reader.take(step, paper).await?;
    }
}

/// Standard output: what is printed was read.
struct Paper {
    format: Format,
}

impl Ear for Paper {
    fn hear(&mut self, news: &News, talker: &Talker) -> Result<(), Failure> {
        told::news(self.format, news, &talker.conversations).map_err(Failure::Output)
    }

    fn reads_at_once(&self) -> bool {
        true
    }
}

impl Paper {
    /// Says how it stands: an object, or on a terminal's side of things nothing but a loss.
    fn say(&self, kind: &str, line: &str) -> Result<(), Failure> {
        match self.format {
            Format::Json => print(&json!({ "type": kind }).to_string()),
            Format::Plain if kind == "lost" => print(line),
            Format::Plain => Ok(()),
        }
        .map_err(Failure::Output)
    }
}
