//! Text that a terminal shows as it is.

use ratatui::{style::Style, text::Span};

use crate::plain::visible;

/// One line of text in which nothing moves the cursor, ends the line or turns directions: whatever a
/// peer sent comes to the screen only as this.
#[derive(Clone, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Shown(String);

impl Shown {
    /// A text on one line.
    pub(super) fn line(text: &str) -> Self {
        Self(clusters(&visible(text).replace('\t', TAB)).collect())
    }

    /// A line of this program's own, in which a peer's name may stand between isolates: on a screen of
    /// cells it has a place of its own without them.
    pub(super) fn told(line: &str) -> Self {
        Self::line(&line.replace(['\u{2068}', '\u{2069}'], ""))
    }

    /// A text on as many lines as it has.
    pub(super) fn lines(text: &str) -> Vec<Self> {
        text.split('\n').map(Self::line).collect()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Cut into lines of at most so many columns: between words where there are some.
    pub(super) fn wrapped(&self, columns: usize) -> Vec<String> {
        let columns = columns.max(2);
        let mut lines = Vec::new();
        let (mut line, mut filled) = (String::new(), 0);
        for cluster in clusters(&self.0) {
            let width = width(&cluster);
            if filled + width > columns && cluster == " " {
                lines.push(std::mem::take(&mut line));
                filled = 0;
                continue;
            }
            if filled + width > columns {
                let rest = broken(&mut line);
                lines.push(std::mem::replace(&mut line, rest));
                filled = self::width(&line);
            }
            line.push_str(&cluster);
            filled += width;
        }
        lines.push(line);
        lines
    }

    /// The front of it in at most so many columns.
    pub(super) fn cut(&self, columns: usize) -> String {
        if width(&self.0) <= columns {
            return self.0.clone();
        }
        let mut cut = String::new();
        let mut filled = 0;
        for cluster in clusters(&self.0) {
            filled += width(&cluster);
            if filled >= columns {
                break;
            }
            cut.push_str(&cluster);
        }
        cut.push('…');
        cut
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shown({} bytes)", self.0.len())
    }
}

/// Takes what stands behind a line's last space off it, unless that is all of it.
fn broken(line: &mut String) -> String {
    match line.rfind(' ') {
        Some(at) if !line[..at].trim().is_empty() => {
            let rest = line[at + 1..].to_owned();
            line.truncate(at);
            rest
        }
        _ => String::new(),
    }
}

/// What is seen as one character each, none with more marks on it than fit beside each other.
pub(super) fn clusters(text: &str) -> impl Iterator<Item = String> {
    let span = Span::raw(text);
    let clusters: Vec<String> = span
        .styled_graphemes(Style::new())
        .map(|cluster| cluster.symbol.chars().take(MOST_MARKS).collect())
        .collect();
    clusters.into_iter()
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

const TAB: &str = "    ";

/// Characters that may stand in one place: a family of four has seven, a region's flag as many.
const MOST_MARKS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_peer_sends_is_carried_out() {
        let shown = Shown::line("a\u{1b}]0;x\u{7}\u{9b}2J\r\nb\u{202e}\tc");
        assert_eq!(shown.as_str(), "a␛]0;x␇<U+009B>2J␍␊b<U+202E>    c");
        assert!(!shown.as_str().contains(char::is_control));
    }

    #[test]
    fn marks_do_not_pile_up() {
        let shown = Shown::line(&format!("a{}b", "\u{301}".repeat(500)));
        assert_eq!(shown.as_str().chars().count(), MOST_MARKS + 1);
    }

    #[test]
    fn lines_break_between_words_and_wide_characters_are_counted() {
        let wrapped = |text: &str, columns| Shown::line(text).wrapped(columns);
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("漢字仮名", 5), ["漢字", "仮名"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("👩‍👩‍👧 x", 2), ["👩‍👩‍👧", "x"]);
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(Shown::line("abcdef").cut(6), "abcdef");
        assert_eq!(Shown::line("abcdef").cut(4), "abc…");
        assert_eq!(Shown::line("漢字仮").cut(5), "漢字…");
    }
}
