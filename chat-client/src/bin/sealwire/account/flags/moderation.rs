//! Flags of reports, and of what the server's administrators do.

use clap::{Args, ValueEnum};

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Report {
    /// A user name, the name of a group, or an id
    pub(in crate::account) room: String,
    /// Which delivery: its number, as listen --json prints it
    pub(in crate::account) sequence: u64,
    /// The channel, by its name or id [default: the room's main one]
    #[arg(long, value_name = "CHANNEL")]
    pub(in crate::account) channel: Option<String>,
    /// Why, for the administrators
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::account) reason: String,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Reports {
    /// What to do
    #[arg(default_value = "list")]
    pub(in crate::account) action: ReportsAction,
    /// Of what: a report's hash; with settle, dismissed or upheld behind it
    pub(in crate::account) words: Vec<String>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ReportsAction {
    /// List those that are pending
    List,
    /// REPORT: judge it, and open the one message that it is about
    Show,
    /// REPORT dismissed|upheld: say what came of it
    Settle,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Mode {
    /// Close the server to newcomers, or open it again; without it the mode is told
    #[arg(long, value_name = "MODE")]
    pub(in crate::account) emergency: Option<Switch>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}
