//! Flags, environment and file, made into settings.
//!
//! A flag counts more than its environment variable, and that more than the file.

use std::{fs, path::PathBuf, time::Duration};

use chat_client::Endpoint;
use clap::{Args, Parser, Subcommand};
use serde::Deserialize;

use crate::{
    account::{AccountCommand, AccountTask, AtFlags, Own, Rooms},
    exit::Failure,
    load::{Load, LoadFlags},
};

/// Talks in rooms whose server cannot read what is said
#[derive(Debug, Parser)]
#[command(name = "sealwire", version, after_help = crate::exit::HELP)]
pub(crate) struct Cli {
    /// Read settings from this TOML file: the long flags as keys, without dashes in front
    #[arg(long, env = "SEALWIRE_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enter a room: lines of standard input are sent, what arrives is printed
    #[command(after_help = crate::exit::HELP)]
    Join {
        #[command(flatten)]
        visit: VisitFlags,
        #[command(flatten)]
        join: JoinFlags,
    },
    /// Make, join and change public and private rooms; alone, list those that proxies seal
    #[command(after_help = crate::exit::HELP)]
    Rooms {
        #[command(flatten)]
        visit: VisitFlags,
        #[command(flatten)]
        rooms: Rooms,
    },
    #[command(flatten)]
    Account(AccountCommand),
    /// Put load on a server and report what a delivery costs
    #[command(after_help = crate::exit::HELP)]
    Load {
        #[command(flatten)]
        load: LoadFlags,
    },
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Args, Clone, Debug, Default, Deserialize)]
        #[serde(default, rename_all = "kebab-case")]
        struct $name { $($(#[$attribute])* $field: Option<$kind>,)* }

        impl $name {
            /// What is not set here is taken from `other`.
            fn or(self, other: Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }
        }
    };
}

flags! {
    /// Where to and as whom.
    VisitFlags {
        /// The chat-server: HOST:PORT, or tls://HOST:PORT [default: that of the account, else 127.0.0.1:4444]
        #[arg(long, env = "SEALWIRE_SERVER", value_name = "ADDR")]
        server: String,
        /// Certificate authorities to accept (PEM); without it those of this machine
        #[arg(long, env = "SEALWIRE_CA", value_name = "FILE")]
        ca: PathBuf,
        /// The name to be known by, for as long as this runs
        #[arg(long, env = "SEALWIRE_GUEST", value_name = "NAME")]
        guest: String,
        /// The account to talk as, which this device is signed in to; counts more than a guest's name
        #[arg(long = "as", value_name = "NAME")]
        account: String,
        /// The folder for what this device keeps [default: sealwire in the user's folder for data]
        #[arg(long, env = "SEALWIRE_HOME", value_name = "DIR")]
        home: PathBuf,
        /// Seconds without a connection after which to give up [default: 300]
        #[arg(long, env = "SEALWIRE_GIVE_UP_AFTER", value_name = "SECONDS")]
        give_up_after: u64,
    }
}

flags! {
    /// What `join` does.
    JoinFlags {
        /// The room to enter; it is made if it is not there [default: lobby]
        #[arg(long, env = "SEALWIRE_ROOM", value_name = "NAME")]
        room: String,
        /// Print one JSON object a line
        #[arg(long, env = "SEALWIRE_JSON", num_args = 0..=1, default_missing_value = "true")]
        json: bool,
        /// Print what was said before entering, as far as the server has it
        #[arg(long, env = "SEALWIRE_HISTORY", num_args = 0..=1, default_missing_value = "true")]
        history: bool,
        /// Go on listening when standard input has ended
        #[arg(long, env = "SEALWIRE_STAY", num_args = 0..=1, default_missing_value = "true")]
        stay: bool,
    }
}

/// What a settings file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    server: Option<String>,
    ca: Option<PathBuf>,
    guest: Option<String>,
    give_up_after: Option<u64>,
    room: Option<String>,
    json: Option<bool>,
    history: Option<bool>,
    stay: Option<bool>,
}

impl File {
    fn read(path: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = fs::read_to_string(&path).map_err(|error| {
            Failure::Settings(format!("cannot read {}: {error}", path.display()))
        })?;
        // The library's own words name line and key.
        toml::from_str(&text)
            .map_err(|error| Failure::Settings(format!("{}: {error}", path.display())))
    }

    fn split(self) -> (VisitFlags, JoinFlags) {
        let visit = VisitFlags {
            server: self.server,
            ca: self.ca,
            guest: self.guest,
            account: None,
            home: None,
            give_up_after: self.give_up_after,
        };
        let join = JoinFlags {
            room: self.room,
            json: self.json,
            history: self.history,
            stay: self.stay,
        };
        (visit, join)
    }
}

/// What is to be done, with everything it needs.
pub(crate) enum Task {
    Join(Join),
    Rooms(Visit),
    Account(Box<AccountTask>),
    Load(Load),
}

/// Who goes where, and for how long without a connection.
pub(crate) struct Visit {
    pub(crate) who: Who,
    pub(crate) give_up_after: Duration,
}

/// Where to and as whom.
pub(crate) enum Who {
    Guest(Guest),
    Account(Own),
}

/// Somebody who is known by a name for as long as the program runs.
pub(crate) struct Guest {
    pub(crate) endpoint: Endpoint,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) name: String,
}

/// What `join` does.
pub(crate) struct Join {
    pub(crate) visit: Visit,
    pub(crate) room: String,
    pub(crate) format: Format,
    pub(crate) history: History,
    pub(crate) at_end: AtEnd,
}

/// How arrivals are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Plain,
    Json,
}

/// Whether what was said before entering is printed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum History {
    Hidden,
    Shown,
}

/// What happens at the end of standard input.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum AtEnd {
    Leave,
    Stay,
}

impl Format {
    pub(crate) fn of_json(flag: Option<bool>) -> Self {
        if flag.unwrap_or_default() {
            Self::Json
        } else {
            Self::Plain
        }
    }
}

impl Cli {
    /// How an error is printed: commands that print one object print an object then, too.
    pub(crate) fn error_format(&self) -> Format {
        match &self.command {
            Command::Account(command) => command.format(),
            Command::Rooms { rooms, .. } => rooms.format(),
            _ => Format::Plain,
        }
    }

    pub(crate) fn into_task(self) -> Result<Task, Failure> {
        let (file_visit, file_join) = File::read(self.config)?.split();
        match self.command {
            Command::Join { visit, join } => Ok(Task::Join(Join::of(
                visit.or(file_visit).settle()?,
                join.or(file_join),
            ))),
            Command::Rooms { visit, rooms } if rooms.is_of_accounts() => {
                let visit = visit.or(file_visit);
                let at = AtFlags::of(visit.server, visit.ca, visit.home);
                let task = AccountTask::of_rooms(rooms, visit.account, at, file_join.json)?;
                Ok(Task::Account(Box::new(task)))
            }
            Command::Rooms { visit, .. } => Ok(Task::Rooms(visit.or(file_visit).settle()?)),
            Command::Account(command) => {
                let task = command.settle(file_visit.server, file_visit.ca, file_join.json)?;
                Ok(Task::Account(Box::new(task)))
            }
            Command::Load { load } => Ok(Task::Load(load.settle(file_visit.server)?)),
        }
    }
}

impl VisitFlags {
    fn settle(self) -> Result<Visit, Failure> {
        let who = match (self.account, self.guest) {
            (Some(name), _) => Who::Account(Own::settle(name, self.server, self.ca, self.home)?),
            (None, Some(name)) => Who::Guest(Guest::settle(name, self.server, self.ca)?),
            (None, None) => {
                let who = "say who you are with --guest NAME, or --as NAME for an account";
                return Err(Failure::Settings(who.to_owned()));
            }
        };
        Ok(Visit {
            who,
            give_up_after: Duration::from_secs(self.give_up_after.unwrap_or(300)),
        })
    }
}

impl Guest {
    fn settle(name: String, server: Option<String>, ca: Option<PathBuf>) -> Result<Self, Failure> {
        let server = server.unwrap_or_else(|| "127.0.0.1:4444".to_owned());
        let endpoint = server
            .parse()
            .map_err(|error| Failure::Settings(format!("--server {server}: {error}")))?;
        Ok(Self { endpoint, ca, name })
    }
}

impl Join {
    fn of(visit: Visit, flags: JoinFlags) -> Self {
        let is_set = |flag: Option<bool>| flag.unwrap_or_default();
        Self {
            visit,
            room: flags.room.unwrap_or_else(|| "lobby".to_owned()),
            format: Format::of_json(flags.json),
            history: if is_set(flags.history) {
                History::Shown
            } else {
                History::Hidden
            },
            at_end: if is_set(flags.stay) {
                AtEnd::Stay
            } else {
                AtEnd::Leave
            },
        }
    }
}
