//! What a member believes of a server that says that something was forgotten, or is due.

use chat_client::conversation::{Alarm, Arrived, Cause, Received};
use wire_format::{
    AccountId, Deliver, DeliverFlags, InstanceId, MemberId, MessageId, Millis, OpenError, Sequence,
    Storage,
    envelope::{Draft, EpochKeys},
    room::{KeepDays, RoomContent, Text},
};

use crate::pair::{ADA, NOW, Pair, cast, cause_of, text_of};

const DAY_MS: u64 = 86_400_000;
/// As far as clocks are apart.
const SKEW_MS: u64 = 300_000;

fn after(ms: u64) -> Millis {
    Millis::new(NOW.value() + ms)
}

#[test]
fn what_is_fresh_is_not_stepped_over() {
    let mut pair = Pair::keeping(KeepDays::One);
    let at = pair.at;
    let (one, two) = (pair.text("one"), pair.text("two"));
    let three = pair.text("three");
    assert_eq!(text_of(&pair.bob_gets(&one)), "one");
    // What is due is in front: if this one is there, the next one is.
    let just_before = after(DAY_MS - SKEW_MS - 1);
    assert!(!pair.bob.step_over(at, two.sequence, NOW));
    assert!(!pair.bob.step_over(at, two.sequence, just_before));
    assert_eq!(text_of(&pair.bob_gets(&three)), "three");
    let numbers = Alarm::Numbers {
        expected: Sequence::new(2),
        found: Sequence::new(3),
    };
    assert!(pair.bob.take_alarms().contains(&numbers));
}

#[test]
fn what_is_due_is_stepped_over_and_no_hole() {
    let mut pair = Pair::keeping(KeepDays::One);
    let at = pair.at;
    let (one, two) = (pair.text("one"), pair.text("two"));
    assert_eq!(text_of(&pair.bob_gets(&one)), "one");
    let due = after(DAY_MS - SKEW_MS);
    assert!(pair.bob.step_over(at, two.sequence, due));
    assert_eq!(pair.bob.reached(at), two.sequence);
    // Who begins knows of nothing in front.
    assert!(pair.bob.step_over(at, Sequence::new(9), NOW));
    assert_eq!(pair.bob.take_alarms(), []);
    let mut pair = Pair::begin();
    assert!(!pair.bob.step_over(at, Sequence::new(9), due));
}

#[test]
fn a_message_is_due_by_what_its_sender_signed_where_the_server_says_another_time() {
    let mut pair = Pair::keeping(KeepDays::One);
    let people = &cast().people;
    let long_ago = Deliver {
        time: Millis::new(0),
        ..pair.text("one")
    };
    assert_eq!(text_of(&pair.bob_gets(&long_ago)), "one");
    let later = Deliver {
        time: after(365 * DAY_MS),
        ..pair.text("two")
    };
    let due = after(DAY_MS);
    let received = pair
        .bob
        .receive(&later, Arrived::Fetched, people, due, true);
    assert!(matches!(received, Received::Known), "{received:?}");
    assert_eq!(pair.bob.take_alarms(), []);
}

#[test]
fn what_nobody_signed_is_not_due() {
    let mut pair = Pair::keeping(KeepDays::One);
    let people = &cast().people;
    let mut forged = pair.text("one");
    let mut bytes = forged.payload.to_vec();
    *bytes.last_mut().expect("a signature") ^= 1;
    forged.payload = bytes.into();
    let received = pair
        .bob
        .receive(&forged, Arrived::Fetched, people, after(DAY_MS), true);
    assert!(matches!(received, Received::Unreadable(_)), "{received:?}");
}

#[test]
fn no_server_empties_a_room_that_keeps_more() {
    let forgets = |keep| Pair::keeping(keep).bob.forgets_before(after(7 * DAY_MS));
    assert_eq!(forgets(KeepDays::Forever), None);
    assert_eq!(forgets(KeepDays::One), Some(after(6 * DAY_MS)));
    assert_eq!(forgets(KeepDays::Seven), Some(NOW));
}

#[test]
fn a_text_that_is_not_stored_is_not_shown() {
    let mut pair = Pair::begin();
    let chain = pair.ada.chain();
    let secret = pair.ada.secret(chain.head().n()).expect("its secret");
    let keys = EpochKeys::of_commit(secret, chain.head()).expect("its secret");
    let text = RoomContent::Text(Text {
        text: "in passing".to_owned(),
        mentions: None,
    });
    let draft = Draft {
        channel: pair.at,
        sender: MemberId::from(AccountId::from_bytes(*ADA.as_bytes())),
        fingerprint: cast().ada.fingerprint(),
        instance: InstanceId::from_bytes([3; 16]),
        counter: 0,
        storage: Storage::Passing,
        sent_at: NOW,
        message: MessageId::from_bytes([4; 16]),
        content: &text.encode().expect("a text"),
    };
    let payload = keys.seal_signed(&draft, rand::random(), &cast().ada, &mut rand::rng());
    let deliver = pair.deliver(DeliverFlags::Unstored, payload.expect("sealed"));
    let cause = cause_of(&pair.bob_gets(&deliver));
    assert_eq!(cause, Cause::Open(OpenError::Content));
}
