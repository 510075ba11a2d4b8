//! Sessions of one process in one room: what is done once, and what each does by itself.

mod common;
mod hub;

use std::time::Duration;

use chat_client::{Keyring, room::Input};
use hub::Hub;
use wire_format::Event;

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
    hub.lie = Some(Box::new(|peer, input| match (peer, &input) {
        (1, Input::Event(Event::EpochShare { .. } | Event::EpochUnanswered { .. }, _)) => {
            Vec::new()
        }
        _ => vec![input],
    }));
    next_epoch(&mut hub);
    assert_eq!(asked_by(&mut hub), [1]);
    hub.leave(1);
    assert_eq!(asked_by(&mut hub), [2]);
    for index in [2, 3] {
        assert!(
            hub.seen(index)
                .contains(&"alice: under the next key".to_owned())
        );
    }
}

#[test]
fn another_session_takes_over_when_the_one_that_asks_gets_nothing() {
    let (mut hub, _keyring) = proxy();
    hub.lie = Some(Box::new(|peer, input| match (peer, &input) {
        (1, Input::Event(Event::EpochShare { .. } | Event::EpochUnanswered { .. }, _)) => {
            Vec::new()
        }
        _ => vec![input],
    }));
    next_epoch(&mut hub);
    assert_eq!(asked_by(&mut hub), [1]);
    hub.pass(Duration::from_secs(9));
    assert_eq!(asked_by(&mut hub), [2]);
    for index in 1..=3 {
        assert!(
            hub.seen(index)
                .contains(&"alice: under the next key".to_owned())
        );
    }
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
    hub.say(0, "the same for all?");
    assert_eq!(hub.seen(1), ["alice: the same for all?"]);
    assert_eq!(hub.seen(2), ["unreadable 1: NotOpened Some(Conflict)"]);
    assert_eq!(hub.seen(3), ["alice: the same for all?"]);
}
