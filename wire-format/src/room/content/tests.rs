use proptest::prelude::*;

use super::*;
use crate::{
    ids::{AccountId, ByteCount, EnvelopeHash, FileId, MessageId, Sequence},
    vault::KeyBytes,
};

const MESSAGE: MessageId = MessageId::from_bytes([1; 16]);
const HASH: EnvelopeHash = EnvelopeHash::from_bytes([2; 32]);

/// Whether a content is written, and then read as what it was.
fn stands(content: RoomContent) -> bool {
    let written = content.encode();
    if let Ok(bytes) = &written {
        assert!(RoomContent::parse(bytes) == Ok(content));
    }
    written.is_ok()
}

fn text(bytes: usize) -> String {
    "a".repeat(bytes)
}

#[test]
fn texts_and_lists_have_limits() {
    for (bytes, expected) in [
        (0, false),
        (1, true),
        (262_143, true),
        (262_144, true),
        (262_145, false),
    ] {
        let message = Text {
            text: text(bytes),
            mentions: None,
        };
        assert_eq!(stands(RoomContent::Text(message)), expected, "{bytes}");
    }
    for (mentions, expected) in [(0, true), (999, true), (1_000, true), (1_001, false)] {
        let reply = Reply {
            text: text(1),
            message: MESSAGE,
            hash: HASH,
            mentions: Some(vec![AccountId::from_bytes([3; 16]); mentions]),
        };
        assert_eq!(stands(RoomContent::Reply(reply)), expected, "{mentions}");
    }
    for (bytes, expected) in [
        (0, false),
        (1, true),
        (255, true),
        (256, true),
        (257, false),
    ] {
        let tombstone = Tombstone {
            message: MESSAGE,
            hash: HASH,
            reason: Some(text(bytes)),
        };
        assert_eq!(stands(RoomContent::Tombstone(tombstone)), expected);
        let line = ResourceLine {
            resource: crate::ids::ResourceId::from_bytes([4; 16]),
            action: ResourceAction::Added,
            title: text(bytes),
        };
        assert_eq!(stands(RoomContent::Resource(line)), expected);
    }
    for (bytes, expected) in [(0, false), (1, true), (31, true), (32, true), (33, false)] {
        let reaction = Reaction {
            message: MESSAGE,
            hash: HASH,
            emoji: text(bytes),
            on: true,
        };
        assert_eq!(stands(RoomContent::Reaction(reaction)), expected);
    }
    for (revision, expected) in [(0, false), (1, true), (u32::MAX, true)] {
        let edit = Edit {
            message: MESSAGE,
            hash: HASH,
            text: text(1),
            revision,
        };
        assert_eq!(stands(RoomContent::Edit(edit)), expected);
    }
}

fn file(size: u64, chunks: u32) -> FileNote {
    FileNote {
        file: FileId::from_bytes([5; 16]),
        name: "notes.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: ByteCount::new(size),
        secret: KeyBytes::from_bytes([6; 32]),
        chunks,
        text: None,
    }
}

#[test]
fn the_chunks_of_a_file_are_those_that_its_size_needs() {
    const MIB: u64 = 1024 * 1024;
    for (size, chunks, expected) in [
        (0, 0, false),
        (0, 1, true),
        (0, 2, false),
        (1, 1, true),
        (MIB - 1, 1, true),
        (MIB, 1, true),
        (MIB + 1, 1, false),
        (MIB + 1, 2, true),
        (4_096 * MIB, 4_095, false),
        (4_096 * MIB, 4_096, true),
        (4_096 * MIB + 1, 4_097, false),
        (u64::MAX, u32::MAX, false),
    ] {
        let stands = stands(RoomContent::File(file(size, chunks)));
        assert_eq!(stands, expected, "{size} in {chunks}");
    }
}

#[test]
fn the_name_of_a_file_is_no_path() {
    let named = |name: &str| {
        let mut note = file(1, 1);
        note.name = name.to_owned();
        stands(RoomContent::File(note))
    };
    assert!(named("备忘 … .txt"));
    assert!(named(&text(254)) && named(&text(255)) && !named(&text(256)));
    for bad in ["", "a/b", "a\\b", "a\nb", "a\u{0}", "\u{85}"] {
        assert!(!named(bad), "{bad:?}");
    }
    for (media_type, expected) in [("", false), ("a b", false), ("é", false), ("x/y", true)] {
        let mut note = file(1, 1);
        note.media_type = media_type.to_owned();
        assert_eq!(stands(RoomContent::File(note)), expected);
    }
    for (bytes, expected) in [(126, true), (127, true), (128, false)] {
        let mut note = file(1, 1);
        note.media_type = text(bytes);
        assert_eq!(stands(RoomContent::File(note)), expected);
    }
}

#[test]
fn what_is_not_kept_is_what_holds_for_a_moment() {
    let receipt = RoomContent::Receipt(Receipt {
        kind: ReceiptKind::Read,
        message: MESSAGE,
        sequence: Sequence::new(1),
    });
    assert_eq!(receipt.storage(), Storage::Passing);
    assert!(stands(receipt));
    let typing = RoomContent::Typing(Typing { on: true });
    assert_eq!(typing.storage(), Storage::Passing);
    assert!(stands(typing));
    let unknown = RoomContent::Unknown("poll".to_owned());
    assert_eq!(unknown.storage(), Storage::Stored);
    assert!(!stands(unknown));
}

#[test]
fn newer_types_and_fields_are_passed_over_and_wrong_ones_refused() {
    let parse = |text: &str| RoomContent::parse(text.as_bytes());
    let poll = RoomContent::Unknown("poll".to_owned());
    assert_eq!(parse(r#"{"type":"poll","question":"?"}"#), Ok(poll));
    let typing = RoomContent::Typing(Typing { on: false });
    assert_eq!(parse(r#"{"type":"typing","on":false,"x":1}"#), Ok(typing));
    for bad in [
        "",
        "[]",
        r#"{"text":"a"}"#,
        r#"{"type":"text","text":"a","text":"b"}"#,
        r#"{"type":"text","type":"text","text":"a"}"#,
        r#"{"type":"text","text":"a","mentions":null}"#,
        r#"{"type":"text","text":"a","mentions":["A"]}"#,
        r#"{"type":"typing","on":1}"#,
        r#"{"type":"typing","on":true}{}"#,
        r#"{"type":"receipt","kind":"seen","message":"01010101010101010101010101010101","sequence":"1"}"#,
        r#"{"type":"receipt","kind":"read","message":"01010101010101010101010101010101","sequence":1}"#,
        r#"{"type":"receipt","kind":"read","message":"01010101010101010101010101010101","sequence":"0"}"#,
        r#"{"type":"edit","text":"a"}"#,
    ] {
        assert_eq!(parse(bad), Err(OpenError::Content), "{bad}");
    }
}

#[test]
fn a_content_does_not_show_in_debug() {
    let canary = RoomContent::Text(Text {
        text: "canary".to_owned(),
        mentions: None,
    });
    assert_eq!(format!("{canary:?}"), "Text(..)");
}

proptest! {
    #[test]
    fn any_text_comes_back_unchanged(text in "\\PC{1,300}|[\\x00-\\x7f]{1,80}") {
        let message = Text { text, mentions: None };
        prop_assert!(stands(RoomContent::Text(message)));
    }

    #[test]
    fn no_bytes_reach_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = RoomContent::parse(&bytes);
    }
}
