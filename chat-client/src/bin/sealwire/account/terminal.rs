//! Asking at the terminal, with what is typed hidden where it is a secret.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _, Write as _},
    process::{Command, Stdio},
};

use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use crate::exit::{Failure, Signal};

/// The terminal that the command was typed into.
pub(super) struct Terminal(File);

impl Terminal {
    /// The terminal, where somebody sits at one: a script has none, even if it was started from one.
    pub(super) fn here() -> Option<Self> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let tty = File::options().read(true).write(true).open("/dev/tty");
        tty.ok().map(Self)
    }

    /// Shows a text.
    pub(super) fn show(&mut self, text: &str) -> Result<(), Failure> {
        let shown = self.0.write_all(text.as_bytes());
        shown.and_then(|()| self.0.flush()).map_err(Failure::Output)
    }

    /// Asks for a line that is not seen while it is typed.
    pub(super) async fn hidden(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        let silence = Silence::begin(&self.0)?;
        self.show(question)?;
        let line = self.answer().await;
        drop(silence);
        // The line feed that was typed was not seen either.
        self.show("\n")?;
        line
    }

    /// Asks for a line.
    pub(super) async fn line(&mut self, question: &str) -> Result<Zeroizing<String>, Failure> {
        self.show(question)?;
        self.answer().await
    }

    /// Reads a line; a signal ends the waiting, so that the terminal is left as it was.
    async fn answer(&self) -> Result<Zeroizing<String>, Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
        let tty = self.0.try_clone().map_err(Failure::Input)?;
        let read = tokio::task::spawn_blocking(move || read_line(tty));
        tokio::select! {
            line = read => match line {
                Ok(line) => line.map_err(Failure::Input),
                Err(lost) => Err(Failure::Input(io::Error::other(lost))),
            },
            _ = interrupt.recv() => Err(Failure::Interrupted(Signal::Interrupt)),
            _ = terminate.recv() => Err(Failure::Interrupted(Signal::Terminate)),
        }
    }
}

/// A terminal gives a line at a time, and none longer than this.
fn read_line(mut tty: File) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; LINE_BYTES]);
    let read = tty.read(&mut bytes[..])?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = bytes.get(..read).unwrap_or_default();
    let text = str::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(
        text.trim_end_matches(['\n', '\r']).to_owned(),
    ))
}

/// A terminal that does not show what is typed; dropping it restores what was.
struct Silence {
    tty: File,
    before: String,
}

impl Silence {
    fn begin(tty: &File) -> Result<Self, Failure> {
        let begun = tty.try_clone().and_then(|tty| {
            let before = stty(&tty, "-g")?.trim().to_owned();
            stty(&tty, "-echo")?;
            Ok(Self { tty, before })
        });
        begun.map_err(|error| {
            Failure::Settings(format!(
                "this terminal cannot hide what is typed ({error}): use a file"
            ))
        })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = stty(&self.tty, &self.before);
    }
}

/// Asks the system's own program: there is no safe call for it in the standard library.
fn stty(tty: &File, argument: &str) -> io::Result<String> {
    let output = Command::new("stty")
        .arg(argument)
        .stdin(tty.try_clone()?)
        .stderr(Stdio::null())
        .output()?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(io::Error::other)
    } else {
        Err(io::Error::other("stty failed"))
    }
}

/// The longest line of a terminal, in bytes.
const LINE_BYTES: usize = 4096;
