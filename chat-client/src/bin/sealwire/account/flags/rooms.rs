//! Flags of rooms: their channels, members, keys and resources.

use clap::{Args, ValueEnum};
use wire_format::{
    command::commits::RefuseReason,
    room::{HistoryPolicy, InvitePolicy, JoinPolicy, KeepDays, Policy},
};

use crate::cli::Format;

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Rooms {
    /// What to do, as an account; without it, list the rooms that proxies seal
    pub(in crate::account) action: Option<RoomsAction>,
    /// Of what: see docs/cli.md#rooms-and-channels
    pub(in crate::account) words: Vec<String>,
    /// With create: everybody finds it by its name, and comes in
    #[arg(long, conflicts_with = "private")]
    pub(in crate::account) public: bool,
    /// With create: only members see its name, and one comes in by invitation; so it is without --public
    #[arg(long)]
    pub(in crate::account) private: bool,
    /// With create: what it is for
    #[arg(long, value_name = "TEXT")]
    pub(in crate::account) topic: Option<String>,
    #[command(flatten)]
    pub(in crate::account) policy: PolicyFlags,
    /// Do not ask before what cannot be undone
    #[arg(long)]
    pub(in crate::account) yes: bool,
    /// Print one JSON object; an error, too
    #[arg(long, env = "SEALWIRE_JSON", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(in crate::account) json: Option<bool>,
    /// That of `--as`, which the other listing has, too.
    #[arg(skip)]
    pub(in crate::account) account: Option<String>,
}

impl Rooms {
    /// Whether it is about an account's rooms, and not those that proxies seal.
    pub(crate) const fn is_of_accounts(&self) -> bool {
        self.action.is_some()
    }

    /// How an error is printed, as far as a flag says it.
    pub(crate) fn format(&self) -> Format {
        Format::of_json(self.json.filter(|_| self.is_of_accounts()))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum RoomsAction {
    /// List the public and private rooms that one is in
    List,
    /// TEXT or nothing: list the server's public rooms, or those with it in their name
    Directory,
    /// ROOM: what a public room is for and what it allows
    Look,
    /// NAME: make a room
    Create,
    /// ROOM | INVITATION: come into a public room, or in by an invitation
    Join,
    /// ROOM: leave it
    Leave,
    /// ROOM PERSON: invite somebody
    Invite,
    /// List the invitations that wait
    Invitations,
    /// INVITATION: let an invitation go
    Decline,
    /// ROOM: who is in it, and the room number to compare
    Members,
    /// ROOM: it is only read from now on
    Archive,
    /// ROOM: it is written in again
    Reopen,
    /// ROOM NAME: give it another name
    Rename,
    /// ROOM TEXT: say what it is for
    Topic,
    /// ROOM: show what it allows, or change it
    Policy,
}

/// What a room is to allow.
#[derive(Args, Clone, Copy, Debug, Default)]
#[group(skip)]
pub(crate) struct PolicyFlags {
    /// With create and policy: who may come in
    #[arg(long, value_enum)]
    join: Option<Join>,
    /// With create and policy: what newcomers read of what was said before
    #[arg(long, value_enum)]
    history: Option<History>,
    /// With create and policy: who may invite
    #[arg(long, value_enum)]
    invite: Option<Inviters>,
    /// With create and policy: after how many days it is forgotten; 0 for never
    #[arg(long, value_name = "DAYS", value_parser = keep_days)]
    keep: Option<KeepDays>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Join {
    Open,
    Invitation,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum History {
    Joining,
    Shared,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Inviters {
    Members,
    Admins,
}

fn keep_days(days: &str) -> Result<KeepDays, String> {
    let number = days.parse().ok().and_then(KeepDays::from_days);
    number.ok_or_else(|| "0 (never), 1, 7, 30 or 90".to_owned())
}

impl PolicyFlags {
    /// Whether nothing is said.
    pub(in crate::account) const fn is_silent(&self) -> bool {
        self.join.is_none()
            && self.history.is_none()
            && self.invite.is_none()
            && self.keep.is_none()
    }

    /// Changes a policy by what is said; the rest of it stays.
    pub(in crate::account) fn change(self, policy: &mut Policy) {
        if let Some(join) = self.join {
            policy.join = match join {
                Join::Open => JoinPolicy::Open,
                Join::Invitation => JoinPolicy::ByInvitation,
            };
        }
        if let Some(history) = self.history {
            policy.history = match history {
                History::Joining => HistoryPolicy::FromJoining,
                History::Shared => HistoryPolicy::Shared,
            };
        }
        if let Some(invite) = self.invite {
            policy.invite = match invite {
                Inviters::Members => InvitePolicy::AnyMember,
                Inviters::Admins => InvitePolicy::OwnersAndAdmins,
            };
        }
        policy.keep = self.keep.unwrap_or(policy.keep);
    }
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Channels {
    /// What to do
    pub(in crate::account) action: ChannelsAction,
    /// Of what: see docs/cli.md#rooms-and-channels
    #[arg(required = true)]
    pub(in crate::account) words: Vec<String>,
    /// With create: what it is for
    #[arg(long, value_name = "TEXT")]
    pub(in crate::account) topic: Option<String>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ChannelsAction {
    /// ROOM: list its channels
    List,
    /// ROOM NAME: make another one
    Create,
    /// ROOM CHANNEL NAME: give one another name
    Rename,
    /// ROOM CHANNEL TEXT: say what one is for
    Topic,
    /// ROOM CHANNEL POSITION: put one in another place, 0 for the first
    Move,
    /// ROOM CHANNEL SECONDS: members wait so long between two messages; 0 for not
    Slow,
    /// ROOM CHANNEL: it is only read from now on
    Archive,
    /// ROOM CHANNEL: it is written in again
    Reopen,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Members {
    /// What to do
    pub(in crate::account) action: MembersAction,
    /// Of what: see docs/cli.md#rooms-and-channels
    #[arg(required = true)]
    pub(in crate::account) words: Vec<String>,
    /// Do not ask before what cannot be undone
    #[arg(long)]
    pub(in crate::account) yes: bool,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum MembersAction {
    /// ROOM: who is in it, who was banned, and the room number to compare
    List,
    /// ROOM PERSON owner|admin|member|muted: give a role
    Role,
    /// ROOM PERSON: it reads, and says nothing
    Mute,
    /// ROOM PERSON: it may write again
    Unmute,
    /// ROOM PERSON: it is out, and may come back
    Remove,
    /// ROOM PERSON: it is out, and may not come back
    Ban,
    /// ROOM PERSON: it may come back
    Unban,
    /// ROOM PERSON: make it the owner, and oneself an admin
    Transfer,
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Keys {
    /// What to do
    pub(in crate::account) action: KeysAction,
    /// Of what: see docs/cli.md#rooms-and-channels
    #[arg(required = true)]
    pub(in crate::account) words: Vec<String>,
    /// With refuse: why
    #[arg(long, value_enum)]
    reason: Option<Why>,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum KeysAction {
    /// ROOM: every key it had, by whom and why, and whether it is held here
    Show,
    /// ROOM: start with a new key
    Rotate,
    /// ROOM: take keys that came, and list what others ask for
    Requests,
    /// ROOM: ask for the keys of what was sent before one came in
    Ask,
    /// ROOM REQUEST: give what is asked for
    Grant,
    /// ROOM REQUEST: do not
    Refuse,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Why {
    NotNow,
    FromJoining,
    Unknown,
}

impl Keys {
    /// Why a request is refused, if it is said.
    pub(in crate::account) fn reason(&self) -> Option<RefuseReason> {
        self.reason.map(|why| match why {
            Why::NotNow => RefuseReason::NotNow,
            Why::FromJoining => RefuseReason::FromJoiningOn,
            Why::Unknown => RefuseReason::UnknownPerson,
        })
    }
}

#[derive(Args, Clone, Debug)]
#[group(skip)]
pub(crate) struct Resources {
    /// What to do
    pub(in crate::account) action: ResourcesAction,
    /// Of what: see docs/cli.md#rooms-and-channels
    #[arg(required = true)]
    pub(in crate::account) words: Vec<String>,
    /// With edit: another title
    #[arg(long, value_name = "TEXT")]
    pub(in crate::account) title: Option<String>,
    /// With edit: another link
    #[arg(long, value_name = "URL")]
    pub(in crate::account) url: Option<String>,
    /// Do not ask before what cannot be undone
    #[arg(long)]
    pub(in crate::account) yes: bool,
    /// Which account, if this device has several
    #[arg(long = "as", value_name = "NAME")]
    pub(in crate::account) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ResourcesAction {
    /// ROOM: list them
    List,
    /// ROOM TITLE URL: add a link
    Add,
    /// ROOM RESOURCE --title TEXT --url URL: change one
    Edit,
    /// ROOM RESOURCE: remove one
    Remove,
    /// ROOM RESOURCE POSITION: put one in another place, 0 for the first
    Move,
}

#[cfg(test)]
mod tests {
    use wire_format::room::RoomKind;

    use super::*;

    #[test]
    fn what_is_not_said_of_a_policy_stays() {
        let mut policy = Policy::new(RoomKind::Public);
        PolicyFlags::default().change(&mut policy);
        assert_eq!(policy, Policy::new(RoomKind::Public));
        let said = PolicyFlags {
            join: Some(Join::Invitation),
            keep: Some(KeepDays::Seven),
            ..PolicyFlags::default()
        };
        assert!(!said.is_silent());
        said.change(&mut policy);
        assert_eq!(policy.join, JoinPolicy::ByInvitation);
        assert_eq!(policy.history, HistoryPolicy::Shared);
        assert_eq!(policy.keep, KeepDays::Seven);
    }

    #[test]
    fn only_some_numbers_of_days_are_there() {
        for days in ["0", "1", "7", "30", "90"] {
            assert!(keep_days(days).is_ok(), "{days}");
        }
        for days in ["", "2", "-1", "91", "65536", "week"] {
            assert!(keep_days(days).is_err(), "{days}");
        }
    }
}
