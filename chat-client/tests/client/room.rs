//! Sealed rooms against a server model, in virtual time: docs/protocol.md sections 8 and 9.

use std::{collections::BTreeSet, time::Duration};

use chat_client::{
    Keyring,
    room::{Asked, Input, Opening, SealedRoom},
};
use wire_format::{Event, Millis, command::rooms::Resume};

use crate::hub::Hub;

const GAP: Duration = Duration::from_secs(10);

/// Alice has started the room, bob has come to its key.
fn two() -> Hub {
    let mut hub = Hub::new();
    hub.join("alice");
    hub.join("bob");
    hub.seen(0);
    hub.seen(1);
    hub.commands();
    hub
}

#[test]
fn the_first_starts_an_epoch_and_the_next_asks_for_it() {
    let mut hub = Hub::new();
    let alice = hub.join("alice");
    let bob = hub.join("bob");
    assert_eq!(
        hub.commands(),
        [(alice, "start"), (bob, "ask"), (alice, "answer")]
    );
    assert_eq!(hub.seen(alice), ["keyed 1 First"]);
    assert_eq!(hub.seen(bob), ["keyed 1 First"]);
    hub.say(alice, "hello");
    hub.say(bob, "and back");
    assert_eq!(hub.seen(alice), ["sent 1", "alice: hello", "bob: and back"]);
    assert_eq!(hub.seen(bob), ["alice: hello", "sent 2", "bob: and back"]);
}

#[test]
fn what_was_said_before_the_own_epoch_is_named() {
    let mut hub = two();
    hub.say(0, "old");
    hub.leave(1);
    hub.pass(GAP);
    hub.say(0, "new");
    let carol = hub.join("carol");
    let unreadable = "unreadable 1: BeforeYouJoined None";
    assert_eq!(hub.seen(carol), [unreadable, "keyed 2 Left", "alice: new"]);
}

#[test]
fn an_epoch_that_is_due_is_used_for_ten_seconds_and_then_replaced_by_the_next_sender() {
    let mut hub = two();
    let carol = hub.join("carol");
    hub.leave(carol);
    hub.commands();
    hub.say(0, "young");
    assert_eq!(hub.commands(), [(0, "publish")]);
    hub.pass(GAP);
    assert_eq!(hub.commands(), []);
    hub.say(1, "old");
    let expected = [(1, "start"), (1, "publish"), (0, "ask"), (1, "answer")];
    let commands: BTreeSet<_> = hub.commands().into_iter().collect();
    assert_eq!(commands, BTreeSet::from(expected));
    hub.seen(1);
    assert_eq!(
        hub.seen(0),
        ["sent 1", "alice: young", "keyed 2 Left", "bob: old"]
    );
}

#[test]
fn an_epoch_is_replaced_after_a_day() {
    let mut hub = two();
    hub.pass(Duration::from_secs(24 * 60 * 60));
    hub.commands();
    hub.say(0, "good morning");
    assert_eq!(hub.commands()[0], (0, "start"));
    assert!(hub.seen(1).contains(&"keyed 2 Age".to_owned()));
}

#[test]
fn who_loses_the_race_asks_the_winner_and_sends_under_its_epoch() {
    let mut hub = two();
    let carol = hub.join("carol");
    hub.leave(carol);
    hub.pass(GAP);
    hub.commands();
    for index in [0, 1] {
        hub.queue(index, crate::common::message_id(), ["one", "two"][index]);
    }
    hub.settle();
    hub.pass(Duration::from_secs(3));
    let starts = hub.commands();
    let starts = starts
        .iter()
        .filter(|(_, command)| *command == "start")
        .count();
    assert_eq!(starts, 2);
    assert_eq!(hub.epoch.as_ref().map(|epoch| epoch.n.value()), Some(2));
    for index in [0, 1] {
        let mut seen = hub.seen(index);
        seen.retain(|line| line.contains(':'));
        seen.sort_unstable();
        assert_eq!(seen, ["alice: one", "bob: two"]);
    }
}

#[test]
fn when_nobody_answers_the_newcomer_starts_the_next_epoch() {
    let mut hub = two();
    hub.silent = BTreeSet::from([0, 1]);
    let carol = hub.join("carol");
    assert_eq!(hub.seen(carol), ["keyed 2 Unanswered"]);
    hub.say(carol, "I am here");
    hub.silent.clear();
    hub.pass(GAP);
    for index in [0, 1] {
        assert!(hub.seen(index).contains(&"carol: I am here".to_owned()));
    }
}

#[test]
fn a_publish_for_an_old_epoch_goes_again_under_the_same_number() {
    let mut hub = two();
    hub.say(0, "first");
    // Carol gets no answer and starts epoch 2, of which alice hears too late.
    hub.silent = BTreeSet::from([0, 1]);
    let late: std::rc::Rc<std::cell::RefCell<Vec<Input>>> = std::rc::Rc::default();
    let kept = std::rc::Rc::clone(&late);
    hub.lie = Some(Box::new(move |peer, input| match (peer, &input) {
        (0, Input::Event(Event::EpochStarted { .. }, _)) => {
            kept.borrow_mut().push(input);
            Vec::new()
        }
        _ => vec![input],
    }));
    hub.join("carol");
    hub.silent.clear();
    hub.say(0, "second");
    assert_eq!(hub.seen(0), ["sent 1", "alice: first"]);
    hub.lie = None;
    hub.peers[0].inbox.extend(late.take());
    hub.settle();
    assert_eq!(
        hub.seen(0),
        ["keyed 2 Unanswered", "sent 2", "alice: second"]
    );
    // No hole: the refused envelope's counter was used again.
    let seen = hub.seen(1);
    assert_eq!(
        seen,
        ["alice: first", "keyed 2 Unanswered", "alice: second"]
    );
}

#[test]
fn a_client_that_is_not_told_of_an_epoch_looks_how_things_stand() {
    let mut hub = two();
    hub.silent = BTreeSet::from([0, 1]);
    hub.lie = Some(Box::new(|peer, input| match (peer, &input) {
        (0, Input::Event(Event::EpochStarted { .. }, _)) => Vec::new(),
        _ => vec![input],
    }));
    hub.join("carol");
    hub.silent.clear();
    hub.commands();
    hub.say(0, "hello?");
    hub.pass(Duration::from_secs(6));
    assert!(hub.commands().contains(&(0, "enter")));
    assert_eq!(
        hub.seen(0),
        ["keyed 2 Unanswered", "sent 1", "alice: hello?"]
    );
}

#[test]
fn messages_wait_for_their_key_and_are_read_in_order() {
    let mut hub = two();
    hub.say(0, "zero");
    hub.lie = Some(Box::new(|_, input| match &input {
        Input::Event(Event::EpochShare { .. } | Event::EpochUnanswered { .. }, _) => Vec::new(),
        _ => vec![input],
    }));
    let carol = hub.join("carol");
    hub.say(0, "one");
    hub.say(1, "two");
    assert_eq!(hub.seen(carol), [""; 0]);
    hub.pass(Duration::from_millis(1_500));
    let mut waiting = vec!["waiting 1".to_owned()];
    for sequence in 1..=3 {
        waiting.push(format!("unreadable {sequence}: WaitingForKey None"));
    }
    assert_eq!(hub.seen(carol), waiting);
    hub.say(0, "three");
    assert_eq!(hub.seen(carol), ["unreadable 4: WaitingForKey None"]);
    // It asks again after a while, and this time the share comes through.
    hub.lie = None;
    hub.pass(GAP);
    let read = [
        "keyed 1 First",
        "alice: zero",
        "alice: one",
        "bob: two",
        "alice: three",
    ];
    assert_eq!(hub.seen(carol), read);
}

#[test]
fn after_a_restart_the_epoch_goes_on_and_nothing_is_shown_twice() {
    let mut hub = two();
    hub.say(0, "before");
    hub.acknowledges = false;
    hub.lie = Some(Box::new(|peer, input| match (peer, &input) {
        // Bob's last message reaches alice, but neither its acknowledgement nor itself reaches bob.
        (1, Input::Deliver(_)) => Vec::new(),
        _ => vec![input],
    }));
    hub.say(1, "doubtful");
    (hub.lie, hub.acknowledges) = (None, true);
    assert_eq!(hub.seen(0), ["sent 1", "alice: before", "bob: doubtful"]);
    assert_eq!(hub.seen(1), ["alice: before"]);
    hub.restart();
    hub.commands();
    hub.come_back(0);
    hub.come_back(1);
    hub.pass(Duration::from_secs(3));
    assert_eq!(hub.commands(), [(0, "hold"), (1, "hold"), (1, "publish")]);
    assert_eq!(hub.seen(0), ["missed: Restart"]);
    assert_eq!(hub.seen(1), ["missed: Restart", "sent 1", "bob: doubtful"]);
    hub.say(1, "after");
    assert_eq!(hub.seen(0), ["bob: after"]);
}

#[test]
fn after_a_restart_the_higher_epoch_wins() {
    let mut hub = two();
    // Bob is away while alice starts epoch 2.
    hub.cut(1);
    hub.pass(GAP);
    hub.say(0, "alone");
    hub.restart();
    hub.commands();
    hub.come_back(1);
    assert_eq!(hub.epoch.as_ref().map(|epoch| epoch.n.value()), Some(1));
    hub.come_back(0);
    assert_eq!(hub.epoch.as_ref().map(|epoch| epoch.n.value()), Some(2));
    hub.pass(Duration::from_secs(1));
    hub.say(0, "together");
    assert_eq!(
        hub.seen(1).last().map(String::as_str),
        Some("alice: together")
    );
}

#[test]
fn an_epoch_that_lost_the_race_after_a_restart_is_given_up() {
    let mut hub = two();
    hub.restart();
    // Somebody new is quicker, and the server's time for a higher one is over.
    let carol = hub.join("carol");
    hub.come_back(0);
    hub.come_back(1);
    hub.pass(Duration::from_secs(3));
    assert_eq!(hub.holders.len(), 3);
    hub.say(carol, "welcome");
    for index in [0, 1] {
        assert_eq!(
            hub.seen(index).last().map(String::as_str),
            Some("carol: welcome")
        );
    }
}

#[test]
fn a_message_that_came_back_is_sent_although_nobody_said_so() {
    let mut hub = two();
    hub.acknowledges = false;
    hub.say(0, "one");
    hub.say(0, "two");
    assert_eq!(
        hub.seen(0),
        ["sent 1", "alice: one", "sent 2", "alice: two"]
    );
    hub.cut(0);
    hub.acknowledges = true;
    hub.commands();
    hub.come_back(0);
    hub.pass(Duration::from_secs(3));
    let commands = hub.commands();
    assert!(!commands.contains(&(0, "publish")), "{commands:?}");
}

#[test]
fn messages_that_cannot_be_sent_in_time_are_given_up_with_the_cause() {
    let mut hub = two();
    hub.cut(0);
    hub.say(0, "into the dark");
    hub.pass(Duration::from_secs(61));
    assert_eq!(hub.seen(0), ["unsent NotConnected"]);
    hub.come_back(0);
    hub.acknowledges = false;
    hub.lie = Some(Box::new(|peer, input| match (peer, &input) {
        (0, Input::Deliver(_)) => Vec::new(),
        _ => vec![input],
    }));
    hub.say(0, "into silence");
    hub.pass(Duration::from_secs(61));
    assert_eq!(hub.seen(0), ["keyed 2 Left", "unsent Unacknowledged"]);
}

#[test]
fn ids_that_do_not_follow_from_the_name_are_refused() {
    let mut hub = Hub::new();
    let alice = hub.join("alice");
    let mut entered = hub.entered(None::<Resume>);
    entered.name = "another".to_owned();
    let peer = &hub.peers[alice];
    let opening = Opening {
        me: std::sync::Arc::clone(&peer.me),
        keyring: &Keyring::new(),
        wake: std::task::Waker::noop().clone(),
        seed: [0; 32],
    };
    let room = SealedRoom::enter(hub.now, opening, entered, bytes::Bytes::new());
    assert!(room.is_err());
}

#[test]
fn a_clock_that_is_off_is_flagged() {
    let mut hub = two();
    let now = hub.now.wall;
    hub.now.wall = Millis::new(now.value() + 301_000);
    hub.queue(0, crate::common::message_id(), "from the future");
    let input = hub.peers[0].inbox.pop_back().expect("what was queued");
    let room = hub.peers[0].room.as_mut().expect("a room");
    room.handle(hub.now, input);
    hub.now.wall = now;
    let mut payload = None;
    while let Some(output) = hub.peers[0].room.as_mut().and_then(SealedRoom::poll_output) {
        if let chat_client::room::Output::Command(chat_client::room::Command::Publish {
            payload: sealed,
            ..
        }) = output
        {
            payload = Some(sealed);
        }
    }
    let deliver = hub.next_deliver(0, payload.expect("a publish"));
    hub.deliver_all(&deliver);
    hub.settle();
    assert_eq!(hub.seen(1), ["alice: from the future [clock]"]);
}

#[test]
fn a_long_pipe_finds_the_pace_that_the_server_allows() {
    let mut hub = two();
    hub.message_every = Duration::from_millis(70);
    for number in 0..300 {
        hub.queue(0, crate::common::message_id(), &number.to_string());
    }
    hub.pass(Duration::from_secs(45));
    let mut seen = hub.seen(1);
    seen.retain(|line| line.starts_with("alice"));
    let expected: Vec<_> = (0..300).map(|number| format!("alice: {number}")).collect();
    assert_eq!(seen, expected);
    assert!(hub.too_fast < 60, "{} refusals", hub.too_fast);
}

#[test]
fn many_messages_are_under_way_at_once_and_stand_in_their_order() {
    let mut hub = two();
    for number in 0..100 {
        hub.queue(0, crate::common::message_id(), &number.to_string());
    }
    hub.settle();
    let expected: Vec<_> = (0..100).map(|number| format!("alice: {number}")).collect();
    assert_eq!(hub.seen(1), expected);
}

#[test]
fn a_refusal_in_the_middle_sends_it_and_all_behind_it_again() {
    let mut hub = two();
    hub.say(0, "before");
    hub.seen(1);
    // Carol gets no answer and starts epoch 2, of which alice hears too late.
    hub.silent = BTreeSet::from([0, 1]);
    let late: std::rc::Rc<std::cell::RefCell<Vec<Input>>> = std::rc::Rc::default();
    let kept = std::rc::Rc::clone(&late);
    hub.lie = Some(Box::new(move |peer, input| match (peer, &input) {
        (0, Input::Event(Event::EpochStarted { .. }, _)) => {
            kept.borrow_mut().push(input);
            Vec::new()
        }
        _ => vec![input],
    }));
    hub.join("carol");
    hub.silent.clear();
    hub.seen(1);
    hub.commands();
    for number in 0..40 {
        hub.queue(0, crate::common::message_id(), &number.to_string());
    }
    hub.settle();
    // The first was stale, and those that followed it were refused with it.
    assert_eq!(hub.commands(), [(0, "publish"); 32]);
    assert_eq!(hub.seen(1), [""; 0]);
    hub.lie = None;
    hub.peers[0].inbox.extend(late.take());
    hub.settle();
    let expected: Vec<_> = (0..40).map(|number| format!("alice: {number}")).collect();
    // No hole is named: the counters of the refused were used again.
    assert_eq!(hub.seen(1), expected);
}

#[test]
fn what_was_under_way_at_a_cut_goes_again_and_is_shown_once() {
    let mut hub = two();
    hub.acknowledges = false;
    // Of what alice sends, bob hears everything and alice nothing.
    hub.lie = Some(Box::new(|peer, input| match (peer, &input) {
        (0, Input::Deliver(_)) => Vec::new(),
        _ => vec![input],
    }));
    for number in 0..10 {
        hub.queue(0, crate::common::message_id(), &number.to_string());
    }
    hub.settle();
    (hub.lie, hub.acknowledges) = (None, true);
    let expected: Vec<_> = (0..10).map(|number| format!("alice: {number}")).collect();
    assert_eq!(hub.seen(1), expected);
    hub.cut(0);
    hub.commands();
    hub.come_back(0);
    hub.say(0, "and on");
    hub.pass(Duration::from_secs(3));
    // The ring had them: none goes again.
    let publishes = hub.commands();
    let publishes = publishes
        .iter()
        .filter(|(_, command)| *command == "publish");
    assert_eq!(publishes.count(), 1);
    let mut seen = hub.seen(1);
    seen.retain(|line| line.contains(':'));
    assert_eq!(seen, ["alice: and on"]);
}

#[test]
fn a_server_that_accepts_what_follows_a_refused_message_is_noticed_by_those_who_hear() {
    let mut hub = two();
    hub.say(0, "zero");
    let mut refused = None;
    hub.lie = Some(Box::new(move |peer, input| match (peer, input) {
        // Alice is told that her first was refused; everybody got it.
        (0, Input::Replied(Asked::Publish(message), Ok(_))) if refused.is_none() => {
            refused = Some(message);
            let refusal = wire_format::Refusal::retry_after(wire_format::ErrorCode::Busy, 1_000);
            vec![Input::Replied(Asked::Publish(message), Err(refusal))]
        }
        (_, input) => vec![input],
    }));
    for number in 1..4 {
        hub.queue(0, crate::common::message_id(), &number.to_string());
    }
    hub.settle();
    hub.lie = None;
    hub.pass(Duration::from_secs(3));
    hub.say(0, "four");
    let expected: Vec<_> = ["zero", "1", "2", "3", "four"]
        .map(|text| format!("alice: {text}"))
        .into();
    assert_eq!(hub.seen(1), expected, "no alarm, no hole, nothing twice");
}
