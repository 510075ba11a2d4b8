//! Which names people and rooms may have, and which of them look alike.

use std::collections::BTreeSet;

use precis_profiles::{Nickname, precis_core::profile::Profile};
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;
use wire_format::{
    Name,
    limits::{DISPLAY_SCALARS, NAME_SCALARS, NAME_SCALARS_LEAST, ROOM_NAME_SCALARS, TOPIC_BYTES},
};

/// Prepares a person's name (RFC 8266 with its case kept): trimmed, runs of spaces made one,
/// compatibility forms replaced. `None` if it cannot be used.
pub(crate) fn prepare_person(typed: &str) -> Option<Name> {
    let name = prepare(typed, NAME_SCALARS_LEAST, NAME_SCALARS)?;
    Name::try_from(name.as_str()).ok()
}

/// Prepares a room's name the same way.
pub(crate) fn prepare_room(typed: &str) -> Option<String> {
    prepare(typed, 1, ROOM_NAME_SCALARS)
}

/// Prepares the name that an account shows beside its own, the same way; nothing, or nothing but
/// spaces, is none.
pub(crate) fn prepare_display(typed: &str) -> Option<String> {
    if typed.chars().all(|scalar| scalar == ' ') {
        return Some(String::new());
    }
    prepare(typed, 1, DISPLAY_SCALARS)
}

/// Prepares the topic of a room or a channel: trimmed. `None` where something in it cannot be seen or
/// covers what is around it; what joins and colours emoji may be there.
pub(crate) fn prepare_topic(typed: &str) -> Option<String> {
    let topic = typed.trim();
    let is_bad = |scalar| is_deceptive(scalar) && !matches!(scalar, '\u{200d}' | '\u{fe0f}');
    let is_good = topic.len() <= TOPIC_BYTES && !topic.chars().any(is_bad);
    (is_good && marks_are_few(topic)).then(|| topic.to_owned())
}

/// All forms under which a name must be unique: two names that share one are twins in case or can
/// be mistaken for each other (UTS #39, section 4).
pub(crate) fn look_alikes(name: &str) -> BTreeSet<String> {
    // Folding before and after the skeleton finds both "PAYPAL" beside "paypal" and "paypaI"
    // (with a capital I) beside it.
    [
        fold(name),
        fold(&skeleton(name).collect::<String>()),
        skeleton(&fold(name)).collect(),
    ]
    .into()
}

fn prepare(typed: &str, least: usize, most: usize) -> Option<String> {
    // Preparing never turns a text of bounded length into one of less than an eighteenth.
    if typed.len() > most * LONGEST_DECOMPOSITION * 4 || typed.chars().any(is_deceptive) {
        return None;
    }
    let name = Nickname::new().enforce(typed).ok()?.into_owned();
    let fits = (least..=most).contains(&name.chars().count());
    (fits && !name.chars().any(is_deceptive) && marks_are_few(&name)).then_some(name)
}

/// Characters that cannot be seen or that change the place of others, beyond those that the PRECIS
/// FreeformClass refuses.
fn is_deceptive(scalar: char) -> bool {
    scalar.is_control()
        || matches!(
            scalar,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{ffff}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

/// No mark without a letter, and no tower of marks that covers the lines around it.
fn marks_are_few(name: &str) -> bool {
    // A name begins as if both towers were full.
    let (mut common, mut any) = (HIGHEST_TOWER, HIGHEST_TOWER_OF_A_SCRIPT);
    name.chars().all(|scalar| {
        common = if is_common_mark(scalar) {
            common + 1
        } else {
            0
        };
        any = if is_combining_mark(scalar) {
            any + 1
        } else {
            0
        };
        common <= HIGHEST_TOWER && any <= HIGHEST_TOWER_OF_A_SCRIPT
    })
}

/// The marks that go with letters of any script.
fn is_common_mark(scalar: char) -> bool {
    matches!(
        scalar,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Case folding: by way of upper case, which joins the forms that lower case keeps apart (ß, ς).
pub(crate) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Marks of any script on one letter.
const HIGHEST_TOWER: usize = 2;
/// Marks of whatever kind on one letter: the stacks of Tibetan and the points and accents of
/// pointed Hebrew need no more.
const HIGHEST_TOWER_OF_A_SCRIPT: usize = 4;
/// Scalar values that one scalar value may become or come from (UAX #15).
const LONGEST_DECOMPOSITION: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;

    fn person(typed: &str) -> Option<String> {
        prepare_person(typed).map(|name| name.as_str().to_owned())
    }

    fn alike(a: &str, b: &str) -> bool {
        !look_alikes(a).is_disjoint(&look_alikes(b))
    }

    #[test]
    fn names_are_trimmed_and_composed() {
        assert_eq!(person("  Ann   Lee \u{a0}").as_deref(), Some("Ann Lee"));
        assert_eq!(person("Zoe\u{308}").as_deref(), Some("Zoë"));
        assert_eq!(person("ＡＢ").as_deref(), Some("AB"));
        assert_eq!(person("王小明").as_deref(), Some("王小明"));
        assert!(person("שָׁלוֹם").is_some());
        assert_eq!(person("مرحبا").as_deref(), Some("مرحبا"));
        assert_eq!(person("12:30").as_deref(), Some("12:30"));
        assert_eq!(person("<script>").as_deref(), Some("<script>"));
        assert_eq!(person("😀😀").as_deref(), Some("😀😀"));
    }

    #[test]
    fn length_is_counted_in_scalar_values_after_preparing() {
        assert_eq!(person("a"), None);
        assert_eq!(person(" a "), None);
        assert!(person("ab").is_some());
        assert!(person(&"é".repeat(31)).is_some());
        assert!(person(&"e\u{301}".repeat(31)).is_some());
        assert!(person(&"𐐷".repeat(31)).is_some());
        assert_eq!(person(&"é".repeat(32)), None);
        assert_eq!(person("\u{fdfa}\u{fdfa}"), None, "36 scalar values");
        assert_eq!(person(&"x".repeat(1 << 20)), None);
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for bad in [
            "",
            "  ",
            "a\0b",
            "a\nb",
            "a\tb",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{ad}b",
            "a\u{200b}b",
            "a\u{200d}b",
            "a\u{200e}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{2028}b",
            "a\u{2060}b",
            "a\u{feff}b",
            "a\u{fe0f}b",
            "\u{3164}\u{3164}",
            "\u{2800}\u{2800}",
            "a\u{e000}b",
            "a\u{fffd}b",
            "a\u{e0041}b",
            "\u{301}a",
            "a\u{301}\u{302}\u{303}\u{304}\u{305}b",
            "a\u{378}b",
            "a\u{10ffff}b",
            "a\u{34f}b",
            "a\u{61c}b",
            "a\u{180e}b",
        ] {
            assert_eq!(person(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn marks_of_a_script_make_no_towers() {
        for bad in [
            "ก\u{e34}\u{e34}\u{e34}\u{e34}\u{e34}ข",
            "ب\u{64b}\u{64c}\u{64d}\u{64e}\u{64f}ا",
            "א\u{5b0}\u{5b1}\u{5b2}\u{5b3}\u{5b4}ב",
            "\u{e34}กข",
        ] {
            assert_eq!(person(bad), None, "{bad:?}");
        }
        for good in ["ที่นี่", "क्ष्मि", "ཧཱུྃཀ", "שָּׁלוֹם", "مُحَمَّد"]
        {
            assert!(person(good).is_some(), "{good}");
        }
    }

    #[test]
    fn a_topic_is_a_paragraph_that_shows_as_it_is() {
        let topic = |typed: &str| prepare_topic(typed);
        assert_eq!(
            topic("  Ops \u{2192} on call  ").as_deref(),
            Some("Ops \u{2192} on call")
        );
        assert_eq!(topic("").as_deref(), Some(""));
        assert!(topic("👩\u{200d}🚒 \u{2764}\u{fe0f}").is_some());
        assert!(topic(&"x".repeat(TOPIC_BYTES)).is_some());
        assert!(topic(&"x".repeat(TOPIC_BYTES + 1)).is_none());
        assert!(topic(&format!(" {} ", "x".repeat(TOPIC_BYTES))).is_some());
        let tower = format!("a{}", "\u{301}".repeat(40));
        for bad in [
            "a\0b",
            "a\nb",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{7f}",
            "\u{301}",
            &tower,
        ] {
            assert_eq!(topic(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn twins_and_look_alikes_are_found() {
        for (a, b) in [
            ("Alice", "aLICE"),
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("paypal", "paypaI"),
            ("paypal", "pаypаl"),
            ("alice", "alıce"),
            ("Bob", "B0b"),
            ("modern", "modem"),
            ("Scope", "Ѕсоре"),
            ("admin1", "adminl"),
        ] {
            assert!(alike(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn different_names_are_different() {
        for (a, b) in [
            ("Alice", "Alicia"),
            ("Ann Lee", "AnnLee"),
            ("王小明", "王大明"),
            ("user2", "user3"),
            ("Zoë", "Zoe"),
        ] {
            assert!(!alike(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn rooms_have_one_to_64_scalar_values() {
        assert_eq!(prepare_room(" a ").as_deref(), Some("a"));
        assert_eq!(prepare_room("lobby").as_deref(), Some("lobby"));
        assert!(prepare_room(&"室".repeat(64)).is_some());
        assert_eq!(prepare_room(&"室".repeat(65)), None);
        assert_eq!(prepare_room(""), None);
        assert_eq!(prepare_room("a\u{202e}b"), None);
    }

    #[test]
    fn a_name_to_show_has_up_to_64_scalar_values_or_is_none() {
        assert_eq!(prepare_display("").as_deref(), Some(""));
        assert_eq!(prepare_display("  ").as_deref(), Some(""));
        assert_eq!(prepare_display(" Ada  L. ").as_deref(), Some("Ada L."));
        for count in [1, 63, 64] {
            let name = "王".repeat(count);
            assert_eq!(prepare_display(&name), Some(name));
        }
        assert_eq!(prepare_display(&"王".repeat(65)), None);
        assert_eq!(prepare_display(&" ".repeat(1 << 16)).as_deref(), Some(""));
        for bad in ["a\u{202e}b", "a\nb", "\n", "\u{200b}", "\u{2800}"] {
            assert_eq!(prepare_display(bad), None, "{bad:?}");
        }
    }
}
