//! Sessions of one process in one room: what is done once, and what each does by itself.

use std::{cell::RefCell, rc::Rc, time::Duration};

use chat_client::{Keyring, connection::Frames, room::Input};
use wire_format::{Event, FrameCodec, Kind, ServerFrame};

use crate::hub::{Hub, Lie};

const GAP: Duration = Duration::from_secs(10);

/// Alice is elsewhere; peers 1 to 3 are sessions of one proxy.
fn proxy() -> (Hub, Keyring) {
    let keyring = Keyring::new();
    let mut hub = Hub::new();
    hub.join("alice");
    for name in ["bob", "carol", "dave"] {
        hub.join_with(name, &keyring);
    }
    (hub, keyring)
}

fn asked_by(hub: &mut Hub) -> Vec<usize> {
    let commands = hub.commands().into_iter();
    let asks = commands.filter(|(_, command)| *command == "ask");
    asks.map(|(index, _)| index).collect()
}

fn next_epoch(hub: &mut Hub) {
    let eve = hub.join("eve");
    hub.leave(eve);
    hub.pass(GAP);
    hub.commands();
    hub.say(0, "under the next key");
}

/// A server from which one peer gets no answer about a key.
fn no_answers_to(asker: usize) -> Option<Lie> {
    Some(Box::new(move |peer, input| match &input {
        Input::Event(Event::EpochShare { .. } | Event::EpochUnanswered { .. }, _)
            if peer == asker =>
        {
            Vec::new()
        }
        _ => vec![input],
    }))
}

/// These peers have read what was said in [`next_epoch`].
fn assert_read(hub: &mut Hub, peers: impl IntoIterator<Item = usize>) {
    for index in peers {
        let seen = hub.seen(index);
        assert!(seen.contains(&"alice: under the next key".to_owned()));
    }
}

#[test]
fn each_session_does_its_first_handshake_by_itself() {
    let (mut hub, keyring) = proxy();
    assert_eq!(asked_by(&mut hub), [1, 2, 3]);
    let late = hub.join_with("frank", &keyring);
    assert_eq!(asked_by(&mut hub), [late]);
}

#[test]
fn later_epochs_are_fetched_once_a_process() {
    let (mut hub, _keyring) = proxy();
    next_epoch(&mut hub);
    assert_eq!(asked_by(&mut hub), [1]);
    for index in 1..=3 {
        let last = hub.seen(index).pop();
        assert_eq!(last.as_deref(), Some("alice: under the next key"));
    }
}

#[test]
fn another_session_takes_over_when_the_one_that_asks_goes_away() {
    let (mut hub, _keyring) = proxy();
    hub.lie = no_answers_to(1);
    next_epoch(&mut hub);
    assert_eq!(asked_by(&mut hub), [1]);
    hub.leave(1);
    assert_eq!(asked_by(&mut hub), [2]);
    assert_read(&mut hub, [2, 3]);
}

#[test]
fn another_session_takes_over_when_the_one_that_asks_gets_nothing() {
    let (mut hub, _keyring) = proxy();
    hub.lie = no_answers_to(1);
    next_epoch(&mut hub);
    assert_eq!(asked_by(&mut hub), [1]);
    hub.pass(Duration::from_secs(9));
    assert_eq!(asked_by(&mut hub), [2]);
    assert_read(&mut hub, 1..=3);
}

#[test]
fn an_epoch_started_in_the_process_needs_no_question_there() {
    let (mut hub, _keyring) = proxy();
    let eve = hub.join("eve");
    hub.leave(eve);
    hub.pass(GAP);
    hub.commands();
    hub.say(2, "from inside");
    assert_eq!(asked_by(&mut hub), [0]);
    for index in 0..=3 {
        assert!(hub.seen(index).contains(&"carol: from inside".to_owned()));
    }
}

#[test]
fn a_session_that_is_behind_gets_what_others_opened_long_ago() {
    let (mut hub, _keyring) = proxy();
    hub.cut(3);
    for number in 0..5 {
        hub.say(0, &number.to_string());
    }
    hub.seen(3);
    hub.come_back(3);
    let mut seen = hub.seen(3);
    seen.retain(|line| line.starts_with("alice"));
    let expected: Vec<_> = (0..5).map(|number| format!("alice: {number}")).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_frame_that_differs_between_sessions_is_not_taken_from_another() {
    let (mut hub, _keyring) = proxy();
    hub.lie = Some(Box::new(|peer, mut input| {
        if let (2, Input::Deliver(deliver)) = (peer, &mut input) {
            let mut payload = deliver.payload.to_vec();
            let last = payload.len() - 1;
            payload[last] ^= 1;
            deliver.payload = payload.into();
        }
        vec![input]
    }));
    for index in 1..=3 {
        hub.seen(index);
    }
    let skimmed = hub.skimmed;
    hub.say(0, "the same for all?");
    // Carol's differs: only dave's was taken where it was read.
    assert_eq!(hub.skimmed, skimmed + 1);
    assert_eq!(hub.seen(1), ["alice: the same for all?"]);
    assert_eq!(hub.seen(2), ["unreadable 1: NotOpened Some(Conflict)"]);
    assert_eq!(hub.seen(3), ["alice: the same for all?"]);
}

#[test]
fn the_first_opens_a_frame_and_the_others_take_it_where_they_read_it() {
    let (mut hub, _keyring) = proxy();
    for number in 0..20 {
        hub.say(0, &number.to_string());
    }
    assert_eq!(hub.skimmed, 2 * 20);
    let expected: Vec<_> = (0..20).map(|number| format!("alice: {number}")).collect();
    for index in 1..=3 {
        let mut seen = hub.seen(index);
        seen.retain(|line| line.starts_with("alice"));
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_byte_that_differs_anywhere_in_a_frame_is_not_taken() {
    let (mut hub, _keyring) = proxy();
    hub.say(0, "one");
    let payload = hub.ring[0].payload.clone();
    let delivers: Vec<_> = (0..3)
        .map(|_| hub.next_deliver(0, payload.clone()))
        .collect();
    let mut stream = Vec::new();
    for deliver in &delivers {
        stream.extend_from_slice(&ServerFrame::Deliver(deliver.clone()).encode().stream());
    }
    // What was opened in another place is not this one, and so with every changed byte.
    let opened = ServerFrame::Deliver(hub.ring[0].clone()).encode().stream();
    hub.cut(2);
    let now = hub.now;
    let room = hub.peers[2].room.as_mut().expect("a room");
    let mut untaken = |bytes: &[u8]| {
        let mut frames = Frames::new(bytes);
        room.skim(now, &mut frames, 1, |message| panic!("{message:?}"));
        frames.taken() == 0
    };
    assert!(untaken(&stream));
    for index in FrameCodec::HEAD_BYTES..opened.len() {
        let mut changed = opened.to_vec();
        changed[index] ^= 1;
        assert!(untaken(&changed), "byte {index}");
    }
}

#[test]
fn of_a_full_read_everything_up_to_the_first_event_is_taken_at_once() {
    let (mut hub, _keyring) = proxy();
    // Dave gets late what the others have long opened.
    let late: Rc<RefCell<Vec<Input>>> = Rc::default();
    let kept = Rc::clone(&late);
    hub.lie = Some(Box::new(move |peer, input| match (peer, &input) {
        (3, Input::Deliver(_)) => {
            kept.borrow_mut().push(input);
            Vec::new()
        }
        _ => vec![input],
    }));
    for number in 0..100 {
        hub.say(0, &number.to_string());
    }
    let mut stream = Vec::new();
    for (number, input) in late.take().into_iter().enumerate() {
        if let Input::Deliver(deliver) = input {
            stream.extend_from_slice(&ServerFrame::Deliver(deliver).encode().stream());
        }
        if number == 59 {
            stream.extend_from_slice(&ServerFrame::Ping([7; 8]).encode().stream());
        }
    }
    let now = hub.now;
    let room = hub.peers[3].room.as_mut().expect("a room");
    let mut shown = Vec::new();
    let mut skim = |frames: &mut Frames<'_>, most| {
        let before = shown.len();
        room.skim(now, frames, most, |message| {
            shown.push(crate::common::text(&message).to_owned())
        });
        shown.len() - before
    };
    // One byte is missing at the end.
    let mut frames = Frames::new(&stream[..stream.len() - 1]);
    assert_eq!(skim(&mut frames, 10), 10);
    assert_eq!(skim(&mut frames, 1_000), 50);
    let Some((Kind::Ping, body)) = frames.front() else {
        panic!("the ping is next");
    };
    frames.take(body.len());
    assert_eq!(skim(&mut frames, 1_000), 39);
    let mut frames = Frames::new(&stream[frames.taken()..]);
    assert_eq!(skim(&mut frames, 1_000), 1);
    assert_eq!(frames.left(), 0);
    let expected: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(shown, expected);
}
