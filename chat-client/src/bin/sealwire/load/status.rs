//! Where a run is, on standard error.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use chat_client::load::Progress;

use crate::cli::Format;

/// One line that is rewritten on a terminal, else a line now and then; nothing beside JSON.
pub(super) struct StatusLine {
    style: Style,
    said_at: Option<Instant>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Style {
    Rewritten,
    NowAndThen,
    Silent,
}

impl StatusLine {
    pub(super) fn new(format: Format) -> Self {
        let style = match (io::stderr().is_terminal(), format) {
            (true, _) => Style::Rewritten,
            (false, Format::Plain) => Style::NowAndThen,
            (false, Format::Json) => Style::Silent,
        };
        Self {
            style,
            said_at: None,
        }
    }

    pub(super) fn tell(&mut self, progress: Progress) {
        let every = match self.style {
            Style::Rewritten => Duration::from_millis(100),
            Style::NowAndThen => Duration::from_secs(5),
            Style::Silent => return,
        };
        let is_due = self.said_at.is_none_or(|at| at.elapsed() >= every);
        if !is_due {
            return;
        }
        self.said_at = Some(Instant::now());
        let words = words(progress);
        // Who has closed standard error does not want to know.
        let _ = match self.style {
            Style::Rewritten => write!(io::stderr(), "\r\x1b[K{words}"),
            _ => writeln!(io::stderr(), "{words}"),
        };
    }

    /// Leaves an empty line on a terminal.
    pub(super) fn clear(&mut self) {
        if self.style == Style::Rewritten && self.said_at.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn words(progress: Progress) -> String {
    match progress {
        Progress::Joining { joined, of } => format!("{joined} of {of} connections are in"),
        Progress::Quiet => "everyone is in; waiting until the server rests".to_owned(),
        Progress::WarmUp => "warming up".to_owned(),
        Progress::Measuring { deliveries, millis } => {
            let rate = deliveries.saturating_mul(1_000) / millis.max(1);
            let seconds = millis / 1_000;
            format!("measuring for {seconds} s: {deliveries} deliveries, {rate} a second")
        }
        Progress::Holding { alive, millis } => {
            format!("holding {alive} connections for {} s", millis / 1_000)
        }
        Progress::Draining => "waiting for what is under way".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_the_time_so_far() {
        let said = |deliveries, millis| words(Progress::Measuring { deliveries, millis });
        assert_eq!(
            said(3_000, 1_500),
            "measuring for 1 s: 3000 deliveries, 2000 a second"
        );
        assert_eq!(said(0, 0), "measuring for 0 s: 0 deliveries, 0 a second");
    }
}
