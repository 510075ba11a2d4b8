//! `sealwire members`: roles in a room, and who is out of it.

use wire_format::room::{AfterRemoval, Role};

use super::{
    deed::{Asking, Said, confirm, usage, words},
    flags::{Members, MembersAction},
    group,
    talker::Talker,
};
use crate::{exit::Failure, plain::visible};

/// Carries an action out.
pub(super) async fn carry_out(
    talker: &mut Talker,
    flags: &Members,
    asking: Asking,
) -> Result<Said, Failure> {
    let action = flags.action;
    match (action, words(&flags.words).as_slice()) {
        (MembersAction::List, [room]) => group::members(talker, room).await,
        (MembersAction::Role, [room, person, role]) => {
            let Some(role) = group::role_of(role) else {
                return usage("members", usage_of(action));
            };
            if role == Role::Owner {
                let name = visible(person);
                let what = format!("This makes {name} an owner, whom nobody removes");
                confirm(flags.yes, asking, &what).await?;
            }
            group::set_role(talker, room, person, role).await
        }
        (MembersAction::Mute, [room, person]) => {
            group::set_role(talker, room, person, Role::Muted).await
        }
        (MembersAction::Unmute, [room, person]) => unmute(talker, room, person).await,
        (MembersAction::Remove, [room, person]) => {
            group::remove(talker, room, person, AfterRemoval::MayReturn).await
        }
        (MembersAction::Ban, [room, person]) => {
            group::remove(talker, room, person, AfterRemoval::Banned).await
        }
        (MembersAction::Unban, [room, person]) => unban(talker, room, person).await,
        (MembersAction::Transfer, [room, person]) => {
            let name = visible(person);
            let what = format!("This makes {name} the owner, and you an admin");
            confirm(flags.yes, asking, &what).await?;
            transfer(talker, room, person).await
        }
        _ => usage("members", usage_of(action)),
    }
}

const fn usage_of(action: MembersAction) -> &'static str {
    match action {
        MembersAction::List => "list ROOM",
        MembersAction::Role => "role ROOM PERSON owner|admin|member|muted",
        MembersAction::Mute => "mute ROOM PERSON",
        MembersAction::Unmute => "unmute ROOM PERSON",
        MembersAction::Remove => "remove ROOM PERSON",
        MembersAction::Ban => "ban ROOM PERSON",
        MembersAction::Unban => "unban ROOM PERSON",
        MembersAction::Transfer => "transfer ROOM PERSON",
    }
}

/// Whoever is not muted keeps the role that it has.
async fn unmute(talker: &mut Talker, word: &str, person: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let account = talker.person(person).await?;
    let conversation = talker.conversations.conversation(room);
    let member = conversation.and_then(|known| known.record().member(account));
    let role = match member.map(|member| member.role) {
        Some(Role::Muted) | None => Role::Member,
        Some(role) => role,
    };
    talker.conversations.set_role(room, account, role).await?;
    Ok(group::done(room, person, group::role_word(role)))
}

async fn unban(talker: &mut Talker, word: &str, person: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let account = talker.person(person).await?;
    talker.conversations.unban(room, account).await?;
    Ok(group::done(room, person, "unbanned"))
}

async fn transfer(talker: &mut Talker, word: &str, person: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let account = talker.person(person).await?;
    talker.conversations.transfer(room, account).await?;
    Ok(group::done(room, person, "owner"))
}
