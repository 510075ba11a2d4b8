//! What was said, the newest at the bottom.

use std::collections::VecDeque;

use ratatui::{
    style::{Modifier, Style},
    text::{Line, Span},
};
use wire_format::Millis;

use super::{ALARM, DIM, NOTICE};
use crate::{
    account::{
        chat::{
            model::{Anchor, Model, Pending, Room, Row, Said, What},
            shown::{Shown, width},
        },
        day,
    },
    plain::clock,
};

/// What is seen of it.
pub(super) struct Timeline {
    pub(super) lines: Vec<Line<'static>>,
    /// Lines below the bottom.
    pub(super) scrolled: usize,
    /// What stands at the bottom.
    pub(super) anchor: Option<Anchor>,
}

/// Lays out as much as it takes, from the newest on.
pub(super) fn lines(model: &Model, room: &Room, columns: usize, height: usize) -> Timeline {
    let mut lines = VecDeque::new();
    for pending in room.pending.iter().rev() {
        before(&mut lines, sending(pending, columns));
    }
    let mut anchor = room.anchor.filter(|_| room.scrolled > 0);
    let mut scrolled = room.scrolled;
    // Each row, and the lines below it.
    let mut laid = Vec::new();
    for at in (0..room.rows.len()).rev() {
        if let Some(held) = anchor.filter(|held| at <= held.row) {
            scrolled = (lines.len() + held.lines + scrolled).saturating_sub(held.scrolled);
            anchor = None;
        }
        if anchor.is_none() && lines.len() >= scrolled + height {
            return seen(&lines, height, scrolled, usize::MAX, &laid);
        }
        laid.push((at, lines.len()));
        before(&mut lines, row(model, room, at, columns));
    }
    let most = lines.len().saturating_sub(height);
    seen(&lines, height, scrolled, most, &laid)
}

fn seen(
    lines: &VecDeque<Line<'static>>,
    height: usize,
    scrolled: usize,
    most: usize,
    laid: &[(usize, usize)],
) -> Timeline {
    let scrolled = scrolled.min(most);
    let end = lines.len().saturating_sub(scrolled);
    let begin = end.saturating_sub(height);
    let empty = height.saturating_sub(end - begin);
    let empty = std::iter::repeat_n(Line::default(), empty);
    let bottom = laid.iter().rev().find(|(_, below)| *below <= scrolled);
    Timeline {
        lines: empty.chain(lines.range(begin..end).cloned()).collect(),
        scrolled,
        anchor: bottom.map(|&(row, below)| Anchor {
            row,
            lines: scrolled - below,
            scrolled,
        }),
    }
}

/// A row, under its day where that is another than the one before it.
fn row(model: &Model, room: &Room, at: usize, columns: usize) -> Vec<Line<'static>> {
    let row = &room.rows[at];
    let mut lines = Vec::new();
    let earlier = room.rows.range(..at).rev().find_map(|row| row.time);
    if let Some(time) = row.time.filter(|time| earlier.map(day) != Some(day(*time))) {
        lines.push(Line::styled(format!("── {} ──", day(time)), DIM));
    }
    lines.extend(written(model, room, row, columns));
    lines
}

fn before(lines: &mut VecDeque<Line<'static>>, more: Vec<Line<'static>>) {
    for line in more.into_iter().rev() {
        lines.push_front(line);
    }
}

fn written(model: &Model, room: &Room, row: &Row, columns: usize) -> Vec<Line<'static>> {
    match &row.what {
        What::Said(said) => {
            let is_chosen = room.chosen == Some(said.which);
            self::said(model, room, said, row.time, columns, is_chosen)
        }
        What::Note(note) => block(&at(row.time), "* ", note, columns, DIM),
        What::Named { what, next } => {
            let mut lines = block(&at(row.time), "! ", what, columns, ALARM);
            lines.extend(block(INDENT, "  → ", next, columns, NOTICE));
            lines
        }
    }
}

fn said(
    model: &Model,
    room: &Room,
    said: &Said,
    time: Option<Millis>,
    columns: usize,
    is_chosen: bool,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(answered) = said.answers.and_then(|which| room.said(which)) {
        lines.push(quote(answered, columns));
    }
    lines.extend(spoken(said, &at(time), columns));
    if !said.reactions.is_empty() {
        lines.push(signs(model, said, columns));
    }
    if is_chosen {
        let chosen = lines.into_iter();
        let chosen = chosen.map(|line| line.patch_style(Modifier::REVERSED));
        lines = chosen.collect();
    }
    lines
}

/// The first line of what is answered.
fn quote(answered: &Said, columns: usize) -> Line<'static> {
    let text = answered.text.lines().next().unwrap_or_default();
    let quote = format!("{INDENT}│ {}: {text}", answered.name.as_str());
    Line::styled(Shown::line(&quote).cut(columns), DIM)
}

/// Who said it, and what.
fn spoken(said: &Said, clock: &str, columns: usize) -> Vec<Line<'static>> {
    let name = said.name.cut(NAME);
    let style = if said.is_own {
        Style::new().add_modifier(Modifier::UNDERLINED)
    } else {
        Style::new().add_modifier(Modifier::BOLD)
    };
    let (texts, text_style) = texts(said);
    let mut lines = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let front = if at == 0 {
            width(clock) + width(&name) + 2
        } else {
            INDENT.len()
        };
        let pieces = pieces(text, front, columns).into_iter();
        lines.extend(
            pieces
                .map(|piece| Line::from(vec![Span::raw(INDENT), Span::styled(piece, text_style)])),
        );
    }
    if let Some(first) = lines.first_mut() {
        let front = [
            Span::styled(clock.to_owned(), DIM),
            Span::styled(name, style),
            Span::raw(": "),
        ];
        first.spans.splice(..1, front);
    }
    lines
}

/// The signs on it, how many each, and which of them are one's own.
fn signs(model: &Model, said: &Said, columns: usize) -> Line<'static> {
    let signs = said.reactions.iter().map(|(sign, by)| {
        let own = if by.contains(&model.me) { "*" } else { "" };
        format!("{} {}{own}", sign.as_str(), by.len())
    });
    let signs: Vec<String> = signs.collect();
    let signs = Shown::line(&format!("{INDENT}{}", signs.join("  ")));
    Line::styled(signs.cut(columns), DIM)
}

/// What a message says, with what is to be known of it, or that it was deleted.
fn texts(said: &Said) -> (Vec<Shown>, Style) {
    if let Some(by) = &said.deleted {
        let gone = Shown::line(&format!("(deleted by {})", by.as_str()));
        return (vec![gone], DIM);
    }
    let mut text = said.text.clone();
    if said.revision > 0 {
        text.push_str(" (edited)");
    }
    for flag in &said.flags {
        text.push_str(&format!(" ({})", flag.as_str()));
    }
    (Shown::lines(&text), Style::new())
}

fn sending(pending: &Pending, columns: usize) -> Vec<Line<'static>> {
    let mut lines = block(INDENT, "… ", &pending.text, columns, DIM);
    if let Some((why, next)) = &pending.failed {
        let why = Shown::line(&format!("not sent: {}", why.as_str()));
        lines.extend(block(INDENT, "! ", &why, columns, ALARM));
        lines.extend(block(INDENT, "  → ", next, columns, NOTICE));
    }
    lines
}

/// Lines with a time and a sign in front.
fn block(
    clock: &str,
    sign: &str,
    text: &Shown,
    columns: usize,
    style: Style,
) -> Vec<Line<'static>> {
    let front = width(clock) + width(sign);
    let pieces = text.wrapped(columns.saturating_sub(front)).into_iter();
    let lines = pieces.enumerate().map(|(at, piece)| {
        let front = if at == 0 {
            format!("{clock}{sign}")
        } else {
            " ".repeat(front)
        };
        Line::styled(format!("{front}{piece}"), style)
    });
    lines.collect()
}

/// A text whose first line has less place than the others.
fn pieces(text: &Shown, front: usize, columns: usize) -> Vec<String> {
    let first = text.wrapped(columns.saturating_sub(front));
    if first.len() < 2 || front == INDENT.len() {
        return first;
    }
    let head = first[0].clone();
    let rest = text.as_str().get(head.len()..).unwrap_or_default();
    let rest = Shown::line(rest.trim_start());
    let mut pieces = vec![head];
    pieces.extend(rest.wrapped(columns.saturating_sub(INDENT.len())));
    pieces
}

/// When something stands there, or as much place.
fn at(time: Option<Millis>) -> String {
    time.map_or_else(|| INDENT.to_owned(), |time| format!("{} ", clock(time)))
}

/// As wide as a time.
const INDENT: &str = "      ";
/// Columns of a sender's name.
const NAME: usize = 20;
