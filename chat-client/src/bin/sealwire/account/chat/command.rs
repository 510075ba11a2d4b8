//! Commands that are typed where one writes: those of `sealwire group`, `rooms`, `channels`, `members`,
//! `keys`, `resources` and `fingerprint`, and `/open NAME`. `.` is the conversation that is open.

use chat_client::conversations::Place;
use clap::{Parser, ValueEnum as _};
use wire_format::{AccountId, RoomId};

use super::shown::Shown;
use crate::{
    account::{
        deed::{Asking, Deed, carry_out},
        fingerprint,
        flags::{Channels, Group, Keys, KeysAction, Members, MembersAction, Of, Resources, Rooms},
        talker::Talker,
    },
    exit::Failure,
};

/// What a command came to.
pub(super) enum Done {
    /// It said something.
    Said(String),
    /// A conversation, or a channel of a room, is to be shown.
    Open(Place),
}

/// A command that is one of the command line's, after its first word.
#[derive(Parser)]
#[command(name = "/", no_binary_name = true, disable_help_flag = true)]
struct Line<T: clap::Args> {
    #[command(flatten)]
    flags: T,
}

#[derive(Parser)]
#[command(name = "/fingerprint", no_binary_name = true, disable_help_flag = true)]
struct FingerprintLine {
    #[command(flatten)]
    of: Of,
}

/// Carries a command out.
pub(super) async fn run(
    talker: &mut Talker,
    typed: &str,
    room: Option<RoomId>,
) -> Result<Done, Failure> {
    let here = room.map(|room| room.to_string()).unwrap_or_default();
    let words = words(typed.trim_start_matches('/'));
    let words: Vec<&str> = words
        .iter()
        .map(|word| if word == "." { here.as_str() } else { word })
        .collect();
    match words.as_slice() {
        ["open", name] => Ok(Done::Open(talker.place(name, None).await?)),
        ["open", name, channel] => Ok(Done::Open(talker.place(name, Some(channel)).await?)),
        ["open", ..] => Err(Failure::Settings(
            "it goes like this: /open NAME [CHANNEL]".to_owned(),
        )),
        ["fingerprint", words @ ..] => {
            let FingerprintLine { of } = parsed(words)?;
            let account = talker.conversations.account_mut();
            Ok(Done::Said(fingerprint::look(account, &of).await?.text))
        }
        words => {
            let deed = deed(words)?;
            let said = carry_out(talker, &deed, Asking::Not).await?;
            Ok(Done::Said(said.text))
        }
    }
}

fn deed(words: &[&str]) -> Result<Deed, Failure> {
    Ok(match words {
        ["rooms", words @ ..] => Deed::Rooms(parsed::<Line<Rooms>>(words)?.flags),
        ["channels", words @ ..] => Deed::Channels(parsed::<Line<Channels>>(words)?.flags),
        ["members", action, words @ ..] if is_action(action) => {
            let words = [&[*action][..], words].concat();
            Deed::Members(parsed::<Line<Members>>(&words)?.flags)
        }
        ["keys", action, words @ ..] if is_keys(action) => {
            let words = [&[*action][..], words].concat();
            Deed::Keys(parsed::<Line<Keys>>(&words)?.flags)
        }
        ["resources", words @ ..] => Deed::Resources(parsed::<Line<Resources>>(words)?.flags),
        words => Deed::Group(parsed::<Line<Group>>(words)?.flags),
    })
}

/// Whether `/members WORD` is about that, and not `/members ROOM` of `sealwire group`.
fn is_action(word: &str) -> bool {
    MembersAction::from_str(word, false).is_ok()
}

/// The same of `/keys WORD`.
fn is_keys(word: &str) -> bool {
    KeysAction::from_str(word, false).is_ok()
}

fn parsed<T: Parser>(words: &[&str]) -> Result<T, Failure> {
    T::try_parse_from(words).map_err(|error| {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        Failure::Settings(format!(
            "{} (? lists what there is)",
            first.trim_start_matches("error: ")
        ))
    })
}

/// The words of a line; one with spaces stands in quotation marks.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            character if character.is_whitespace() && !is_quoted => words.extend(word.take()),
            character => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// What means somebody in a command: the name, in quotation marks where it has spaces; the account's id
/// where the name would be read as something else.
pub(super) fn typed(name: &str, account: AccountId) -> Shown {
    let shown = Shown::line(name);
    let is_word = !name.is_empty() && name != "." && !name.starts_with('-');
    if !is_word || name.contains('"') || shown.as_str() != name {
        return Shown::line(&account.to_string());
    }
    if name.contains(char::is_whitespace) {
        return Shown::line(&format!("\"{name}\""));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advised_to_be_typed_means_that_person() {
        let account = AccountId::from_bytes([3; 16]);
        for name in ["Bob", "Bob Müller", "李 明", "o'neill", "a  b"] {
            let line = format!("fingerprint {} --verified", typed(name, account).as_str());
            assert_eq!(words(&line), ["fingerprint", name, "--verified"]);
        }
        for name in ["", ".", "--verified", "a\"b", "a\u{202e}b"] {
            assert_eq!(
                typed(name, account).as_str(),
                account.to_string(),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_name_with_spaces_stands_in_quotation_marks() {
        assert_eq!(words(r#"new "my group"  Bob"#), ["new", "my group", "Bob"]);
        assert_eq!(words(r#"new "" x"#), ["new", "", "x"]);
        assert_eq!(words("  "), [""; 0]);
    }

    #[test]
    fn commands_are_those_of_the_command_line() {
        let decide = deed(&["decide", "ops", "--yes"]).expect("a command");
        assert!(matches!(decide, Deed::Group(group) if group.yes));
        assert!(deed(&["frobnicate"]).is_err());
        let said = |line: &str| {
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            deed(&words).expect("a command")
        };
        assert!(matches!(said("members ops"), Deed::Group(_)));
        assert!(matches!(said("members mute ops Bob"), Deed::Members(_)));
        assert!(matches!(said("keys ops ask"), Deed::Group(_)));
        assert!(matches!(said("keys show ops"), Deed::Keys(_)));
        assert!(matches!(said("channels list ops"), Deed::Channels(_)));
        assert!(matches!(said("rooms create ops --public"), Deed::Rooms(_)));
        assert!(matches!(said("resources list ops"), Deed::Resources(_)));
        let FingerprintLine { of } = parsed(&["Bob", "--verified"]).expect("a command");
        assert!(of.verified);
    }
}
