//! `sealwire rooms`: public and private rooms, with channels.

use chat_client::conversations::{ConversationError, Overview, Sight};
use serde_json::{Value, json};
use wire_format::{
    InvitationHash, RoomId,
    command::directory::ListedRoom,
    compare::Digits,
    room::{HistoryPolicy, InvitePolicy, JoinPolicy, Policy, RoomKind},
};

use super::{
    deed::{Asking, Said, confirm, usage, words},
    flags::{Rooms, RoomsAction},
    group,
    talker::Talker,
};
use crate::{exit::Failure, plain::visible};

/// Carries an action out.
pub(super) async fn carry_out(
    talker: &mut Talker,
    flags: &Rooms,
    asking: Asking,
) -> Result<Said, Failure> {
    let action = flags.action.unwrap_or(RoomsAction::List);
    match (action, words(&flags.words).as_slice()) {
        (RoomsAction::List, []) => list(talker).await,
        (RoomsAction::Directory, []) => directory(talker, None).await,
        (RoomsAction::Directory, [text]) => directory(talker, Some(text)).await,
        (RoomsAction::Look, [room]) => look(talker, room).await,
        (RoomsAction::Create, [name]) => create(talker, flags, name).await,
        (RoomsAction::Join, [word]) => join(talker, word).await,
        (RoomsAction::Leave, [room]) => leave(talker, room, flags.yes, asking).await,
        (RoomsAction::Invite, [room, person]) => group::invite(talker, room, person).await,
        (RoomsAction::Invitations, []) => group::invitations(talker).await,
        (RoomsAction::Decline, [invitation]) => group::decline(talker, invitation).await,
        (RoomsAction::Members, [room]) => group::members(talker, room).await,
        (RoomsAction::Archive, [room]) => archive(talker, room, true).await,
        (RoomsAction::Reopen, [room]) => archive(talker, room, false).await,
        (RoomsAction::Rename, [room, name]) => group::rename(talker, room, name).await,
        (RoomsAction::Topic, [room, topic]) => set_topic(talker, room, topic).await,
        (RoomsAction::Policy, [room]) => policy(talker, flags, room, asking).await,
        _ => usage("rooms", usage_of(action)),
    }
}

const fn usage_of(action: RoomsAction) -> &'static str {
    match action {
        RoomsAction::List => "list",
        RoomsAction::Directory => "directory [TEXT]",
        RoomsAction::Look => "look ROOM",
        RoomsAction::Create => "create NAME [--public] [--topic TEXT]",
        RoomsAction::Join => "join ROOM | INVITATION",
        RoomsAction::Leave => "leave ROOM",
        RoomsAction::Invite => "invite ROOM PERSON",
        RoomsAction::Invitations => "invitations",
        RoomsAction::Decline => "decline INVITATION",
        RoomsAction::Members => "members ROOM",
        RoomsAction::Archive => "archive ROOM",
        RoomsAction::Reopen => "reopen ROOM",
        RoomsAction::Rename => "rename ROOM NAME",
        RoomsAction::Topic => "topic ROOM TEXT",
        RoomsAction::Policy => {
            "policy ROOM [--join open|invitation] [--history joining|shared] [--invite members|admins] [--keep DAYS]"
        }
    }
}

const fn is_room(overview: &Overview) -> bool {
    matches!(overview.kind, RoomKind::Public | RoomKind::Private)
}

async fn list(talker: &mut Talker) -> Result<Said, Failure> {
    let overview = talker.conversations.overview().await?.into_iter();
    let overview: Vec<Overview> = overview.filter(is_room).collect();
    let (mut lines, mut objects) = (Vec::new(), Vec::new());
    for one in overview {
        let mut object = group::object(&one);
        let mut archived = "";
        // One that does not hold is listed, and not read.
        if !one.is_stopped {
            let info = talker.conversations.info(one.room).await?;
            archived = if info.is_archived { "\tarchived" } else { "" };
            object["topic"] = json!(info.topic);
            object["archived"] = json!(info.is_archived);
            object["channels"] = json!(info.channels.len());
        }
        lines.push(format!("{}{archived}", group::line(&one)));
        objects.push(object);
    }
    Ok(Said {
        text: lines.join("\n"),
        object: json!({ "type": "rooms", "rooms": objects }),
    })
}

async fn directory(talker: &mut Talker, text: Option<&str>) -> Result<Said, Failure> {
    let rooms = talker.conversations.directory(text).await?;
    let lines: Vec<String> = rooms.iter().map(listed_line).collect();
    let objects: Vec<Value> = rooms.iter().map(listed_object).collect();
    Ok(Said {
        text: lines.join("\n"),
        object: json!({ "type": "directory", "rooms": objects }),
    })
}

fn listed_line(room: &ListedRoom) -> String {
    let (name, topic) = (visible(&room.name), visible(&room.topic));
    format!("{}\t{}\t{name}\t{topic}", room.members, room.room)
}

fn listed_object(room: &ListedRoom) -> Value {
    json!({
        "room": room.room,
        "name": room.name,
        "topic": room.topic,
        "members": room.members,
        "n": room.n,
    })
}

async fn look(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.conversations.find_public(word).await?;
    let sight = talker.conversations.look(room).await?;
    let channels: Vec<String> = sight.channels.iter().map(|name| visible(name)).collect();
    Ok(Said {
        text: format!(
            "{}\t{room}\n{}\nchannels: {}\n{}",
            visible(&sight.name),
            visible(&sight.topic),
            channels.join(", "),
            policy_words(&sight.policy),
        ),
        object: sight_object(&sight),
    })
}

fn sight_object(sight: &Sight) -> Value {
    json!({
        "type": "room",
        "room": sight.room,
        "name": sight.name,
        "topic": sight.topic,
        "n": sight.n,
        "channels": sight.channels,
        "policy": policy_object(&sight.policy),
    })
}

async fn create(talker: &mut Talker, flags: &Rooms, name: &str) -> Result<Said, Failure> {
    let kind = if flags.public {
        RoomKind::Public
    } else {
        RoomKind::Private
    };
    let mut policy = Policy::new(kind);
    flags.policy.change(&mut policy);
    let topic = flags.topic.as_deref().unwrap_or_default();
    let room = talker.conversations.make_room(policy, name, topic).await?;
    Ok(Said {
        text: format!("{}: made, {}, {room}", visible(name), group::kind(kind)),
        object: json!({
            "type": "room",
            "room": room,
            "name": name,
            "kind": group::kind(kind),
            "policy": policy_object(&policy),
            "done": "made",
        }),
    })
}

/// By an invitation, which is as long as no room's id, or into a public room.
async fn join(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    if word.parse::<InvitationHash>().is_ok() {
        return group::join(talker, word).await;
    }
    let room = talker.conversations.find_public(word).await?;
    talker.conversations.join(room).await?;
    let name = talker.conversations.title(room).await?;
    let Some(conversation) = talker.conversations.conversation(room) else {
        return Err(ConversationError::NoSuchRoom(room).into());
    };
    // Which room a name means is the server's word: its number can be compared with the others.
    let members = conversation.record().members().len();
    let number = Digits::of_room(conversation.chain().head().hash());
    let mut said = done(room, &name, "joined");
    said.text = format!(
        "{}\n{room}, {members} members, room number:\n{number}",
        said.text
    );
    said.object["members"] = json!(members);
    said.object["room_number"] = json!(number.to_string());
    Ok(said)
}

async fn leave(
    talker: &mut Talker,
    word: &str,
    yes: bool,
    asking: Asking,
) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let title = visible(&talker.conversations.title(room).await?);
    let what = format!("This leaves {title}: what follows is not read here any more");
    confirm(yes, asking, &what).await?;
    talker.conversations.leave(room).await?;
    Ok(done(room, word, "left"))
}

async fn archive(talker: &mut Talker, word: &str, archived: bool) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    talker.conversations.archive(room, archived).await?;
    let words = if archived { "archived" } else { "reopened" };
    Ok(done(room, word, words))
}

async fn set_topic(talker: &mut Talker, word: &str, topic: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    talker.conversations.set_topic(room, topic).await?;
    Ok(done(room, word, "topic"))
}

async fn policy(
    talker: &mut Talker,
    flags: &Rooms,
    word: &str,
    asking: Asking,
) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let known = known_policy(talker, room)?;
    let mut wanted = known;
    flags.policy.change(&mut wanted);
    if !flags.policy.is_silent() {
        if let Some(what) = gives_away(&known, &wanted) {
            confirm(flags.yes, asking, what).await?;
        }
        let change = |policy: &mut Policy| flags.policy.change(policy);
        wanted = talker.conversations.set_policy(room, change).await?;
    }
    Ok(Said {
        text: policy_words(&wanted),
        object: json!({ "type": "policy", "room": room, "policy": policy_object(&wanted) }),
    })
}

fn known_policy(talker: &Talker, room: RoomId) -> Result<Policy, Failure> {
    let conversation = talker.conversations.conversation(room);
    let policy = conversation.map(|conversation| *conversation.record().policy());
    policy.ok_or_else(|| ConversationError::NoSuchRoom(room).into())
}

/// What cannot be taken back of another policy.
fn gives_away(known: &Policy, wanted: &Policy) -> Option<&'static str> {
    if wanted.history == HistoryPolicy::Shared && known.history != HistoryPolicy::Shared {
        return Some("This gives whoever comes in the keys of what was said before");
    }
    let days = |policy: &Policy| match policy.keep.days() {
        0 => u16::MAX,
        days => days,
    };
    (days(wanted) < days(known)).then_some("This forgets what is older for everybody")
}

fn policy_words(policy: &Policy) -> String {
    let join = match policy.join {
        JoinPolicy::Open => "anybody comes in",
        JoinPolicy::ByInvitation => "one comes in by invitation",
    };
    let history = match policy.history {
        HistoryPolicy::FromJoining => "newcomers read what follows",
        HistoryPolicy::Shared => "newcomers read all of it",
    };
    let invite = match policy.invite {
        InvitePolicy::AnyMember => "every member invites",
        InvitePolicy::OwnersAndAdmins => "owners and admins invite",
    };
    let keep = match policy.keep.days() {
        0 => "nothing is forgotten".to_owned(),
        1 => "forgotten after a day".to_owned(),
        days => format!("forgotten after {days} days"),
    };
    format!("{join}; {history}; {invite}; {keep}")
}

fn policy_object(policy: &Policy) -> Value {
    json!({
        "kind": group::kind(policy.kind),
        "join": match policy.join {
            JoinPolicy::Open => "open",
            JoinPolicy::ByInvitation => "invitation",
        },
        "history": match policy.history {
            HistoryPolicy::FromJoining => "joining",
            HistoryPolicy::Shared => "shared",
        },
        "invite": match policy.invite {
            InvitePolicy::AnyMember => "members",
            InvitePolicy::OwnersAndAdmins => "admins",
        },
        "keep_days": policy.keep.days(),
    })
}

fn done(room: RoomId, name: &str, done: &str) -> Said {
    Said {
        text: format!("{}: {done}", visible(name)),
        object: json!({ "type": "room", "room": room, "name": name, "done": done }),
    }
}
