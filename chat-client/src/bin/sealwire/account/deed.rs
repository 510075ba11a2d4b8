//! What is done about conversations and rooms by one command: at the shell, or where one writes in chat.

use serde_json::Value;

use super::{
    at::At,
    channels,
    flags::{Channels, Group, Keys, Members, Resources, Rooms},
    group,
    home::Home,
    keys, members, out, resources, rooms,
    talker::Talker,
    terminal::Terminal,
    told,
};
use crate::{cli::Format, exit::Failure};

/// A command, with what it is about.
pub(super) enum Deed {
    Group(Group),
    Rooms(Rooms),
    Channels(Channels),
    Members(Members),
    Keys(Keys),
    Resources(Resources),
}

/// What is printed.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) object: Value,
}

/// Whether somebody sits at the terminal, to be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asking {
    Allowed,
    /// The terminal is taken.
    Not,
}

impl Deed {
    fn account(&self) -> Option<&str> {
        let account = match self {
            Self::Group(flags) => &flags.account,
            Self::Rooms(flags) => &flags.account,
            Self::Channels(flags) => &flags.account,
            Self::Members(flags) => &flags.account,
            Self::Keys(flags) => &flags.account,
            Self::Resources(flags) => &flags.account,
        };
        account.as_deref()
    }
}

pub(super) async fn run(at: At, home: Home, format: Format, deed: Deed) -> Result<(), Failure> {
    let mut talker = Talker::begin(&at, home, deed.account()).await?;
    let done = carry_out(&mut talker, &deed, Asking::Allowed).await;
    for alarm in talker.alarms() {
        told::alarm(&alarm, &talker.conversations);
    }
    let said = done?;
    talker.close().await?;
    out::print(format, &said.text, &said.object)
}

/// Carries it out.
pub(super) async fn carry_out(
    talker: &mut Talker,
    deed: &Deed,
    asking: Asking,
) -> Result<Said, Failure> {
    match deed {
        Deed::Group(flags) => group::carry_out(talker, flags, asking).await,
        Deed::Rooms(flags) => rooms::carry_out(talker, flags, asking).await,
        Deed::Channels(flags) => channels::carry_out(talker, flags).await,
        Deed::Members(flags) => members::carry_out(talker, flags, asking).await,
        Deed::Keys(flags) => keys::carry_out(talker, flags).await,
        Deed::Resources(flags) => resources::carry_out(talker, flags, asking).await,
    }
}

/// Asks before what cannot be undone; `yes` answers for a script.
pub(super) async fn confirm(yes: bool, asking: Asking, what: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let terminal = (asking == Asking::Allowed).then(Terminal::here).flatten();
    let Some(mut terminal) = terminal else {
        let why = format!("{what}, and cannot be undone: say so with --yes");
        return Err(Failure::Settings(why));
    };
    let question = format!("{what}, and cannot be undone. Type yes to go on: ");
    let answer = terminal.line(&question).await?;
    let is_meant = answer.trim() == "yes";
    is_meant.then_some(()).ok_or(Failure::NotConfirmed)
}

/// The words of a command, by their number.
pub(super) fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// What a command takes, where it was given something else.
pub(super) fn usage<T>(command: &str, words: &str) -> Result<T, Failure> {
    Err(Failure::Settings(format!(
        "it goes like this: sealwire {command} {words}"
    )))
}

/// What a word was to be.
pub(super) fn parsed<T: std::str::FromStr>(word: &str, what: &str) -> Result<T, Failure> {
    let parsed = word.parse();
    parsed.map_err(|_| Failure::Settings(format!("{word} is no {what}")))
}
