//! What JSON Schema says of the texts that identifiers, numbers and secrets travel as.

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: usize, description: &str) -> RefOr<Schema> {
    text(&format!("^[0-9a-f]{{{}}}$", 2 * bytes), description)
}

/// A 64-bit number in its one decimal form; the pattern does not keep it below 2⁶⁴.
pub(crate) fn decimal(description: &str) -> RefOr<Schema> {
    text("^(0|[1-9][0-9]{0,19})$", description)
}

/// Visible ASCII characters.
pub(crate) fn visible_ascii(most: usize, description: &str) -> RefOr<Schema> {
    text(&format!("^[!-~]{{1,{most}}}$"), description)
}

fn text(pattern: &str, description: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(description.trim()))
        .into()
}
