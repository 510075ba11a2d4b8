//! What files are called, there and here.

use std::path::Path;

use wire_format::limits::FILE_NAME_BYTES;

/// A file's own name as it may be sent; `None` if it is not text, or has what no name in a message has.
pub(super) fn of_path(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    is_name(name).then(|| name.to_owned())
}

/// Whether a message may carry this name.
pub(super) fn is_name(name: &str) -> bool {
    let is_in_name = |c: char| !matches!(c, '/' | '\\') && !c.is_control();
    (1..=FILE_NAME_BYTES).contains(&name.len()) && name.chars().all(is_in_name)
}

/// A name by which a file that somebody sent may be kept here: no other folder's, none that hides itself,
/// none that reads otherwise than it is written.
pub(super) fn safe(name: &str) -> String {
    let kept = |c: char| match c {
        '/' | '\\' | ':' => '_',
        c if c.is_control() || is_unseen(c) => '_',
        c => c,
    };
    let mut safe: String = name.chars().map(kept).collect();
    // `.`, `..` and names that a listing leaves out.
    if safe.starts_with(['.', '-', '~']) {
        safe.replace_range(..1, "_");
    }
    while safe.len() > FILE_NAME_BYTES {
        safe.pop();
    }
    match safe.trim().is_empty() {
        true => "file".to_owned(),
        false => safe,
    }
}

/// What turns directions or takes no place.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The media type that a name's ending stands for. Nobody opens anything by it without looking.
pub(super) fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = ending.to_ascii_lowercase();
    let known = TYPES.iter().find(|(known, _)| *known == ending);
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

const TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("zip", "application/zip"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder_and_reads_as_it_is_written() {
        for (name, expected) in [
            ("report.pdf", "report.pdf"),
            ("备忘 1.txt", "备忘 1.txt"),
            ("..", "_."),
            (".", "_"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            (".bashrc", "_bashrc"),
            ("-rf", "_rf"),
            ("~root", "_root"),
            ("C:\\x", "C__x"),
            ("a\0b\nc\u{1b}[2J", "a_b_c_[2J"),
            ("invoice\u{202e}fdp.exe", "invoice_fdp.exe"),
            ("\u{2066}x\u{200b}", "_x_"),
            ("", "file"),
            ("  ", "file"),
        ] {
            assert_eq!(safe(name), expected, "{name:?}");
        }
        let long = safe(&"é".repeat(200));
        assert!(long.len() <= FILE_NAME_BYTES && long.len() > FILE_NAME_BYTES - 2);
    }

    #[test]
    fn a_name_that_no_message_carries_is_not_sent() {
        let of = |path: &str| of_path(Path::new(path));
        assert_eq!(of("/tmp/a b.txt").as_deref(), Some("a b.txt"));
        for path in ["/", "..", "a\nb", &"a".repeat(256)] {
            assert_eq!(of(path), None, "{path:?}");
        }
        assert!(!is_name("") && !is_name("a/b") && !is_name("a\\b"));
    }

    #[test]
    fn a_type_goes_by_the_ending() {
        for (name, expected) in [
            ("a.PNG", "image/png"),
            ("a.tar.zip", "application/zip"),
            ("a", "application/octet-stream"),
            ("png", "application/octet-stream"),
            (".txt", "text/plain"),
        ] {
            assert_eq!(media_type(name), expected, "{name}");
        }
    }
}
