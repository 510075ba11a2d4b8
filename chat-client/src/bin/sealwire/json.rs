//! Events as JSON objects, one a line; docs/cli.md has their shapes.

use std::collections::HashMap;

use chat_client::{
    SessionEvent,
    room::{Happened, Message, SendFailure, Unreadable},
};
use serde_json::{Value, json};
use wire_format::{Content, Marks, MemberId, MessageId, Sequence, command::rooms::Entered};

type Names = HashMap<MemberId, String>;

/// The line of an event; `None` for the end, which the exit code tells.
pub(crate) fn event(event: &SessionEvent, names: &Names) -> Option<String> {
    let value = match event {
        SessionEvent::Entered(entered) => entered_room(entered),
        SessionEvent::Room { room, happened } => {
            let mut value = happened_in(happened, names)?;
            value["room"] = json!(room);
            value
        }
        SessionEvent::Exited { room, refusal } => {
            json!({ "type": "exited", "room": room, "code": refusal.code })
        }
        SessionEvent::Lost { retry_in, cause } => {
            let retry_ms = u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX);
            json!({ "type": "lost", "retry_ms": retry_ms, "cause": cause.to_string() })
        }
        SessionEvent::Back => json!({ "type": "back" }),
        // What is an account's own is answered, or nothing of the room.
        SessionEvent::Ended(_)
        | SessionEvent::Challenge(_)
        | SessionEvent::Account(_)
        | SessionEvent::Conversation { .. }
        | SessionEvent::Deliver(_) => {
            return None;
        }
    };
    Some(value.to_string())
}

/// The line that says what became of a line of input.
pub(crate) fn sent(
    line: usize,
    message: MessageId,
    outcome: &Result<Sequence, SendFailure>,
) -> String {
    let value = match outcome {
        Ok(sequence) => {
            json!({ "type": "sent", "line": line, "message": message, "sequence": sequence })
        }
        Err(failure) => json!({
            "type": "unsent",
            "line": line,
            "message": message,
            "code": failure.code(),
            "cause": failure.to_string(),
        }),
    };
    value.to_string()
}

fn entered_room(entered: &Entered) -> Value {
    json!({
        "type": "entered",
        "room": entered.id,
        "name": entered.name,
        "run": entered.run,
        "sequence": entered.sequence,
        "missed": entered.missed,
        "members": entered.members,
        "member_count": entered.member_count,
    })
}

fn happened_in(happened: &Happened, names: &Names) -> Option<Value> {
    let name = |member| names.get(member);
    Some(match happened {
        Happened::Message(message) => said(message),
        Happened::Unreadable(unreadable) => not_shown(unreadable),
        Happened::Missed(reason) => json!({ "type": "missed", "reason": reason }),
        Happened::Joined(member) => {
            json!({ "type": "joined", "member": member.id, "name": member.name })
        }
        Happened::Left { member, reason } => {
            json!({ "type": "left", "member": member, "name": name(member), "reason": reason })
        }
        Happened::MemberChanged(member) => {
            json!({ "type": "member_changed", "member": member, "name": name(member) })
        }
        Happened::Keyed { n, reason } => json!({ "type": "keyed", "n": n, "reason": reason }),
        Happened::Waiting { n, since } => json!({ "type": "waiting", "n": n, "since": since }),
        Happened::Alarm(alarm) => json!({ "type": "alarm", "cause": alarm.to_string() }),
        Happened::Sent { .. } | Happened::Unsent { .. } => return None,
    })
}

fn said(message: &Message) -> Value {
    let marks = message.marks();
    let mut value = json!({
        "type": "message",
        "sequence": message.sequence,
        "time": message.time,
        "sent_at": message.opened.header.sent_at,
        "sender": message.sender,
        "name": message.name.as_str(),
        "own": message.is_own,
        "message": message.opened.header.message,
        "clock_off": marks.contains(Marks::CLOCK_OFF),
        "keys_changed": marks.contains(Marks::KEYS_CHANGED),
    });
    match &message.opened.content {
        Content::Text(text) => value["text"] = json!(text),
        Content::Unknown(kind) => value["unknown"] = json!(kind),
        _ => {}
    }
    value
}

fn not_shown(unreadable: &Unreadable) -> Value {
    json!({
        "type": "unreadable",
        "sequence": unreadable.sequence,
        "time": unreadable.time,
        "sender": unreadable.sender,
        "name": unreadable.name.as_str(),
        "cause": unreadable.cause,
        "fault": unreadable.fault.map(|fault| fault.to_string()),
    })
}
