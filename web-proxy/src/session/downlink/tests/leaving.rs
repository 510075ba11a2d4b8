//! What is kept of rooms that a session leaves, enters again, or is put out of.

use wire_format::MemberId;

use super::*;

fn gone() -> Arrival {
    let (room, member) = (room(), MemberId::from_bytes([1; 16]));
    Arrival::Exited { room, member }
}

/// Whether nothing is kept of any room: no log, and so no ring, and no key's standing.
fn is_nowhere(downlink: &Downlink) -> bool {
    let state = downlink.lock();
    state.logs.is_empty() && state.standing.is_empty()
}

#[tokio::test]
async fn a_room_that_was_left_does_not_come_back() {
    let downlink = in_lobby();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    arrive(&downlink, message(1));
    arrive(&downlink, Arrival::Event(keyed()));
    let hold = downlink.hold();
    arrive(&downlink, message(2));
    downlink.left(room());
    drop(hold);
    arrive(&downlink, message(3));
    arrive(&downlink, Arrival::Event(keyed()));
    assert!(is_nowhere(&downlink));
    let told = ["message 1", "keyed", "message 2", "message 3", "keyed"];
    assert_eq!(waiting(&stream).await, told);
}

#[tokio::test]
async fn a_room_that_could_not_be_entered_again_is_forgotten() {
    let downlink = in_lobby();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    arrive(&downlink, message(1));
    arrive(&downlink, Arrival::Event(keyed()));
    arrive(&downlink, gone());
    assert!(is_nowhere(&downlink));
    assert_eq!(waiting(&stream).await, ["message 1", "keyed", "left"]);
}

#[tokio::test]
async fn a_room_that_is_entered_after_all_is_kept() {
    let downlink = in_lobby();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    let hold = downlink.hold();
    arrive(&downlink, gone());
    arrive(&downlink, here());
    hold.entered(asker(&stream), None, entered(0));
    arrive(&downlink, message(1));
    assert_eq!(waiting(&stream).await, ["reply", "left", "message 1"]);
    let other = downlink.open(StreamKind::socket).expect("a stream");
    downlink.hold().entered(asker(&other), None, entered(1));
    assert_eq!(waiting(&other).await, ["reply", "message 1"]);
}

#[tokio::test]
async fn an_enter_that_nobody_waited_for_loses_nothing() {
    let downlink = downlink();
    let given_up = downlink.hold();
    arrive(&downlink, here());
    drop(given_up);
    arrive(&downlink, message(1));
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    downlink
        .hold()
        .entered(asker(&stream), Some(&resume(0)), entered(1));
    assert_eq!(waiting(&stream).await, ["reply", "message 1"]);
}

#[tokio::test]
async fn a_late_delivery_of_the_run_before_changes_nothing() {
    let downlink = in_lobby();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    let run = RunId::from_bytes([2; 16]);
    let channel = channel();
    arrive(&downlink, Arrival::Entered { channel, run });
    arrive(&downlink, message(9));
    assert!(!downlink.lock().logs[0].1.is_of_another(run));
    assert_eq!(waiting(&stream).await, ["message 9"]);
}
