//! The program itself, as an operator runs it.

use std::process::{Command, Output, Stdio};

use crate::{place::Place, support::House};

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// What it printed, when it was done and had nothing to complain about.
    pub(crate) fn printed(self) -> String {
        assert_eq!(
            (self.code, self.err.as_str()),
            (Some(0), ""),
            "{}",
            self.out
        );
        self.out
    }

    /// The one line that says why it was not done.
    pub(crate) fn refusal(self) -> String {
        assert_eq!(
            (self.code, self.out.as_str()),
            (Some(1), ""),
            "{}",
            self.err
        );
        let line = self.err.strip_suffix('\n').expect("a line");
        let line = line.strip_prefix("chat-server: ").expect("the program's");
        assert!(!line.contains('\n'), "{line}");
        line.to_owned()
    }
}

/// The program with these arguments and nothing of the test's surroundings.
pub(crate) fn command(arguments: &[&str], place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    command.args(arguments).args(place.arguments()).env_clear();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command on a place; tasks of the test go on meanwhile.
pub(crate) async fn run(arguments: &[&str], place: &Place) -> Ran {
    let mut command = command(arguments, place);
    let output = tokio::task::spawn_blocking(move || command.output());
    let Output {
        status,
        stdout,
        stderr,
    } = output.await.expect("a task").expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran {
        code: status.code(),
        out: text(stdout),
        err: text(stderr),
    }
}

impl House {
    /// Runs a command on the data that this process has open.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        run(arguments, &self.place).await
    }
}
