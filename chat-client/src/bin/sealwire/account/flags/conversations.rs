//! Flags of what is said end to end.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Send {
    /// A user name, the name of a group, or the id of an account or a group
    pub(in crate::account) to: String,
    /// The channel of a room: its name or its id [default: the main one]
    #[arg(long, value_name = "CHANNEL")]
    pub(in crate::account) channel: Option<String>,
    /// What to say; without it standard input up to its end, less one line feed
    pub(in crate::account) text: Option<String>,
    /// Send this file, with the text beside it if one is given; the same command goes on with what was cut off
    #[arg(long, value_name = "PATH")]
    pub(in crate::account) file: Option<PathBuf>,
    /// With --file: what it is called there [default: its own name]
    #[arg(long, value_name = "NAME", requires = "file")]
    pub(in crate::account) name: Option<String>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Seconds without a connection after which to give up [default: 60]
    #[arg(long, env = "SEALWIRE_GIVE_UP_AFTER", value_name = "SECONDS")]
    pub(in crate::account) give_up_after: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Chat {
    /// Only this conversation: a user name, the name of a group, or an id [default: all]
    #[arg(long, value_name = "TO")]
    pub(in crate::account) room: Option<String>,
    /// Begin with this delivery instead of the last 200; 1 is the oldest
    #[arg(long, value_name = "SEQ")]
    pub(in crate::account) from: Option<u64>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Seconds without a connection after which to give up [default: 86400]
    #[arg(long, env = "SEALWIRE_GIVE_UP_AFTER", value_name = "SECONDS")]
    pub(in crate::account) give_up_after: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Listen {
    /// Only this conversation: a user name, the name of a group or room, or an id [default: all]
    #[arg(long, value_name = "TO")]
    pub(in crate::account) room: Option<String>,
    /// Only this channel of that room: its name or its id [default: all]
    #[arg(long, value_name = "CHANNEL", requires = "room")]
    pub(in crate::account) channel: Option<String>,
    /// Begin with this delivery instead of the first that was not read; 1 is the oldest
    #[arg(long, value_name = "SEQ")]
    pub(in crate::account) from: Option<u64>,
    /// End when everything that is there was printed
    #[arg(long)]
    pub(in crate::account) once: bool,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Seconds without a connection after which to give up [default: 300]
    #[arg(long, env = "SEALWIRE_GIVE_UP_AFTER", value_name = "SECONDS")]
    pub(in crate::account) give_up_after: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Export {
    /// A user name, the name of a group, or an id
    pub(in crate::account) from: String,
    /// Which delivery: its number, as listen --json prints it
    pub(in crate::account) sequence: u64,
    /// The channel of a room: its name or its id [default: the main one]
    #[arg(long, value_name = "CHANNEL")]
    pub(in crate::account) channel: Option<String>,
    /// As JWE General JSON, for the conversation's members
    #[arg(long, required = true)]
    pub(in crate::account) jwe: bool,
    /// Only for these: user names or ids
    #[arg(long = "for", value_name = "PERSON")]
    pub(in crate::account) people: Vec<String>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Fetch {
    /// A user name, the name of a group, or an id
    pub(in crate::account) from: String,
    /// Which delivery: its number, as listen prints it with the file
    pub(in crate::account) sequence: u64,
    /// The channel of a room: its name or its id [default: the main one]
    #[arg(long, value_name = "CHANNEL")]
    pub(in crate::account) channel: Option<String>,
    /// Where to: a folder, or a name for the file [default: its own name, here]
    #[arg(long, short, value_name = "PATH")]
    pub(in crate::account) output: Option<PathBuf>,
    /// Replace what has this name
    #[arg(long)]
    pub(in crate::account) force: bool,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Seconds without getting on after which to give up [default: 60]
    #[arg(long, env = "SEALWIRE_GIVE_UP_AFTER", value_name = "SECONDS")]
    pub(in crate::account) give_up_after: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Webhook {
    /// A user name, the name of a group, or an id
    pub(in crate::account) to: String,
    /// The channel of a room: its name or its id [default: the main one]
    #[arg(long, value_name = "CHANNEL")]
    pub(in crate::account) channel: Option<String>,
    /// Where to listen: an address of this machine itself
    #[arg(long, value_name = "127.0.0.1:PORT")]
    pub(in crate::account) listen: SocketAddr,
    /// Read the token that callers show from this file's first line; without it one is drawn and
    /// printed once
    #[arg(long, env = "SEALWIRE_WEBHOOK_TOKEN_FILE", value_name = "FILE")]
    pub(in crate::account) token_file: Option<PathBuf>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
    /// Seconds without a connection after which a text is refused [default: 30]
    #[arg(long, env = "SEALWIRE_GIVE_UP_AFTER", value_name = "SECONDS")]
    pub(in crate::account) give_up_after: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Group {
    /// What to do
    #[arg(default_value = "list")]
    pub(in crate::account) action: GroupAction,
    /// Of what: see docs/cli.md#groups
    pub(in crate::account) words: Vec<String>,
    /// With remove: it may not come back
    #[arg(long)]
    pub(in crate::account) ban: bool,
    /// With decide: go on with what is known here, without being asked
    #[arg(long)]
    pub(in crate::account) yes: bool,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum GroupAction {
    /// List conversations
    List,
    /// NAME PERSON…: make a group
    New,
    /// ROOM: who is in it, and the room number to compare
    Members,
    /// ROOM PERSON: invite somebody
    Invite,
    /// INVITATION: come in by one; without it, list them
    Join,
    /// INVITATION: let an invitation go
    Decline,
    /// ROOM: leave it
    Leave,
    /// ROOM PERSON: remove somebody
    Remove,
    /// ROOM PERSON owner|admin|member|muted: give a role
    Role,
    /// ROOM NAME: give it another name
    Rename,
    /// ROOM: start with a new key
    Rekey,
    /// ROOM: show both room numbers after an alarm that stopped it, and go on with what is known here
    Decide,
    /// ROOM [ask | grant REQUEST | refuse REQUEST]: keys of what was sent before one came in
    Keys,
}
