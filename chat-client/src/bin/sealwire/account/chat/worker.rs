//! Whoever has the connection: reads, does what is asked for, and comes back after a cut.

mod looks;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use chat_client::conversations::{ConversationError, Place};
use tokio::{sync::mpsc, time::timeout};
use wire_format::{AccountId, MessageId, RoomId, room::RoomContent};

use super::{
    command,
    ear::{Desk, Listener, in_chat},
    model::{Ask, Believed, Kind, Link, Update},
    shown::Shown,
};
use crate::{account::reader::Reader, exit::Failure};

/// Does what is asked for, one thing after the other.
pub(super) struct Worker<'a> {
    reader: Reader,
    desk: &'a Desk,
    ear: Listener<'a>,
    asked: mpsc::Receiver<Ask>,
    /// What was asked for and is not done.
    open: VecDeque<Ask>,
    /// Whose keys were looked at over this connection, and what they came to.
    believed: BTreeMap<AccountId, Believed>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(reader: Reader, desk: &'a Desk, asked: mpsc::Receiver<Ask>) -> Self {
        Self {
            reader,
            desk,
            ear: Listener::of(desk),
            asked,
            open: VecDeque::new(),
            believed: BTreeMap::new(),
        }
    }

    /// Works until somebody goes, through lost connections.
    pub(super) async fn run(&mut self) -> Result<(), Failure> {
        loop {
            self.desk.take(Update::Link(Link::CatchingUp));
            let Err(failure) = self.connected().await else {
                return Ok(());
            };
            let lost = self.reader.lost(failure, &mut self.ear)?;
            self.desk.take(Update::Link(Link::Lost));
            self.reader.come_back(lost).await?;
        }
    }

    /// Notes what was read, and says goodbye; the session stays.
    pub(super) async fn close(mut self) -> Result<(), Failure> {
        // What is not noted is unread on the next device, and no more than that.
        let _ = timeout(MARK_WITHIN, self.reader.mark()).await;
        self.reader.close().await
    }

    /// Reads what is there, then what comes, until somebody goes or the connection does.
    async fn connected(&mut self) -> Result<(), Failure> {
        self.believed.clear();
        self.reader.catch_up(&mut self.ear).await?;
        self.look_at_all().await?;
        // Behind what waits to be sent, which may not be held up by it.
        self.open.retain(|ask| !matches!(ask, Ask::Trust(_)));
        let open = self.desk.with(|model| model.open);
        self.open.extend(open.map(|open| Ask::Trust(open.room)));
        self.desk.take(Update::Link(Link::There));
        loop {
            while let Some(ask) = self.open.pop_front() {
                self.try_once(ask).await?;
                self.look_at_touched().await?;
            }
            tokio::select! {
                ask = self.asked.recv() => match ask {
                    Some(Ask::Quit) | None => return Ok(()),
                    Some(ask) => self.open.push_back(ask),
                },
                step = self.reader.next() => {
                    let step = step?;
                    self.reader.take(step, &mut self.ear).await?;
                    self.look_at_touched().await?;
                }
            }
        }
    }

    /// Does it; what may be done twice is kept for the next connection if this one is cut.
    async fn try_once(&mut self, ask: Ask) -> Result<(), Failure> {
        // Under its id a message is sent once, however often it is tried; a command has none. Whom to
        // trust is looked at anyway.
        let again = matches!(ask, Ask::Say { .. } | Ask::Read { .. }).then(|| ask.clone());
        let outcome = self.carry_out(ask).await;
        if let (Err(_), Some(again)) = (&outcome, again) {
            self.open.push_front(again);
        }
        outcome
    }

    async fn carry_out(&mut self, ask: Ask) -> Result<(), Failure> {
        match ask {
            Ask::Quit => Ok(()),
            Ask::Read {
                at,
                sequence,
                message,
            } => {
                self.reader.was_read(at, sequence, message);
                Ok(())
            }
            Ask::Trust(room) => self.look_at_trust(room).await,
            Ask::Say {
                at,
                message,
                content,
            } => self.say(at, message, &content).await,
            Ask::Command { words, room } => self.command(&words, room).await,
        }
    }

    async fn say(
        &mut self,
        at: Place,
        message: MessageId,
        content: &RoomContent,
    ) -> Result<(), Failure> {
        let sent = self.reader.talker.conversations.send(at, content, message);
        let outcome = passed(sent.await.map_err(Failure::from))?;
        self.reader.tell_rest(&mut self.ear).await?;
        let is_request = |room: &super::model::Room| room.kind == Kind::Request;
        if self.desk.with(|model| model.room().is_some_and(is_request)) {
            // It is one no more, once it was answered.
            self.ear.touch(at.room);
        }
        self.desk.take(match outcome {
            Ok(_) => Update::Sent(message),
            Err(failure) => {
                // Nobody tries this one again.
                self.reader.talker.give_up();
                let next = failure.next_step().unwrap_or_default();
                Update::Unsent {
                    message,
                    why: Shown::line(&failure.to_string()),
                    next: in_chat(&next.replace("ROOM", ".")),
                }
            }
        });
        Ok(())
    }

    async fn command(&mut self, words: &str, room: Option<RoomId>) -> Result<(), Failure> {
        let outcome = passed(command::run(&mut self.reader.talker, words, room).await);
        let (page, opens) = match outcome {
            Ok(Ok(command::Done::Said(text))) => (Some(Shown::lines(&text)), None),
            Ok(Ok(command::Done::Open(at))) => (None, Some(at)),
            Ok(Err(failure)) => (Some(refused(&failure)), None),
            Err(failure) => {
                self.desk.take(Update::Page(cut_off(words, &failure)));
                return Err(failure);
            }
        };
        if let Some(page) = page {
            self.desk.take(Update::Page(page));
        }
        // It may have been about somebody's keys.
        self.believed.clear();
        self.reader.tell_rest(&mut self.ear).await?;
        self.reader.enter_new(&mut self.ear).await?;
        self.look_at_all().await?;
        if let Some(at) = opens {
            self.desk.take(Update::Open(at));
        }
        match room {
            Some(room) => self.look_at_trust(room).await,
            None => Ok(()),
        }
    }
}

/// What a call came to; a lost connection, or a session that is over, is what ends the work.
fn passed<T>(outcome: Result<T, Failure>) -> Result<Result<T, Failure>, Failure> {
    match outcome {
        Err(Failure::Account(error)) => {
            let error = ConversationError::from(error);
            if error.is_lost() || error.is_passing() || Failure::is_session_over(&error) {
                return Err(error.into());
            }
            Ok(Err(error.into()))
        }
        outcome => Ok(outcome),
    }
}

fn refused(failure: &Failure) -> Vec<Shown> {
    let next = failure.next_step().unwrap_or_default();
    let mut lines = Shown::lines(&failure.to_string());
    lines.push(in_chat(&next.replace("ROOM", ".")));
    lines
}

/// What is said of a command whose answer did not come. It is not carried out again by itself: it may
/// have made a group, or a key.
fn cut_off(words: &str, failure: &Failure) -> Vec<Shown> {
    let known = "Whether it was carried out is not known.";
    let next = "Look before you type it again: /list, /members .";
    vec![
        Shown::line(&format!("{words}: {failure}")),
        Shown::line(known),
        Shown::line(next),
    ]
}

/// How long the last marks may take when somebody goes.
const MARK_WITHIN: Duration = Duration::from_secs(2);
