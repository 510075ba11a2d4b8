//! Lines of standard input, bounded.

use std::{
    io::{self, BufRead},
    thread,
};

use tokio::sync::mpsc;
use wire_format::limits::TEXT_BYTES;

/// A line as it came, without its line feed.
#[derive(Debug)]
pub(crate) enum Line {
    /// Text to send.
    Text(String),
    /// Longer than a message may be; it was skipped.
    TooLong,
    /// Not UTF-8; it was skipped.
    NotText,
    /// The input failed.
    Failed(io::Error),
}

/// Reads standard input on a thread, one line ahead. The thread ends with the input or the program:
/// a read from a terminal cannot be called back.
pub(crate) fn lines() -> io::Result<mpsc::Receiver<Line>> {
    let (sender, lines) = mpsc::channel(1);
    thread::Builder::new()
        .name("standard input".to_owned())
        .spawn(move || {
            let mut input = io::stdin().lock();
            while let Some(line) = next_line(&mut input) {
                if sender.blocking_send(line).is_err() {
                    break;
                }
            }
        })?;
    Ok(lines)
}

/// The next line, in at most [`TEXT_BYTES`] of memory; `None` at the end.
fn next_line(input: &mut impl BufRead) -> Option<Line> {
    let mut bytes = Vec::new();
    let mut is_too_long = false;
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Some(Line::Failed(error)),
        };
        if available.is_empty() {
            // A last line may lack its line feed.
            let is_end = bytes.is_empty() && !is_too_long;
            return (!is_end).then(|| finish(bytes, is_too_long));
        }
        let feed = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..feed.unwrap_or(available.len())];
        if bytes.len() + part.len() > TEXT_BYTES {
            is_too_long = true;
            bytes = Vec::new();
        }
        if !is_too_long {
            bytes.extend_from_slice(part);
        }
        let used = part.len() + usize::from(feed.is_some());
        input.consume(used);
        if feed.is_some() {
            return Some(finish(bytes, is_too_long));
        }
    }
}

fn finish(bytes: Vec<u8>, is_too_long: bool) -> Line {
    if is_too_long {
        return Line::TooLong;
    }
    String::from_utf8(bytes).map_or(Line::NotText, Line::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<String> {
        // A small buffer, so that lines span several reads.
        let mut input = io::BufReader::with_capacity(3, input);
        std::iter::from_fn(|| next_line(&mut input))
            .map(|line| format!("{line:?}"))
            .collect()
    }

    #[test]
    fn lines_are_kept_as_they_are() {
        let expected = [
            "Text(\"12:30\")",
            "Text(\"\")",
            "Text(\" a\\r\")",
            "Text(\"end\")",
        ];
        assert_eq!(all(b"12:30\n\n a\r\nend"), expected);
        assert_eq!(all(b"").len(), 0);
        assert_eq!(all(b"\xff\nx\n"), ["NotText", "Text(\"x\")"]);
    }

    #[test]
    fn a_line_above_the_limit_is_skipped_whole() {
        let mut input = vec![b'x'; TEXT_BYTES];
        input.extend_from_slice(b"\n");
        assert!(all(&input)[0].starts_with("Text"));
        input.insert(0, b'x');
        input.extend_from_slice(b"next\n");
        assert_eq!(all(&input), ["TooLong", "Text(\"next\")"]);
    }
}
