//! What stands in front of the conversation: the keys, whom to trust, what a command said.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line,
    widgets::{Block, Borders, Clear, Paragraph},
};

use super::{ALARM, NOTICE, TRUSTED};
use crate::account::chat::{
    model::{Belief, Believed, Front, KEYS, Model, Room},
    shown::Shown,
};

/// Draws it; gives how many lines can be above.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model) -> usize {
    let around = Rect {
        x: area.x + area.width / 20,
        y: area.y + area.height / 20,
        width: area.width - area.width / 10,
        height: area.height.saturating_sub(area.height / 10),
    };
    let title = match model.front {
        Front::Keys => " keys ",
        Front::Trust => " whom and what to trust ",
        _ => "",
    };
    let block = Block::new().borders(Borders::ALL).title(title);
    let inner = block.inner(around);
    let columns = usize::from(inner.width);
    let lines = match &model.front {
        Front::Nothing => Vec::new(),
        Front::Keys => keys(columns),
        Front::Trust => model
            .room()
            .map_or_else(Vec::new, |room| trust(model, room, columns)),
        Front::Page(lines) => lines
            .iter()
            .flat_map(|line| wrapped(line, columns))
            .collect(),
    };
    let most = lines.len().saturating_sub(inner.height.into());
    let lines: Vec<Line<'_>> = lines.into_iter().skip(model.above.min(most)).collect();
    frame.render_widget(Clear, around);
    frame.render_widget(block, around);
    frame.render_widget(Paragraph::new(lines), inner);
    most
}

fn keys(columns: usize) -> Vec<Line<'static>> {
    let lines = KEYS.iter().map(|(key, does)| {
        let line = format!("{key:30}{does}");
        Line::raw(Shown::line(&line).cut(columns))
    });
    lines.collect()
}

fn wrapped(text: &Shown, columns: usize) -> Vec<Line<'static>> {
    text.wrapped(columns).into_iter().map(Line::raw).collect()
}

fn trust(model: &Model, room: &Room, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut say = |text: &str, style| {
        let pieces = Shown::line(text).wrapped(columns);
        lines.extend(pieces.into_iter().map(|piece| Line::styled(piece, style)));
    };
    for line in &room.trust.fork {
        say(line.as_str(), ALARM);
    }
    for (what, next) in room.alarms.iter().chain(model.alarms.iter()) {
        say(&format!("! {}", what.as_str()), ALARM);
        say(&format!("  → {}", next.as_str()), NOTICE);
    }
    for one in &room.trust.people {
        let (text, style) = believed(one);
        say(&text, style);
        if let Some(number) = &one.safety_number {
            for line in number_lines(number.as_str()) {
                say(&format!("      {line}"), super::DIM);
            }
        }
    }
    let looked_at = room.trust.people.iter();
    let looked_at = looked_at.filter(|one| one.belief != Belief::Own).count();
    let unseen = room.trust.others.saturating_sub(looked_at);
    if unseen > 0 {
        let text = format!("○ and {unseen} more, who were not looked at: /members .");
        say(&text, ratatui::style::Style::new());
    }
    if let Some((n, number)) = &room.trust.known {
        let text =
            "Room number: the same for everybody here, or the server shows different histories";
        say(&format!("{text} (key {})", n.as_str()), super::DIM);
        for line in number_lines(number.as_str()) {
            say(&format!("      {line}"), super::DIM);
        }
    }
    lines
}

fn believed(one: &Believed) -> (String, ratatui::style::Style) {
    let (name, typed, role) = (one.name.as_str(), one.typed.as_str(), one.role);
    match one.belief {
        Belief::Own => (format!("  {name} ({role}): you"), super::DIM),
        Belief::Verified => (format!("✓ {name} ({role}): verified"), TRUSTED),
        Belief::Seen => (
            format!(
                "○ {name} ({role}): not verified. Compare the safety number with {name}, then: \
                 /fingerprint {typed} --verified"
            ),
            ratatui::style::Style::new(),
        ),
        Belief::Reset => (
            format!(
                "! {name} ({role}): new keys, which the old ones did not sign. This may be somebody \
                 else: /fingerprint {typed}"
            ),
            ALARM,
        ),
        Belief::Unknown => (
            format!(
                "! {name} ({role}): the keys are not there, or not those that were seen. The server may \
                 show somebody else's: ask {name} for the safety number"
            ),
            ALARM,
        ),
        Belief::Gone => (
            format!("? {name} ({role}): the server says that this account is gone"),
            super::DIM,
        ),
    }
}

/// Sixty digits, four groups a line.
fn number_lines(number: &str) -> Vec<String> {
    let groups: Vec<&str> = number.split(' ').collect();
    groups.chunks(4).map(|line| line.join(" ")).collect()
}
