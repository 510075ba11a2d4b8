//! Every way this program ends, and its exit code.

mod account;
mod conversation;
mod file;
mod state;

use std::{borrow::Cow, io, process::ExitCode};

use chat_client::{
    AccountError, CallError, ConnectError,
    conversations::{ConversationError, FileError},
    load::LoadError,
    session::SessionEnd,
};
use serde_json::json;
use wire_format::room::ReportError;

pub(crate) use self::state::StateFault;
use crate::cli::Format;

/// For `--help`; docs/cli.md says the same with more words.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  this program failed
  2  wrong usage, or settings that do not work
  3  the server cannot be reached
  4  the server refused: a name that is taken or cannot be used, a wrong password, a room that
     cannot be entered
  5  the connection was lost for good
  6  something was not sent, or was lost under load
  7  the server, or somebody's keys, cannot be believed
  8  this device's session of an account is over: sign in again
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
    #[error("{0}")]
    Account(#[from] AccountError),
    #[error("{0}")]
    Conversation(ConversationError),
    #[error("{0}")]
    File(FileError),
    /// What this device keeps of accounts.
    #[error("{0}")]
    State(StateFault),
    #[error("the recovery code was not typed back: nothing was changed")]
    NotRehearsed,
    #[error("that is not the account's name: nothing was deleted")]
    NotConfirmed,
    /// A report that does not hold.
    #[error("this report proves nothing: {0}")]
    NoProof(ReportError),
    /// After they were shown.
    #[error("the keys of {0} are new, and the old ones did not sign them")]
    KeysReset(String),
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
    pub(crate) fn print(&self, format: Format) {
        if matches!(self, Self::Interrupted(_)) {
            return;
        }
        let hint = self.next_step();
        if format == Format::Json {
            let object = json!({
                "type": "error",
                "code": self.word(),
                "message": self.to_string(),
                "next": hint,
            });
            eprintln!("{object}");
            return;
        }
        eprintln!("sealwire: {self}");
        if let Some(hint) = hint {
            eprintln!("  {hint}");
        }
    }

    /// Whether the account's session is over, so that connecting again is of no use.
    pub(crate) fn is_session_over(error: &ConversationError) -> bool {
        matches!(error, ConversationError::Account(error) if account::number(error) == SESSION_OVER)
    }

    /// The next step, where one is known.
    pub(crate) fn next_step(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Settings(_) => "Try: sealwire --help",
            Self::Connect(ConnectError::Refused { command, .. }) if *command == "auth.guest" => {
                "Try another --guest NAME."
            }
            Self::Connect(error) => return connect_hint(error).map(Cow::from),
            Self::Account(error) => return account::hint(error),
            Self::Conversation(error) => return conversation::hint(error),
            Self::Lost(end) => return account::hint_at_end(end).map(Cow::from),
            Self::File(error) => return file::hint(error),
            Self::State(fault) => return fault.hint(),
            Self::NoProof(_) => {
                "Whoever reported can have made it up. Dismiss it: sealwire reports settle REPORT dismissed"
            }
            Self::KeysReset(_) => {
                "Compare the safety number with them; then --verified, or --acknowledge without it."
            }
            Self::Load(error) => return error.hint().map(Cow::from),
            _ => return None,
        };
        Some(hint.into())
    }

    /// A word for scripts: the server's code where it refused.
    fn word(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings",
            Self::Account(error) => account::word(error),
            Self::Conversation(error) => conversation::word(error),
            Self::File(error) => file::word(error),
            Self::State(fault) => fault.word(),
            Self::NotRehearsed => "not_rehearsed",
            Self::NotConfirmed => "not_confirmed",
            Self::KeysReset(_) => "keys_reset",
            Self::NoProof(error) => crate::account::report_word(error),
            Self::Connect(_) => "unreachable",
            Self::Enter(error) | Self::Call(error) => error.code().as_str(),
            Self::Lost(_) => "lost",
            Self::NotSent(_) | Self::Load(_) | Self::Lossy { .. } => "not_sent",
            Self::Runtime(_) | Self::Input(_) | Self::Output(_) | Self::Keys => "internal",
            Self::Interrupted(_) => "interrupted",
        }
    }

    fn number(&self) -> u8 {
        match self {
            Self::Runtime(_) | Self::Input(_) | Self::Output(_) | Self::Keys => INTERNAL,
            Self::Settings(_) => USAGE,
            Self::Connect(error) => connect(error),
            Self::Enter(error) | Self::Call(error) => call(error),
            Self::Lost(SessionEnd::Internal) => INTERNAL,
            Self::Lost(end) if account::is_over_at(end) => SESSION_OVER,
            Self::Lost(SessionEnd::SignedOut | SessionEnd::Left | SessionEnd::Lost(_)) => LOST,
            Self::Load(error) => load(error),
            Self::Account(error) => account::number(error),
            Self::Conversation(error) => conversation::number(error),
            Self::File(error) => file::number(error),
            Self::State(StateFault::InUse) => REFUSED,
            Self::State(_) | Self::NotRehearsed | Self::NotConfirmed => USAGE,
            Self::KeysReset(_) | Self::NoProof(_) => UNBELIEVED,
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

const fn connect_hint(error: &ConnectError) -> Option<&'static str> {
    match error {
        ConnectError::Io(_) | ConnectError::TimedOut => {
            Some("Is a chat-server listening at --server? Does it want tls://?")
        }
        _ => None,
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
const UNBELIEVED: u8 = 7;
const SESSION_OVER: u8 = 8;
