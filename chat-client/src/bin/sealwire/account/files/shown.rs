//! How far a file is, for who looks at a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use chat_client::conversations::Progress;

use crate::cli::Format;

/// A line on standard error that is written over; nothing where nobody looks.
pub(super) struct Shown {
    word: &'static str,
    is_on: bool,
    percent: Option<u64>,
}

impl Shown {
    pub(super) fn new(word: &'static str, format: Format) -> Self {
        Self {
            word,
            is_on: format == Format::Plain && io::stderr().is_terminal(),
            percent: None,
        }
    }

    pub(super) fn tell(&mut self, progress: Progress) {
        let percent = u64::from(progress.done) * 100 / u64::from(progress.chunks.max(1));
        if self.is_on && self.percent != Some(percent) {
            self.percent = Some(percent);
            let (word, size) = (self.word, progress.size);
            // Who does not see it misses nothing.
            let _ = write!(io::stderr(), "\r{word} {percent:3} % of {size} bytes");
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.percent.is_some() {
            let _ = writeln!(io::stderr());
        }
    }
}
