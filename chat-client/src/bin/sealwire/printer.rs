//! What is printed, whatever it looks like.

use std::{
    collections::HashMap,
    io::{self, IsTerminal as _, Write as _},
};

use chat_client::{
    SessionEvent,
    room::{Happened, Message, SendFailure},
};
use wire_format::{MemberId, MessageId, RunId, Sequence, command::rooms::Entered};

use crate::{
    cli::{Format, History},
    json, plain,
};

/// Prints events as they come.
pub(crate) struct Printer {
    format: Format,
    history: History,
    /// Whether own messages are on the screen already, as they were typed.
    echoes: bool,
    /// Where the channel stood at first entering: what is older is history.
    entered_at: Option<(RunId, Sequence)>,
    names: HashMap<MemberId, String>,
    me: MemberId,
}

impl Printer {
    pub(crate) fn new(format: Format, history: History, me: MemberId) -> Self {
        Self {
            format,
            history,
            echoes: io::stdin().is_terminal() && io::stdout().is_terminal(),
            entered_at: None,
            names: HashMap::new(),
            me,
        }
    }

    /// Prints one event, if it is to be seen.
    pub(crate) fn event(&mut self, event: &SessionEvent) -> io::Result<()> {
        let is_news = self.notice(event);
        if !is_news || self.is_hidden(event) {
            return Ok(());
        }
        let line = match self.format {
            Format::Json => json::event(event, &self.names),
            Format::Plain => plain::event(event, &self.names),
        };
        line.map_or(Ok(()), |line| print(&line))?;
        if let SessionEvent::Room {
            happened: Happened::Left { member, .. },
            ..
        } = event
        {
            self.names.remove(member);
        }
        Ok(())
    }

    /// Says that a line was sent or not. In plain format only what was not is said, as an error.
    pub(crate) fn line(
        &self,
        line: usize,
        message: MessageId,
        outcome: &Result<Sequence, SendFailure>,
    ) -> io::Result<()> {
        if self.format == Format::Json {
            print(&json::sent(line, message, outcome))?;
        }
        if let Err(failure) = outcome {
            eprintln!("sealwire: line {line} was not sent: {failure}");
        }
        Ok(())
    }

    /// Learns names; false for what is known already.
    fn notice(&mut self, event: &SessionEvent) -> bool {
        match event {
            SessionEvent::Entered(entered) => self.entered(entered),
            SessionEvent::Room {
                happened: Happened::Joined(member),
                ..
            } => {
                // Told again when a member announces keys.
                let known = self.names.insert(member.id, member.name.clone());
                return known.is_none() && member.id != self.me;
            }
            _ => {}
        }
        true
    }

    fn entered(&mut self, entered: &Entered) {
        self.entered_at
            .get_or_insert((entered.run, entered.sequence));
        let names = entered.members.iter();
        self.names = names
            .map(|member| (member.id, member.name.clone()))
            .collect();
    }

    fn is_hidden(&self, event: &SessionEvent) -> bool {
        let SessionEvent::Room { happened, .. } = event else {
            return false;
        };
        match happened {
            Happened::Message(message) => {
                self.is_history(message.run, message.sequence) || self.is_echo(message)
            }
            Happened::Unreadable(unreadable) => {
                self.is_history(unreadable.run, unreadable.sequence)
            }
            _ => false,
        }
    }

    fn is_history(&self, run: RunId, sequence: Sequence) -> bool {
        let before = |(first_run, first): (_, _)| run == first_run && sequence <= first;
        self.history == History::Hidden && self.entered_at.is_some_and(before)
    }

    fn is_echo(&self, message: &Message) -> bool {
        self.echoes && message.is_own && self.format == Format::Plain
    }
}

/// One write and a flush: a reader behind a pipe sees whole lines at once.
pub(crate) fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}
