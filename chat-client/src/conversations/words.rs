//! What names, topics and titles may be, where only members see them and no server looks at them.

use wire_format::limits::{RESOURCE_TITLE_BYTES, RESOURCE_URL_BYTES, ROOM_NAME_BYTES, TOPIC_BYTES};

use super::ConversationError;

/// That something can be the name of a room or channel.
pub(super) fn check_name(name: &str) -> Result<(), ConversationError> {
    check("a name", name, 1, ROOM_NAME_BYTES)?;
    if name.trim().is_empty() {
        return Err(ConversationError::Words {
            what: "a name",
            least: 1,
            most: ROOM_NAME_BYTES,
        });
    }
    Ok(())
}

/// That something can be a topic; an empty one is none.
pub(super) fn check_topic(topic: &str) -> Result<(), ConversationError> {
    check("a topic", topic, 0, TOPIC_BYTES)
}

/// That something can be the title of a resource.
pub(super) fn check_title(title: &str) -> Result<(), ConversationError> {
    check("a title", title, 1, RESOURCE_TITLE_BYTES)
}

/// That a resource may lead there: to a page, and never to something that is carried out where it is
/// opened.
pub(super) fn check_url(url: &str) -> Result<(), ConversationError> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_web = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let is_plain = !url.contains(|character: char| {
        character.is_control() || character.is_whitespace() || is_turning(character)
    });
    if !is_web || !is_plain || url.len() > RESOURCE_URL_BYTES {
        return Err(ConversationError::Link);
    }
    Ok(())
}

fn check(
    what: &'static str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<(), ConversationError> {
    let is_plain =
        !text.contains(|character: char| character.is_control() || is_turning(character));
    if is_plain && (least..=most).contains(&text.len()) {
        return Ok(());
    }
    Err(ConversationError::Words { what, least, most })
}

/// What turns the direction of everything behind it, or is not seen: a name with it can look like
/// another one.
const fn is_turning(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_length_and_turns_nothing_round() {
        let long = |bytes: usize| "n".repeat(bytes);
        for good in ["ops", "李 明", "a/b", &long(ROOM_NAME_BYTES)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "  ",
            "a\nb",
            "a\0b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{feff}b",
            &long(ROOM_NAME_BYTES + 1),
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_topic("").is_ok() && check_topic(&long(TOPIC_BYTES)).is_ok());
        assert!(check_topic(&long(TOPIC_BYTES + 1)).is_err());
        assert!(check_title("").is_err() && check_title(&long(RESOURCE_TITLE_BYTES)).is_ok());
        assert!(check_title(&long(RESOURCE_TITLE_BYTES + 1)).is_err());
    }

    #[test]
    fn a_link_leads_to_a_page_and_nowhere_else() {
        let long = |bytes: usize| format!("https://{}", "u".repeat(bytes - 8));
        for good in [
            "https://example.org",
            "http://example.org/a?b=c#d",
            &long(RESOURCE_URL_BYTES),
        ] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " https://example.org",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.org",
            "HTTPS://example.org",
            "https://",
            "https:///path",
            "https://exa mple.org",
            "https://example.org/\njavascript:alert(1)",
            "https://example.org/\u{202e}gpj.exe",
            &long(RESOURCE_URL_BYTES + 1),
        ] {
            assert!(check_url(bad).is_err(), "{bad:?}");
        }
    }
}
