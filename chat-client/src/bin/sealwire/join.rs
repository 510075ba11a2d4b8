//! `sealwire join`: lines of standard input are sent, what arrives is printed.

use std::{collections::HashSet, io, time::Duration};

use chat_client::{
    CallError, Session, SessionEvent, SessionEvents,
    room::{Happened, SendFailure},
    session::SessionEnd,
};
use rand::RngExt as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use wire_format::{ErrorCode, MessageId, RoomId, Sequence};

use crate::{
    account::TakenUp,
    cli::{AtEnd, Join, Visit},
    exit::{Failure, Signal},
    input::{self, Line},
    printer::Printer,
    visit::{self, Visitor},
};

pub(crate) async fn run(join: Join) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let (visitor, room) = tokio::select! {
        entered = enter(join.visit, &join.room) => entered?,
        _ = interrupt.recv() => return Err(Failure::Interrupted(Signal::Interrupt)),
        _ = terminate.recv() => return Err(Failure::Interrupted(Signal::Terminate)),
    };
    let Visitor {
        session,
        events,
        mut account,
    } = visitor;
    let talk = Talk {
        printer: Printer::new(join.format, join.history, session.member()),
        at_end: join.at_end,
        session: session.clone(),
        events,
        room,
        sending: None,
        lines_read: 0,
        unsent: 0,
        echoes: HashSet::new(),
        leave_at: None,
    };
    let lines = input::lines().map_err(Failure::Input)?;
    let outcome = tokio::select! {
        outcome = talk.run(lines, &mut account) => outcome,
        _ = interrupt.recv() => Err(Failure::Interrupted(Signal::Interrupt)),
        _ = terminate.recv() => Err(Failure::Interrupted(Signal::Terminate)),
    };
    tokio::select! {
        () = visit::part(&session) => {}
        // A second signal does not wait for the server's goodbye.
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    outcome
}

async fn enter(visit: Visit, room: &str) -> Result<(Visitor, RoomId), Failure> {
    let visitor = visit::sign_in(visit).await?;
    let session = &visitor.session;
    let mut entered = session.enter(room).await;
    if let Err(CallError::Refused(refusal)) = &entered
        && refusal.code == ErrorCode::NoSuchRoom
    {
        session.open(room).await.map_err(Failure::Enter)?;
        entered = session.enter(room).await;
    }
    match entered {
        Ok(entered) => Ok((visitor, entered.id)),
        Err(error) => {
            visit::part(session).await;
            Err(Failure::Enter(error))
        }
    }
}

type Sent = Result<Sequence, SendFailure>;

/// A conversation in one room.
struct Talk {
    printer: Printer,
    at_end: AtEnd,
    session: Session,
    events: SessionEvents,
    room: RoomId,
    /// The line that is being sent; the next one is read when it stands in the room, so that what
    /// was typed keeps its order and a pipe is not read faster than the room takes it.
    sending: Option<(usize, MessageId, JoinHandle<Sent>)>,
    lines_read: usize,
    unsent: usize,
    /// Own messages that stand in the room and have not come back.
    echoes: HashSet<MessageId>,
    /// When to leave although something has not come back.
    leave_at: Option<Instant>,
}

impl Talk {
    /// Talks until the lines or the session end; an account answers for its keys meanwhile.
    async fn run(
        mut self,
        mut lines: mpsc::Receiver<Line>,
        account: &mut Option<TakenUp>,
    ) -> Result<(), Failure> {
        let mut has_ended = false;
        loop {
            if has_ended && self.is_done() {
                return self.finish();
            }
            let leave_at = self.leave_at.filter(|_| has_ended);
            let is_free = self.sending.is_none() && !has_ended;
            tokio::select! {
                event = self.events.next() => {
                    if let (Some(SessionEvent::Challenge(challenge)), Some(account)) =
                        (&event, account.as_mut())
                    {
                        account.challenged(&self.session, *challenge);
                    }
                    if let Some(end) = self.arrived(event).map_err(Failure::Output)? {
                        return Err(Failure::Lost(end));
                    }
                }
                proven = proven(account) => proven?,
                sent = sent(&mut self.sending) => self.settled(sent).map_err(Failure::Output)?,
                line = lines.recv(), if is_free => match line {
                    Some(line) => self.line(line)?,
                    None => {
                        has_ended = true;
                        self.leave_at = Some(Instant::now() + ECHO);
                    }
                },
                () = until(leave_at) => {
                    self.leave_at = None;
                    self.echoes.clear();
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        self.at_end == AtEnd::Leave && self.sending.is_none() && self.echoes.is_empty()
    }

    fn finish(&self) -> Result<(), Failure> {
        match self.unsent {
            0 => Ok(()),
            unsent => Err(Failure::NotSent(unsent)),
        }
    }

    /// Prints an event; gives the end of the session.
    fn arrived(&mut self, event: Option<SessionEvent>) -> io::Result<Option<SessionEnd>> {
        let Some(event) = event else {
            return Ok(Some(SessionEnd::Internal));
        };
        self.printer.event(&event)?;
        match event {
            SessionEvent::Room {
                happened: Happened::Message(message),
                ..
            } if message.is_own => {
                self.echoes.remove(&message.opened.header.message);
            }
            SessionEvent::Ended(end) => return Ok(Some(end)),
            _ => {}
        }
        Ok(None)
    }

    fn line(&mut self, line: Line) -> Result<(), Failure> {
        self.lines_read += 1;
        let text = match line {
            Line::Text(text) if text.is_empty() => return Ok(()),
            Line::Text(text) => text,
            Line::TooLong => return self.not_sent(SendFailure::TooLarge),
            Line::NotText => return self.not_sent(SendFailure::Malformed),
            Line::Failed(error) => return Err(Failure::Input(error)),
        };
        let message = MessageId::from_bytes(rand::rng().random());
        let (session, room) = (self.session.clone(), self.room);
        self.echoes.insert(message);
        // Joined by `sent`, or ended with the session that it belongs to.
        let send = async move { session.send_text(room, message, &text).await };
        self.sending = Some((self.lines_read, message, tokio::spawn(send)));
        Ok(())
    }

    fn not_sent(&mut self, failure: SendFailure) -> Result<(), Failure> {
        self.unsent += 1;
        let message = MessageId::from_bytes(rand::rng().random());
        let said = self.printer.line(self.lines_read, message, &Err(failure));
        said.map_err(Failure::Output)
    }

    fn settled(&mut self, (line, message, outcome): (usize, MessageId, Sent)) -> io::Result<()> {
        if outcome.is_err() {
            self.unsent += 1;
            self.echoes.remove(&message);
        }
        self.leave_at = Some(Instant::now() + ECHO);
        self.printer.line(line, message, &outcome)
    }
}

/// Waits for the line that is being sent. Safe to drop while waiting.
async fn sent(
    sending: &mut Option<(usize, MessageId, JoinHandle<Sent>)>,
) -> (usize, MessageId, Sent) {
    let Some((line, message, task)) = sending else {
        return std::future::pending().await;
    };
    let outcome = task.await.unwrap_or(Err(SendFailure::Ended));
    let settled = (*line, *message, outcome);
    *sending = None;
    settled
}

/// Waits for the proof of keys that is under way. Safe to drop while waiting.
async fn proven(account: &mut Option<TakenUp>) -> Result<(), Failure> {
    match account {
        Some(account) => account.proven().await,
        None => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// How long one's own message may take to come back after it was acknowledged.
const ECHO: Duration = Duration::from_secs(2);
