mod crowds;

use std::time::Duration;

use super::*;

const ALICE: MemberId = MemberId::from_bytes([0xa1; 16]);
const BORIS: MemberId = MemberId::from_bytes([0xb0; 16]);
const CHIDI: MemberId = MemberId::from_bytes([0xc1; 16]);
const DORA: MemberId = MemberId::from_bytes([0xd0; 16]);
const EMIL: MemberId = MemberId::from_bytes([0xe0; 16]);

fn n(value: u64) -> EpochNumber {
    EpochNumber::new(value)
}

fn seconds(value: u64) -> Duration {
    Duration::from_secs(value)
}

fn offer(number: u64, starter: MemberId, reason: EpochReason) -> Offer {
    Offer {
        n: n(number),
        starter,
        reason,
        bundle: Bytes::from(format!("bundle {number} of {starter}")),
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> ErrorCode {
    result.expect_err("a refusal").code
}

/// A room whose first epoch was started by Alice.
fn keyed(now: Instant) -> Epochs {
    let mut epochs = Epochs::default();
    epochs
        .start(now, offer(1, ALICE, EpochReason::First))
        .expect("the first epoch");
    epochs
}

/// The same, with more members who hold the secret.
fn held_by(now: Instant, holders: &[MemberId]) -> Epochs {
    let mut epochs = keyed(now);
    for holder in holders {
        let offer = offer(1, ALICE, EpochReason::First);
        epochs.hold(now, *holder, offer).expect("the same epoch");
    }
    epochs
}

fn asked(holder: MemberId, asker: MemberId) -> Telling {
    Telling::Asked {
        n: n(1),
        holder,
        asker,
    }
}

fn unanswered(to: MemberId) -> Telling {
    Telling::Unanswered { n: n(1), to }
}

fn due(number: u64, reason: EpochReason) -> Telling {
    Telling::Due {
        n: n(number),
        reason,
    }
}

#[test]
fn the_first_epoch_is_number_one() {
    let now = Instant::now();
    let mut epochs = Epochs::default();
    assert_eq!(epochs.state(), None);
    let zero = epochs.start(now, offer(0, ALICE, EpochReason::First));
    assert_eq!(code(zero), ErrorCode::EpochConflict);
    let two = epochs.start(now, offer(2, ALICE, EpochReason::First));
    assert_eq!(code(two), ErrorCode::EpochConflict);
    let one = epochs.start(now, offer(1, ALICE, EpochReason::First));
    let started = Telling::Started {
        n: n(1),
        starter: ALICE,
        reason: EpochReason::First,
        bundle: offer(1, ALICE, EpochReason::First).bundle,
    };
    assert_eq!(one, Ok(vec![started]));
    assert_eq!(
        epochs.state(),
        Some(EpochState {
            n: n(1),
            due: false
        })
    );
}

#[test]
fn who_loses_the_race_is_told_of_the_conflict() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    let second = epochs.start(now, offer(1, BORIS, EpochReason::First));
    assert_eq!(code(second), ErrorCode::EpochConflict);
}

#[test]
fn an_epoch_that_is_not_due_is_not_followed() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    let later = now + seconds(3600);
    let next = epochs.start(later, offer(2, ALICE, EpochReason::Left));
    assert_eq!(next, Err(Refusal::new(ErrorCode::EpochTooSoon)));
}

#[test]
fn a_leave_makes_the_epoch_due_once() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    assert_eq!(epochs.left(now, BORIS), [due(1, EpochReason::Left)]);
    assert_eq!(epochs.left(now, CHIDI), []);
    assert_eq!(epochs.state(), Some(EpochState { n: n(1), due: true }));
    assert_eq!(epochs.admits(n(1)), Ok(()));
}

#[test]
fn a_due_epoch_is_followed_ten_seconds_after_its_start() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    epochs.left(now, BORIS);
    let early = now + Duration::from_millis(9_999);
    let next = epochs.start(early, offer(2, ALICE, EpochReason::Left));
    assert_eq!(next, Err(Refusal::retry_after(ErrorCode::EpochTooSoon, 1)));
    let next = epochs.start(now + seconds(10), offer(2, ALICE, EpochReason::Left));
    assert!(next.is_ok());
    assert_eq!(
        epochs.state(),
        Some(EpochState {
            n: n(2),
            due: false
        })
    );
    assert_eq!(
        epochs.admits(n(1)),
        Err(Refusal::new(ErrorCode::StaleEpoch))
    );
    assert_eq!(epochs.admits(n(2)), Ok(()));
    assert_eq!(epochs.admits(n(0)), Ok(()));
}

#[test]
fn on_demand_needs_no_reason_but_the_gap() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    let early = epochs.start(now + seconds(9), offer(2, BORIS, EpochReason::Demand));
    assert_eq!(
        early,
        Err(Refusal::retry_after(ErrorCode::EpochTooSoon, 1_000))
    );
    let next = epochs.start(now + seconds(10), offer(2, BORIS, EpochReason::Demand));
    assert!(next.is_ok());
}

#[test]
fn after_a_day_the_epoch_is_due_and_anyone_may_start() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    assert_eq!(epochs.next_tick(), Some(now + EPOCH_AGE));
    assert_eq!(epochs.tick(now + EPOCH_AGE - seconds(1)), []);
    let later = now + EPOCH_AGE;
    assert_eq!(epochs.tick(later), [due(1, EpochReason::Age)]);
    assert_eq!(epochs.next_tick(), None);
    assert!(
        epochs
            .start(later, offer(2, BORIS, EpochReason::Age))
            .is_ok()
    );
}

#[test]
fn whatever_is_held_has_a_successor() {
    let now = Instant::now();
    let mut epochs = Epochs::default();
    for number in [EPOCH_NUMBER, EPOCH_NUMBER_HELD + 1] {
        let last = offer(number, ALICE, EpochReason::Demand);
        let held = epochs.hold(now, ALICE, last);
        assert_eq!(code(held), ErrorCode::EpochConflict);
    }
    assert_eq!(epochs.state(), None);
    let highest = offer(EPOCH_NUMBER_HELD, ALICE, EpochReason::Demand);
    assert!(epochs.hold(now, ALICE, highest).is_ok());
    let higher = offer(EPOCH_NUMBER_HELD + 1, ALICE, EpochReason::Demand);
    assert_eq!(
        code(epochs.hold(now, ALICE, higher.clone())),
        ErrorCode::EpochConflict
    );
    assert!(epochs.start(now + seconds(10), higher).is_ok());
}

#[test]
fn a_newcomer_is_answered_by_a_holder() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    let asks = epochs.ask(now, BORIS, n(1), None);
    assert_eq!(asks, Ok(vec![asked(ALICE, BORIS)]));
    let share = Bytes::from_static(b"share");
    let answer = epochs.answer(now, ALICE, n(1), BORIS, share.clone());
    let told = Telling::Share {
        n: n(1),
        to: BORIS,
        from: ALICE,
        share,
    };
    assert_eq!(answer, Ok(vec![told]));
    // Boris holds it now and is asked, too.
    epochs.left(now, ALICE);
    let asks = epochs.ask(now, CHIDI, n(1), None);
    assert_eq!(asks, Ok(vec![asked(BORIS, CHIDI)]));
}

#[test]
fn asking_twice_asks_once() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    epochs.ask(now, BORIS, n(1), None).expect("an ask");
    assert_eq!(epochs.ask(now, BORIS, n(1), None), Ok(Vec::new()));
    assert_eq!(epochs.ask(now, BORIS, n(1), Some(ALICE)), Ok(Vec::new()));
}

#[test]
fn another_epoch_than_the_rooms_cannot_be_asked_for() {
    let now = Instant::now();
    assert_eq!(
        code(Epochs::default().ask(now, BORIS, n(1), None)),
        ErrorCode::EpochConflict
    );
    assert_eq!(
        code(keyed(now).ask(now, BORIS, n(2), None)),
        ErrorCode::EpochConflict
    );
}

#[test]
fn an_answer_that_nobody_asked_for_is_refused() {
    let now = Instant::now();
    let share = Bytes::from_static(b"share");
    let mut epochs = held_by(now, &[CHIDI]);
    let early = epochs.answer(now, ALICE, n(1), BORIS, share.clone());
    assert_eq!(code(early), ErrorCode::NotAsked);
    epochs.ask(now, BORIS, n(1), None).expect("an ask");
    for (from, number) in [(CHIDI, 1), (DORA, 1), (BORIS, 1), (ALICE, 2)] {
        let wrong = epochs.answer(now, from, n(number), BORIS, share.clone());
        assert_eq!(code(wrong), ErrorCode::NotAsked);
    }
    assert!(
        epochs
            .answer(now, ALICE, n(1), BORIS, share.clone())
            .is_ok()
    );
    let twice = epochs.answer(now, ALICE, n(1), BORIS, share);
    assert_eq!(code(twice), ErrorCode::NotAsked);
}

#[test]
fn silent_holders_are_given_two_seconds_each_and_three_tries() {
    let now = Instant::now();
    let mut epochs = held_by(now, &[BORIS, CHIDI, DORA]);
    let asks = epochs.ask(now, EMIL, n(1), None);
    assert_eq!(asks, Ok(vec![asked(ALICE, EMIL)]));
    assert_eq!(epochs.next_tick(), Some(now + seconds(2)));
    assert_eq!(epochs.tick(now + Duration::from_millis(1_999)), []);
    assert_eq!(epochs.tick(now + seconds(2)), [asked(BORIS, EMIL)]);
    assert_eq!(epochs.tick(now + seconds(4)), [asked(CHIDI, EMIL)]);
    assert_eq!(epochs.tick(now + seconds(6)), [unanswered(EMIL)]);
    // Whoever was told so need not wait for the gap.
    let next = offer(2, EMIL, EpochReason::Unanswered);
    assert!(epochs.start(now + seconds(6), next).is_ok());
}

#[test]
fn being_told_unanswered_lets_only_that_member_start() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    epochs.left(now, ALICE);
    let asks = epochs.ask(now, BORIS, n(1), None);
    assert_eq!(asks, Ok(vec![unanswered(BORIS)]));
    let later = now + seconds(2);
    let other = epochs.start(later, offer(2, CHIDI, EpochReason::Unanswered));
    assert_eq!(code(other), ErrorCode::EpochTooSoon);
    let told = epochs.start(later, offer(2, BORIS, EpochReason::Unanswered));
    assert!(told.is_ok());
    // It counts for that epoch only.
    let again = epochs.start(later + seconds(2), offer(3, BORIS, EpochReason::Unanswered));
    assert_eq!(code(again), ErrorCode::EpochTooSoon);
}

#[test]
fn an_unanswered_epoch_is_followed_two_seconds_after_its_start() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    epochs.ask(now, BORIS, n(1), None).expect("an ask");
    epochs
        .answer(now, ALICE, n(1), BORIS, Bytes::from_static(b"wrong"))
        .expect("it was asked");
    let asks = epochs.ask(now, BORIS, n(1), Some(ALICE));
    assert_eq!(asks, Ok(vec![unanswered(BORIS)]));
    let next = offer(2, BORIS, EpochReason::Unanswered);
    let early = epochs.start(now, next.clone());
    let wait = Refusal::retry_after(ErrorCode::EpochTooSoon, 2_000);
    assert_eq!(early, Err(wait));
    let early = epochs.start(now + Duration::from_millis(1_999), next.clone());
    assert_eq!(early, Err(Refusal::retry_after(ErrorCode::EpochTooSoon, 1)));
    assert!(epochs.start(now + seconds(2), next).is_ok());
}

#[test]
fn a_late_answer_still_helps() {
    let now = Instant::now();
    let mut epochs = held_by(now, &[BORIS]);
    epochs.ask(now, CHIDI, n(1), None).expect("an ask");
    assert_eq!(epochs.tick(now + seconds(2)), [asked(BORIS, CHIDI)]);
    let share = Bytes::from_static(b"share");
    assert!(
        epochs
            .answer(now, ALICE, n(1), CHIDI, share.clone())
            .is_ok()
    );
    let other = epochs.answer(now, BORIS, n(1), CHIDI, share);
    assert_eq!(code(other), ErrorCode::NotAsked);
}

#[test]
fn a_refused_share_counts_as_one_of_three() {
    let now = Instant::now();
    let mut epochs = held_by(now, &[BORIS, CHIDI, DORA]);
    let mut asks = epochs.ask(now, EMIL, n(1), None);
    for holder in [ALICE, BORIS, CHIDI] {
        assert_eq!(asks, Ok(vec![asked(holder, EMIL)]));
        epochs
            .answer(now, holder, n(1), EMIL, Bytes::from_static(b"wrong"))
            .expect("it was asked");
        asks = epochs.ask(now, EMIL, n(1), Some(holder));
    }
    assert_eq!(asks, Ok(vec![unanswered(EMIL)]));
}

#[test]
fn who_refused_its_share_is_no_holder() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    epochs.ask(now, BORIS, n(1), None).expect("an ask");
    epochs
        .answer(now, ALICE, n(1), BORIS, Bytes::from_static(b"wrong"))
        .expect("it was asked");
    let asks = epochs.ask(now, BORIS, n(1), Some(ALICE));
    assert_eq!(asks, Ok(vec![unanswered(BORIS)]));
    epochs.left(now, ALICE);
    assert_eq!(
        epochs.ask(now, CHIDI, n(1), None),
        Ok(vec![unanswered(CHIDI)])
    );
}

#[test]
fn a_leaving_holder_is_not_waited_for() {
    let now = Instant::now();
    let mut epochs = held_by(now, &[BORIS]);
    epochs.ask(now, CHIDI, n(1), None).expect("an ask");
    let tellings = epochs.left(now, ALICE);
    assert_eq!(tellings, [asked(BORIS, CHIDI), due(1, EpochReason::Left)]);
}

#[test]
fn a_leaving_asker_is_forgotten() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    epochs.ask(now, BORIS, n(1), None).expect("an ask");
    epochs.left(now, BORIS);
    assert_eq!(epochs.tick(now + seconds(2)), []);
    let late = epochs.answer(now, ALICE, n(1), BORIS, Bytes::new());
    assert_eq!(code(late), ErrorCode::NotAsked);
}

#[test]
fn questions_are_spread_over_the_holders() {
    let now = Instant::now();
    let mut epochs = held_by(now, &[BORIS, CHIDI]);
    let mut holders = Vec::new();
    for asker in 0..6 {
        let asker = MemberId::from_bytes([asker; 16]);
        for telling in epochs.ask(now, asker, n(1), None).expect("an ask") {
            if let Telling::Asked { holder, .. } = telling {
                holders.push(holder);
            }
        }
    }
    assert_eq!(holders, [ALICE, BORIS, CHIDI, ALICE, BORIS, CHIDI]);
}

#[test]
fn after_a_restart_the_highest_held_epoch_wins() {
    let now = Instant::now();
    let mut epochs = Epochs::default();
    let four = epochs.hold(now, ALICE, offer(4, ALICE, EpochReason::Left));
    assert!(matches!(four.as_deref(), Ok([Telling::Started { .. }])));
    let same = epochs.hold(now, BORIS, offer(4, ALICE, EpochReason::Left));
    assert_eq!(same, Ok(Vec::new()));
    let lower = epochs.hold(now, CHIDI, offer(3, CHIDI, EpochReason::Left));
    assert_eq!(code(lower), ErrorCode::EpochConflict);
    let fork = epochs.hold(now, CHIDI, offer(4, CHIDI, EpochReason::Left));
    assert_eq!(code(fork), ErrorCode::EpochConflict);
    let higher = epochs.hold(now + seconds(10), CHIDI, offer(5, CHIDI, EpochReason::Left));
    assert!(matches!(higher.as_deref(), Ok([Telling::Started { .. }])));
    assert_eq!(
        epochs.state(),
        Some(EpochState {
            n: n(5),
            due: false
        })
    );
    let late = epochs.hold(
        now + Duration::from_millis(10_001),
        DORA,
        offer(6, DORA, EpochReason::Left),
    );
    assert_eq!(code(late), ErrorCode::EpochConflict);
}

#[test]
fn an_epoch_that_was_started_here_is_not_replaced() {
    let now = Instant::now();
    let mut epochs = keyed(now);
    let higher = epochs.hold(now, BORIS, offer(5, BORIS, EpochReason::Left));
    assert_eq!(code(higher), ErrorCode::EpochConflict);
}
