//! `sealwire resources`: the links that members of a room keep at hand.

use chat_client::{conversation::SealFault, conversations::ConversationError};
use serde_json::{Value, json};
use wire_format::{
    MessageId, ResourceId, RoomId,
    room::{Resource, ResourceAction, ResourceLine, RoomContent},
};

use super::{
    deed::{Asking, Said, confirm, parsed, usage, words},
    flags::{Resources, ResourcesAction},
    talker::Talker,
};
use crate::{exit::Failure, plain::visible};

/// Carries an action out.
pub(super) async fn carry_out(
    talker: &mut Talker,
    flags: &Resources,
    asking: Asking,
) -> Result<Said, Failure> {
    let action = flags.action;
    match (action, words(&flags.words).as_slice()) {
        (ResourcesAction::List, [room]) => list(talker, room).await,
        (ResourcesAction::Add, [room, title, url]) => add(talker, room, title, url).await,
        (ResourcesAction::Edit, [room, resource])
            if flags.title.is_some() || flags.url.is_some() =>
        {
            edit(talker, flags, room, resource).await
        }
        (ResourcesAction::Remove, [room, resource]) => {
            remove(talker, room, resource, flags.yes, asking).await
        }
        (ResourcesAction::Move, [room, resource, position]) => {
            let to = parsed(position, "position")?;
            let (room, known) = meant(talker, room, resource).await?;
            talker
                .conversations
                .move_resource(room, known.id, to)
                .await?;
            Ok(done(room, known.id, &known.title, "moved"))
        }
        _ => usage("resources", usage_of(action)),
    }
}

const fn usage_of(action: ResourcesAction) -> &'static str {
    match action {
        ResourcesAction::List => "list ROOM",
        ResourcesAction::Add => "add ROOM TITLE URL",
        ResourcesAction::Edit => "edit ROOM RESOURCE [--title TEXT] [--url URL]",
        ResourcesAction::Remove => "remove ROOM RESOURCE",
        ResourcesAction::Move => "move ROOM RESOURCE POSITION",
    }
}

async fn list(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let resources = talker.conversations.resources(room).await?;
    let (mut lines, mut objects) = (Vec::new(), Vec::new());
    for resource in resources {
        let by = talker.conversations.read_name(resource.by).await?;
        let (title, leads) = (visible(&resource.title), visible(&leads_to(&resource)));
        objects.push(object(&resource, &by));
        // Whoever sealed the list last vouches for it, and could have written any name.
        let by = visible(&by);
        lines.push(format!(
            "{}\t{title}\t{leads}\tsaid to be by {by}",
            resource.id
        ));
    }
    Ok(Said {
        text: lines.join("\n"),
        object: json!({ "type": "resources", "room": room, "resources": objects }),
    })
}

fn leads_to(resource: &Resource) -> String {
    match (&resource.url, resource.file) {
        (Some(url), _) => url.clone(),
        (None, Some(file)) => format!("file {file}"),
        (None, None) => String::new(),
    }
}

fn object(resource: &Resource, by: &str) -> Value {
    json!({
        "resource": resource.id,
        "title": resource.title,
        "url": resource.url,
        "file": resource.file,
        "claimed_by": resource.by,
        "claimed_name": by,
        "at": resource.at,
    })
}

async fn add(talker: &mut Talker, word: &str, title: &str, url: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let id = talker.conversations.add_link(room, title, url).await?;
    tell(talker, room, id, ResourceAction::Added, title).await?;
    Ok(done(room, id, title, "added"))
}

async fn edit(
    talker: &mut Talker,
    flags: &Resources,
    word: &str,
    resource: &str,
) -> Result<Said, Failure> {
    let (room, known) = meant(talker, word, resource).await?;
    let (id, title, url) = (known.id, flags.title.as_deref(), flags.url.as_deref());
    talker
        .conversations
        .edit_resource(room, id, title, url)
        .await?;
    let title = title.unwrap_or(&known.title);
    tell(talker, room, id, ResourceAction::Edited, title).await?;
    Ok(done(room, id, title, "edited"))
}

async fn remove(
    talker: &mut Talker,
    word: &str,
    resource: &str,
    yes: bool,
    asking: Asking,
) -> Result<Said, Failure> {
    let (room, known) = meant(talker, word, resource).await?;
    let (id, title) = (known.id, known.title.as_str());
    let what = format!("This removes {} for everybody", visible(title));
    confirm(yes, asking, &what).await?;
    talker.conversations.remove_resource(room, id).await?;
    tell(talker, room, id, ResourceAction::Removed, title).await?;
    Ok(done(room, id, title, "removed"))
}

/// Says it in the timeline; the list itself is in the room state, whoever reads that line.
async fn tell(
    talker: &mut Talker,
    room: RoomId,
    resource: ResourceId,
    action: ResourceAction,
    title: &str,
) -> Result<(), Failure> {
    let line = RoomContent::Resource(ResourceLine {
        resource,
        action,
        title: title.to_owned(),
    });
    let message = MessageId::from_bytes(rand::random());
    let told = talker.conversations.send(room, &line, message).await;
    match told {
        Ok(_) | Err(ConversationError::Seal(SealFault::Muted)) => Ok(()),
        // The list is changed; who may say nothing, or not yet, leaves the line out.
        Err(error) if error.refusal().is_some() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The resource that a word means: its id, or its title where no other has it.
async fn meant(talker: &mut Talker, room: &str, word: &str) -> Result<(RoomId, Resource), Failure> {
    let room = talker.room(room).await?;
    let resources = talker.conversations.resources(room).await?;
    let is_meant = |one: &&Resource| one.title == word || one.id.to_string() == word;
    let mut found = resources.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok((room, one.clone())),
        (None, _) => Err(Failure::Settings(format!(
            "the room has no resource {}: sealwire resources list",
            visible(word)
        ))),
        (Some(_), Some(_)) => Err(Failure::Settings(format!(
            "several resources are called {}: name one by its id",
            visible(word)
        ))),
    }
}

fn done(room: RoomId, id: ResourceId, title: &str, done: &str) -> Said {
    Said {
        text: format!("{}: {done}", visible(title)),
        object: json!({
            "type": "resource",
            "room": room,
            "resource": id,
            "title": title,
            "done": done,
        }),
    }
}
