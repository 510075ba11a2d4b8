use std::{sync::atomic::AtomicU64, time::Duration};

use tokio_util::task::TaskTracker;
use wire_format::{EpochNumber, Millis, Name, Publish, PublishFlags};

use super::*;
use crate::outbox::{Outbox, Outboxes, WhenFull};

/// A session whose frames go nowhere.
pub(super) fn session(number: usize, figures: &Arc<Figures>) -> Arc<Session> {
    let shared = Outboxes {
        tracker: TaskTracker::new(),
        figures: Arc::clone(figures),
        when_full: WhenFull::Cut,
        bytes: usize::MAX,
        deadline: Duration::from_secs(60),
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&u64::try_from(number).expect("small").to_le_bytes());
    let name = Name::try_from("somebody").expect("a name");
    static SIGN_INS: AtomicU64 = AtomicU64::new(0);
    Session::new(
        SIGN_INS.fetch_add(1, Ordering::Relaxed),
        MemberId::from_bytes(id),
        name,
        None,
        Outbox::tls(Arc::new(shared)),
    )
}

pub(super) fn room(figures: &Arc<Figures>) -> Arc<Room> {
    let run = RunId::from_bytes([1; 16]);
    Room::new("den".into(), run, usize::MAX, Arc::clone(figures))
}

#[tokio::test]
async fn members_come_in_pages_in_the_order_of_their_ids() {
    let figures = Arc::new(Figures::new());
    let room = room(&figures);
    for number in 0..MEMBERS_PER_PAGE + 2 {
        let session = session(number, &figures);
        room.enter(&session, 1, None).expect("a place");
    }
    let first = room.members(None);
    assert_eq!((first.members.len(), first.more), (MEMBERS_PER_PAGE, true));
    let last = room.members(first.members.last().map(|member| member.id));
    assert_eq!((last.members.len(), last.more), (2, false));
    let all: Vec<_> = first.members.iter().chain(&last.members).collect();
    assert!(all.windows(2).all(|pair| pair[0].id < pair[1].id));
    let exactly = room.members(Some(all[1].id));
    assert_eq!(
        (exactly.members.len(), exactly.more),
        (MEMBERS_PER_PAGE, false)
    );
}

#[tokio::test]
async fn a_publish_needs_the_very_session_that_is_here() {
    let figures = Arc::new(Figures::new());
    let room = room(&figures);
    let (old, new) = (session(1, &figures), session(1, &figures));
    let left = room.enter(&old, 1, None).expect("a place");
    let seat = room.enter(&new, 1, None).expect("the same place");
    let publish = Publish {
        request: 1,
        channel: room.channel(),
        epoch: EpochNumber::new(0),
        flags: PublishFlags::UNSTORED,
        payload: bytes::Bytes::new(),
    };
    let now = Millis::new(1);
    assert!(room.publish(&old, &left, publish.clone(), now).is_err());
    assert!(room.publish(&new, &seat, publish, now).is_ok());
    // The older one's farewell does not put the newer one out.
    room.exit(&old, wire_format::event::LeaveReason::Lost);
    assert_eq!(room.summary().members, 1);
}

#[tokio::test]
async fn a_session_that_was_taken_over_puts_nobody_out() {
    let figures = Arc::new(Figures::new());
    let room = room(&figures);
    let (old, new) = (session(1, &figures), session(1, &figures));
    room.enter(&new, 1, None).expect("a place");
    let entered = room.enter(&old, 1, None).map(|_| ());
    assert_eq!(entered, Err(enter::EnterError::TakenOver));
    assert!(room.lock().is_here(&new));
}

#[tokio::test]
async fn a_session_that_was_taken_over_has_no_say_in_epochs() {
    let figures = Arc::new(Figures::new());
    let room = room(&figures);
    let (old, new) = (session(1, &figures), session(1, &figures));
    room.enter(&old, 1, None).expect("a place");
    room.enter(&new, 1, None).expect("the same place");
    let answer = |session: &Session| {
        let (n, to) = (EpochNumber::new(1), session.member());
        let answered = room.answer_epoch(session, n, to, bytes::Bytes::new());
        answered.expect_err("there is no epoch").code
    };
    assert_eq!(answer(&old), wire_format::ErrorCode::NotInRoom);
    assert_eq!(answer(&new), wire_format::ErrorCode::NotAsked);
}
