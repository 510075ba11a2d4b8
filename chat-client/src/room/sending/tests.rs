use super::*;

fn message(number: u8) -> MessageId {
    MessageId::from_bytes([number; 16])
}

fn sending(messages: u8, bytes: usize) -> Sending {
    let mut sending = Sending::new(InstanceId::from_bytes([7; 16]));
    for number in 0..messages {
        let deadline = Duration::from_secs(60);
        sending.push(message(number), vec![0; bytes].into(), deadline);
    }
    sending
}

/// Sends what may go out; gives how much that was.
fn send(sending: &mut Sending) -> usize {
    let mut sent = 0;
    while sending.next().is_some() {
        sending.went();
        sent += 1;
    }
    sent
}

#[test]
fn as_many_are_under_way_as_the_window_has() {
    for (messages, most) in [(31, 31), (32, 32), (33, 32)] {
        let mut sending = sending(messages, 10);
        assert_eq!(send(&mut sending), most, "{messages} messages");
    }
    let mut sending = sending(33, 10);
    send(&mut sending);
    assert!(sending.accept(message(0)).is_some());
    assert_eq!(send(&mut sending), 1);
}

#[test]
fn large_messages_share_the_bytes_of_the_window() {
    for (bytes, at_once) in [
        (WINDOW_BYTES / 2, 2),
        (WINDOW_BYTES / 2 + 1, 1),
        (4 * WINDOW_BYTES, 1),
    ] {
        assert_eq!(send(&mut sending(3, bytes)), at_once, "{bytes} bytes");
    }
}

#[test]
fn all_but_the_first_follow() {
    let mut sending = sending(2, 1);
    assert!(!sending.flags().is_following());
    sending.went();
    assert!(sending.flags().is_following());
    sending.accept(message(0));
    assert!(!sending.flags().is_following(), "nothing is under way");
}

#[test]
fn what_is_refused_goes_again_in_its_order_and_under_its_counters() {
    let mut sending = sending(6, 1);
    assert_eq!(send(&mut sending), 6);
    assert_eq!(sending.counter, 6);
    sending.accept(message(0));
    sending.accept(message(1));
    for number in 2..6 {
        sending.refuse(message(number));
        sending.refuse(message(number));
        let is_last = number == 5;
        assert!(!sending.end_recall());
        assert_eq!(sending.next().is_some(), is_last, "not before all answers");
    }
    assert_eq!((sending.under_way, sending.counter), (0, 2));
    assert!(!sending.flags().is_following());
    let first = sending.next().map(|queued| queued.message);
    assert_eq!(first, Some(message(2)));
}

#[test]
fn one_that_will_not_be_sent_gives_its_counter_to_the_next() {
    let mut sending = sending(3, 1);
    send(&mut sending);
    sending.refuse(message(0));
    sending.take(message(0));
    sending.refuse(message(1));
    assert!(!sending.end_recall());
    assert!(sending.next().is_none());
    sending.refuse(message(2));
    assert!(!sending.end_recall());
    assert_eq!(sending.counter, 0);
    assert_eq!(send(&mut sending), 2);
}

#[test]
fn an_acceptance_behind_a_refusal_ends_the_instance() {
    for accepted in [0, 1] {
        let mut sending = sending(3, 1);
        send(&mut sending);
        sending.refuse(message(0));
        sending.accept(message(accepted));
        assert!(!sending.end_recall());
        for number in 0..3 {
            sending.refuse(message(number));
        }
        assert!(sending.end_recall(), "{accepted} was accepted");
        assert!(!sending.is_recalling());
        assert_eq!(send(&mut sending), 2);
    }
}

#[test]
fn a_cut_leaves_what_was_not_refused_in_doubt() {
    let mut sending = sending(4, 1);
    send(&mut sending);
    sending.accept(message(0));
    sending.refuse(message(1));
    assert!(sending.forget_fate());
    let doubts: Vec<_> = sending
        .queue
        .iter()
        .map(|queued| queued.is_doubtful)
        .collect();
    assert_eq!(doubts, [false, true, true]);
    assert_eq!((sending.under_way, sending.counters_back), (0, 0));
    assert!(!sending.forget_fate(), "nothing was under way");
}

#[test]
fn who_was_too_fast_sends_one_at_a_time() {
    let mut sending = sending(3, 1);
    sending.slow_down(Duration::from_millis(50));
    assert_eq!(send(&mut sending), 1);
}

#[test]
fn only_what_is_in_doubt_waits_for_deliveries() {
    let mut sending = sending(2, 1);
    let now = Now {
        at: Duration::from_secs(1),
        wall: wire_format::Millis::new(0),
    };
    sending.catch_up_to(now, Sequence::new(7));
    assert!(!sending.waits_for_deliveries(), "nothing was sent before");
    send(&mut sending);
    assert!(!sending.waits_for_deliveries(), "nothing is in doubt");
    sending.forget_fate();
    sending.catch_up_to(now, Sequence::new(9));
    assert!(sending.waits_for_deliveries());
}
