//! The commands of an operator.

use std::{num::NonZeroUsize, path::PathBuf, str::FromStr};

use chat_server::{
    RegistrationMode,
    store::{Location, audit::AuditHead},
};
use clap::{Args, Subcommand, ValueEnum};

use super::{CliError, Flags, data::DatabaseText, duration::Span, read_file};

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Make the key that proxies and this server share, readable by its owner only
    ProxyKey {
        /// Where to; an existing file is not overwritten
        file: PathBuf,
    },
    /// Invite people, list accounts, lock them out and let them in again
    #[command(subcommand)]
    User(UserTask),
    /// Say or set who may register
    Registration {
        /// The mode from now on; without it the present one is printed
        mode: Option<RegistrationMode>,
        #[command(flatten)]
        place: Place,
    },
    /// Say or set whether nobody new comes in for the moment: no registration, no new room, no join
    /// without an invitation
    Mode {
        /// The emergency mode from now on; `show` prints the present one
        #[arg(long, default_value = "show", value_name = "MODE")]
        emergency: Emergency,
        #[command(flatten)]
        place: Place,
    },
    /// Read and check the audit log
    #[command(subcommand)]
    Audit(AuditTask),
    /// Write everything that is kept into one file, while the server runs or not
    Backup(BackupTask),
    /// Put a backup in place, while no server runs there
    Restore(RestoreTask),
}

/// Where the data are: as the server is told.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The server's settings file, for --data and --database in it
    #[arg(long, env = "SEALWIRE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's data folder
    #[arg(long, env = "SEALWIRE_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's database instead: postgres://USER@HOST/NAME or sqlite:FOLDER
    #[arg(
        long,
        env = "SEALWIRE_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    database: Option<DatabaseText>,
}

impl Place {
    /// Joins flags, variables and file as the server does.
    pub(crate) fn location(&self) -> Result<Location, CliError> {
        let file = match &self.config {
            None => Flags::default(),
            Some(path) => read_file(path)?,
        };
        let database = self.database.clone().or(file.database);
        let data = self.data.clone().or(file.data);
        match (database, data) {
            (Some(database), _) => Ok(database.into_location()?),
            (None, Some(folder)) => Ok(Location::Sqlite(folder)),
            (None, None) => Err(CliError::Nowhere),
        }
    }
}

/// Commands about accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum UserTask {
    /// Print a one-time invitation, with which somebody registers: no account and no key is made here
    Add {
        /// How long it is good
        #[arg(long, default_value = "7d", value_name = "TIME")]
        expires: Span,
        #[command(flatten)]
        place: Place,
    },
    /// List all accounts: name, role, standing, since when, id
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// End an account's sessions and let it sign in no more
    Disable {
        /// The account's name, in any case
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a disabled account sign in again
    Enable {
        /// The account's name, in any case
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Print a one-time token, with which somebody without password and recovery code starts anew
    Reset {
        /// The account's name, in any case
        name: String,
        /// How long it is good
        #[arg(long, default_value = "1d", value_name = "TIME")]
        expires: Span,
        #[command(flatten)]
        place: Place,
    },
}

/// What to do about the emergency mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Emergency {
    /// Turn it on.
    On,
    /// Turn it off.
    Off,
    /// Leave it as it is.
    Show,
}

impl Emergency {
    /// Whether it is to be on from now on; `None` to leave it.
    pub(crate) const fn wanted(self) -> Option<bool> {
        match self {
            Self::On => Some(true),
            Self::Off => Some(false),
            Self::Show => None,
        }
    }
}

/// Commands about the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditTask {
    /// Compute the chain; print number and hash of the newest row, or name the first row that is wrong
    Verify {
        /// A head that was printed before: the log must still hold that row
        #[arg(long, value_name = "NUMBER:HASH")]
        expect_head: Option<HeadText>,
        #[command(flatten)]
        place: Place,
    },
    /// Print all rows: number, time, actor, action, subject, detail
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Making backups.
#[derive(Args, Debug)]
pub(crate) struct BackupTask {
    /// Where to; made for its owner only if it is not there
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// Go on and make another one each time this has passed, until SIGTERM
    #[arg(long, value_name = "TIME")]
    pub(crate) every: Option<Span>,
    /// Delete the oldest backups in the folder until so many are left
    #[arg(long, value_name = "NUMBER")]
    pub(crate) keep: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Restoring a backup.
#[derive(Args, Debug)]
pub(crate) struct RestoreTask {
    /// The backup
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Delete the data that are there, first
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Number and hash of a row of the audit log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct HeadText(pub(crate) AuditHead);

/// A text that is not a [`HeadText`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a head is written like 12:HASH, with 64 hexadecimal digits")]
pub(crate) struct HeadTextError;

impl FromStr for HeadText {
    type Err = HeadTextError;

    fn from_str(text: &str) -> Result<Self, HeadTextError> {
        let (number, digits) = text.split_once(':').ok_or(HeadTextError)?;
        let number = number.parse().map_err(|_| HeadTextError)?;
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(HeadTextError);
        }
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().enumerate() {
            let pair = &digits[2 * place..2 * place + 2];
            *byte = u8::from_str_radix(pair, 16).map_err(|_| HeadTextError)?;
        }
        Ok(Self(AuditHead { number, hash }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_number_and_a_hash() {
        let hash = "0aF1".repeat(16);
        let head: HeadText = format!("12:{hash}").parse().expect("a head");
        assert_eq!(head.0.number, 12);
        assert_eq!(head.0.hash[..2], [0x0a, 0xf1]);
        for bad in [
            String::new(),
            hash.clone(),
            format!("12:{}", &hash[1..]),
            format!("12:{hash}0"),
            format!(":{hash}"),
            format!("x:{hash}"),
            format!("12:{}é", &hash[2..]),
        ] {
            assert_eq!(bad.parse::<HeadText>(), Err(HeadTextError), "{bad}");
        }
    }
}
