//! Lines of output.

use std::io::{self, Write as _};

use chat_server::store::audit::AuditHead;
use wire_format::OneTimeToken;

/// Prints a line.
pub(super) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints columns with tabs between them. What no program of ours writes cannot move a terminal's
/// cursor, either.
pub(super) fn columns(columns: &[&str]) -> io::Result<()> {
    let shown = |text: &&str| -> String {
        let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        text.chars().map(visible).collect()
    };
    let columns: Vec<String> = columns.iter().map(shown).collect();
    line(&columns.join("\t"))
}

/// Prints a one-time token on standard output, and beside it what it is for.
pub(super) fn token(token: &OneTimeToken, what_for: &str) -> io::Result<()> {
    line(&token.to_hex())?;
    eprintln!("{what_for}");
    Ok(())
}

/// Number and hash of a row, as `audit verify --expect-head` takes them.
pub(super) fn head(head: &AuditHead) -> String {
    format!("{}:{}", head.number, hex(&head.hash))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
