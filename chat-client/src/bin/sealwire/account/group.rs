//! `sealwire group`: conversations of several, who is in them and what they are called.

use chat_client::conversations::{Invitation, Invited, Overview};
use serde_json::{Value, json};
use wire_format::{
    InvitationHash, RoomId,
    compare::Digits,
    room::{AfterRemoval, Role, RoomKind},
};

use super::{
    deed::{Asking, Said, usage, words},
    flags::{Group, GroupAction},
    keys::{ask, grant, keys, refuse},
    talker::Talker,
};
use crate::{exit::Failure, plain::visible};

pub(super) mod decide;

use self::decide::decide;

/// Carries an action out.
pub(super) async fn carry_out(
    talker: &mut Talker,
    flags: &Group,
    asking: Asking,
) -> Result<Said, Failure> {
    let action = flags.action;
    match (action, words(&flags.words).as_slice()) {
        (GroupAction::List, []) => list(talker).await,
        (GroupAction::New, [name, people @ ..]) => new(talker, name, people).await,
        (GroupAction::Members, [room]) => members(talker, room).await,
        (GroupAction::Invite, [room, person]) => invite(talker, room, person).await,
        (GroupAction::Join, []) => invitations(talker).await,
        (GroupAction::Join, [invitation]) => join(talker, invitation).await,
        (GroupAction::Decline, [invitation]) => decline(talker, invitation).await,
        (GroupAction::Leave, [room]) => leave(talker, room).await,
        (GroupAction::Remove, [room, person]) => {
            let after = if flags.ban {
                AfterRemoval::Banned
            } else {
                AfterRemoval::MayReturn
            };
            remove(talker, room, person, after).await
        }
        (GroupAction::Role, [room, person, role]) => match role_of(role) {
            Some(role) => set_role(talker, room, person, role).await,
            None => usage("group", usage_of(action)),
        },
        (GroupAction::Rename, [room, name]) => rename(talker, room, name).await,
        (GroupAction::Rekey, [room]) => rekey(talker, room).await,
        (GroupAction::Decide, [room]) => decide(talker, room, flags.yes, asking).await,
        (GroupAction::Keys, [room]) => keys(talker, room).await,
        (GroupAction::Keys, [room, "ask"]) => ask(talker, room).await,
        (GroupAction::Keys, [room, "grant", request]) => grant(talker, room, request).await,
        (GroupAction::Keys, [room, "refuse", request]) => refuse(talker, room, request, None).await,
        _ => usage("group", usage_of(action)),
    }
}

const fn usage_of(action: GroupAction) -> &'static str {
    match action {
        GroupAction::List => "list",
        GroupAction::New => "new NAME PERSON…",
        GroupAction::Members => "members ROOM",
        GroupAction::Invite => "invite ROOM PERSON",
        GroupAction::Join => "join [INVITATION]",
        GroupAction::Decline => "decline INVITATION",
        GroupAction::Leave => "leave ROOM",
        GroupAction::Remove => "remove ROOM PERSON [--ban]",
        GroupAction::Role => "role ROOM PERSON owner|admin|member|muted",
        GroupAction::Rename => "rename ROOM NAME",
        GroupAction::Rekey => "rekey ROOM",
        GroupAction::Decide => "decide ROOM [--yes]",
        GroupAction::Keys => "keys ROOM [ask | grant REQUEST | refuse REQUEST]",
    }
}

async fn list(talker: &mut Talker) -> Result<Said, Failure> {
    let overview = talker.conversations.overview().await?;
    let lines: Vec<String> = overview.iter().map(line).collect();
    let rooms: Vec<Value> = overview.iter().map(object).collect();
    Ok(Said {
        text: lines.join("\n"),
        object: json!({ "type": "conversations", "conversations": rooms }),
    })
}

pub(super) fn line(overview: &Overview) -> String {
    let kind = match overview {
        Overview {
            is_stopped: true, ..
        } => "stopped",
        Overview {
            is_request: true, ..
        } => "request",
        _ => kind(overview.kind),
    };
    let members = overview.members.len();
    // As it is typed: whom a public room's name means is the server's word.
    let sign = if overview.kind == RoomKind::Public {
        "#"
    } else {
        ""
    };
    let name = visible(&overview.name);
    format!("{kind}\t{members}\t{}\t{sign}{name}", overview.room)
}

pub(super) fn object(overview: &Overview) -> Value {
    json!({
        "room": overview.room,
        "kind": kind(overview.kind),
        "name": overview.name,
        "members": overview.members,
        "request": overview.is_request,
        "stopped": overview.is_stopped,
    })
}

pub(super) const fn kind(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Public => "public",
        RoomKind::Private => "private",
        RoomKind::Group => "group",
        RoomKind::Direct => "direct",
    }
}

async fn new(talker: &mut Talker, name: &str, people: &[&str]) -> Result<Said, Failure> {
    let mut members = Vec::new();
    for person in people {
        members.push(talker.person(person).await?);
    }
    let room = talker.conversations.make_group(name, &members).await?;
    Ok(Said {
        text: format!("{}: made, {room}", visible(name)),
        object: json!({ "type": "group", "room": room, "name": name, "done": "made" }),
    })
}

pub(super) async fn members(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let conversations = &mut talker.conversations;
    let title = conversations.title(room).await?;
    let conversation = conversations.conversation(room);
    let Some(conversation) = conversation else {
        return Err(chat_client::conversations::ConversationError::NoSuchRoom(room).into());
    };
    let head = *conversation.chain().head();
    let found: Vec<_> = conversation.record().members().collect();
    let banned: Vec<_> = conversation.record().banned().collect();
    let (mut lines, mut objects) = (Vec::new(), Vec::new());
    for (account, member) in found {
        let name = conversations.read_name(account).await?;
        let role = role_word(member.role);
        lines.push(format!("{role}\t{account}\t{}", visible(&name)));
        objects.push(json!({
            "account": account,
            "name": name,
            "role": role,
            "fingerprint": member.fingerprint,
        }));
    }
    for account in &banned {
        let name = conversations.read_name(*account).await?;
        lines.push(format!("banned\t{account}\t{}", visible(&name)));
    }
    let number = Digits::of_room(head.hash());
    let text = format!(
        "{}\t{room}\n{}\nkey {}, room number:\n{number}",
        visible(&title),
        lines.join("\n"),
        head.n(),
    );
    let object = json!({
        "type": "members",
        "room": room,
        "name": title,
        "n": head.n(),
        "room_number": number.to_string(),
        "members": objects,
        "banned": banned,
    });
    Ok(Said { text, object })
}

pub(super) const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
        Role::Muted => "muted",
    }
}

pub(super) async fn invite(talker: &mut Talker, word: &str, person: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let account = talker.person(person).await?;
    let invited = talker.conversations.invite(room, account).await?;
    let is_online = invited == Invited::Told;
    let how = if is_online {
        "is there and was told"
    } else {
        "is not there now: the invitation waits"
    };
    Ok(Said {
        text: format!("{}: {how}", visible(person)),
        object: json!({
            "type": "invited_to",
            "room": room,
            "account": account,
            "online": is_online,
        }),
    })
}

pub(super) async fn invitations(talker: &mut Talker) -> Result<Said, Failure> {
    let invitations = talker.conversations.invitations().await?;
    let lines: Vec<String> = invitations
        .iter()
        .map(|invitation| {
            let name = visible(&invitation.name);
            let inviter = visible(&invitation.inviter_name);
            format!("{}\t{inviter}\t{name}", invitation.hash)
        })
        .collect();
    let objects: Vec<Value> = invitations.iter().map(invitation_object).collect();
    Ok(Said {
        text: lines.join("\n"),
        object: json!({ "type": "invitations", "invitations": objects }),
    })
}

fn invitation_object(invitation: &Invitation) -> Value {
    json!({
        "invitation": invitation.hash,
        "room": invitation.room,
        "inviter": invitation.inviter,
        "name": invitation.inviter_name,
        "title": invitation.name,
        "expires_at": invitation.expires_at,
    })
}

pub(super) async fn join(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let hash: InvitationHash = hash(word)?;
    let waiting = talker.conversations.invitations().await?.into_iter();
    let invitation = waiting
        .into_iter()
        .find(|invitation| invitation.hash == hash);
    let invitation = invitation.ok_or(chat_client::conversations::ConversationError::NotInvited)?;
    talker.conversations.accept(&invitation).await?;
    Ok(done(invitation.room, &invitation.name, "joined"))
}

pub(super) async fn decline(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let hash: InvitationHash = hash(word)?;
    talker.conversations.decline(hash).await?;
    Ok(Said {
        text: "declined".to_owned(),
        object: json!({ "type": "declined", "invitation": hash }),
    })
}

pub(super) fn hash<T: std::str::FromStr>(word: &str) -> Result<T, Failure> {
    let parsed = word.parse();
    parsed.map_err(|_| Failure::Settings(format!("{word} is no 64 hexadecimal digits")))
}

async fn leave(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    talker.conversations.leave(room).await?;
    Ok(done(room, word, "left"))
}

pub(super) async fn remove(
    talker: &mut Talker,
    word: &str,
    person: &str,
    after: AfterRemoval,
) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let account = talker.person(person).await?;
    talker.conversations.remove(room, account, after).await?;
    let words = match after {
        AfterRemoval::MayReturn => "removed",
        AfterRemoval::Banned => "banned",
    };
    Ok(done(room, person, words))
}

/// The role that a word means.
pub(super) fn role_of(word: &str) -> Option<Role> {
    Some(match word {
        "owner" => Role::Owner,
        "admin" => Role::Admin,
        "member" => Role::Member,
        "muted" => Role::Muted,
        _ => return None,
    })
}

pub(super) async fn set_role(
    talker: &mut Talker,
    word: &str,
    person: &str,
    role: Role,
) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let account = talker.person(person).await?;
    talker.conversations.set_role(room, account, role).await?;
    Ok(done(room, person, role_word(role)))
}

pub(super) async fn rename(talker: &mut Talker, word: &str, name: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    talker.conversations.rename(room, name).await?;
    Ok(done(room, name, "renamed"))
}

pub(super) async fn rekey(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    talker.conversations.rotate(room).await?;
    Ok(done(room, word, "rekeyed"))
}

pub(super) fn done(room: RoomId, name: &str, done: &str) -> Said {
    Said {
        text: format!("{}: {done}", visible(name)),
        object: json!({ "type": "group", "room": room, "name": name, "done": done }),
    }
}
