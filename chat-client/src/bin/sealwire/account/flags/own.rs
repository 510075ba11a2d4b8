//! Flags of an account itself: its password, its keys, its sessions and its friends.

use std::path::PathBuf;

use chat_client::account::FriendStep;
use clap::{Args, ValueEnum};
use wire_format::{OneTimeToken, SessionId};

use super::{CodeFlags, NewPasswordFlags, PasswordFlags};

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Register {
    /// The user name; it stays for the account's life
    pub(in crate::account) name: String,
    #[command(flatten)]
    pub(in crate::account) password: PasswordFlags,
    #[command(flatten)]
    pub(in crate::account) code: CodeFlags,
    /// The invitation that the server's operator handed out, where one is needed
    #[arg(
        long,
        env = "SEALWIRE_INVITATION",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(in crate::account) invitation: Option<OneTimeToken>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Login {
    /// The user name
    pub(in crate::account) name: String,
    #[command(flatten)]
    pub(in crate::account) password: PasswordFlags,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Recover {
    /// The user name
    pub(in crate::account) name: String,
    /// Read the recovery code from this file; SEALWIRE_RECOVERY_CODE, or a prompt without it
    #[arg(long, env = "SEALWIRE_CODE_FILE", value_name = "FILE")]
    pub(in crate::account) code_file: Option<PathBuf>,
    /// Start with new keys, by a one-time token of the server's operator in place of the code: what
    /// the vault held stays closed, and others are told
    #[arg(long)]
    pub(in crate::account) fresh: bool,
    #[command(flatten)]
    pub(in crate::account) password: NewPasswordFlags,
    #[command(flatten)]
    pub(in crate::account) code: CodeFlags,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Change {
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    #[command(flatten)]
    pub(in crate::account) old: PasswordFlags,
    #[command(flatten)]
    pub(in crate::account) new: NewPasswordFlags,
    #[command(flatten)]
    pub(in crate::account) code: CodeFlags,
    /// A lost device's session: it ends, and the keys for what follows are new
    #[arg(long, value_name = "SESSION")]
    pub(in crate::account) lost: Option<SessionId>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Sessions {
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// End this session
    #[arg(long, value_name = "SESSION")]
    pub(in crate::account) revoke: Option<SessionId>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Of {
    /// A user name, or an account's id
    pub(in crate::account) person: String,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Note that the safety number was compared and is the same on both sides
    #[arg(long, conflicts_with = "acknowledge")]
    pub(in crate::account) verified: bool,
    /// Take note of new keys that the old ones did not sign, without having compared
    #[arg(long)]
    pub(in crate::account) acknowledge: bool,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Friends {
    /// What to do
    #[arg(default_value = "list")]
    pub(in crate::account) action: Action,
    /// Towards whom: a user name, or an account's id
    pub(in crate::account) person: Option<String>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
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
    pub(in crate::account) const fn step(self) -> Option<FriendStep> {
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
pub(crate) struct Rotate {
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Make a new wrap key instead, to which others seal what this account is to open
    #[arg(long)]
    pub(in crate::account) wrap: bool,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Delete {
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// The account's name, where there is no terminal to type it back on
    #[arg(long, value_name = "NAME")]
    pub(in crate::account) yes: Option<String>,
    #[command(flatten)]
    pub(in crate::account) password: PasswordFlags,
}
