//! One line that says whom and what to trust, the worst of it first.

use ratatui::{style::Style, text::Line};

use super::{ALARM, DIM, TRUSTED};
use crate::account::chat::{
    model::{Belief, Believed, Model, Room},
    shown::Shown,
};

pub(super) fn line(model: &Model, room: &Room, columns: usize) -> Line<'static> {
    let alarm = stopped(room).or_else(|| alarms(model, room));
    let (text, style) = match alarm.or_else(|| changed(room)) {
        Some(alarm) => (alarm, ALARM),
        None => compared(room),
    };
    Line::styled(Shown::line(&text).cut(columns), style)
}

fn stopped(room: &Room) -> Option<String> {
    let is_stopped = room.is_stopped || !room.trust.fork.is_empty();
    is_stopped.then(|| "! stopped: two histories. Nothing is sent: /decide .".to_owned())
}

fn alarms(model: &Model, room: &Room) -> Option<String> {
    let (newest, _) = room.alarms.last().or(model.alarms.last())?;
    let alarms = room.alarms.len() + model.alarms.len();
    Some(format!("! alarms ({alarms}): Ctrl-T. {}", newest.as_str()))
}

/// Somebody whose keys are not those that were seen.
fn changed(room: &Room) -> Option<String> {
    let first = |belief| room.trust.people.iter().find(|one| one.belief == belief);
    let named = |one: &Believed| one.name.cut(NAME);
    if let Some(one) = first(Belief::Unknown) {
        let name = named(one);
        return Some(format!("! {name}: keys missing, or not those seen: Ctrl-T"));
    }
    first(Belief::Reset).map(|one| {
        let name = named(one);
        format!("! {name} has new keys: /fingerprint {}", one.typed.as_str())
    })
}

/// How many of the others were verified.
fn compared(room: &Room) -> (String, Style) {
    let people = room.trust.people.iter();
    let verified = people.filter(|one| one.belief == Belief::Verified).count();
    let known = room.trust.known.as_ref();
    let known = known.map_or_else(String::new, |(_, number)| {
        let front: String = number.as_str().chars().take(DIGITS).collect();
        format!(" · room number {front}…")
    });
    match (verified, room.trust.others) {
        (_, 0) => (String::new(), DIM),
        (verified, all) if verified == all => (format!("✓ verified{known} · Ctrl-T"), TRUSTED),
        (0, 1) => (format!("○ not verified{known} · Ctrl-T"), DIM),
        (verified, all) => {
            let text = format!("○ {verified} of {all} verified{known} · Ctrl-T");
            (text, DIM)
        }
    }
}

/// Columns of a name, so that what is to be done keeps its place.
const NAME: usize = 20;
/// Of the room number, as many characters as two groups have.
const DIGITS: usize = 11;
