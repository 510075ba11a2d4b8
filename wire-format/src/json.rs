//! Reading JSON that must be one object (docs/protocol.md#1-conventions).

use serde::{Deserialize, Deserializer};

/// Reads one object and nothing behind it.
///
/// A derived struct also reads an array of its fields' values, which another language's reader of
/// the same document refuses; so what is not an object is refused before it gets that far.
pub(crate) fn object<'a, T: Deserialize<'a>>(text: &'a [u8]) -> serde_json::Result<T> {
    let is_object = text.trim_ascii_start().first() == Some(&b'{');
    if is_object {
        serde_json::from_slice(text)
    } else {
        Err(serde::de::Error::custom("not an object"))
    }
}

/// A field that may be absent, and is not null where it is there.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Pair {
        first: u8,
        second: u8,
    }

    #[test]
    fn an_array_of_the_fields_is_not_the_object() {
        let read = |text: &str| object::<Pair>(text.as_bytes()).ok();
        let pair = Some(Pair {
            first: 1,
            second: 2,
        });
        assert_eq!(read(" \r\n\t{\"first\":1,\"second\":2} "), pair);
        for other in ["[1,2]", " [1,2]", "", "1", "null", "\"{\"", "\u{c}{}"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
