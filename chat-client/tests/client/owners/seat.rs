//! Somebody at a terminal. `script` of util-linux gives it one.

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Instant,
};

use super::{PATIENCE, command::Device, screen::Screen};

/// Somebody who sits at a terminal, reads and types.
pub(crate) struct Seat {
    child: Child,
    keyboard: ChildStdin,
    /// What is shown, as it comes; over when the program is.
    screen: Receiver<Vec<u8>>,
    /// What came and was not looked at.
    next: VecDeque<u8>,
    /// All that was shown so far.
    seen: String,
    /// How much of it was read.
    read: usize,
    now: Screen,
}

impl Seat {
    pub(crate) fn at(device: &Device, arguments: &[&str]) -> Self {
        let command = device.command(arguments);
        Self::running(&command, &words(&command))
    }

    /// At a terminal of that size; the command's process id is written to a file of the device.
    pub(crate) fn sized(device: &Device, arguments: &[&str], columns: u16, lines: u16) -> Self {
        let command = device.command(arguments);
        let (words, id) = (words(&command), device.file("pid"));
        let line = format!(
            "stty cols {columns} rows {lines}; echo $$ > {}; exec {words}",
            id.display()
        );
        Self::running(&command, &line)
    }

    fn running(command: &Command, line: &str) -> Self {
        let mut script = Command::new("script");
        script.args(["-q", "-e", "-c", line, "/dev/null"]);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.env("TERM", "xterm-256color");
        let spawned = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.expect("script of util-linux");
        Self {
            keyboard: child.stdin.take().expect("a keyboard"),
            screen: pieces(child.stdout.take().expect("a screen")),
            next: VecDeque::new(),
            child,
            seen: String::new(),
            read: 0,
            now: Screen::default(),
        }
    }

    /// Reads up to a text.
    pub(crate) fn sees(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen[self.read..].find(text) {
                let before = self.seen[self.read..self.read + at].to_owned();
                self.read += at + text.len();
                return before;
            }
            self.looks(text, until);
        }
    }

    pub(crate) fn types(&mut self, line: &str) {
        self.keyboard
            .write_all(format!("{line}\n").as_bytes())
            .expect("typed");
    }

    /// Waits until the screen shows a text.
    pub(crate) fn shows(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.now.text().contains(text) {
            self.looks(text, until);
        }
    }

    /// Takes the next thing that is shown.
    fn looks(&mut self, for_what: &str, until: Instant) {
        while self.next.is_empty() {
            match self.waits(until) {
                Ok(piece) => self.next.extend(piece),
                Err(why) => panic!(
                    "{for_what:?} was not shown ({why}). The screen:\n{}\nAll of it:\n{}",
                    self.now.text(),
                    self.seen
                ),
            }
        }
        let byte = self.next.pop_front().expect("a byte");
        self.seen.push(char::from(byte));
        self.now.take(byte);
    }

    fn waits(&self, until: Instant) -> Result<Vec<u8>, RecvTimeoutError> {
        let left = until.saturating_duration_since(Instant::now());
        self.screen.recv_timeout(left)
    }

    /// Presses keys, as a terminal sends them.
    pub(crate) fn presses(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    /// Waits for the end; the exit code and all that was shown.
    pub(crate) fn leaves(mut self) -> (Option<i32>, String) {
        let until = Instant::now() + PATIENCE;
        let mut rest = Vec::from(std::mem::take(&mut self.next));
        loop {
            match self.waits(until) {
                Ok(piece) => rest.extend(piece),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("it did not end. The screen:\n{}", self.now.text())
                }
            }
        }
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        let status = self.child.wait().expect("a status");
        (status.code(), std::mem::take(&mut self.seen))
    }

    /// The recovery code that is shown.
    pub(crate) fn code(&mut self) -> Vec<String> {
        self.sees("when the password is lost:");
        let shown = self.sees("Write it down");
        shown.trim().split('-').map(str::to_owned).collect()
    }

    /// Answers for the next group that is asked for.
    pub(crate) fn group(&mut self, answer: impl Fn(usize) -> String) {
        self.sees("Group ");
        let number = self.sees(" of the code: ").parse::<usize>();
        let number = number.expect("a number");
        self.types(&answer(number));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what is shown in a thread, so that waiting for it can end.
fn pieces(mut screen: ChildStdout) -> Receiver<Vec<u8>> {
    let (sender, pieces) = mpsc::sync_channel(64);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = screen.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    pieces
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.filter_map(|word| word.to_str()).collect();
    words.join(" ")
}
