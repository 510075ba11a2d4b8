//! What keys and news do to what is seen.

use std::collections::BTreeMap;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use wire_format::{ChannelId, EnvelopeHash, Millis};

use super::{
    room::{MOST_ALARMS, MOST_ROWS},
    *,
};

const ROOM: RoomId = RoomId::from_bytes([1; 16]);
const OTHER: RoomId = RoomId::from_bytes([2; 16]);
const ADA: AccountId = AccountId::from_bytes([3; 16]);
const BOB: AccountId = AccountId::from_bytes([4; 16]);

fn id(byte: u8) -> MessageId {
    MessageId::from_bytes([byte; 16])
}

fn row(sequence: u8, sender: AccountId, text: &str) -> Row {
    Row::new(
        Sequence::new(sequence.into()),
        Some(Millis::new(0)),
        What::Said(Box::new(Said {
            name: Shown::line("somebody"),
            is_own: sender == ADA,
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

/// What could not be read.
fn unread(sequence: u8) -> Row {
    let named = What::Named {
        what: Shown::line("not shown"),
        next: Shown::line("wait"),
    };
    Row::new(Sequence::new(sequence.into()), Some(Millis::new(0)), named)
}

fn which(byte: u8) -> Which {
    Which {
        message: id(byte),
        hash: EnvelopeHash::from_bytes([7; 32]),
    }
}

/// Two conversations, the first of them open and read up to 1.
fn model() -> Model {
    let mut model = Model::new("Ada", ADA);
    for (room, name) in [(ROOM, "Bob"), (OTHER, "ops")] {
        model.take(Update::Room(Glance {
            at: room.into(),
            name: Shown::line(name),
            kind: Kind::Group,
            is_stopped: false,
            mark: Sequence::new(1),
        }));
    }
    model.take(Update::Link(Link::There));
    model.take_asks();
    model
}

fn changed(of: Which, change: Change) -> Update {
    let at = ROOM.into();
    Update::Changed { at, of, change }
}

fn press(model: &mut Model, code: KeyCode, modifiers: KeyModifiers) {
    model.key(KeyEvent::new(code, modifiers), id(99));
}

fn write(model: &mut Model, text: &str) {
    for character in text.chars() {
        press(model, KeyCode::Char(character), KeyModifiers::NONE);
    }
}

fn enter(model: &mut Model) {
    press(model, KeyCode::Enter, KeyModifiers::NONE);
}

fn read(asks: &[Ask]) -> Vec<(RoomId, u64)> {
    let read = asks.iter().filter_map(|ask| match ask {
        Ask::Read { at, sequence, .. } => Some((at.room, sequence.value())),
        _ => None,
    });
    read.collect()
}

/// The one thing that is to be said.
fn said(asks: Vec<Ask>) -> RoomContent {
    let mut said = asks.into_iter().filter_map(|ask| match ask {
        Ask::Say { content, .. } => Some(*content),
        _ => None,
    });
    let content = said.next().expect("something to say");
    assert!(said.next().is_none());
    content
}

#[test]
fn only_what_stands_at_the_bottom_while_somebody_looks_is_read() {
    let mut model = model();
    model.take(Update::Row(ROOM.into(), row(2, BOB, "one")));
    model.take(Update::Row(OTHER.into(), row(2, BOB, "else")));
    assert_eq!(read(&model.take_asks()), [(ROOM, 2)]);
    assert_eq!(model.of(OTHER).unread(), 1);
    model.is_looked_at = false;
    model.take(Update::Row(ROOM.into(), row(3, BOB, "two")));
    assert_eq!(read(&model.take_asks()), []);
    model.is_looked_at = true;
    press(&mut model, KeyCode::PageUp, KeyModifiers::NONE);
    assert_eq!(read(&model.take_asks()), []);
    press(&mut model, KeyCode::PageDown, KeyModifiers::NONE);
    assert_eq!(read(&model.take_asks()), [(ROOM, 3)]);
    press(&mut model, KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(model.open, Some(OTHER.into()));
    assert_eq!(read(&model.take_asks()), [(OTHER, 2)]);
}

#[test]
fn what_is_sent_waits_until_it_stands_there() {
    let mut model = model();
    write(&mut model, "Hello");
    press(&mut model, KeyCode::Enter, KeyModifiers::ALT);
    write(&mut model, "there");
    enter(&mut model);
    match said(model.take_asks()) {
        RoomContent::Text(text) => assert_eq!(text.text, "Hello\nthere"),
        other => panic!("{other:?}"),
    }
    assert_eq!(model.of(ROOM).pending.len(), 1);
    // Leaving now takes a second word.
    press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(model.take_asks().is_empty() && model.notice.is_some());
    let mut own = row(5, ADA, "Hello\nthere");
    if let What::Said(said) = &mut own.what {
        said.which = which(99);
    }
    model.take(Update::Row(ROOM.into(), own));
    assert!(model.of(ROOM).pending.is_empty());
    press(&mut model, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(matches!(
        model.take_asks().as_slice(),
        [Ask::Read { .. }, ..] | [Ask::Quit, ..]
    ));
}

#[test]
fn what_was_not_sent_says_why_until_it_is_put_away() {
    let mut model = model();
    write(&mut model, "Hello");
    enter(&mut model);
    model.take(Update::Unsent {
        message: id(99),
        why: Shown::line("stopped"),
        next: Shown::line("/decide ."),
    });
    let failed = model.of(ROOM).pending[0].failed.clone();
    assert_eq!(failed.expect("why").0.as_str(), "stopped");
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    assert!(model.of(ROOM).pending.is_empty());
    // One without a line of its own is told at the bottom.
    model.take(Update::Unsent {
        message: id(98),
        why: Shown::line("too long"),
        next: Shown::default(),
    });
    assert_eq!(model.notice.as_ref().map(Shown::as_str), Some("too long"));
}

#[test]
fn a_message_is_chosen_to_be_answered_edited_or_signed() {
    let mut model = model();
    model.take(Update::Row(ROOM.into(), row(2, ADA, "mine")));
    model.take(Update::Row(ROOM.into(), row(3, BOB, "his")));
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    // Somebody else's is not edited.
    write(&mut model, "e");
    assert_eq!(model.purpose, Purpose::Message);
    write(&mut model, "r");
    write(&mut model, "indeed");
    enter(&mut model);
    match said(model.take_asks()) {
        RoomContent::Reply(reply) => {
            assert_eq!((reply.message, reply.text.as_str()), (id(3), "indeed"));
        }
        other => panic!("{other:?}"),
    }
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    write(&mut model, "e");
    write(&mut model, "!");
    enter(&mut model);
    match said(model.take_asks()) {
        RoomContent::Edit(edit) => {
            assert_eq!((edit.text.as_str(), edit.revision), ("mine!", 1));
        }
        other => panic!("{other:?}"),
    }
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    write(&mut model, "+");
    enter(&mut model);
    match said(model.take_asks()) {
        RoomContent::Reaction(reaction) => assert_eq!(reaction.emoji, "👍"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_becomes_readable_takes_its_place_and_edits_count() {
    let mut model = model();
    model.take(Update::Row(ROOM.into(), unread(2)));
    model.take(Update::Row(ROOM.into(), row(3, BOB, "later")));
    model.take(Update::Row(ROOM.into(), row(2, BOB, "earlier")));
    let order = |model: &mut Model| {
        let rows = model.of(ROOM).rows.iter();
        rows.map(|row| row.sequence.value()).collect::<Vec<_>>()
    };
    assert_eq!(order(&mut model), [2, 3]);
    let at = which(2);
    assert_eq!(
        model.of(ROOM).said(at).map(|said| said.text.as_str()),
        Some("earlier")
    );
    model.take(changed(
        at,
        Change::Edited {
            text: "at first".to_owned(),
            revision: 1,
        },
    ));
    let react = |on| {
        changed(
            at,
            Change::Reacted {
                by: ADA,
                sign: Shown::line("👍"),
                on,
            },
        )
    };
    model.take(react(true));
    model.take(react(true));
    let said = model.of(ROOM).said(at).expect("a message");
    assert_eq!((said.text.as_str(), said.revision), ("at first", 1));
    assert_eq!(
        said.reactions
            .values()
            .map(std::collections::BTreeSet::len)
            .sum::<usize>(),
        1
    );
    model.take(react(false));
    model.take(changed(at, Change::Deleted(Shown::line("Bob"))));
    let said = model.of(ROOM).said(at).expect("a message");
    assert!(said.reactions.is_empty() && said.text.is_empty() && said.deleted.is_some());
}

#[test]
fn commands_go_out_as_they_were_typed_and_two_slashes_are_a_text() {
    let mut model = model();
    write(&mut model, "/decide .");
    enter(&mut model);
    let asks = model.take_asks();
    assert!(
        matches!(&asks[..], [Ask::Command { words, room: Some(ROOM) }] if words == "/decide .")
    );
    write(&mut model, "//etc");
    enter(&mut model);
    match said(model.take_asks()) {
        RoomContent::Text(text) => assert_eq!(text.text, "/etc"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_question_mark_lists_the_keys_only_where_nothing_is_written() {
    let mut model = model();
    write(&mut model, "?");
    assert!(model.front == Front::Keys);
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    write(&mut model, "why?");
    assert!(model.front == Front::Nothing);
    assert_eq!(model.of(ROOM).composer.text(), "why?");
}

#[test]
fn an_alarm_stands_in_its_room_and_leaving_one_opens_another() {
    let mut model = model();
    model.take(Update::Alarm {
        room: Some(ROOM),
        what: Shown::line("ALARM"),
        next: Shown::line("compare"),
    });
    assert_eq!(model.of(ROOM).alarms.len(), 1);
    assert_eq!(model.of(ROOM).rows.len(), 1);
    model.take(Update::Gone(ROOM));
    assert_eq!(model.open, Some(OTHER.into()));
    model.take(Update::Gone(OTHER));
    assert_eq!(model.open, None);
    write(&mut model, "nobody");
    enter(&mut model);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
}

#[test]
fn what_has_no_place_is_not_taken_for_its_neighbour() {
    let mut model = model();
    model.take(Update::Row(ROOM.into(), row(2, BOB, "stored")));
    let mut passing = row(0, BOB, "not stored");
    if let What::Said(said) = &mut passing.what {
        said.which = which(50);
    }
    model.take(Update::Row(ROOM.into(), passing));
    // What could not be read and has no place stays where it is, whatever comes to its neighbour's.
    model.take(Update::Row(ROOM.into(), unread(0)));
    model.take(Update::Row(ROOM.into(), row(3, BOB, "next")));
    assert_eq!(model.of(ROOM).rows.len(), 4);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    write(&mut model, "rto that");
    enter(&mut model);
    match said(model.take_asks()) {
        RoomContent::Reply(reply) => assert_eq!(reply.message, id(50)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_messages_of_one_id_are_told_apart() {
    let mut model = model();
    let mut taken = row(3, BOB, "the same id");
    if let What::Said(said) = &mut taken.what {
        said.which = Which {
            hash: EnvelopeHash::from_bytes([8; 32]),
            ..which(2)
        };
    }
    model.take(Update::Row(ROOM.into(), row(2, ADA, "first")));
    model.take(Update::Row(ROOM.into(), taken));
    model.take(changed(which(2), Change::Deleted(Shown::line("Ada"))));
    let deleted = |model: &mut Model, which| {
        let said = model.of(ROOM).said(which).expect("a message");
        said.deleted.is_some()
    };
    assert!(deleted(&mut model, which(2)));
    let hash = EnvelopeHash::from_bytes([8; 32]);
    assert!(!deleted(&mut model, Which { hash, ..which(2) }));
}

#[test]
fn another_run_begins_anew() {
    let mut model = model();
    for sequence in 2..6 {
        model.take(Update::Row(ROOM.into(), row(sequence, BOB, "before")));
    }
    model.take_asks();
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    model.take(Update::Anew(ROOM.into()));
    model.take(Update::Row(ROOM.into(), row(2, BOB, "after")));
    let room = model.of(ROOM);
    assert_eq!((room.rows.len(), room.unread(), room.chosen), (1, 1, None));
    assert_eq!(read(&model.take_asks()), [(ROOM, 2)]);
}

#[test]
fn what_is_forgotten_goes_and_cannot_be_answered_any_more() {
    let mut model = model();
    for sequence in 2..6 {
        let mut row = row(sequence, BOB, "said");
        row.time = Some(Millis::new(u64::from(sequence) * 10));
        model.take(Update::Row(ROOM.into(), row));
    }
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    press(&mut model, KeyCode::Up, KeyModifiers::NONE);
    assert_eq!(model.of(ROOM).chosen, Some(which(3)));
    model.take(Update::Forgot(ROOM, Millis::new(40)));
    let room = model.of(ROOM);
    let left = room.rows.iter().map(|row| row.sequence.value());
    assert_eq!(left.collect::<Vec<_>>(), [4, 5]);
    assert_eq!(room.chosen, None);
    assert!(room.said(which(3)).is_none());
    // What has no time of its own stays, and so does another conversation.
    model.take(Update::Forgot(OTHER, Millis::new(1_000)));
    assert_eq!(model.of(ROOM).rows.len(), 2);
}

#[test]
fn the_oldest_rows_go_where_there_are_too_many() {
    let filled = |many: usize| {
        let mut room = Room::new(ROOM.into());
        for sequence in 1..=many {
            let sequence = u64::try_from(sequence).expect("small");
            let note = What::Note(Shown::line("note"));
            room.put(Row::new(Sequence::new(sequence), None, note));
        }
        let oldest = room.rows.front().expect("a row").place.value();
        (room.rows.len(), oldest)
    };
    assert_eq!(filled(MOST_ROWS - 1), (MOST_ROWS - 1, 1));
    assert_eq!(filled(MOST_ROWS), (MOST_ROWS, 1));
    assert_eq!(filled(MOST_ROWS + 1), (MOST_ROWS, 2));
    // What was not read and is older than all of it does not come back.
    let mut room = Room::new(ROOM.into());
    for sequence in 0..=MOST_ROWS {
        let sequence = u64::try_from(sequence).expect("small") + 10;
        let note = What::Note(Shown::line("note"));
        room.put(Row::new(Sequence::new(sequence), None, note));
    }
    room.put(row(2, BOB, "late"));
    assert_eq!(room.rows.len(), MOST_ROWS);
    assert!(room.said(which(2)).is_none());
}

#[test]
fn nobody_pushes_an_alarm_out_by_raising_more() {
    let raised = |many: usize| {
        let mut alarms = Alarms::default();
        for at in 0..many {
            let what = Shown::line(&format!("alarm {at}"));
            alarms.note(what.clone(), Shown::default());
            alarms.note(what, Shown::default());
        }
        (alarms.len(), alarms[0].0.as_str().to_owned())
    };
    let first = || "alarm 0".to_owned();
    assert_eq!(raised(MOST_ALARMS - 1), (MOST_ALARMS - 1, first()));
    assert_eq!(raised(MOST_ALARMS), (MOST_ALARMS, first()));
    assert_eq!(raised(MOST_ALARMS + 1), (MOST_ALARMS, first()));
}

#[test]
fn channels_of_a_room_stand_by_themselves_and_go_together() {
    let mut model = model();
    let side = Place {
        room: OTHER,
        channel: ChannelId::from_bytes([7; 16]),
    };
    model.take(Update::Room(Glance {
        at: side,
        name: Shown::line("ops #dev"),
        kind: Kind::Group,
        is_stopped: false,
        mark: Sequence::new(1),
    }));
    model.take(Update::Row(side, row(2, BOB, "in dev")));
    assert_eq!((model.of(OTHER).unread(), model.of(side).unread()), (0, 1));
    let trust = Trust {
        others: 3,
        ..Trust::default()
    };
    model.take(Update::Trust(OTHER, trust));
    assert_eq!(model.of(side).trust.others, 3);
    model.take(Update::Open(side));
    assert!(
        matches!(model.take_asks()[..], [Ask::Trust(OTHER), Ask::Read { at, .. }] if at == side)
    );
    write(&mut model, "hello");
    enter(&mut model);
    assert!(matches!(&model.take_asks()[..], [Ask::Say { at, .. }] if *at == side));
    model.take(Update::Gone(OTHER));
    assert_eq!((model.rooms.len(), model.open), (1, Some(ROOM.into())));
}
