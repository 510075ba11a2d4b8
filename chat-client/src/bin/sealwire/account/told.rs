//! What happens in end-to-end conversations, as lines for people and objects for scripts.

use std::{fmt::Write as _, io};

use chat_client::{
    Conversations,
    conversation::{Alarm, Committed, Effect, Erasure, Message, Received, Unreadable},
    conversations::{News, Place},
};
use wire_format::{
    AccountId, Millis, RoomId, Sequence,
    event::{CommitDue, KeysetChange},
    room::RoomContent,
};

use super::keys::{reason_word, refusal_words};
use crate::{
    cli::Format,
    plain::{clock, indented, isolated, visible},
    printer::print,
};

mod object;

use self::object::object;
pub(super) use self::object::{content, message_object};

/// Prints something that happened, if it is to be seen.
pub(super) fn news(format: Format, news: &News, of: &Conversations) -> io::Result<()> {
    let line = match format {
        Format::Json => Some(object(news, of).to_string()),
        Format::Plain => line(news, of),
    };
    line.map_or(Ok(()), |line| print(&line))
}

/// Says an alarm on standard error.
pub(super) fn alarm(news: &News, of: &Conversations) {
    if let (News::Alarm { .. }, Some(line)) = (news, line(news, of)) {
        eprintln!("sealwire: {line}");
    }
}

/// What to do about an alarm, with the room that it is about.
pub(super) fn next_of(alarm: Alarm, room: Option<RoomId>) -> String {
    let next = alarm.next();
    room.map_or_else(|| next.to_owned(), |room| placed(next, room))
}

/// What to do about something that is not shown, with its room and number.
pub(super) fn next_for(unreadable: &Unreadable, at: Place) -> String {
    let next = &placed(unreadable.cause.next(), at.room);
    numbered(next, unreadable.sequence, at)
}

/// With the number of a delivery, and its channel where that is not the main one.
fn numbered(next: &str, sequence: Sequence, at: Place) -> String {
    if at.is_main() {
        return next.replace("SEQ", &sequence.to_string());
    }
    next.replace("SEQ", &format!("{sequence} --channel {}", at.channel))
}

/// A next step, so that it can be pasted as it is.
fn placed(next: &str, room: RoomId) -> String {
    next.replace("ROOM", &room.to_string())
}

/// What somebody is called, or the account's id.
pub(super) fn name(account: AccountId, of: &Conversations) -> String {
    let name = of.name_of(account);
    name.map_or_else(|| account.to_string(), visible)
}

/// The line, or lines, of something; `None` for what people need not see.
pub(super) fn line(news: &News, of: &Conversations) -> Option<String> {
    Some(match news {
        News::Received {
            room,
            channel,
            received,
        } => {
            let (room, channel) = (*room, *channel);
            return received_line(Place { room, channel }, received, of);
        }
        News::Alarm { room, alarm } => {
            let place = room.map_or_else(String::new, |room| format!(" in {room}"));
            let next = next_of(*alarm, *room);
            format!("* ALARM{place}: {alarm}\n      {next}")
        }
        News::Added { room, is_request } => {
            let by = if *is_request { " by a stranger" } else { "" };
            format!("* you are in a conversation{by}: {room}")
        }
        News::Removed(room) => format!("* you are out of {room}"),
        News::Invited(invitation) => format!(
            "* {} invites you into {}: sealwire group join {}",
            isolated(&invitation.inviter_name),
            isolated(&invitation.name),
            invitation.hash,
        ),
        News::Due {
            room,
            reason: CommitDue::Joined | CommitDue::Left,
        } => format!("* somebody asks to come into {room} or to go"),
        // Where only keys went there is nothing to see.
        News::Forgot { before, .. } if before.value() == 0 => return None,
        News::Forgot { room, .. } => {
            format!("* {room} has forgotten older messages, as its policy says")
        }
        News::Renamed(room) => format!("* {room} has other settings"),
        News::ChannelChanged { room, channel } => {
            let (room, channel) = (*room, *channel);
            let name = channel_name(Place { room, channel }, of);
            format!(
                "* channel {} of {room} is new, or has changed",
                isolated(&name)
            )
        }
        News::KeysAsked {
            room,
            account,
            request,
            granted,
            to_decide,
        } => keys_asked(
            *room,
            &name(*account, of),
            request.to_string(),
            granted.len(),
            to_decide.len(),
        )?,
        News::KeysGranted { room, epochs } => {
            format!("* the keys of {} epochs of {room} came", epochs.len())
        }
        News::KeysRefused { room, reason } => {
            format!("* {room}: {}", refusal_words(*reason))
        }
        News::KeysChanged { account, change } => {
            let name = isolated(&name(*account, of));
            match change {
                KeysetChange::Rotated => format!("* {name} has new keys, signed by the old ones"),
                KeysetChange::Reset => format!(
                    "* {name} has new keys, which the old ones did not sign: this may be somebody else"
                ),
            }
        }
        _ => return None,
    })
}

fn keys_asked(
    room: RoomId,
    name: &str,
    request: String,
    granted: usize,
    to_decide: usize,
) -> Option<String> {
    let name = isolated(name);
    if to_decide > 0 {
        return Some(format!(
            "* {name} asks for older keys of {room}: sealwire group keys {room} grant {request}"
        ));
    }
    (granted > 0).then(|| format!("* {name} was given the keys of {granted} epochs of {room}"))
}

fn received_line(at: Place, received: &Received, of: &Conversations) -> Option<String> {
    Some(match received {
        Received::Message(message) => return said(at, message, of),
        Received::Committed(committed) => committed_line(at, committed, of),
        Received::Erased(erasure) => erased_line(at, erasure, of),
        Received::Known => return None,
        Received::Unreadable(unreadable) => not_shown(at, unreadable, of),
    })
}

fn said(at: Place, message: &Message, of: &Conversations) -> Option<String> {
    let text = match &message.content {
        RoomContent::Text(text) => indented(&text.text),
        RoomContent::Reply(reply) => format!("(reply) {}", indented(&reply.text)),
        RoomContent::Edit(edit) => format!("(edit) {}", indented(&edit.text)),
        RoomContent::File(file) => {
            let (name, size) = (visible(&file.name), file.size);
            let text = file.text.as_deref().map(indented);
            let text = text.map_or_else(String::new, |text| format!(" {text}"));
            let sequence = numbered("SEQ", message.sequence, at);
            format!(
                "(file {name}, {size} bytes: sealwire fetch {} {sequence}){text}",
                at.room
            )
        }
        content => words(content)?,
    };
    let mut line = head(at, message.time, of);
    // Writing into a string cannot fail.
    let _ = write!(line, " {}", isolated(&name(message.sender, of)));
    for flag in flags(message) {
        let _ = write!(line, " ({flag})");
    }
    let _ = write!(line, ": {text}");
    if let Effect::Ignored(fault) = message.effect {
        let _ = write!(line, " (ignored: {fault})");
    }
    Some(line)
}

/// What is to be known of a message beside what it says.
pub(super) fn flags(message: &Message) -> Vec<String> {
    let late = "before the newest change of members";
    [
        message.is_clock_off.then(|| "clock is off".to_owned()),
        message.is_late.then(|| late.to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a content without lines of its own comes to; `None` for what people need not see.
pub(super) fn words(content: &RoomContent) -> Option<String> {
    Some(match content {
        RoomContent::Text(text) => visible(&text.text),
        RoomContent::Reply(reply) => format!("(reply) {}", visible(&reply.text)),
        RoomContent::Edit(edit) => format!("(edit) {}", visible(&edit.text)),
        RoomContent::Tombstone(_) => "(deleted a message)".to_owned(),
        RoomContent::Reaction(reaction) if reaction.on => visible(&reaction.emoji),
        RoomContent::Reaction(reaction) => format!("(took {} back)", visible(&reaction.emoji)),
        RoomContent::File(file) => format!("(file {})", visible(&file.name)),
        RoomContent::Receipt(_) | RoomContent::Typing(_) => return None,
        RoomContent::Resource(line) => format!("(resource {})", visible(&line.title)),
        _ => "(sent by a newer version)".to_owned(),
    })
}

fn committed_line(at: Place, committed: &Committed, of: &Conversations) -> String {
    let words = committed_words(committed, of);
    format!("* {} {words}", head(at, committed.time, of))
}

/// What a commit came to.
pub(super) fn committed_words(committed: &Committed, of: &Conversations) -> String {
    format!(
        "{} members, key {} by {} ({})",
        committed.members,
        committed.n,
        isolated(&name(committed.author, of)),
        reason_word(committed.reason),
    )
}

fn erased_line(at: Place, erasure: &Erasure, of: &Conversations) -> String {
    format!("* {} {}", head(at, erasure.time, of), erased_words(erasure))
}

/// That something was deleted.
pub(super) fn erased_words(erasure: &Erasure) -> String {
    let name = isolated(erasure.name.as_str());
    format!("a message of {name} was deleted")
}

fn not_shown(at: Place, unreadable: &Unreadable, of: &Conversations) -> String {
    format!(
        "* {} {}\n      {}",
        head(at, unreadable.time, of),
        unreadable_words(unreadable),
        next_for(unreadable, at),
    )
}

/// That something is not shown, and why.
pub(super) fn unreadable_words(unreadable: &Unreadable) -> String {
    let name = isolated(unreadable.name.as_str());
    format!("a message from {name} is not shown: {}", unreadable.cause)
}

/// The conversation, by the front of its id, the channel of a room with several, and hours and minutes,
/// UTC.
fn head(at: Place, time: Millis, of: &Conversations) -> String {
    let id = at.room.to_string();
    let front = id.get(..8).unwrap_or(&id);
    if at.is_main() {
        return format!("{front} {}", clock(time));
    }
    let channel = isolated(&channel_name(at, of));
    format!("{front} #{channel} {}", clock(time))
}

/// What a channel is called, or its id.
fn channel_name(at: Place, of: &Conversations) -> String {
    let name = of.channel_name(at).filter(|name| !name.is_empty());
    name.map_or_else(|| at.channel.to_string(), |name| visible(&name))
}

#[cfg(test)]
mod tests {
    use chat_client::conversation::Cause;
    use clap::{CommandFactory as _, ValueEnum as _};
    use wire_format::{
        CommitHash, EpochNumber, Name, OpenError, RunId, Sequence, envelope::SenderError,
        identity::ChainError, room::CommitError,
    };

    use super::*;
    use crate::{account::flags::GroupAction, cli::Cli};

    const ROOM: RoomId = RoomId::from_bytes([0xab; 16]);
    const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);

    fn next_of_cause(cause: Cause) -> String {
        let unreadable = Unreadable {
            sequence: Sequence::new(17),
            time: Millis::new(0),
            name: Name::try_from("Bob").expect("a name"),
            cause,
        };
        next_for(&unreadable, ROOM.into())
    }

    /// Every next step that is said of a message or an alarm.
    fn next_steps() -> Vec<String> {
        let n = EpochNumber::new(2);
        let other = CommitHash::from_bytes([3; 32]);
        let causes = [
            Cause::Record(OpenError::Truncated),
            Cause::Sender(SenderError::UnknownEpoch(n)),
            Cause::Sender(SenderError::OtherCommit(other)),
            Cause::Sender(SenderError::NotMember(ACCOUNT)),
            Cause::Commit(CommitError::Fork(n)),
            Cause::WaitingForKey(n),
            Cause::BeforeJoining(n),
            Cause::KeysReset(n),
            Cause::Repeated,
            Cause::Reused,
            Cause::TooOld,
            Cause::Open(OpenError::Truncated),
        ];
        let alarms = [
            Alarm::Fork(n),
            Alarm::Commit {
                n,
                error: CommitError::MembersHash,
            },
            Alarm::Reused(ACCOUNT),
            Alarm::Ghost(ACCOUNT),
            Alarm::Numbers {
                expected: Sequence::new(1),
                found: Sequence::new(3),
            },
            Alarm::Run(RunId::from_bytes([4; 16])),
            Alarm::Erased(Sequence::new(1)),
            Alarm::RolledBack { found: n, kept: n },
            Alarm::Swapped {
                account: ACCOUNT,
                error: ChainError::NotPinned,
            },
        ];
        let causes = causes.into_iter().map(next_of_cause);
        let alarms = alarms.map(|alarm| next_of(alarm, Some(ROOM)));
        causes.chain(alarms).collect()
    }

    #[test]
    fn a_command_in_a_next_step_is_there_and_can_be_pasted() {
        let cli = Cli::command();
        for next in next_steps() {
            assert!(!next.contains("ROOM") && !next.contains("SEQ"), "{next}");
            for command in next.split("sealwire ").skip(1) {
                let mut words = command.split(|end: char| !end.is_alphanumeric());
                let word = words.next().unwrap_or_default();
                assert!(cli.find_subcommand(word).is_some(), "{next}");
                if word == "group" {
                    let action = words.next().unwrap_or_default();
                    assert!(GroupAction::from_str(action, false).is_ok(), "{next}");
                }
            }
        }
    }

    #[test]
    fn a_next_step_names_the_room_and_the_delivery() {
        let next = next_of_cause(Cause::BeforeJoining(EpochNumber::new(1)));
        let room = ROOM.to_string();
        assert!(next.contains(&format!("keys {room} ask")), "{next}");
        assert!(next.contains(&format!("--room {room} --from 17")), "{next}");
    }
}
