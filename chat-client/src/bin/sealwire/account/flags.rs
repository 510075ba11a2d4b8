//! Flags of the commands of accounts, made into what they need.

use std::path::PathBuf;

use clap::Subcommand;

use super::{AccountTask, at::AtFlags, deed::Deed};
use crate::{cli::Format, exit::Failure};

mod conversations;
mod moderation;
mod own;
mod rooms;
mod secrets;

pub(super) use self::secrets::{CodeFlags, NewPasswordFlags, PasswordFlags};
pub(crate) use self::{
    conversations::{Chat, Export, Fetch, Group, GroupAction, Listen, Send, Webhook},
    moderation::{Mode, Report, Reports, ReportsAction, Switch},
    own::{Action, Change, Delete, Friends, Login, Of, Recover, Register, Rotate, Sessions},
    rooms::{
        Channels, ChannelsAction, Keys, KeysAction, Members, MembersAction, Resources,
        ResourcesAction, Rooms, RoomsAction,
    },
};

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
    /// Send a text or a file to a person or a group, sealed end to end
    #[command(after_help = crate::exit::HELP)]
    Send {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        send: Send,
    },
    /// Talk in end-to-end conversations at a terminal: ? lists the keys
    #[command(after_help = crate::exit::HELP)]
    Chat {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        chat: Chat,
    },
    /// Print what comes in end-to-end conversations, beginning with what was not read yet
    #[command(after_help = crate::exit::HELP)]
    Listen {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        listen: Listen,
    },
    /// Take one message out of a conversation, for other programs
    #[command(after_help = crate::exit::HELP)]
    Export {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        export: Export,
    },
    /// Get a file that a message of a conversation names
    #[command(after_help = crate::exit::HELP)]
    Fetch {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        fetch: Fetch,
    },
    /// Take texts over HTTP on this machine, and send them sealed end to end
    #[command(after_help = crate::exit::HELP)]
    Webhook {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        webhook: Webhook,
    },
    /// List conversations, or make, join and change groups
    #[command(after_help = crate::exit::HELP)]
    Group {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        group: Group,
    },
    /// List the channels of a room, or make and change them
    #[command(after_help = crate::exit::HELP)]
    Channels {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        channels: Channels,
    },
    /// List who is in a room, and who was banned; give roles, remove, ban
    #[command(after_help = crate::exit::HELP)]
    Members {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        members: Members,
    },
    /// Show the keys of a room, make a new one, ask for older ones and decide who gets them
    #[command(after_help = crate::exit::HELP)]
    Keys {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        keys: Keys,
    },
    /// List the links that members of a room keep at hand, and change them
    #[command(after_help = crate::exit::HELP)]
    Resources {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        resources: Resources,
    },
    /// Hand one message to the server's administrators, and nothing else
    #[command(after_help = crate::exit::HELP)]
    Report {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        report: Report,
    },
    /// As an administrator of the server: list, judge and settle what was reported
    #[command(after_help = crate::exit::HELP)]
    Reports {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        reports: Reports,
    },
    /// Say whether the server is closed to newcomers, or as an administrator close it
    #[command(after_help = crate::exit::HELP)]
    Mode {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        mode: Mode,
    },
    /// Make new identity keys that the present ones sign
    #[command(after_help = crate::exit::HELP)]
    Rotate {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        rotate: Rotate,
    },
    /// Delete the account, for good
    #[command(after_help = crate::exit::HELP)]
    Delete {
        #[command(flatten)]
        at: AtFlags,
        #[command(flatten)]
        delete: Delete,
    },
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
    Send(Send),
    Chat(Chat),
    Listen(Listen),
    Export(Export),
    Fetch(Fetch),
    Webhook(Webhook),
    Deed(Box<Deed>),
    Report(Report),
    Reports(Reports),
    Mode(Mode),
    Rotate(Rotate),
    Delete(Delete),
}

impl AccountTask {
    /// A command of rooms, whose flags the listing of other rooms has, too.
    pub(crate) fn of_rooms(
        rooms: Rooms,
        account: Option<String>,
        at: AtFlags,
        json: Option<bool>,
    ) -> Result<Self, Failure> {
        let format = Format::of_json(rooms.json.or(json));
        let (at, home) = at.settle(None, None)?;
        let deed = Deed::Rooms(Rooms { account, ..rooms });
        Ok(Self {
            at,
            home,
            format,
            step: Step::Deed(Box::new(deed)),
        })
    }
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
        | Self::Friends { at, .. }
        | Self::Send { at, .. }
        | Self::Chat { at, .. }
        | Self::Listen { at, .. }
        | Self::Export { at, .. }
        | Self::Fetch { at, .. }
        | Self::Webhook { at, .. }
        | Self::Group { at, .. }
        | Self::Channels { at, .. }
        | Self::Members { at, .. }
        | Self::Keys { at, .. }
        | Self::Resources { at, .. }
        | Self::Report { at, .. }
        | Self::Reports { at, .. }
        | Self::Mode { at, .. }
        | Self::Rotate { at, .. }
        | Self::Delete { at, .. }) = self;
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
            Self::Send { at, send } => (at, Step::Send(send)),
            Self::Chat { at, chat } => (at, Step::Chat(chat)),
            Self::Listen { at, listen } => (at, Step::Listen(listen)),
            Self::Export { at, export } => (at, Step::Export(export)),
            Self::Fetch { at, fetch } => (at, Step::Fetch(fetch)),
            Self::Webhook { at, webhook } => (at, Step::Webhook(webhook)),
            Self::Group { at, group } => (at, deed(Deed::Group(group))),
            Self::Channels { at, channels } => (at, deed(Deed::Channels(channels))),
            Self::Members { at, members } => (at, deed(Deed::Members(members))),
            Self::Keys { at, keys } => (at, deed(Deed::Keys(keys))),
            Self::Resources { at, resources } => (at, deed(Deed::Resources(resources))),
            Self::Report { at, report } => (at, Step::Report(report)),
            Self::Reports { at, reports } => (at, Step::Reports(reports)),
            Self::Mode { at, mode } => (at, Step::Mode(mode)),
            Self::Rotate { at, rotate } => (at, Step::Rotate(rotate)),
            Self::Delete { at, delete } => (at, Step::Delete(delete)),
        }
    }
}

fn deed(deed: Deed) -> Step {
    Step::Deed(Box::new(deed))
}
