//! Every way this program ends, and its exit code.

use std::{io, process::ExitCode};

use chat_client::{CallError, ConnectError, load::LoadError, session::SessionEnd};

/// For `--help`; docs/cli.md says the same with more words.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  this program failed
  2  wrong usage, or settings that do not work
  3  the server cannot be reached
  4  the server refused: a name that is taken or cannot be used, a room that cannot be entered
  5  the connection was lost for good
  6  something was not sent, or was lost under load
  130, 143  ended by Ctrl-C or SIGTERM, after signing out";

/// Why the program ends otherwise than well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Settings(String),
    #[error("{0}")]
    Connect(ConnectError),
    #[error("cannot enter the room: {0}")]
    Enter(CallError),
    #[error("{0}")]
    Call(CallError),
    #[error("{0}")]
    Lost(SessionEnd),
    #[error("{0} of the lines were not sent")]
    NotSent(usize),
    #[error("{0}")]
    Load(LoadError),
    /// After its report.
    #[error("{}", lossy(*.lost, *.cut, *.stalled))]
    Lossy { lost: u64, cut: u64, stalled: bool },
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    #[error("cannot print: {0}")]
    Output(io::Error),
    #[error("the keys for this session could not be made")]
    Keys,
    /// After signing out.
    #[error("interrupted")]
    Interrupted(Signal),
}

/// What interrupted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Signal {
    Interrupt,
    Terminate,
}

impl Failure {
    /// Says it on standard error, unless the user did it.
    pub(crate) fn print(&self) {
        if !matches!(self, Self::Interrupted(_)) {
            eprintln!("sealwire: {self}");
            if let Some(hint) = self.hint() {
                eprintln!("  {hint}");
            }
        }
    }

    /// The next step, where one is known.
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Settings(_) => Some("Try: sealwire --help"),
            Self::Connect(ConnectError::Refused { command, .. }) if *command == "auth.guest" => {
                Some("Try another --guest NAME.")
            }
            Self::Connect(ConnectError::Io(_) | ConnectError::TimedOut) => {
                Some("Is a chat-server listening at --server? Does it want tls://?")
            }
            Self::Load(error) => error.hint(),
            _ => None,
        }
    }

    const fn number(&self) -> u8 {
        match self {
            Self::Runtime(_) | Self::Input(_) | Self::Output(_) | Self::Keys => INTERNAL,
            Self::Settings(_) => USAGE,
            Self::Connect(error) => connect(error),
            Self::Enter(error) | Self::Call(error) => call(error),
            Self::Lost(SessionEnd::Internal) => INTERNAL,
            Self::Lost(SessionEnd::SignedOut | SessionEnd::Left | SessionEnd::Lost(_)) => LOST,
            Self::Load(error) => load(error),
            Self::NotSent(_) | Self::Lossy { .. } => NOT_SENT,
            Self::Interrupted(Signal::Interrupt) => 130,
            Self::Interrupted(Signal::Terminate) => 143,
        }
    }
}

const fn connect(error: &ConnectError) -> u8 {
    match error {
        ConnectError::Endpoint(_) | ConnectError::Tls(_) => USAGE,
        ConnectError::Io(_) | ConnectError::TimedOut | ConnectError::Ended(_) => UNREACHABLE,
        ConnectError::Refused { .. } => REFUSED,
        ConnectError::Keys(_) => INTERNAL,
    }
}

const fn call(error: &CallError) -> u8 {
    match error {
        CallError::Refused(_) => REFUSED,
        CallError::Ended(_) | CallError::NotConnected => LOST,
        CallError::Busy => INTERNAL,
    }
}

const fn load(error: &LoadError) -> u8 {
    match error {
        LoadError::Plan(_) | LoadError::Account { .. } => USAGE,
        LoadError::Refused { .. } => REFUSED,
        LoadError::OpenFiles { .. } | LoadError::Uncountable { .. } => INTERNAL,
        _ => UNREACHABLE,
    }
}

/// What a load run lost, in words.
fn lossy(lost: u64, cut: u64, stalled: bool) -> String {
    let stalled = if stalled { "stalled; " } else { "" };
    format!("{stalled}{lost} messages were lost and {cut} connections cut")
}

/// The one map from outcome to exit code.
pub(crate) fn code(outcome: &Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.number()),
    }
}

const INTERNAL: u8 = 1;
const USAGE: u8 = 2;
const UNREACHABLE: u8 = 3;
const REFUSED: u8 = 4;
const LOST: u8 = 5;
const NOT_SENT: u8 = 6;
