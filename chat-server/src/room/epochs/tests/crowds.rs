//! Many who ask at once.

use std::collections::{HashMap, VecDeque};

use super::{super::holders::QUESTIONS_A_HOLDER, *};

fn member(number: u32) -> MemberId {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    MemberId::from_bytes(id)
}

/// The questions that are open, by what the state machine said.
#[derive(Default)]
struct Open {
    questions: VecDeque<(MemberId, MemberId)>,
    by_holder: HashMap<MemberId, usize>,
    most: usize,
    served: usize,
    unanswered: usize,
}

impl Open {
    fn hear(&mut self, tellings: Vec<Telling>) {
        for telling in tellings {
            match telling {
                Telling::Asked { holder, asker, .. } => {
                    let open = self.by_holder.entry(holder).or_default();
                    *open += 1;
                    self.most = self.most.max(*open);
                    self.questions.push_back((holder, asker));
                }
                Telling::Share { .. } => self.served += 1,
                Telling::Unanswered { .. } => self.unanswered += 1,
                other => panic!("{other:?}"),
            }
        }
    }

    fn next(&mut self) -> Option<(MemberId, MemberId)> {
        let (holder, asker) = self.questions.pop_front()?;
        *self.by_holder.get_mut(&holder)? -= 1;
        Some((holder, asker))
    }
}

/// A room with one holder in which so many ask.
fn crowd(now: Instant, askers: u32) -> (Epochs, Open) {
    let (mut epochs, mut open) = (keyed(now), Open::default());
    for number in 0..askers {
        open.hear(epochs.ask(now, member(number), n(1), None).expect("an ask"));
    }
    (epochs, open)
}

fn looked_at(epochs: &Epochs) -> usize {
    let current = epochs.current.as_ref();
    current.expect("an epoch").asks.holders.looked_at
}

#[test]
fn a_crowd_is_served_without_flooding_anybody() {
    const ASKERS: u32 = 5_000;

    let now = Instant::now();
    let (mut epochs, mut open) = crowd(now, ASKERS);
    assert_eq!(open.questions.len(), QUESTIONS_A_HOLDER);
    let mut rounds = 0;
    while !open.questions.is_empty() {
        rounds += 1;
        // All who are asked answer before anybody is asked again.
        for _ in 0..open.questions.len() {
            let (holder, asker) = open.next().expect("a question");
            let answer = epochs.answer(now, holder, n(1), asker, Bytes::new());
            open.hear(answer.expect("it was asked"));
        }
    }
    let askers = usize::try_from(ASKERS).expect("small");
    assert_eq!((open.served, open.unanswered), (askers, 0));
    assert!(open.most <= QUESTIONS_A_HOLDER, "{} at once", open.most);
    assert!(rounds <= 4, "{rounds} rounds");
    // Each ask and each answer looks at a few holders, however many there are.
    let looked_at = looked_at(&epochs);
    assert!(looked_at <= 6 * askers, "{looked_at} holders looked at");
}

#[test]
fn a_silent_holder_does_not_stop_the_queue() {
    let now = Instant::now();
    let (mut epochs, mut open) = crowd(now, 100);
    let mut later = now;
    while let Some(next) = epochs.next_tick().filter(|next| *next < now + seconds(60)) {
        assert_eq!(next, later + seconds(2));
        later = next;
        open.hear(epochs.tick(later));
    }
    // Four groups, each of which the only holder left without an answer.
    assert_eq!(later, now + seconds(8));
    assert_eq!((open.served, open.unanswered), (0, 100));
}

#[test]
fn another_holder_takes_from_the_queue() {
    let now = Instant::now();
    let (mut epochs, mut open) = crowd(now, 50);
    let held = epochs.hold(now, BORIS, offer(1, ALICE, EpochReason::First));
    open.hear(held.expect("the same epoch"));
    assert_eq!(open.by_holder[&ALICE], QUESTIONS_A_HOLDER);
    assert_eq!(open.by_holder[&BORIS], 50 - QUESTIONS_A_HOLDER);
}

#[test]
fn whoever_leaves_the_queue_is_not_asked_for() {
    let now = Instant::now();
    let (mut epochs, mut open) = crowd(now, 34);
    let queued = member(32);
    epochs.left(now, queued);
    let (holder, asker) = open.next().expect("a question");
    let tellings = epochs.answer(now, holder, n(1), asker, Bytes::new());
    let asked_for: Vec<_> = tellings
        .expect("it was asked")
        .into_iter()
        .filter_map(|telling| match telling {
            Telling::Asked { asker, .. } => Some(asker),
            _ => None,
        })
        .collect();
    assert_eq!(asked_for, [member(33)]);
}

#[test]
fn when_the_last_holder_leaves_the_queue_is_told() {
    let now = Instant::now();
    let (mut epochs, mut open) = crowd(now, 40);
    let mut tellings = epochs.left(now, ALICE);
    assert_eq!(tellings.pop(), Some(due(1, EpochReason::Left)));
    open.hear(tellings);
    assert_eq!(open.unanswered, 40);
    assert_eq!(epochs.next_tick(), None);
}
