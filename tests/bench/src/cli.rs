//! What the bench is told.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

/// Measures Sealwire and, in the same run, the servers that people would pick instead.
#[derive(Clone, Debug, Parser)]
#[command(name = "sealwire-bench", version)]
pub(crate) struct Options {
    /// Run every case once and briefly with few members; nothing is judged
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only the cases whose name contains one of these words
    #[arg(long, value_name = "WORD", num_args = 1..)]
    pub(crate) cases: Vec<String>,
    /// How often each case is measured
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repetitions: u32,
    /// How long each measurement takes, without its warm-up
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// Do not write docs/speed.md and its plots
    #[arg(long)]
    pub(crate) no_report: bool,
    /// Exit with 1 if a gate is missed or a message is lost
    #[arg(long)]
    pub(crate) strict: bool,
    /// Instead of the cases: hold 10 000 raw connections and 2 000 browser sessions this long
    #[arg(long, value_name = "SECONDS")]
    pub(crate) hold: Option<u64>,
    /// Where web-proxy and chat-server are
    #[arg(long, value_name = "DIR", default_value = "target/release")]
    pub(crate) programs: PathBuf,
    /// The Python that has the packages of peers/requirements.txt
    #[arg(
        long,
        value_name = "FILE",
        default_value = "target/bench-python/bin/python"
    )]
    pub(crate) python: PathBuf,
}

impl Options {
    /// How often each case is measured.
    pub(crate) fn repetitions(&self) -> u32 {
        if self.quick { 1 } else { self.repetitions }
    }

    /// How long a measurement takes.
    pub(crate) fn duration(&self) -> Duration {
        if self.quick {
            QUICK
        } else {
            Duration::from_secs_f64(self.seconds)
        }
    }

    /// How long a case runs before it is measured.
    pub(crate) fn warm_up(&self) -> Duration {
        if self.quick { QUICK_WARM_UP } else { WARM_UP }
    }

    /// Whether a case of this name is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|word| name.contains(word.as_str()))
    }

    /// How many members a case that wants `full` of them has here.
    pub(crate) fn members(&self, full: usize) -> usize {
        if self.quick {
            full.min(QUICK_MEMBERS)
        } else {
            full
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected 0.1 to 600 seconds".to_owned()),
    }
}

const WARM_UP: Duration = Duration::from_millis(700);
const QUICK: Duration = Duration::from_millis(200);
const QUICK_WARM_UP: Duration = Duration::from_millis(50);
/// Enough to see that a case works.
const QUICK_MEMBERS: usize = 12;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn words_choose_cases() {
        let options = Options::parse_from(["bench", "--cases", "idle", "talk"]);
        assert!(options.wants("idle raw") && options.wants("talk 10 in 100"));
        assert!(!options.wants("burst 1 to 10"));
        assert!(Options::parse_from(["bench"]).wants("burst 1 to 10"));
    }

    #[test]
    fn no_measurement_is_endless() {
        for bad in ["0", "-1", "inf", "601", "x"] {
            assert!(Options::try_parse_from(["bench", "--seconds", bad]).is_err());
        }
    }
}
