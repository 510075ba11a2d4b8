//! The terminal: taken while somebody chats, and given back as it was, however that ends.

use std::{
    io::{self, IsTerminal as _, Stdout, stdout},
    panic,
    sync::Once,
    time::Duration,
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        event::{
            self, DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste,
            EnableFocusChange, Event,
        },
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};
use tokio::sync::mpsc;

use crate::exit::Failure;

/// The terminal, while it is taken. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Whether there is a terminal to take.
    pub(super) fn is_there() -> bool {
        io::stdin().is_terminal() && stdout().is_terminal()
    }

    /// Takes it.
    pub(super) fn take() -> Result<Self, Failure> {
        give_back_when_panicking();
        let taken = Self::taken();
        if taken.is_err() {
            give_back();
        }
        taken.map_err(Failure::Output)
    }

    fn taken() -> io::Result<Self> {
        enable_raw_mode()?;
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange
        )?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(Self { terminal })
    }

    /// Draws.
    pub(super) fn draw(
        &mut self,
        render: impl FnOnce(&mut ratatui::Frame<'_>),
    ) -> Result<(), Failure> {
        let drawn = self.terminal.draw(render);
        drawn.map(|_| ()).map_err(Failure::Output)
    }

    /// What is typed. A thread reads it, for as long as somebody takes it.
    pub(super) fn typed() -> mpsc::Receiver<io::Result<Event>> {
        let (typed, taken) = mpsc::channel(TYPED_AHEAD);
        // It ends within a look after whoever takes it.
        std::thread::spawn(move || {
            while !typed.is_closed() {
                let event = match event::poll(LOOK_EVERY) {
                    Ok(false) => continue,
                    Ok(true) => event::read(),
                    Err(error) => Err(error),
                };
                let is_over = event.is_err();
                if typed.blocking_send(event).is_err() || is_over {
                    return;
                }
            }
        });
        taken
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Leaves the terminal as it was. Nobody is left to be told if that fails.
fn give_back() {
    let _ = execute!(
        stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}

/// What a panic says is to be read on the terminal that was there before.
fn give_back_when_panicking() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}

/// Events that wait; more are read when these were taken.
const TYPED_AHEAD: usize = 64;
/// How often it is looked whether anybody still takes what is typed.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const AT_A_TERMINAL: &str = "TEST_PANICS_AT_A_TERMINAL";

    /// Runs itself at a terminal, which `script` of util-linux gives it.
    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "how it knows that it is the one at the terminal"
    )]
    fn a_panic_gives_the_terminal_back_and_is_told_there() {
        if std::env::var_os(AT_A_TERMINAL).is_some() {
            let _screen = Screen::take().expect("a terminal");
            panic!("on purpose");
        }
        let name =
            "account::chat::screen::tests::a_panic_gives_the_terminal_back_and_is_told_there";
        let program = std::env::current_exe().expect("this program");
        let line = format!("{} --exact {name} --nocapture", program.display());
        let ran = Command::new("script")
            .args(["-q", "-e", "-c", &line, "/dev/null"])
            .env(AT_A_TERMINAL, "1")
            .stdin(Stdio::null())
            .output()
            .expect("script of util-linux");
        let shown = String::from_utf8_lossy(&ran.stdout);
        let (_, after) = shown.split_once("\u{1b}[?1049h").expect("it was taken");
        let (before, _) = after.split_once("on purpose").expect("it was told");
        for code in ["\u{1b}[?2004l", "\u{1b}[?1049l", "\u{1b}[?25h"] {
            assert!(before.contains(code), "{code:?} in {shown:?}");
        }
        assert!(!ran.status.success());
    }
}
