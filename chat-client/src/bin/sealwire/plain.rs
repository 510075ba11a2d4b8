//! Events as lines for people. Nothing that somebody else wrote can look like another line, move the
//! cursor or turn the direction of what follows.

use std::{collections::HashMap, fmt::Write as _};

use chat_client::{
    SessionEvent,
    room::{Happened, Message, Unreadable},
};
use wire_format::{
    Content, MemberId, Millis,
    event::{LeaveReason, MissedReason, UnreadableCause},
};

type Names = HashMap<MemberId, String>;

/// The line, or lines, of an event; `None` for what people need not see.
pub(crate) fn event(event: &SessionEvent, names: &Names) -> Option<String> {
    Some(match event {
        SessionEvent::Entered(_) => return None,
        SessionEvent::Room { happened, .. } => return room(happened, names),
        SessionEvent::Exited { refusal, .. } => {
            format!("* the room cannot be entered again: {refusal}")
        }
        SessionEvent::Lost { retry_in, .. } => {
            let seconds = retry_in.as_secs_f32();
            format!("* the connection was lost; trying again in {seconds:.1} s")
        }
        SessionEvent::Back => "* connected again".to_owned(),
        // What is an account's own is answered, or nothing of the room.
        SessionEvent::Ended(_)
        | SessionEvent::Challenge(_)
        | SessionEvent::Account(_)
        | SessionEvent::Conversation { .. }
        | SessionEvent::Deliver(_) => {
            return None;
        }
    })
}

fn room(happened: &Happened, names: &Names) -> Option<String> {
    let name = |member| {
        names
            .get(member)
            .map_or_else(|| "somebody".to_owned(), |name| isolated(name))
    };
    Some(match happened {
        Happened::Message(message) => said(message),
        Happened::Unreadable(unreadable) => not_shown(unreadable),
        Happened::Missed(reason) => format!("* messages were missed: {}", missed(*reason)),
        Happened::Joined(member) => format!("* {} joined", isolated(&member.name)),
        Happened::Left { member, reason } => match reason {
            LeaveReason::Exit | LeaveReason::SignedOut => format!("* {} left", name(member)),
            LeaveReason::Lost => format!("* {} lost the connection", name(member)),
        },
        Happened::MemberChanged(member) => {
            format!(
                "* the keys of {} changed: this may be somebody else",
                name(member)
            )
        }
        Happened::Waiting { .. } => "* waiting for somebody to hand over the room's key".to_owned(),
        Happened::Alarm(alarm) => format!("* ALARM: {alarm}"),
        Happened::Keyed { .. } | Happened::Sent { .. } | Happened::Unsent { .. } => return None,
    })
}

fn said(message: &Message) -> String {
    let mut line = format!(
        "{} {}",
        clock(message.time),
        isolated(message.name.as_str())
    );
    if message.keys_changed {
        line.push_str(" (keys changed)");
    }
    if message.clock_off {
        line.push_str(" (clock is off)");
    }
    line.push_str(": ");
    match &message.opened.content {
        Content::Text(text) => line.push_str(&indented(text)),
        _ => line.push_str("(sent by a newer version)"),
    }
    line
}

fn not_shown(unreadable: &Unreadable) -> String {
    let name = isolated(unreadable.name.as_str());
    let why = match unreadable.cause {
        UnreadableCause::WaitingForKey => "its key has not come yet",
        UnreadableCause::BeforeYouJoined => "it was sealed before you joined",
        UnreadableCause::NotOpened => "it could not be opened",
    };
    let mut line = format!(
        "* {} a message from {name} is not shown: {why}",
        clock(unreadable.time)
    );
    if let Some(fault) = &unreadable.fault {
        // Writing into a string cannot fail.
        let _ = write!(line, " ({fault})");
    }
    line
}

fn missed(reason: MissedReason) -> &'static str {
    match reason {
        MissedReason::Restart => "the server was restarted",
        MissedReason::TooOld => "the server no longer has them",
        MissedReason::Withheld => "they were withheld or lost on the way",
    }
}

/// Hours and minutes, UTC.
pub(crate) fn clock(time: Millis) -> String {
    let minutes = time.value() / 60_000;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// A name between isolates, so that its direction ends with it.
pub(crate) fn isolated(name: &str) -> String {
    format!("\u{2068}{}\u{2069}", visible(name))
}

/// A text whose further lines are indented, so that none looks like a message of its own.
pub(crate) fn indented(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n      ")
}

/// A text in which what a terminal would carry out, or what turns directions, can be seen.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => shown.push('\t'),
            '\u{0}'..='\u{1f}' => {
                let picture = char::from_u32(0x2400 + u32::from(character));
                shown.push(picture.unwrap_or('\u{fffd}'));
            }
            '\u{7f}' => shown.push('\u{2421}'),
            '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => {
                // Writing into a string cannot fail.
                let _ = write!(shown, "<U+{:04X}>", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_forge_a_line_or_move_the_cursor() {
        let text = "one\n12:30 alice: two\r\u{1b}[2J\u{202e}\u{9b}31m\u{7f}";
        assert_eq!(
            indented(text),
            "one\n      12:30 alice: two␍␛[2J<U+202E><U+009B>31m␡"
        );
    }

    #[test]
    fn ordinary_text_is_untouched() {
        for text in ["12:30", "שלום", "👩‍👩‍👧", "a\tb", "<script>"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn the_clock_is_utc() {
        assert_eq!(clock(Millis::new(0)), "00:00");
        assert_eq!(clock(Millis::new(86_399_999)), "23:59");
    }
}
