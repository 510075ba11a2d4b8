//! What happens in end-to-end conversations, as objects; docs/cli.md has their shapes.

use chat_client::{
    Conversations,
    conversation::{Effect, Message, Received},
    conversations::{News, Place},
};
use serde_json::{Value, json};
use wire_format::room::RoomContent;

use super::{name, next_for, next_of};
use crate::account::keys::{reason_word, refusal_word};

pub(super) fn object(news: &News, of: &Conversations) -> Value {
    match news {
        News::Received {
            room,
            channel,
            received,
        } => {
            let (room, channel) = (*room, *channel);
            let mut value = received_object(Place { room, channel }, received, of);
            value["room"] = json!(room);
            value["channel"] = json!(channel);
            value
        }
        News::Alarm { room, alarm } => json!({
            "type": "alarm",
            "room": room,
            "code": alarm.code(),
            "cause": alarm.to_string(),
            "next": next_of(*alarm, *room),
        }),
        News::Added { room, is_request } => {
            json!({ "type": "added", "room": room, "request": is_request })
        }
        News::Removed(room) => json!({ "type": "removed", "room": room }),
        News::Invited(invitation) => json!({
            "type": "invited",
            "invitation": invitation.hash,
            "room": invitation.room,
            "inviter": invitation.inviter,
            "name": invitation.inviter_name,
            "title": invitation.name,
            "expires_at": invitation.expires_at,
        }),
        News::Due { room, reason } => json!({ "type": "due", "room": room, "reason": reason }),
        News::Forgot { room, before } => {
            json!({ "type": "forgot", "room": room, "before": before })
        }
        News::Renamed(room) => json!({ "type": "renamed", "room": room }),
        News::ChannelChanged { room, channel } => {
            json!({ "type": "channel", "room": room, "channel": channel })
        }
        News::KeysAsked {
            room,
            account,
            request,
            granted,
            to_decide,
        } => json!({
            "type": "keys_asked",
            "room": room,
            "account": account,
            "name": name(*account, of),
            "request": request,
            "granted": granted,
            "to_decide": to_decide,
        }),
        News::KeysGranted { room, epochs } => {
            json!({ "type": "keys_granted", "room": room, "epochs": epochs })
        }
        News::KeysRefused { room, reason } => {
            let reason = reason.map(refusal_word);
            json!({ "type": "keys_refused", "room": room, "reason": reason })
        }
        News::KeysChanged { account, change } => json!({
            "type": "keys_changed",
            "account": account,
            "name": name(*account, of),
            "change": change,
        }),
        News::Presence { account, is_online } => {
            json!({ "type": "presence", "account": account, "online": is_online })
        }
        _ => json!({ "type": "unknown" }),
    }
}

fn received_object(at: Place, received: &Received, of: &Conversations) -> Value {
    match received {
        Received::Message(message) => message_object(message, of),
        Received::Committed(committed) => json!({
            "type": "committed",
            "sequence": committed.sequence,
            "time": committed.time,
            "n": committed.n,
            "author": committed.author,
            "name": name(committed.author, of),
            "reason": reason_word(committed.reason),
            "members": committed.members,
        }),
        Received::Erased(erasure) => json!({
            "type": "erased",
            "sequence": erasure.sequence,
            "time": erasure.time,
            "name": erasure.name.as_str(),
            "tombstone": erasure.tombstone,
        }),
        Received::Known => json!({ "type": "known" }),
        Received::Unreadable(unreadable) => json!({
            "type": "unreadable",
            "sequence": unreadable.sequence,
            "time": unreadable.time,
            "name": unreadable.name.as_str(),
            "cause": unreadable.cause.code(),
            "fault": unreadable.cause.to_string(),
            "next": next_for(unreadable, at),
        }),
    }
}

pub(in crate::account) fn message_object(message: &Message, of: &Conversations) -> Value {
    let mut value = json!({
        "type": "message",
        "sequence": message.sequence,
        "time": message.time,
        "sent_at": message.sent_at,
        "sender": message.sender,
        "name": name(message.sender, of),
        "own": message.is_own,
        "message": message.message,
        "hash": message.hash,
        "n": message.n,
        "clock_off": message.is_clock_off,
        "late": message.is_late,
    });
    let (kind, fields) = content(&message.content);
    value["kind"] = json!(kind);
    if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
        value.extend(fields);
    }
    match message.effect {
        Effect::None => {}
        Effect::Holds(sequence) => value["of"] = json!(sequence),
        Effect::Ignored(fault) => value["ignored"] = json!(fault.to_string()),
    }
    value
}

/// The kind of a content and the fields of it that a script is told; no secret is among them.
pub(in crate::account) fn content(content: &RoomContent) -> (&str, Value) {
    match content {
        RoomContent::Text(text) => (
            "text",
            json!({ "text": text.text, "mentions": text.mentions }),
        ),
        RoomContent::Reply(reply) => (
            "reply",
            json!({ "text": reply.text, "names": reply.message, "mentions": reply.mentions }),
        ),
        RoomContent::Edit(edit) => (
            "edit",
            json!({ "text": edit.text, "names": edit.message, "revision": edit.revision }),
        ),
        RoomContent::Tombstone(tombstone) => (
            "tombstone",
            json!({ "names": tombstone.message, "reason": tombstone.reason }),
        ),
        RoomContent::Reaction(reaction) => (
            "reaction",
            json!({ "names": reaction.message, "emoji": reaction.emoji, "on": reaction.on }),
        ),
        RoomContent::File(file) => (
            "file",
            json!({ "file": file.file, "title": file.name, "size": file.size, "text": file.text }),
        ),
        RoomContent::Receipt(receipt) => (
            "receipt",
            json!({ "receipt": receipt.kind, "names": receipt.message, "of": receipt.sequence }),
        ),
        RoomContent::Typing(typing) => ("typing", json!({ "on": typing.on })),
        RoomContent::Resource(line) => (
            "resource",
            json!({ "resource": line.resource, "action": line.action, "title": line.title }),
        ),
        RoomContent::Unknown(kind) => ("unknown", json!({ "unknown": kind })),
        _ => ("unknown", json!({})),
    }
}
