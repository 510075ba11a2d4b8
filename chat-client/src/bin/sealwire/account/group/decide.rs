//! Deciding about a room that an alarm stopped: both room numbers, and going on with what is known here.

use chat_client::conversations::{Histories, Reached};
use serde_json::{Value, json};
use wire_format::{RoomId, compare::Digits};

use crate::{
    account::{
        deed::{Asking, Said},
        talker::Talker,
        terminal::Terminal,
    },
    exit::Failure,
};

/// Shows the histories of a room; goes on with the one that is known here where its user says so.
pub(super) async fn decide(
    talker: &mut Talker,
    word: &str,
    yes: bool,
    asking: Asking,
) -> Result<Said, Failure> {
    let room = match word.parse() {
        // A room that does not hold can be named by its id alone.
        Ok(room) => room,
        Err(_) => talker.room(word).await?,
    };
    let histories = talker.conversations.histories(room).await?;
    let is_open = histories.is_stopped || !histories.is_held;
    let may_ask = asking == Asking::Allowed && histories.is_held;
    if is_open && (yes || (may_ask && confirmed(room, &histories).await?)) {
        talker.conversations.decide(room).await?;
        return Ok(said(room, &histories, Decision::Made));
    }
    let decision = if is_open {
        Decision::Open
    } else {
        Decision::None
    };
    Ok(said(room, &histories, decision))
}

/// Whether there is something to decide, and it was decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Decision {
    None,
    Open,
    Made,
}

/// Asks, where somebody sits at a terminal.
async fn confirmed(room: RoomId, histories: &Histories) -> Result<bool, Failure> {
    let Some(mut terminal) = Terminal::here() else {
        return Ok(false);
    };
    let question = format!(
        "{}\nIf the others have the number that is known here, type yes to go on with it: ",
        numbers(room, histories)
    );
    let answer = terminal.line(&question).await?;
    Ok(answer.trim() == "yes")
}

/// The room numbers of the histories, for people.
pub(in crate::account) fn numbers(room: RoomId, histories: &Histories) -> String {
    let mut lines = vec![format!("room {room}")];
    lines.push(match histories.known {
        Some(known) => format!("known here, key {}:\n{}", known.n, number(known)),
        None => "nothing of it was verified here".to_owned(),
    });
    if let Some(other) = histories.other {
        lines.push(format!(
            "another history was shown:\n{}",
            Digits::of_room(other)
        ));
    }
    match histories.shown {
        Some(shown) if Some(shown) != histories.known => lines.push(format!(
            "the server has now, key {}:\n{}",
            shown.n,
            number(shown)
        )),
        Some(_) => lines.push("the server has now: the same as is known here".to_owned()),
        None => lines.push("the server has nothing of it now".to_owned()),
    }
    lines.join("\n")
}

fn number(reached: Reached) -> Digits {
    Digits::of_room(reached.commit)
}

/// What its user can do.
pub(in crate::account) fn next(room: RoomId, histories: &Histories) -> String {
    if !histories.is_held {
        return "The server does not have what was seen here: nothing can be sent there until it does. \
                Ask whoever runs it. Until then, go on in another one: sealwire group new NAME PERSON…"
            .to_owned();
    }
    format!(
        "Compare with the others, who see theirs by sealwire group members. If they have the number that is \
         known here, go on with it: sealwire group decide {room} --yes\n\
         If they have another one, leave this room (sealwire group leave {room}) and begin a new one with them."
    )
}

fn said(room: RoomId, histories: &Histories, decision: Decision) -> Said {
    let end = match decision {
        Decision::None => "Nothing waits for a decision.".to_owned(),
        Decision::Open => next(room, histories),
        Decision::Made => "Goes on with what is known here.".to_owned(),
    };
    Said {
        text: format!("{}\n{end}", numbers(room, histories)),
        object: json!({
            "type": "histories",
            "room": room,
            "known": histories.known.map(reached),
            "shown": histories.shown.map(reached),
            "other": histories.other.map(|other| Digits::of_room(other).to_string()),
            "stopped": histories.is_stopped,
            "held": histories.is_held,
            "decided": decision == Decision::Made,
            "next": (decision == Decision::Open).then_some(end),
        }),
    }
}

fn reached(reached: Reached) -> Value {
    json!({ "n": reached.n, "room_number": number(reached).to_string() })
}
