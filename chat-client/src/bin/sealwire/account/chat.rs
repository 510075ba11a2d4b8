//! `sealwire chat`: end-to-end conversations at a terminal.
//!
//! ```text
//!  keys ──▶ Model ──▶ view ──▶ Screen
//!            ▲ └─Ask──▶ Worker ──▶ Reader, Talker ──▶ chat-server
//!            └──Update── Listener ◀──News──┘
//! ```

mod command;
mod composer;
mod ear;
mod model;
mod screen;
mod shown;
mod view;
mod worker;

use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyEventKind};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use wire_format::{MessageId, Sequence};

use self::{
    ear::Desk,
    model::{Ask, Link, Model, Update},
    screen::Screen,
    shown::Shown,
    worker::Worker,
};
use super::{
    at::At,
    flags::Chat,
    home::Home,
    reader::{Begin, Reader},
    talker::Talker,
};
use crate::exit::{Failure, Signal};

pub(super) async fn run(at: At, home: Home, flags: Chat) -> Result<(), Failure> {
    if !Screen::is_there() {
        let scripts =
            "this needs a terminal; for scripts there are sealwire listen and sealwire send";
        return Err(Failure::Settings(scripts.to_owned()));
    }
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(Failure::Runtime)?;
    tokio::select! {
        outcome = chat(at, home, flags) => outcome,
        _ = interrupt.recv() => Err(Failure::Interrupted(Signal::Interrupt)),
        _ = terminate.recv() => Err(Failure::Interrupted(Signal::Terminate)),
        _ = hang_up.recv() => Err(Failure::Interrupted(Signal::Terminate)),
    }
}

async fn chat(at: At, home: Home, flags: Chat) -> Result<(), Failure> {
    let talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    let account = talker.conversations.account();
    let model = Model::new(account.name(), account.id());
    let begin = flags.from.map_or(Begin::Recent(RECENT), |from| {
        Begin::After(Sequence::new(from.saturating_sub(1)))
    });
    let give_up_after = Duration::from_secs(flags.give_up_after.unwrap_or(GIVE_UP_AFTER));
    let mut reader = Reader::new(talker, begin, give_up_after);
    if let Some(word) = flags.room {
        reader.only(&word, None).await?;
    }
    let desk = Desk::of(model);
    let (asks, asked) = mpsc::channel(MOST_ASKED);
    let mut worker = Worker::new(reader, &desk, asked);
    let outcome = {
        let screen = Screen::take()?;
        tokio::select! {
            outcome = worker.run() => outcome,
            outcome = sit(&desk, screen, asks) => outcome,
        }
    };
    outcome?;
    worker.close().await
}

/// Draws what changes and takes what is typed, until somebody goes.
async fn sit(desk: &Desk, mut screen: Screen, asks: mpsc::Sender<Ask>) -> Result<(), Failure> {
    let mut typed = Screen::typed();
    loop {
        screen.draw(|frame| {
            desk.with(|model| {
                let seen = view::draw(frame, model);
                model.was_drawn(seen);
            });
        })?;
        tokio::select! {
            () = desk.changed.notified() => {}
            event = typed.recv() => match event {
                Some(Ok(event)) => take(desk, event),
                Some(Err(error)) => return Err(Failure::Input(error)),
                None => return Ok(()),
            },
        }
        let (wanted, link) = desk.with(|model| (model.take_asks(), model.link));
        for ask in wanted {
            let is_going = matches!(ask, Ask::Quit);
            let unsent = unsent(&ask);
            let refused = asks.try_send(ask).is_err();
            let unsent = unsent.filter(|_| refused);
            // Without a connection there is nobody to hear it, and nothing to end.
            if is_going && (refused || link != Link::There) {
                return Ok(());
            }
            if let Some(unsent) = unsent {
                desk.with(|model| model.take(unsent));
            }
        }
    }
}

/// What is said of something that there is no place for.
fn unsent(ask: &Ask) -> Option<Update> {
    let why = Shown::line("too much waits to be sent");
    Some(match ask {
        Ask::Say { message, .. } => Update::Unsent {
            message: *message,
            why,
            next: Shown::line("Try again in a moment."),
        },
        Ask::Command { .. } => Update::Notice(why),
        _ => return None,
    })
}

fn take(desk: &Desk, event: Event) {
    desk.with(|model| match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            model.key(key, MessageId::from_bytes(rand::random()));
        }
        Event::Paste(text) => model.paste(&text),
        Event::FocusGained => model.is_looked_at = true,
        Event::FocusLost => model.is_looked_at = false,
        _ => {}
    });
}

/// Deliveries of each conversation that are read back, where more of it was read before.
const RECENT: u64 = 200;
/// Seconds without a connection after which to give up: who sits at a terminal can leave.
const GIVE_UP_AFTER: u64 = 86_400;
/// What may wait to be done.
const MOST_ASKED: usize = 256;
