//! How it looks. Every text of a peer comes here as [`Shown`].

mod front;
mod thread;
mod timeline;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Borders, Paragraph},
};

use super::{
    model::{Front, Kind, Link, Model, Purpose, Room, Seen},
    shown::{Shown, width},
};

/// Draws all of it; gives how much of it is seen.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model) -> Seen {
    let area = frame.area();
    let [main, status] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    let list = if area.width < NARROW { 0 } else { LIST };
    let [list, main] =
        Layout::horizontal([Constraint::Length(list), Constraint::Fill(1)]).areas(main);
    rooms(frame, list, model);
    let mut seen = Seen::default();
    match model.room() {
        Some(room) => conversation(frame, main, model, room, &mut seen),
        None => frame.render_widget(Paragraph::new(nothing(model.link)).style(DIM), main),
    }
    frame.render_widget(Paragraph::new(bottom(model, status.width)), status);
    if model.front != Front::Nothing {
        seen.most_above = front::draw(frame, area, model);
    }
    seen
}

fn nothing(link: Link) -> &'static str {
    match link {
        Link::There => "No conversation yet. Leave, and begin one: sealwire send NAME TEXT",
        Link::CatchingUp => "Reading what was said…",
        Link::Lost => "No connection; trying again…",
    }
}

/// The conversations, and how much is unread in each.
fn rooms(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    if area.width == 0 {
        return;
    }
    let block = Block::new().borders(Borders::RIGHT).border_style(DIM);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let open = model
        .rooms
        .iter()
        .position(|room| Some(room.id) == model.open);
    // The open one stays in sight.
    let above = open.map_or(0, |at| (at + 1).saturating_sub(inner.height.into()));
    let columns = usize::from(inner.width);
    let lines = model.rooms.iter().skip(above).take(inner.height.into());
    let lines: Vec<Line<'_>> = lines
        .map(|room| entry(room, columns, Some(room.id) == model.open))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn entry(room: &Room, columns: usize, is_open: bool) -> Line<'static> {
    let sign = if room.is_stopped || !room.alarms.is_empty() {
        "!"
    } else if room.kind == Kind::Request {
        "?"
    } else {
        " "
    };
    let unread = match room.unread() {
        0 => String::new(),
        many @ 1..=999 => format!(" {many}"),
        _ => " 999+".to_owned(),
    };
    let name = room.name.cut(columns.saturating_sub(2 + unread.len()));
    let gap = columns.saturating_sub(2 + width(&name) + unread.len());
    let style = if is_open {
        Style::new().add_modifier(Modifier::REVERSED)
    } else if unread.is_empty() {
        Style::new()
    } else {
        Style::new().add_modifier(Modifier::BOLD)
    };
    Line::styled(format!("{sign} {name}{}{unread}", " ".repeat(gap)), style)
}

fn conversation(frame: &mut Frame<'_>, area: Rect, model: &Model, room: &Room, seen: &mut Seen) {
    let columns = usize::from(area.width);
    let (written, cursor) = room.composer.lines(columns.saturating_sub(3));
    let tall = u16::try_from(written.len()).unwrap_or(u16::MAX);
    let [head, trust, timeline, composer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(tall.clamp(1, MOST_WRITTEN) + 1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(headline(room, columns)), head);
    frame.render_widget(Paragraph::new(thread::line(model, room, columns)), trust);
    let talk = timeline::lines(model, room, columns, timeline.height.into());
    seen.page = timeline.height.into();
    (seen.scrolled, seen.anchor) = (talk.scrolled, talk.anchor);
    frame.render_widget(Paragraph::new(talk.lines), timeline);
    compose(frame, composer, model, room, &written, cursor);
}

fn headline(room: &Room, columns: usize) -> Line<'static> {
    let kind = match room.kind {
        Kind::Direct => "",
        Kind::Group => " · group",
        Kind::Request => " · a stranger began this",
    };
    Line::from(vec![
        Span::styled(
            room.name.cut(columns.saturating_sub(kind.len())),
            Modifier::BOLD,
        ),
        Span::styled(kind, DIM),
    ])
}

fn compose(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    room: &Room,
    written: &[String],
    (row, column): (usize, usize),
) {
    let to = |at| {
        let said = room.said(at);
        said.map_or_else(String::new, |said| said.name.cut(20))
    };
    let title = match model.purpose {
        Purpose::Message if room.chosen.is_some() => " r reply, e edit, + sign, Esc ".to_owned(),
        Purpose::Message => String::new(),
        Purpose::Reply(at) => format!(" reply to {} ", to(at)),
        Purpose::Edit(_) => " edit ".to_owned(),
        Purpose::Reaction(_) => " a sign, 👍 without one ".to_owned(),
    };
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(DIM)
        .title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let tall = usize::from(inner.height).max(1);
    let above = (row + 1).saturating_sub(tall);
    let lines = written.iter().skip(above).take(tall);
    let lines: Vec<Line<'_>> = lines
        .enumerate()
        .map(|(at, line)| {
            let front = if at == 0 { "> " } else { "  " };
            Line::from(vec![Span::styled(front, DIM), Span::raw(line.as_str())])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
    let cursor = |from: u16, by: usize| from.saturating_add(u16::try_from(by).unwrap_or(u16::MAX));
    if model.front == Front::Nothing && inner.height > 0 {
        frame.set_cursor_position((cursor(inner.x, column + 2), cursor(inner.y, row - above)));
    }
}

/// How it stands, what to know, and where the keys are.
fn bottom(model: &Model, columns: u16) -> Line<'static> {
    let link = match model.link {
        Link::There => "",
        Link::CatchingUp => "reading… ",
        Link::Lost => "no connection, trying again… ",
    };
    let columns = usize::from(columns).saturating_sub(width(link));
    let text = match &model.notice {
        Some(notice) => notice.cut(columns),
        None => Shown::line(&format!("{} · ? keys", model.name.as_str())).cut(columns),
    };
    let style = if model.notice.is_some() { NOTICE } else { DIM };
    Line::from(vec![Span::styled(link, NOTICE), Span::styled(text, style)])
}

/// Columns below which the list of conversations has no place.
const NARROW: u16 = 60;
/// Columns of the list.
const LIST: u16 = 22;
/// Lines of what is written that are seen at once.
const MOST_WRITTEN: u16 = 6;

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const ALARM: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const NOTICE: Style = Style::new().fg(Color::Yellow);
const TRUSTED: Style = Style::new().fg(Color::Green);

#[cfg(test)]
mod tests;
