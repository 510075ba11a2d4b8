//! Whole screens, as a terminal shows them.

use std::collections::BTreeMap;

use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use wire_format::{AccountId, EnvelopeHash, MessageId, Millis, RoomId, Sequence};

use super::draw;
use crate::account::chat::{
    command,
    model::{
        Belief, Believed, Change, Front, Glance, Kind, Link, Model, Row, Said, Trust, Update, What,
        Which,
    },
    shown::Shown,
};

const ROOM: RoomId = RoomId::from_bytes([1; 16]);
const OTHER: RoomId = RoomId::from_bytes([2; 16]);
const ADA: AccountId = AccountId::from_bytes([3; 16]);
const BOB: AccountId = AccountId::from_bytes([4; 16]);
/// 2026-11-30, 12:30.
const NOON: u64 = 1_796_041_800_000;

/// The screen, line by line.
fn screen(model: &mut Model, columns: u16, lines: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).expect("a terminal");
    let mut seen = None;
    terminal
        .draw(|frame| seen = Some(draw(frame, model)))
        .expect("drawn");
    model.was_drawn(seen.expect("drawn"));
    let buffer = terminal.backend().buffer();
    let shown = buffer.content().chunks(columns.into()).map(|cells| {
        let mut line = String::new();
        let mut wide = 0;
        for cell in cells {
            if wide > 0 {
                wide -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            wide = crate::account::chat::shown::width(cell.symbol()).saturating_sub(1);
        }
        line.trim_end().to_owned()
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// Whether a line that begins so is shown as an alarm.
fn is_alarm(model: &mut Model, begins: &str) -> bool {
    let mut terminal = Terminal::new(TestBackend::new(58, 9)).expect("a terminal");
    let drawn = terminal.draw(|frame| {
        draw(frame, model);
    });
    drawn.expect("drawn");
    let lines = terminal.backend().buffer().content().chunks(58);
    let mut lines = lines.filter(|cells| {
        let line: String = cells.iter().map(|cell| cell.symbol()).collect();
        line.starts_with(begins)
    });
    lines.any(|cells| Some(cells[0].fg) == super::ALARM.fg)
}

fn glance(room: RoomId, name: &str, kind: Kind) -> Update {
    Update::Room(Glance {
        at: room.into(),
        name: Shown::line(name),
        kind,
        is_stopped: false,
        mark: Sequence::new(1),
    })
}

fn said(sequence: u64, time: u64, name: &str, text: &str) -> Row {
    Row::new(
        Sequence::new(sequence),
        Some(Millis::new(time)),
        What::Said(Box::new(Said {
            name: Shown::line(name),
            is_own: name == "Ada",
            which: which(sequence),
            text: text.to_owned(),
            is_text: true,
            answers: None,
            flags: Vec::new(),
            revision: 0,
            deleted: None,
            reactions: BTreeMap::new(),
        })),
    )
}

fn which(sequence: u64) -> Which {
    Which {
        message: MessageId::from_bytes([sequence.to_le_bytes()[0]; 16]),
        hash: EnvelopeHash::from_bytes([7; 32]),
    }
}

/// Ada and Bob, who have talked, and a group.
fn talk() -> Model {
    let mut model = Model::new("Ada", ADA);
    model.take(glance(ROOM, "Bob", Kind::Direct));
    model.take(glance(OTHER, "ops", Kind::Group));
    model.take(Update::Link(Link::There));
    let day = 86_400_000;
    for row in [
        said(2, NOON - day, "Bob", "Hello!"),
        said(3, NOON, "Ada", "Hello, Bob."),
        said(4, NOON + 60_000, "Bob", "How do you do?\nAll well here."),
    ] {
        model.take(Update::Row(ROOM.into(), row));
    }
    model.take(Update::Row(OTHER.into(), said(2, NOON, "Bob", "deployed")));
    model.take(Update::Row(OTHER.into(), said(3, NOON, "Bob", "and again")));
    model
}

fn changed(of: Which, change: Change) -> Update {
    let at = ROOM.into();
    Update::Changed { at, of, change }
}

fn press(model: &mut Model, code: KeyCode) {
    model.key(
        KeyEvent::new(code, KeyModifiers::NONE),
        MessageId::from_bytes([9; 16]),
    );
}

fn write(model: &mut Model, text: &str) {
    for character in text.chars() {
        press(model, KeyCode::Char(character));
    }
}

fn trust(belief: Belief) -> Trust {
    Trust {
        people: vec![
            Believed {
                name: Shown::line("Ada"),
                typed: Shown::line("Ada"),
                role: "owner",
                belief: Belief::Own,
                safety_number: None,
            },
            Believed {
                name: Shown::line("Bob"),
                typed: Shown::line("Bob"),
                role: "owner",
                belief,
                safety_number: Some(Shown::line(&["12345"; 12].join(" "))),
            },
        ],
        others: 1,
        known: Some((Shown::line("1"), Shown::line(&["54321"; 12].join(" ")))),
        fork: Vec::new(),
    }
}

#[test]
fn rooms_unread_days_and_the_newest_at_the_bottom() {
    let mut model = talk();
    model.take(Update::Trust(ROOM, trust(Belief::Verified)));
    write(&mut model, "Fine");
    assert_eq!(
        screen(&mut model, 72, 13),
        [
            "  Bob               2│Bob",
            "  ops               2│✓ verified · room number 54321 54321… · Ctrl-T",
            "                     │",
            "                     │",
            "                     │── 2026-11-29 ──",
            "                     │12:30 Bob: Hello!",
            "                     │── 2026-11-30 ──",
            "                     │12:30 Ada: Hello, Bob.",
            "                     │12:31 Bob: How do you do?",
            "                     │      All well here.",
            "                     │──────────────────────────────────────────────────",
            "                     │> Fine",
            "Ada · ? keys",
        ]
        .join("\n")
    );
}

#[test]
fn replies_edits_reactions_and_what_was_deleted_are_shown() {
    let mut model = talk();
    let mut reply = said(5, NOON + 120_000, "Ada", "Very well");
    if let What::Said(said) = &mut reply.what {
        said.answers = Some(which(4));
    }
    model.take(Update::Row(ROOM.into(), reply));
    model.take(changed(
        which(5),
        Change::Edited {
            text: "Quite well".to_owned(),
            revision: 1,
        },
    ));
    model.take(changed(which(2), Change::Deleted(Shown::line("Bob"))));
    for (by, sign) in [(ADA, "👍"), (BOB, "👍"), (BOB, "🎉")] {
        model.take(changed(
            which(3),
            Change::Reacted {
                by,
                sign: Shown::line(sign),
                on: true,
            },
        ));
    }
    assert_eq!(
        screen(&mut model, 40, 16),
        [
            "Bob",
            "",
            "",
            "",
            "── 2026-11-29 ──",
            "12:30 Bob: (deleted by Bob)",
            "── 2026-11-30 ──",
            "12:30 Ada: Hello, Bob.",
            "      🎉 1  👍 2*",
            "12:31 Bob: How do you do?",
            "      All well here.",
            "      │ Bob: How do you do?",
            "12:32 Ada: Quite well (edited)",
            "────────────────────────────────────────",
            ">",
            "Ada · ? keys",
        ]
        .join("\n")
    );
}

#[test]
fn what_is_not_shown_and_what_was_not_sent_say_what_to_do() {
    let mut model = talk();
    model.take(Update::Row(
        ROOM.into(),
        Row::new(
            Sequence::new(5),
            Some(Millis::new(NOON + 120_000)),
            What::Named {
                what: Shown::line(
                    "a message from Bob is not shown: the key of epoch 2 has not come yet",
                ),
                next: Shown::line("It was asked for. Listen again later."),
            },
        ),
    ));
    write(&mut model, "Hello?");
    press(&mut model, KeyCode::Enter);
    model.take(Update::Unsent {
        message: MessageId::from_bytes([9; 16]),
        why: Shown::line("the room's key has not come yet"),
        next: Shown::line("Try again later."),
    });
    model.take(Update::Link(Link::Lost));
    assert_eq!(
        screen(&mut model, 50, 16),
        [
            "Bob",
            "",
            "12:30 Bob: Hello!",
            "── 2026-11-30 ──",
            "12:30 Ada: Hello, Bob.",
            "12:31 Bob: How do you do?",
            "      All well here.",
            "12:32 ! a message from Bob is not shown: the key",
            "        of epoch 2 has not come yet",
            "        → It was asked for. Listen again later.",
            "      … Hello?",
            "      ! not sent: the room's key has not come yet",
            "        → Try again later.",
            "──────────────────────────────────────────────────",
            ">",
            "no connection, trying again… Ada · ? keys",
        ]
        .join("\n")
    );
}

#[test]
fn the_thread_of_trust_names_the_worst_first_and_all_of_it() {
    let mut model = talk();
    let mut trusted = trust(Belief::Seen);
    model.take(Update::Trust(ROOM, trusted.clone()));
    let line = |model: &mut Model| {
        let shown = screen(model, 58, 9);
        shown.lines().nth(1).expect("a line").to_owned()
    };
    assert_eq!(
        line(&mut model),
        "○ not verified · room number 54321 54321… · Ctrl-T"
    );
    model.take(Update::Trust(ROOM, trust(Belief::Reset)));
    assert_eq!(line(&mut model), "! Bob has new keys: /fingerprint Bob");
    let mut swapped = trust(Belief::Reset);
    swapped.people.extend(trust(Belief::Unknown).people.pop());
    swapped.others = 2;
    model.take(Update::Trust(ROOM, swapped));
    assert_eq!(
        line(&mut model),
        "! Bob: keys missing, or not those seen: Ctrl-T"
    );
    assert!(is_alarm(&mut model, "! Bob: keys"));
    model.take(Update::Alarm {
        room: Some(ROOM),
        what: Shown::line("ALARM: a message by account 04, which was not in the room"),
        next: Shown::line("Ask the named account."),
    });
    assert_eq!(
        line(&mut model),
        "! alarms (1): Ctrl-T. ALARM: a message by account 04, whi…"
    );
    trusted.fork = vec![
        Shown::line("known here, key 2:"),
        Shown::line("11111 22222"),
        Shown::line("Compare; go on: /decide . --yes"),
    ];
    model.take(Update::Trust(ROOM, trusted));
    assert_eq!(
        line(&mut model),
        "! stopped: two histories. Nothing is sent: /decide ."
    );
    model.front = Front::Trust;
    let shown = screen(&mut model, 58, 30);
    for part in [
        "known here, key 2:",
        "go on: /decide . --yes",
        "! ALARM: a message by account 04",
        "→ Ask the named account.",
        "○ Bob (owner): not verified",
        "12345 12345 12345 12345",
        "Ada (owner): you",
        "54321 54321 54321 54321",
    ] {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
}

#[test]
fn a_name_with_spaces_is_advised_in_quotation_marks() {
    let mut model = talk();
    for belief in [Belief::Seen, Belief::Reset] {
        let mut trusted = trust(belief);
        trusted.people[1].name = Shown::line("Bob Müller");
        trusted.people[1].typed = command::typed("Bob Müller", BOB);
        model.take(Update::Trust(ROOM, trusted));
        model.front = Front::Trust;
        let shown = screen(&mut model, 160, 30);
        assert!(shown.contains("/fingerprint \"Bob Müller\""), "{shown}");
        model.front = Front::Nothing;
    }
    let shown = screen(&mut model, 100, 9);
    let line = shown.lines().nth(1).expect("a line");
    assert!(line.ends_with("/fingerprint \"Bob Müller\""), "{line}");
}

#[test]
fn who_was_not_looked_at_is_not_verified() {
    let mut model = talk();
    let mut trusted = trust(Belief::Verified);
    let line = |model: &mut Model, trusted: &Trust| {
        model.take(Update::Trust(ROOM, trusted.clone()));
        let shown = screen(model, 58, 9);
        shown.lines().nth(1).expect("a line").to_owned()
    };
    assert_eq!(
        line(&mut model, &trusted),
        "✓ verified · room number 54321 54321… · Ctrl-T"
    );
    trusted.others = 60;
    assert_eq!(
        line(&mut model, &trusted),
        "○ 1 of 60 verified · room number 54321 54321… · Ctrl-T"
    );
    model.front = Front::Trust;
    let shown = screen(&mut model, 58, 30);
    assert!(
        shown.contains("and 59 more, who were not looked at"),
        "{shown}"
    );
}

#[test]
fn what_is_written_grows_and_wide_characters_take_two_columns() {
    let mut model = talk();
    write(&mut model, "one");
    model.paste("\n漢字仮名漢字仮名漢字\n");
    let mut terminal = Terminal::new(TestBackend::new(20, 10)).expect("a terminal");
    terminal
        .draw(|frame| {
            draw(frame, &model);
        })
        .expect("drawn");
    assert_eq!(
        screen(&mut model, 20, 10),
        [
            "Bob",
            "",
            "      you do?",
            "      All well here.",
            "────────────────────",
            "> one",
            "  漢字仮名漢字仮名",
            "  漢字",
            "",
            "Ada · ? keys",
        ]
        .join("\n")
    );
    terminal.backend_mut().assert_cursor_position((2, 8));
}

#[test]
fn older_lines_come_from_above_and_no_further_than_the_first() {
    let mut model = talk();
    press(&mut model, KeyCode::PageUp);
    press(&mut model, KeyCode::PageUp);
    let top = screen(&mut model, 40, 8);
    assert!(top.contains("2026-11-29"), "{top}");
    assert!(!top.contains("All well"), "{top}");
    press(&mut model, KeyCode::PageDown);
    press(&mut model, KeyCode::PageDown);
    assert!(screen(&mut model, 40, 8).contains("All well"));
}

#[test]
fn nothing_that_a_peer_wrote_is_in_a_cell_as_a_command() {
    let hostile = "\u{1b}]0;x\u{7}\u{9b}2J\r\n\u{202e}\t\u{0}a\u{301}\u{301}\u{200b}";
    let mut model = talk();
    model.take(glance(OTHER, hostile, Kind::Group));
    model.take(Update::Row(ROOM.into(), said(6, NOON, hostile, hostile)));
    model.take(Update::Page(Shown::lines(hostile)));
    for front in [true, false] {
        if !front {
            model.front = Front::Nothing;
        }
        let shown = screen(&mut model, 80, 20);
        let is_command = |shown: char| {
            shown != '\n' && (shown.is_control() || ('\u{202a}'..='\u{202e}').contains(&shown))
        };
        assert!(!shown.contains(is_command), "{shown:?}");
    }
}

#[test]
fn no_terminal_is_too_small() {
    let mut model = talk();
    model.take(Update::Trust(ROOM, trust(Belief::Reset)));
    write(
        &mut model,
        "some words that are longer than the screen is wide",
    );
    for front in [Front::Nothing, Front::Keys, Front::Trust] {
        model.front = front;
        for columns in [1, 2, 3, 7, 21, 23, 59, 61] {
            for lines in 1..9 {
                screen(&mut model, columns, lines);
            }
        }
    }
}

#[test]
fn what_is_new_does_not_move_what_is_read_above() {
    let mut model = talk();
    press(&mut model, KeyCode::PageUp);
    let timeline = |model: &mut Model| {
        let shown = screen(model, 40, 8);
        let lines: Vec<&str> = shown.lines().collect();
        lines[2..5].join("\n")
    };
    let before = timeline(&mut model);
    assert!(!before.contains("All well"), "{before}");
    for sequence in 5..40 {
        let text = "one line and another that is much longer than the screen is wide";
        model.take(Update::Row(ROOM.into(), said(sequence, NOON, "Bob", text)));
        // Drawn after some, and after several.
        if sequence % 3 == 0 {
            assert_eq!(timeline(&mut model), before);
        }
    }
    // What comes late, above it, does not move it either.
    model.take(Update::Row(
        ROOM.into(),
        said(1, NOON - 86_400_000, "Bob", "Hm"),
    ));
    let (_, below) = before.split_once('\n').expect("lines");
    assert!(timeline(&mut model).ends_with(below));
    // Keys move it from there, and back to the newest.
    press(&mut model, KeyCode::PageDown);
    press(&mut model, KeyCode::PageDown);
    let after = timeline(&mut model);
    assert!(after.contains("All well"), "{after}");
    press(&mut model, KeyCode::Esc);
    assert!(!timeline(&mut model).contains("All well"));
}
