//! What keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use wire_format::{
    MessageId,
    room::{Edit, Reaction, Reply, RoomContent, Text},
};

use super::{Ask, Front, Model, Pending, Purpose, Said, Which};
use crate::account::chat::{
    composer::{Composer, Move},
    shown::Shown,
};

/// The keys, as they are listed: what to press, and what that does.
pub(in crate::account::chat) const KEYS: [(&str, &str); 17] = [
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "a new line"),
    ("Tab", "the next conversation with something unread"),
    ("Ctrl-N, Ctrl-P", "the conversation below, above"),
    ("PgUp, PgDn", "older, newer messages"),
    ("Ctrl-T", "whom and what to trust here"),
    ("Up, where nothing is written", "choose a message: then"),
    (
        "   r, e, +",
        "reply to it, edit one's own, put a sign on it",
    ),
    ("Esc", "back"),
    ("Ctrl-U, Ctrl-W", "erase everything, a word"),
    ("/open NAME", "a conversation with somebody"),
    (
        "/new NAME PERSON…",
        "a group; /invite . PERSON, /members ., /leave .",
    ),
    ("/join, /join INVITATION", "who invites you; come in"),
    (
        "/decide .",
        "both room numbers, after an alarm; --yes goes on",
    ),
    (
        "/fingerprint NAME",
        "the safety number; --verified, --acknowledge",
    ),
    (
        "/keys . ask",
        "the keys of what was sent before you came in",
    ),
    ("Ctrl-C, Ctrl-Q", "leave"),
];

impl Model {
    /// Takes a key. `message` is random: the id of what it may send.
    pub(in crate::account::chat) fn key(&mut self, key: KeyEvent, message: MessageId) {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let is_leaving = std::mem::take(&mut self.is_leaving);
        match key.code {
            KeyCode::Char('c' | 'q') if is_control => self.leave(is_leaving),
            _ if self.front != Front::Nothing => self.key_in_front(key),
            KeyCode::Char(character) if is_control => self.control(character),
            KeyCode::F(1) => self.put_in_front(Front::Keys),
            KeyCode::Tab => self.next_unread(),
            KeyCode::PageUp => self.scroll(true),
            KeyCode::PageDown => self.scroll(false),
            KeyCode::Esc => self.back(),
            KeyCode::Enter if key.modifiers.contains(KeyModifiers::ALT) => self.insert("\n"),
            KeyCode::Enter => self.enter(message),
            KeyCode::Char('?') if self.is_idle() => self.put_in_front(Front::Keys),
            KeyCode::Char(character) if self.is_choosing() => self.act(character),
            KeyCode::Char(character) => self.insert(character.encode_utf8(&mut [0; 4])),
            code => self.edit(code),
        }
    }

    /// Takes what was pasted.
    pub(in crate::account::chat) fn paste(&mut self, text: &str) {
        if self.front == Front::Nothing {
            if let Some(room) = self.room_mut() {
                room.chosen = None;
            }
            self.insert(text);
        }
    }

    /// Whether nothing is written and nothing chosen.
    fn is_idle(&self) -> bool {
        self.room()
            .is_none_or(|room| room.composer.is_empty() && room.chosen.is_none())
    }

    fn is_choosing(&self) -> bool {
        let chosen = self.room().and_then(|room| room.chosen);
        chosen.is_some() && self.purpose == Purpose::Message
    }

    fn leave(&mut self, is_meant: bool) {
        let mut rooms = self.rooms.iter();
        let is_sending = rooms.any(|room| {
            let mut pending = room.pending.iter();
            pending.any(|pending| pending.failed.is_none())
        });
        if is_sending && !is_meant {
            self.is_leaving = true;
            let notice = "Something is still being sent. Once more to leave all the same.";
            self.notice = Some(Shown::line(notice));
            return;
        }
        self.asks.push(Ask::Quit);
    }

    fn key_in_front(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Up => self.above = self.above.saturating_sub(1),
            KeyCode::Down => self.above += 1,
            KeyCode::PageUp => self.above = self.above.saturating_sub(self.page),
            KeyCode::PageDown => self.above += self.page,
            _ => self.front = Front::Nothing,
        }
    }

    fn control(&mut self, character: char) {
        match character {
            'n' => self.neighbour(1),
            'p' => self.neighbour(-1),
            't' => {
                self.put_in_front(Front::Trust);
                self.asks
                    .extend(self.open.map(|open| Ask::Trust(open.room)));
            }
            'j' => self.insert("\n"),
            'u' => {
                if let Some(room) = self.room_mut() {
                    room.composer.take();
                }
            }
            'w' => {
                if let Some(room) = self.room_mut() {
                    room.composer.erase_word();
                }
            }
            _ => {}
        }
    }

    fn edit(&mut self, code: KeyCode) {
        let is_idle = self.is_idle() || self.is_choosing();
        let Some(room) = self.room_mut() else {
            return;
        };
        match code {
            KeyCode::Up if is_idle => room.choose(true),
            KeyCode::Down if is_idle => room.choose(false),
            KeyCode::Up => room.composer.go(Move::Up),
            KeyCode::Down => room.composer.go(Move::Down),
            KeyCode::Left => room.composer.go(Move::Left),
            KeyCode::Right => room.composer.go(Move::Right),
            KeyCode::Home => room.composer.go(Move::Home),
            KeyCode::End => room.composer.go(Move::End),
            KeyCode::Backspace => room.composer.erase(),
            KeyCode::Delete => room.composer.erase_next(),
            _ => {}
        }
    }

    fn insert(&mut self, text: &str) {
        self.notice = None;
        let fits = match self.room_mut() {
            Some(room) => room.composer.insert(text),
            None => true,
        };
        if !fits {
            self.notice = Some(Shown::line("That is more than a message holds."));
        }
    }

    /// Back to where nothing is chosen.
    fn back(&mut self) {
        self.notice = None;
        let is_plain = std::mem::take(&mut self.purpose) == Purpose::Message;
        if let Some(room) = self.room_mut() {
            if !is_plain {
                room.composer.take();
            }
            room.chosen = None;
            room.scrolled = 0;
            room.pending.retain(|pending| pending.failed.is_none());
        }
    }

    fn scroll(&mut self, older: bool) {
        let page = self.page.max(2) - 1;
        if let Some(room) = self.room_mut() {
            room.scrolled = if older {
                room.scrolled + page
            } else {
                room.scrolled.saturating_sub(page)
            };
        }
    }

    fn neighbour(&mut self, by: isize) {
        let Some(first) = self.rooms.first().map(|room| room.id) else {
            return;
        };
        let at = self
            .rooms
            .iter()
            .position(|room| Some(room.id) == self.open);
        let next = at.and_then(|at| at.checked_add_signed(by));
        let next = next.and_then(|next| self.rooms.get(next));
        let next = next.map_or_else(|| self.open.unwrap_or(first), |room| room.id);
        self.show(next);
    }

    fn next_unread(&mut self) {
        let at = self
            .rooms
            .iter()
            .position(|room| Some(room.id) == self.open);
        let behind = at.map_or(0, |at| at + 1);
        let (before, after) = self.rooms.split_at(behind.min(self.rooms.len()));
        let mut around = after.iter().chain(before);
        if let Some(next) = around.find(|room| room.unread() > 0).map(|room| room.id) {
            self.show(next);
        }
    }

    /// Does something with the chosen message.
    fn act(&mut self, character: char) {
        let Some(room) = self.room_mut() else {
            return;
        };
        let Some((at, said)) = room.chosen.and_then(|at| Some((at, room.said(at)?))) else {
            return;
        };
        let (is_own, text) = (said.is_own && said.is_text, said.text.clone());
        self.purpose = match character {
            'r' => Purpose::Reply(at),
            '+' => Purpose::Reaction(at),
            'e' if is_own => {
                room.composer = Composer::of(text);
                Purpose::Edit(at)
            }
            _ => Purpose::Message,
        };
    }

    /// Sends what is written, or carries it out.
    fn enter(&mut self, message: MessageId) {
        self.notice = None;
        let (purpose, open) = (self.purpose, self.open);
        let Some(room) = self.room_mut() else {
            return;
        };
        let written = room.composer.text();
        if purpose == Purpose::Message && written.starts_with('/') && !written.starts_with("//") {
            let words = room.composer.take();
            let room = open.map(|open| open.room);
            self.asks.push(Ask::Command { words, room });
            return;
        }
        if written.trim().is_empty() && !matches!(purpose, Purpose::Reaction(_)) {
            return;
        }
        let text = room.composer.take();
        let text = match text.strip_prefix('/') {
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => text,
        };
        let Some(content) = content(purpose, text, |at| room.said(at)) else {
            return;
        };
        if let RoomContent::Text(Text { text, .. }) | RoomContent::Reply(Reply { text, .. }) =
            &content
        {
            room.pending.push(Pending {
                message,
                text: Shown::line(&text.replace('\n', " ")),
                failed: None,
            });
        }
        (room.chosen, room.scrolled) = (None, 0);
        let (at, content) = (room.id, Box::new(content));
        self.purpose = Purpose::Message;
        self.asks.push(Ask::Say {
            at,
            message,
            content,
        });
    }
}

/// What a text is sent as; `None` where the message that it is about is gone.
fn content<'a>(
    purpose: Purpose,
    text: String,
    said: impl FnOnce(Which) -> Option<&'a Said>,
) -> Option<RoomContent> {
    Some(match purpose {
        Purpose::Message => RoomContent::Text(Text {
            text,
            mentions: None,
        }),
        Purpose::Reply(at) => said(at).map(|said| {
            RoomContent::Reply(Reply {
                message: said.which.message,
                hash: said.which.hash,
                text,
                mentions: None,
            })
        })?,
        Purpose::Edit(at) => said(at).map(|said| {
            RoomContent::Edit(Edit {
                message: said.which.message,
                hash: said.which.hash,
                text,
                revision: said.revision.saturating_add(1),
            })
        })?,
        Purpose::Reaction(at) => said(at).map(|said| {
            let sign = text.trim();
            let emoji = if sign.is_empty() { THUMB } else { sign }.to_owned();
            RoomContent::Reaction(Reaction {
                message: said.which.message,
                hash: said.which.hash,
                emoji,
                on: true,
            })
        })?,
    })
}

/// The sign that is put where none is typed.
const THUMB: &str = "👍";
