//! One room with several channels, without a server: a commit is taken once and has a place in each, and
//! a server that shows its channels differently is named.

use chat_client::conversation::{Alarm, Received};
use wire_format::{ChannelId, Deliver, DeliverFlags, EpochNumber, Sequence};

use crate::pair::{Pair, SIDE, cause_of, text_of};

#[test]
fn a_commit_is_told_once_and_is_a_place_in_other_channels() {
    let mut pair = Pair::with_side();
    let main = pair.at;
    for at in [main, SIDE] {
        pair.moves(at, 0);
        let one = pair.text("one");
        assert_eq!(text_of(&pair.bob_gets(&one)), "one");
    }
    let commit = pair.turns();
    for at in [SIDE, main] {
        pair.moves(at, 1);
        let started = pair.deliver(DeliverFlags::Commit, commit.clone());
        let received = pair.bob_gets(&started);
        assert_eq!(matches!(received, Received::Committed(_)), at == main);
        // Counters are a channel's: those of the other leave no hole.
        let two = pair.text("two");
        assert_eq!(text_of(&pair.bob_gets(&two)), "two");
        assert_eq!(pair.bob.reached(at), Sequence::new(3));
    }
    assert_eq!(pair.bob.take_alarms(), []);
}

#[test]
fn a_commit_that_one_channel_lacks_or_has_elsewhere_is_named() {
    let mut pair = Pair::with_side();
    let main = pair.at;
    pair.moves(SIDE, 0);
    let one = pair.text("one");
    pair.bob_gets(&one);
    let (two, three) = (pair.turns(), pair.turns());
    pair.moves(main, 0);
    for commit in [&two, &three] {
        let started = pair.deliver(DeliverFlags::Commit, commit.clone());
        assert!(matches!(pair.bob_gets(&started), Received::Committed(_)));
    }
    assert_eq!(pair.bob.take_alarms(), []);

    // What stands behind it is shown, and so is what is missing in front of it.
    pair.moves(SIDE, 1);
    let late = pair.text("of the newest key");
    assert_eq!(text_of(&pair.bob_gets(&late)), "of the newest key");
    let n = EpochNumber::new(3);
    let left_out = Alarm::CommitLeftOut { channel: SIDE, n };
    assert_eq!(pair.bob.take_alarms(), [left_out]);
    // The other one comes behind what followed it.
    let second = pair.deliver(DeliverFlags::Commit, two);
    assert!(matches!(pair.bob_gets(&second), Received::Known));
    let n = EpochNumber::new(2);
    let order = Alarm::CommitOrder { channel: SIDE, n };
    assert_eq!(pair.bob.take_alarms(), [order]);
}

#[test]
fn a_channel_shows_nothing_of_another_one() {
    let mut pair = Pair::with_side();
    let one = pair.text("in the main channel");
    for channel in [SIDE, ChannelId::from_bytes([7; 16])] {
        let moved = Deliver {
            channel,
            ..one.clone()
        };
        let cause = cause_of(&pair.bob_gets(&moved));
        assert_eq!(cause.code(), "misplaced");
    }
    assert_eq!(text_of(&pair.bob_gets(&one)), "in the main channel");
    assert!(!pair.bob.has(ChannelId::from_bytes([7; 16])));
}
