//! `sealwire keys`: the keys of a room, and those of what was sent before somebody came in.

use chat_client::{
    conversation::Asked,
    conversations::{Came, Version},
};
use serde_json::{Value, json};
use wire_format::{AccountId, KeyRequestHash, command::commits::RefuseReason, room::CommitReason};

use super::{
    deed::{Said, usage, words},
    flags::{Keys, KeysAction},
    group::{self, done, hash},
    sessions::day,
    talker::Talker,
};
use crate::{exit::Failure, plain::visible};

/// Carries an action out.
pub(super) async fn carry_out(talker: &mut Talker, flags: &Keys) -> Result<Said, Failure> {
    let action = flags.action;
    match (action, words(&flags.words).as_slice()) {
        (KeysAction::Show, [room]) => show(talker, room).await,
        (KeysAction::Rotate, [room]) => group::rekey(talker, room).await,
        (KeysAction::Requests, [room]) => keys(talker, room).await,
        (KeysAction::Ask, [room]) => ask(talker, room).await,
        (KeysAction::Grant, [room, request]) => grant(talker, room, request).await,
        (KeysAction::Refuse, [room, request]) => {
            refuse(talker, room, request, flags.reason()).await
        }
        _ => usage("keys", usage_of(action)),
    }
}

const fn usage_of(action: KeysAction) -> &'static str {
    match action {
        KeysAction::Show => "show ROOM",
        KeysAction::Rotate => "rotate ROOM",
        KeysAction::Requests => "requests ROOM",
        KeysAction::Ask => "ask ROOM",
        KeysAction::Grant => "grant ROOM REQUEST",
        KeysAction::Refuse => "refuse ROOM REQUEST [--reason not-now|from-joining|unknown]",
    }
}

/// Every key that the room had: by whom and why, who came and went with it, and whether it is held here.
async fn show(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let versions = talker.conversations.versions(room).await?;
    let (mut lines, mut objects) = (Vec::new(), Vec::new());
    for version in versions {
        let name = talker.conversations.read_name(version.author).await?;
        let came = names(talker, &version.came).await?;
        let went = names(talker, &version.went).await?;
        lines.push(version_line(&version, &name, &came, &went));
        objects.push(version_object(&version, &name));
    }
    Ok(Said {
        text: lines.join("\n"),
        object: json!({ "type": "versions", "room": room, "versions": objects }),
    })
}

async fn names(talker: &mut Talker, accounts: &[AccountId]) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for account in accounts {
        names.push(visible(&talker.conversations.read_name(*account).await?));
    }
    Ok(names)
}

fn version_line(version: &Version, name: &str, came: &[String], went: &[String]) -> String {
    let held = if version.is_held { "held" } else { "not held" };
    let moves = |sign: &str, names: &[String]| {
        let names = names.iter().map(|name| format!(" {sign}{name}"));
        names.collect::<String>()
    };
    format!(
        "{}\t{}\t{held}\t{}\t{}{}{}",
        version.n,
        day(version.made_at),
        visible(name),
        reason_word(version.reason),
        moves("+", came),
        moves("-", went),
    )
}

fn version_object(version: &Version, name: &str) -> Value {
    json!({
        "n": version.n,
        "commit": version.commit,
        "author": version.author,
        "name": name,
        "made_at": version.made_at,
        "reason": reason_word(version.reason),
        "came": version.came,
        "went": version.went,
        "held": version.is_held,
    })
}

/// Why a key was made, in a word.
pub(super) const fn reason_word(reason: CommitReason) -> &'static str {
    match reason {
        CommitReason::First => "first",
        CommitReason::Membership => "membership",
        CommitReason::Age => "age",
        CommitReason::Count => "count",
        CommitReason::OnDemand => "demand",
        CommitReason::BadShare => "bad_share",
        CommitReason::RolesOrPolicy => "roles_or_policy",
        CommitReason::Rekeyed => "rekeyed",
    }
}

/// Why keys are not given, in a word.
pub(super) const fn refusal_word(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::NotNow => "not_now",
        RefuseReason::FromJoiningOn => "from_joining",
        RefuseReason::UnknownPerson => "unknown",
    }
}

/// Why keys are not given, in a sentence.
pub(super) const fn refusal_words(reason: Option<RefuseReason>) -> &'static str {
    match reason {
        None => "what you asked for was refused",
        Some(RefuseReason::NotNow) => "what you asked for was refused for now",
        Some(RefuseReason::FromJoiningOn) => {
            "what you asked for was refused: here one reads from joining on"
        }
        Some(RefuseReason::UnknownPerson) => {
            "what you asked for was refused: they do not know who you are"
        }
    }
}

/// What waits: requests of others, and grants for the own one.
pub(super) async fn keys(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let conversations = &mut talker.conversations;
    let came: Came = conversations.take_grants(room).await?;
    let asked = conversations.asked(room).await?;
    let (mut lines, mut objects) = (Vec::new(), Vec::new());
    if !came.epochs.is_empty() {
        lines.push(format!("{} keys came", came.epochs.len()));
    }
    if came.is_refused {
        lines.push(refusal_words(came.reason).to_owned());
    }
    for Asked {
        request,
        free,
        to_decide,
    } in asked
    {
        let name = conversations.read_name(request.account()).await?;
        let (free, to_decide) = (free.len(), to_decide.len());
        lines.push(format!(
            "{}\t{}\t{free} free, {to_decide} to decide",
            request.hash(),
            visible(&name)
        ));
        objects.push(json!({
            "request": request.hash(),
            "account": request.account(),
            "name": name,
            "free": free,
            "to_decide": to_decide,
        }));
    }
    Ok(Said {
        text: lines.join("\n"),
        object: json!({
            "type": "keys",
            "room": room,
            "came": came.epochs,
            "refused": came.is_refused,
            "reason": came.reason.map(refusal_word),
            "requests": objects,
        }),
    })
}

pub(super) async fn ask(talker: &mut Talker, word: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    talker.conversations.ask(room).await?;
    Ok(done(room, word, "asked"))
}

pub(super) async fn grant(talker: &mut Talker, word: &str, request: &str) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let request: KeyRequestHash = hash(request)?;
    talker.conversations.grant(room, request).await?;
    Ok(done(room, word, "granted"))
}

pub(super) async fn refuse(
    talker: &mut Talker,
    word: &str,
    request: &str,
    reason: Option<RefuseReason>,
) -> Result<Said, Failure> {
    let room = talker.room(word).await?;
    let request: KeyRequestHash = hash(request)?;
    let conversations = &mut talker.conversations;
    conversations.refuse(room, request, reason).await?;
    Ok(done(room, word, "refused"))
}
