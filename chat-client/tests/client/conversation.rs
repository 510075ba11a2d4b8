//! One end-to-end conversation without a server: what its members take, what they refuse, and what
//! they name.

use chat_client::conversation::{Alarm, Arrived, Cause, Effect, Received, SealFault};
use wire_format::{
    Deliver, DeliverFlags, EpochNumber, EpochSecret, InstanceId, Millis, OpenError, Sequence,
    replay::Hole,
    room::{Erased, RoomContent, Text, Tombstone},
};

use crate::pair::{ADA, NOW, Pair, cast, cause_of, pair_of, text_of};

#[test]
fn a_message_is_shown_once_however_often_it_comes() {
    let mut pair = Pair::begin();
    let one = pair.text("one");
    assert_eq!(text_of(&pair.bob_gets(&one)), "one");
    assert!(matches!(pair.bob_gets(&one), Received::Known));
    let again = Deliver {
        sequence: Sequence::new(2),
        ..one
    };
    assert!(matches!(pair.bob_gets(&again), Received::Known));
    assert_eq!(pair.bob.take_alarms(), []);
}

#[test]
fn two_messages_under_one_key_are_an_alarm_and_one_is_shown() {
    let mut pair = Pair::begin();
    let said = |text: &str| {
        RoomContent::Text(Text {
            text: text.to_owned(),
            mentions: None,
        })
    };
    let (one, two) = (pair.sealed(&said("one")), pair.sealed(&said("two")));
    assert_eq!(text_of(&pair.bob_gets(&one)), "one");
    assert_eq!(cause_of(&pair.bob_gets(&two)), Cause::Reused);
    assert_eq!(pair.bob.take_alarms(), [Alarm::Reused(ADA)]);
}

#[test]
fn a_hole_in_counters_or_numbers_is_named() {
    let mut pair = Pair::begin();
    let (one, two, three) = (pair.text("one"), pair.text("two"), pair.text("three"));
    pair.bob_gets(&one);
    assert!(pair.bob.is_gap(&three));
    assert!(!pair.bob.is_gap(&two));
    // Left out and numbered over: the counters tell.
    let closed_up = Deliver {
        sequence: Sequence::new(2),
        ..three
    };
    assert_eq!(text_of(&pair.bob_gets(&closed_up)), "three");
    let hole = Hole { first: 1, last: 1 };
    let withheld = Alarm::Withheld { sender: ADA, hole };
    assert_eq!(pair.bob.take_alarms(), [withheld]);
    // Left out: the numbers tell, too.
    pair.next = 5;
    let four = pair.text("four");
    pair.bob_gets(&four);
    let numbers = Alarm::Numbers {
        expected: Sequence::new(3),
        found: Sequence::new(5),
    };
    assert_eq!(pair.bob.take_alarms(), [numbers]);
}

#[test]
fn a_deleted_message_needs_its_tombstone() {
    for is_buried in [true, false] {
        let mut pair = Pair::begin();
        let (one, two) = (pair.text("one"), pair.text("two"));
        let people = &cast().people;
        let mut before = pair_of(&pair.bob);
        let seen = before.receive(&one, Arrived::Fetched, people, NOW, true);
        let Received::Message(seen) = seen else {
            panic!("{seen:?}");
        };
        let (message, hash) = (seen.message, seen.hash);
        let erased = Erased {
            hash,
            tombstone: Sequence::new(3),
        };
        let gone = Deliver {
            payload: erased.encode(),
            ..one
        };
        assert!(matches!(pair.bob_gets(&gone), Received::Erased(_)));
        assert_eq!(text_of(&pair.bob_gets(&two)), "two");
        if is_buried {
            let tombstone = pair.sealed(&RoomContent::Tombstone(Tombstone {
                message,
                hash,
                reason: None,
            }));
            match pair.bob_gets(&tombstone) {
                Received::Message(message) => {
                    assert_eq!(message.effect, Effect::Holds(Sequence::new(1)));
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(pair.bob.take_alarms(), []);
        } else {
            let three = pair.text("three");
            pair.bob_gets(&three);
            assert_eq!(pair.bob.take_alarms(), [Alarm::Erased(Sequence::new(1))]);
        }
    }
}

#[test]
fn what_has_no_key_says_why_and_is_read_when_the_key_comes() {
    let mut pair = Pair::begin();
    let (commit, secret) = pair.rotation();
    let people = &cast().people;
    pair.ada.commit(commit.clone(), people).expect("a commit");
    pair.ada
        .hold(EpochNumber::new(2), secret.clone())
        .expect("its secret");
    let started = pair.deliver(DeliverFlags::Commit, commit);
    let two = pair.text("two");
    assert!(matches!(pair.bob_gets(&started), Received::Committed(_)));
    let waiting = Cause::WaitingForKey(EpochNumber::new(2));
    assert_eq!(cause_of(&pair.bob_gets(&two)), waiting);
    assert_eq!(pair.bob.missing(), [EpochNumber::new(2)]);
    assert_eq!(pair.bob.readable_again(pair.at), []);
    // Another secret is none.
    let other = EpochSecret::generate(&mut rand::rng());
    let refused = pair.bob.hold(EpochNumber::new(2), other);
    assert_eq!(refused, Err(OpenError::ShareCommitment));
    pair.bob
        .hold(EpochNumber::new(2), secret)
        .expect("its secret");
    assert_eq!(pair.bob.readable_again(pair.at), [Sequence::new(2)]);
    assert_eq!(text_of(&pair.bob_gets(&two)), "two");
    assert!(matches!(pair.bob_gets(&two), Received::Known));
    assert_eq!(pair.bob.take_alarms(), []);
}

#[test]
fn another_history_is_an_alarm_and_nothing_is_sent_any_more() {
    let mut pair = Pair::begin();
    let people = &cast().people;
    let ((one, secret), (other, _)) = (pair.rotation(), pair.rotation());
    pair.bob.commit(one.clone(), people).expect("a commit");
    pair.bob
        .hold(EpochNumber::new(2), secret)
        .expect("its secret");
    pair.bob.commit(one, people).expect("it is known");
    assert!(pair.bob.check_sending().is_ok());
    assert!(pair.bob.commit(other, people).is_err());
    let alarms = pair.bob.take_alarms();
    assert_eq!(alarms, [Alarm::Fork(EpochNumber::new(2))]);
    assert_eq!(pair.bob.check_sending(), Err(SealFault::Forked));
    assert_eq!(pair.bob.chain().head().n(), EpochNumber::new(2));
}

#[test]
fn a_message_of_another_history_is_an_alarm_if_its_sender_made_it() {
    let mut pair = Pair::begin();
    let people = &cast().people;
    let n = EpochNumber::new(2);
    let ((one, secret), (other, others)) = (pair.rotation(), pair.rotation());
    pair.ada.commit(one, people).expect("a commit");
    pair.ada.hold(n, secret).expect("its secret");
    pair.bob.commit(other, people).expect("a commit");
    pair.bob.hold(n, others).expect("its secret");
    let message = pair.text("on the other side");
    let mut forged = message.clone();
    let mut bytes = forged.payload.to_vec();
    *bytes.last_mut().expect("a signature") ^= 1;
    forged.payload = bytes.into();
    let cause = |received: Received| match received {
        Received::Unreadable(unreadable) => unreadable.cause.code(),
        other => panic!("{other:?}"),
    };
    let mut aside = pair_of(&pair.bob);
    let received = aside.receive(&forged, Arrived::Live, people, NOW, true);
    assert_eq!(cause(received), "other_history");
    assert_eq!(aside.take_alarms(), []);
    assert_eq!(cause(pair.bob_gets(&message)), "other_history");
    assert_eq!(pair.bob.take_alarms(), [Alarm::Fork(n)]);
    assert_eq!(pair.bob.check_sending(), Err(SealFault::Forked));
}

#[test]
fn a_refused_publish_leaves_its_counter_to_the_next() {
    let mut pair = Pair::begin();
    let text = |text: &str| {
        RoomContent::Text(Text {
            text: text.to_owned(),
            mentions: None,
        })
    };
    // Refused: it stands nowhere.
    pair.sealed(&text("stale"));
    pair.next = 1;
    let (one, two) = (pair.text("one"), pair.text("two"));
    for (deliver, expected) in [(&one, "one"), (&two, "two")] {
        assert_eq!(text_of(&pair.bob_gets(deliver)), expected);
    }
    // Nobody knows what became of it: another numbering.
    pair.sealed(&text("lost"));
    pair.next = 3;
    pair.ada.begin_again(InstanceId::from_bytes([7; 16]));
    let three = pair.text("three");
    assert_eq!(text_of(&pair.bob_gets(&three)), "three");
    assert_eq!(pair.bob.take_alarms(), []);
}

#[test]
fn live_messages_carry_marks() {
    let mut pair = Pair::begin();
    let people = &cast().people;
    let one = pair.text("one");
    let later = Millis::new(NOW.value() + 5 * 60 * 1_000 + 1);
    for (now, expected) in [(NOW, false), (later, true)] {
        let mut bob = pair_of(&pair.bob);
        match bob.receive(&one, Arrived::Live, people, now, true) {
            Received::Message(message) => assert_eq!(message.is_clock_off, expected),
            other => panic!("{other:?}"),
        }
    }
    let (commit, _) = pair.rotation();
    // A commit that was read ahead is none in front of the message.
    for is_behind in [false, true] {
        let mut bob = pair_of(&pair.bob);
        bob.commit(commit.clone(), people).expect("a commit");
        if is_behind {
            let head = bob.chain().head().n();
            bob.follows(head);
        }
        match bob.receive(&one, Arrived::Live, people, NOW, true) {
            Received::Message(message) => assert_eq!(message.is_late, is_behind),
            other => panic!("{other:?}"),
        }
    }
}
