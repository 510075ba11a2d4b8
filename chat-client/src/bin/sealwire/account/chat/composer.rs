//! What is being written: several lines, edited by what is seen as one character.

use wire_format::limits::TEXT_BYTES;

use super::shown::{clusters, width};

/// A text and where the next character goes.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Composer {
    text: String,
    /// In bytes, between two characters.
    cursor: usize,
}

/// Where the cursor may go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Move {
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
}

impl Composer {
    pub(super) fn of(text: String) -> Self {
        Self {
            cursor: text.len(),
            text,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Takes the text out.
    pub(super) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Puts in what was typed or pasted; false if it does not fit into a message. Line ends become
    /// line feeds, and what a terminal would carry out is left out.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let is_kept = |kept: &char| !kept.is_control() || matches!(kept, '\n' | '\t');
        let text: String = text.chars().filter(is_kept).collect();
        if self.text.len() + text.len() > TEXT_BYTES {
            return false;
        }
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
        true
    }

    /// Takes the character in front of the cursor away.
    pub(super) fn erase(&mut self) {
        let before = self.before();
        self.text.replace_range(before..self.cursor, "");
        self.cursor = before;
    }

    /// Takes the character behind the cursor away.
    pub(super) fn erase_next(&mut self) {
        let after = self.after();
        self.text.replace_range(self.cursor..after, "");
    }

    /// Takes the word in front of the cursor away.
    pub(super) fn erase_word(&mut self) {
        let front = self.text[..self.cursor].trim_end();
        let begin = front.rfind(char::is_whitespace);
        let begin = begin.map_or(0, |at| {
            at + front[at..].chars().next().map_or(0, char::len_utf8)
        });
        self.text.replace_range(begin..self.cursor, "");
        self.cursor = begin;
    }

    pub(super) fn go(&mut self, to: Move) {
        self.cursor = match to {
            Move::Left => self.before(),
            Move::Right => self.after(),
            Move::Home => self.line().0,
            Move::End => self.line().1,
            Move::Up => match self.line().0.checked_sub(1) {
                Some(end) => self.in_column(end),
                None => 0,
            },
            Move::Down => match self.line().1 {
                end if end == self.text.len() => end,
                end => {
                    let rest = &self.text[end + 1..];
                    let end = rest.find('\n').map_or(self.text.len(), |at| end + 1 + at);
                    self.in_column(end)
                }
            },
        };
    }

    /// The lines as they stand in so many columns, and in which of them and in which column the cursor
    /// is.
    pub(super) fn lines(&self, columns: usize) -> (Vec<String>, (usize, usize)) {
        let columns = columns.max(2);
        let mut lines = Vec::new();
        let mut at = (0, 0);
        let mut begin = 0;
        for text in self.text.split('\n') {
            let (mut line, mut filled, mut byte) = (String::new(), 0, begin);
            for cluster in split(text) {
                let shown = seen(cluster);
                if filled + width(&shown) > columns {
                    lines.push(std::mem::take(&mut line));
                    filled = 0;
                }
                if byte == self.cursor {
                    at = (lines.len(), filled);
                }
                filled += width(&shown);
                line.push_str(&shown);
                byte += cluster.len();
            }
            if filled == columns {
                lines.push(std::mem::take(&mut line));
                filled = 0;
            }
            if byte == self.cursor {
                at = (lines.len(), filled);
            }
            lines.push(line);
            begin += text.len() + 1;
        }
        (lines, at)
    }

    fn before(&self) -> usize {
        let front = &self.text[..self.cursor];
        self.cursor - split(front).last().map_or(0, str::len)
    }

    fn after(&self) -> usize {
        let rest = &self.text[self.cursor..];
        self.cursor + split(rest).next().map_or(0, str::len)
    }

    /// Where the cursor's line begins and ends.
    fn line(&self) -> (usize, usize) {
        let begin = self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[self.cursor..].find('\n');
        (begin, end.map_or(self.text.len(), |at| self.cursor + at))
    }

    /// The place in the line that ends there which is as far from its beginning as the cursor is.
    fn in_column(&self, end: usize) -> usize {
        let columns = width(&self.text[self.line().0..self.cursor]);
        let begin = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        let mut place = begin;
        for cluster in split(&self.text[begin..end]) {
            if width(&self.text[begin..place]) >= columns {
                break;
            }
            place += cluster.len();
        }
        place
    }
}

/// Cuts a text into what is seen as one character each; a line feed or a tab is one of its own.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = if first.is_control() {
            first.len_utf8()
        } else {
            let mut ahead = rest.char_indices().take(MOST_AHEAD + 1);
            let until = ahead.find(|(at, next)| next.is_control() || *at >= MOST_AHEAD);
            let until = until.map_or(rest.len(), |(at, _)| at);
            let cluster = ratatui::text::Span::raw(&rest[..until])
                .styled_graphemes(ratatui::style::Style::new())
                .next()
                .map_or(first.len_utf8(), |cluster| cluster.symbol.len());
            cluster.max(first.len_utf8())
        };
        let (cluster, behind) = rest.split_at(length);
        rest = behind;
        Some(cluster)
    })
}

/// A character as it stands in the composer.
fn seen(cluster: &str) -> String {
    if cluster == "\t" {
        return "    ".to_owned();
    }
    clusters(&crate::plain::visible(cluster)).collect()
}

/// How many bytes are looked through for the end of one character.
const MOST_AHEAD: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_as_one_character_is_erased_as_one() {
        let mut composer = Composer::default();
        assert!(composer.insert("ae\u{301}👩‍👩‍👧"));
        composer.erase();
        assert_eq!(composer.text(), "ae\u{301}");
        composer.erase();
        assert_eq!(composer.text(), "a");
        composer.go(Move::Left);
        composer.erase();
        assert_eq!(composer.text(), "a");
        composer.erase_next();
        assert!(composer.is_empty());
    }

    #[test]
    fn a_paste_keeps_its_lines_and_no_controls() {
        let mut composer = Composer::default();
        assert!(composer.insert("one\r\ntwo\rthree\u{1b}[2J\tx"));
        assert_eq!(composer.text(), "one\ntwo\nthree[2J\tx");
        assert!(!composer.insert(&"x".repeat(TEXT_BYTES)));
    }

    #[test]
    fn the_cursor_keeps_its_column_between_lines() {
        let mut composer = Composer::of("漢字\nab\nc".to_owned());
        composer.go(Move::Up);
        composer.go(Move::Up);
        assert!(composer.insert("|"));
        assert_eq!(composer.text(), "漢|字\nab\nc");
        composer.go(Move::Down);
        composer.go(Move::End);
        assert!(composer.insert("|"));
        assert_eq!(composer.text(), "漢|字\nab|\nc");
        composer.go(Move::Home);
        composer.erase();
        assert_eq!(composer.text(), "漢|字ab|\nc");
    }

    #[test]
    fn lines_are_wrapped_by_width_and_the_cursor_with_them() {
        let composer = Composer::of("漢字仮名\n".to_owned());
        let (lines, at) = composer.lines(6);
        assert_eq!(lines, ["漢字仮", "名", ""]);
        assert_eq!(at, (2, 0));
        let full = Composer::of("abcdef".to_owned());
        assert_eq!(
            full.lines(6),
            (vec!["abcdef".to_owned(), String::new()], (1, 0))
        );
    }

    #[test]
    fn a_word_is_erased_with_the_spaces_behind_it() {
        let mut composer = Composer::of("one two  ".to_owned());
        composer.erase_word();
        assert_eq!(composer.text(), "one ");
        composer.erase_word();
        assert_eq!(composer.text(), "");
    }
}
