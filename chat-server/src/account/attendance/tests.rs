use std::sync::atomic::AtomicBool;

use tokio::time::{advance, timeout};
use tokio_util::task::TaskTracker;
use wire_format::{Millis, Name, SessionId};

use super::{super::puts::PutPlaces, *};
use crate::{
    figures::Figures,
    outbox::{Outbox, Outboxes, WhenFull},
    store::sessions::Means,
};

const ADA: AccountId = AccountId::from_bytes([0xad; 16]);
const BOB: AccountId = AccountId::from_bytes([0xb0; 16]);

fn session(account: AccountId, id: u8) -> Arc<AccountSession> {
    let shared = Outboxes {
        tracker: TaskTracker::new(),
        figures: Arc::new(Figures::new()),
        when_full: WhenFull::Cut,
        bytes: 1 << 20,
        deadline: Duration::from_secs(10),
    };
    Arc::new(AccountSession {
        id: SessionId::from_bytes([id; 16]),
        account,
        name: Name::try_from("somebody").expect("a name"),
        means: Means::Password,
        is_kept: AtomicBool::new(true),
        puts: PutPlaces::default(),
        expires_at: Millis::new(0),
        outbox: Outbox::tls(Arc::new(shared)),
    })
}

/// Everything there is to tell now.
async fn news(attendance: &Attendance) -> Vec<(AccountId, bool)> {
    let comings = timeout(Duration::ZERO, attendance.comings(100)).await;
    let comings = comings.unwrap_or_default().into_iter();
    comings.map(|one| (one.account, one.is_here)).collect()
}

/// That nothing is kept of anybody.
fn is_empty(attendance: &Attendance) -> bool {
    let present = attendance.lock();
    present.accounts.is_empty() && present.untold.is_empty()
}

#[tokio::test(start_paused = true)]
async fn an_account_is_there_while_one_of_its_sessions_is() {
    let attendance = Attendance::default();
    let (phone, laptop) = (session(ADA, 1), session(ADA, 2));
    attendance.enter(&phone);
    assert_eq!(news(&attendance).await, [(ADA, true)]);
    attendance.enter(&laptop);
    attendance.leave(&phone, Departure::Clean);
    assert_eq!(news(&attendance).await, []);
    assert_eq!(attendance.here([BOB, ADA]), [ADA]);
    attendance.leave(&laptop, Departure::Clean);
    assert_eq!(attendance.here([BOB, ADA]), []);
    assert_eq!(news(&attendance).await, [(ADA, false)]);
    // Once more changes nothing, nor does somebody who never entered.
    attendance.leave(&laptop, Departure::Cut);
    attendance.leave(&session(BOB, 3), Departure::Cut);
    assert_eq!(news(&attendance).await, []);
    assert!(is_empty(&attendance));
}

#[tokio::test(start_paused = true)]
async fn who_was_cut_off_may_come_back_unnoticed() {
    let attendance = Attendance::default();
    let first = session(ADA, 1);
    attendance.enter(&first);
    assert_eq!(news(&attendance).await, [(ADA, true)]);
    attendance.leave(&first, Departure::Cut);
    advance(COMES_BACK_WITHIN - Duration::from_millis(1)).await;
    assert_eq!(news(&attendance).await, []);
    assert_eq!(attendance.here([ADA]), [ADA]);
    let second = session(ADA, 1);
    attendance.enter(&second);
    advance(COMES_BACK_WITHIN).await;
    assert_eq!(news(&attendance).await, []);
    // Its place was used up: now it leaves at once.
    attendance.leave(&second, Departure::Clean);
    assert_eq!(news(&attendance).await, [(ADA, false)]);
    assert!(is_empty(&attendance));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_come_back_is_given_up_in_time() {
    for (departure, kept) in [
        (Departure::Cut, COMES_BACK_WITHIN),
        (Departure::Silent, LAST_CHANCE),
    ] {
        let attendance = Attendance::default();
        let ada = session(ADA, 1);
        attendance.enter(&ada);
        assert_eq!(news(&attendance).await, [(ADA, true)]);
        attendance.leave(&ada, departure);
        advance(kept - Duration::from_millis(1)).await;
        assert_eq!(news(&attendance).await, []);
        // Whoever waits is woken.
        let waiting = timeout(Duration::from_secs(1), attendance.comings(100));
        let account = ADA;
        let is_here = false;
        assert_eq!(waiting.await, Ok(vec![Coming { account, is_here }]));
        assert!(is_empty(&attendance));
    }
    let shows_within = wire_format::limits::SERVER_SILENCE + LAST_CHANCE;
    assert!(shows_within < Duration::from_secs(35));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_taken_over_keeps_no_place() {
    let attendance = Attendance::default();
    let (old, new) = (session(ADA, 1), session(ADA, 1));
    attendance.enter(&old);
    attendance.enter(&new);
    attendance.leave(&old, Departure::Cut);
    assert_eq!(news(&attendance).await, [(ADA, true)]);
    attendance.leave(&new, Departure::Clean);
    assert_eq!(news(&attendance).await, [(ADA, false)]);
    assert!(is_empty(&attendance));
}

#[tokio::test(start_paused = true)]
async fn comings_and_goings_that_nobody_heard_of_are_none() {
    let attendance = Attendance::default();
    let (ada, bob) = (session(ADA, 1), session(BOB, 2));
    for _ in 0..1_000 {
        attendance.enter(&ada);
        attendance.leave(&ada, Departure::Clean);
    }
    assert_eq!(attendance.lock().untold.len(), 1);
    attendance.enter(&bob);
    assert_eq!(news(&attendance).await, [(BOB, true)]);
    attendance.leave(&bob, Departure::Clean);
    attendance.enter(&bob);
    assert_eq!(news(&attendance).await, []);
    attendance.leave(&bob, Departure::Clean);
    assert_eq!(news(&attendance).await, [(BOB, false)]);
    assert!(is_empty(&attendance));
}

#[tokio::test(start_paused = true)]
async fn comings_are_told_in_their_order_so_many_at_once() {
    let attendance = Attendance::default();
    let accounts: Vec<_> = (0..5).map(|id| AccountId::from_bytes([id; 16])).collect();
    for (id, account) in (0..5).zip(&accounts) {
        attendance.enter(&session(*account, id));
    }
    let mut told = Vec::new();
    for expected in [2, 2, 1] {
        let comings = attendance.comings(2).await;
        assert_eq!(comings.len(), expected);
        told.extend(comings.into_iter().map(|one| one.account));
    }
    assert_eq!(told, accounts);
}

#[tokio::test]
async fn what_happens_while_a_list_is_made_stands_behind_it() {
    let attendance = Attendance::default();
    let ada = session(ADA, 1);
    attendance.enter(&ada);
    let online = true;
    let bob = Event::PresenceChanged {
        account: BOB,
        online,
    };
    let waiting = |attendance: &Attendance| {
        let attendee = attendance.lock().attendee(&ada).expect("a place");
        attendee.waiting()
    };
    assert_eq!(waiting(&attendance), None);
    let hold = attendance.hold(&ada);
    attendance.tell([BOB, ADA], &bob);
    assert_eq!(waiting(&attendance), Some(1));
    drop(hold);
    assert_eq!(waiting(&attendance), None);
    // As many as may wait, and one more.
    let hold = attendance.hold(&ada);
    for _ in 0..attendee::HELD_MOST {
        attendance.tell([ADA], &bob);
    }
    assert_eq!(waiting(&attendance), Some(attendee::HELD_MOST));
    assert!(timeout(Duration::ZERO, ada.outbox.ending()).await.is_err());
    attendance.tell([ADA], &bob);
    let ending = timeout(Duration::ZERO, ada.outbox.ending()).await;
    assert_eq!(ending, Ok(Some(wire_format::CloseCode::TooSlow)));
    drop(hold);
}
