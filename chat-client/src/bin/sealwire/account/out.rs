//! What the commands of accounts print.

use std::io::{self, Write as _};

use serde_json::Value;

use crate::{cli::Format, exit::Failure};

/// Prints the text, or the object.
pub(super) fn print(format: Format, text: &str, object: &Value) -> Result<(), Failure> {
    let line = match format {
        Format::Plain => text.trim_end_matches('\n').to_owned(),
        Format::Json => object.to_string(),
    };
    let mut out = io::stdout().lock();
    let printed = writeln!(out, "{line}").and_then(|()| out.flush());
    printed.map_err(Failure::Output)
}
