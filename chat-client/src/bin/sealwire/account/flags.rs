//! Flags of the commands of accounts, made into what they need.

use std::path::PathBuf;

use chat_client::account::FriendStep;
use clap::{Args, Subcommand, ValueEnum};
use wire_format::{OneTimeToken, SessionId};

use super::{AccountTask, at::AtFlags};
use crate::{cli::Format, exit::Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account; its recovery code is shown once
    #[command(after_help = crate::exit::HELP)]
    Register {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        register: Register,
    },
    /// Sign in to an account on this device
    #[command(after_help = crate::exit::HELP)]
    Login {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        login: Login,
    },
    /// Sign in with the recovery code and set a new password
    #[command(after_help = crate::exit::HELP)]
    Recover {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        recover: Recover,
    },
    /// End this device's session and forget what it kept
    #[command(after_help = crate::exit::HELP)]
    Logout {
        #[command(flatten)]
        at: AtFlags,
        /// Which account, if this device has several
        name: Option<String>,
    },
    /// Say which account this device has, and its fingerprint
    #[command(after_help = crate::exit::HELP)]
    Whoami {
        #[command(flatten)]
        at: AtFlags,
        /// Which account, if this device has several
        name: Option<String>,
    },
    /// Change the password and the recovery code; other sessions end
    #[command(after_help = crate::exit::HELP)]
    Password {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        change: Change,
    },
    /// List the account's sessions, or end one
    #[command(after_help = crate::exit::HELP)]
    Sessions {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        sessions: Sessions,
    },
    /// Show the safety number with somebody, and remember their keys
    #[command(after_help = crate::exit::HELP)]
    Fingerprint {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        of: Of,
    },
    /// List friends, or take a step towards somebody
    #[command(after_help = crate::exit::HELP)]
    Friends {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        friends: Friends,
    },
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Register {
    /// The user name; it stays for the account's life
    pub(super) name: String,
    #[command(flatten)]
    pub(super) password: PasswordFlags,
    #[command(flatten)]
    pub(super) code: CodeFlags,
    /// The invitation that the server's operator handed out, where one is needed
    #[arg(
        long,
        env = "SEALWIRE_INVITATION",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(super) invitation: Option<OneTimeToken>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Login {
    /// The user name
    pub(super) name: String,
    #[command(flatten)]
    pub(super) password: PasswordFlags,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Recover {
    /// The user name
    pub(super) name: String,
    /// Read the recovery code from this file; SEALWIRE_RECOVERY_CODE, or a prompt without it
    #[arg(long, env = "SEALWIRE_CODE_FILE", value_name = "FILE")]
    pub(super) code_file: Option<PathBuf>,
    /// Start with new keys, by a one-time token of the server's operator in place of the code: what
    /// the vault held stays closed, and others are told
    #[arg(long)]
    pub(super) fresh: bool,
    #[command(flatten)]
    pub(super) password: NewPasswordFlags,
    #[command(flatten)]
    pub(super) code: CodeFlags,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Change {
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(super) account: Option<String>,
    #[command(flatten)]
    pub(super) old: PasswordFlags,
    #[command(flatten)]
    pub(super) new: NewPasswordFlags,
    #[command(flatten)]
    pub(super) code: CodeFlags,
    /// A lost device's session: it ends, and the keys for what follows are new
    #[arg(long, value_name = "SESSION")]
    pub(super) lost: Option<SessionId>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Sessions {
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(super) account: Option<String>,
    /// End this session
    #[arg(long, value_name = "SESSION")]
    pub(super) revoke: Option<SessionId>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Of {
    /// A user name, or an account's id
    pub(super) person: String,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(super) account: Option<String>,
    /// Note that the safety number was compared and is the same on both sides
    #[arg(long, conflicts_with = "acknowledge")]
    pub(super) verified: bool,
    /// Take note of new keys that the old ones did not sign, without having compared
    #[arg(long)]
    pub(super) acknowledge: bool,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Friends {
    /// What to do
    #[arg(default_value = "list")]
    pub(super) action: Action,
    /// Towards whom: a user name, or an account's id
    pub(super) person: Option<String>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(super) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Action {
    List,
    Add,
    Accept,
    Decline,
    Remove,
    Block,
    Unblock,
}

impl Action {
    pub(super) const fn step(self) -> Option<FriendStep> {
        Some(match self {
            Self::List => return None,
            Self::Add => FriendStep::Add,
            Self::Accept => FriendStep::Accept,
            Self::Decline => FriendStep::Decline,
            Self::Remove => FriendStep::Remove,
            Self::Block => FriendStep::Block,
            Self::Unblock => FriendStep::Unblock,
        })
    }
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct PasswordFlags {
    /// Read the password from this file's first line; SEALWIRE_PASSWORD, or a prompt without it
    #[arg(long, env = "SEALWIRE_PASSWORD_FILE", value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct NewPasswordFlags {
    /// Read the new password from this file's first line; SEALWIRE_NEW_PASSWORD, or a prompt without it
    #[arg(long, env = "SEALWIRE_NEW_PASSWORD_FILE", value_name = "FILE")]
    pub(super) new_password_file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct CodeFlags {
    /// Write the recovery code to this new file instead of showing it; needed without a terminal
    #[arg(long, env = "SEALWIRE_RECOVERY_FILE", value_name = "FILE")]
    pub(super) recovery_file: Option<PathBuf>,
}

/// What is to be done.
pub(super) enum Step {
    Register(Register),
    Login(Login),
    Recover(Recover),
    Logout(Option<String>),
    Whoami(Option<String>),
    Password(Change),
    Sessions(Sessions),
    Fingerprint(Of),
    Friends(Friends),
}

impl AccountCommand {
    /// What is not said by a flag is taken from the settings' file.
    pub(crate) fn settle(
        self,
        server: Option<String>,
        ca: Option<PathBuf>,
        json: Option<bool>,
    ) -> Result<AccountTask, Failure> {
        let (flags, step) = self.split();
        let format = flags.format(json);
        let (at, home) = flags.settle(server, ca)?;
        Ok(AccountTask {
            at,
            home,
            format,
            step,
        })
    }

    /// How an error is printed, as far as a flag says it.
    pub(crate) fn format(&self) -> Format {
        let (Self::Register { at, .. }
        | Self::Login { at, .. }
        | Self::Recover { at, .. }
        | Self::Logout { at, .. }
        | Self::Whoami { at, .. }
        | Self::Password { at, .. }
        | Self::Sessions { at, .. }
        | Self::Fingerprint { at, .. }
        | Self::Friends { at, .. }) = self;
        at.format(None)
    }

    fn split(self) -> (AtFlags, Step) {
        match self {
            Self::Register { at, register } => (at, Step::Register(register)),
            Self::Login { at, login } => (at, Step::Login(login)),
            Self::Recover { at, recover } => (at, Step::Recover(recover)),
            Self::Logout { at, name } => (at, Step::Logout(name)),
            Self::Whoami { at, name } => (at, Step::Whoami(name)),
            Self::Password { at, change } => (at, Step::Password(change)),
            Self::Sessions { at, sessions } => (at, Step::Sessions(sessions)),
            Self::Fingerprint { at, of } => (at, Step::Fingerprint(of)),
            Self::Friends { at, friends } => (at, Step::Friends(friends)),
        }
    }
}
