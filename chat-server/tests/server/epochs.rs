//! Section 8 over the wire, with real keys; the rules themselves are tested with the state machine.

use bytes::Bytes;
use rand::{SeedableRng, rngs::StdRng};
use wire_format::{
    EpochDraft, EpochNumber, EpochSecret, ErrorCode, Event, Millis, Publish, Refusal, SessionKeys,
    command::{
        Done, Operation,
        epochs::{Answer, Ask, Hold, Start},
        keys::{Announce, Of},
        rooms::EpochState,
    },
    event::EpochReason,
};

use crate::support::{House, Peer, Stopwatch, lobby, publish};

/// A peer with keys.
struct Keyed {
    peer: Peer,
    keys: SessionKeys,
    announcement: Bytes,
    rng: StdRng,
}

impl Keyed {
    /// Signs in, announces keys and enters the lobby.
    async fn in_lobby(house: &House, name: &str, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let keys = SessionKeys::generate(&mut rng).expect("keys");
        let mut peer = house.guest(name).await;
        let announcement = keys
            .announce(peer.member, name, Millis::new(1), &mut rng)
            .expect("an announcement");
        let announcement = announcement.bytes().clone();
        let announced = peer.call(&Announce {}, announcement.clone()).await;
        assert_eq!(
            announced.expect("announced").0.fingerprint,
            keys.fingerprint()
        );
        peer.enter("lobby").await;
        Self {
            peer,
            keys,
            announcement,
            rng,
        }
    }

    /// The record that starts epoch `n`.
    fn start_record(&mut self, n: u64, reason: EpochReason) -> Bytes {
        let draft = EpochDraft {
            room: lobby(),
            n: EpochNumber::new(n),
            reason,
            starter: self.peer.member,
            started_at: Millis::new(2),
        };
        let secret = EpochSecret::generate(&mut self.rng);
        let start = self.keys.start_epoch(&draft, &secret, &mut self.rng);
        start.expect("an epoch").bytes().clone()
    }

    async fn start(&mut self, n: u64, reason: EpochReason) -> Result<(), ErrorCode> {
        let record = self.start_record(n, reason);
        let command = Start {
            room: lobby(),
            n: EpochNumber::new(n),
        };
        code(self.peer.call(&command, record).await)
    }

    async fn ask(&mut self, n: u64) -> Result<(), ErrorCode> {
        let command = Ask {
            room: lobby(),
            n: EpochNumber::new(n),
            refused: None,
        };
        code(self.peer.call(&command, Bytes::new()).await)
    }
}

fn code(outcome: Result<(Done, Bytes), Refusal>) -> Result<(), ErrorCode> {
    outcome.map(|_| ()).map_err(|refusal| refusal.code)
}

async fn epoch_event(peer: &mut Peer) -> (Event, Bytes) {
    loop {
        match peer.event().await {
            (Event::RoomJoined { .. } | Event::RoomLeft { .. }, _) => {}
            other => return other,
        }
    }
}

#[tokio::test]
async fn a_newcomer_gets_the_secret_from_a_holder() {
    let house = House::open().await;
    let mut ann = Keyed::in_lobby(&house, "Ann", 1).await;
    ann.start(1, EpochReason::First).await.expect("epoch 1");
    let (started, bundle) = epoch_event(&mut ann.peer).await;
    let (room, n) = (lobby(), EpochNumber::new(1));
    let (starter, reason) = (ann.peer.member, EpochReason::First);
    assert_eq!(
        started,
        Event::EpochStarted {
            room,
            n,
            starter,
            reason
        }
    );
    assert_eq!(
        &bundle[bundle.len() - ann.announcement.len()..],
        &ann.announcement[..]
    );

    let mut boris = Keyed::in_lobby(&house, "Boris", 2).await;
    let enter = wire_format::command::rooms::Enter {
        room: "lobby".into(),
        resume: None,
    };
    let (entered, tail) = boris.peer.call(&enter, Bytes::new()).await.expect("in");
    assert_eq!(entered.epoch, Some(EpochState { n, due: false }));
    assert_eq!(tail, bundle);
    boris.ask(1).await.expect("asked");
    let (asked, announcement) = epoch_event(&mut ann.peer).await;
    let Event::EpochAsked { asker, .. } = asked else {
        panic!("Ann is asked: {asked:?}");
    };
    assert_eq!(asker.id, boris.peer.member);
    assert_eq!(asker.fingerprint, Some(boris.keys.fingerprint()));
    assert_eq!(announcement, boris.announcement);
    let answer = Answer {
        room,
        n,
        to: boris.peer.member,
    };
    let share = Bytes::from(vec![5; 256]);
    let answered = ann.peer.call(&answer, share.clone()).await;
    assert_eq!(code(answered), Ok(()));
    let from = ann.peer.member;
    let told = epoch_event(&mut boris.peer).await;
    assert_eq!(told, (Event::EpochShare { room, n, from }, share.clone()));
    let again = ann.peer.call(&answer, share).await;
    assert_eq!(code(again), Err(ErrorCode::NotAsked));

    let wire_format::ClientFrame::Publish(plain) = publish(8, b"sealed") else {
        panic!("a publish");
    };
    for (number, expected) in [(1, Ok(())), (2, Err(ErrorCode::StaleEpoch)), (0, Ok(()))] {
        let epoch = EpochNumber::new(number);
        let sealed = Publish {
            epoch,
            ..plain.clone()
        };
        boris
            .peer
            .send(wire_format::ClientFrame::Publish(sealed))
            .await;
        let reply = boris.peer.reply_to::<serde::de::IgnoredAny>(8).await;
        assert_eq!(reply.map(|_| ()).map_err(|refusal| refusal.code), expected);
    }

    let (member, after) = (ann.peer.member, 1);
    ann.peer.vanish();
    let (due, _) = epoch_event_after_leave(&mut boris.peer).await;
    let reason = EpochReason::Left;
    assert_eq!(due, Event::EpochDue { room, n, reason }, "{member} {after}");
    drop(boris);
    house.close().await;
}

async fn epoch_event_after_leave(peer: &mut Peer) -> (Event, Bytes) {
    loop {
        match peer.next().await {
            Some(wire_format::ServerFrame::Event(frame)) => match frame.event() {
                Ok(Event::RoomLeft { .. }) => {}
                event => return (event.expect("an event"), frame.tail),
            },
            Some(wire_format::ServerFrame::Deliver(_)) => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_race_for_an_epoch_has_one_winner() {
    let house = House::open().await;
    let mut ann = Keyed::in_lobby(&house, "Ann", 3).await;
    let mut boris = Keyed::in_lobby(&house, "Boris", 4).await;
    assert_eq!(ann.ask(1).await, Err(ErrorCode::EpochConflict));
    assert_eq!(ann.start(1, EpochReason::First).await, Ok(()));
    let lost = boris.start(1, EpochReason::First).await;
    assert_eq!(lost, Err(ErrorCode::EpochConflict));
    let soon = boris.start(2, EpochReason::Demand).await;
    assert_eq!(soon, Err(ErrorCode::EpochTooSoon));
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn a_newcomer_to_whom_nobody_answers_is_told_so() {
    let house = House::open().await;
    let stopwatch = Stopwatch::stop();
    let mut ann = Keyed::in_lobby(&house, "Ann", 5).await;
    ann.start(1, EpochReason::First).await.expect("epoch 1");
    let mut boris = Keyed::in_lobby(&house, "Boris", 6).await;
    ann.peer.vanish();
    house.has_sessions(1).await;
    boris.ask(1).await.expect("asked");
    let (room, n) = (lobby(), EpochNumber::new(1));
    loop {
        match epoch_event(&mut boris.peer).await.0 {
            Event::EpochDue { .. } | Event::EpochStarted { .. } => {}
            other => {
                assert_eq!(other, Event::EpochUnanswered { room, n });
                break;
            }
        }
    }
    let early = boris.start(2, EpochReason::Unanswered).await;
    assert_eq!(early, Err(ErrorCode::EpochTooSoon));
    stopwatch.advance(2.0).await;
    assert_eq!(boris.start(2, EpochReason::Unanswered).await, Ok(()));
    drop(stopwatch);
    drop(boris);
    house.close().await;
}

#[tokio::test]
async fn after_a_restart_a_holder_brings_its_epoch_back() {
    let house = House::open().await;
    let mut ann = Keyed::in_lobby(&house, "Ann", 7).await;
    let mut boris = Keyed::in_lobby(&house, "Boris", 8).await;
    let (room, n) = (lobby(), EpochNumber::new(6));
    let record = ann.start_record(6, EpochReason::Left);
    let bundle = wire_format::bundle_of(&record, &ann.announcement);
    let held = ann.peer.call(&Hold { room, n }, bundle.clone()).await;
    assert_eq!(code(held), Ok(()));
    let (started, tail) = epoch_event(&mut boris.peer).await;
    assert!(matches!(started, Event::EpochStarted { .. }));
    assert_eq!(tail, bundle);
    let fork = boris.start_record(6, EpochReason::Left);
    let fork = wire_format::bundle_of(&fork, &boris.announcement);
    let lost = boris.peer.call(&Hold { room, n }, fork).await;
    assert_eq!(code(lost), Err(ErrorCode::EpochConflict));
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn records_that_do_not_fit_are_refused() {
    let house = House::open().await;
    let mut ann = Keyed::in_lobby(&house, "Ann", 9).await;
    let mut boris = Keyed::in_lobby(&house, "Boris", 10).await;
    let (room, n) = (lobby(), EpochNumber::new(1));
    let start = Start { room, n };
    let record = ann.start_record(1, EpochReason::First);
    let mut ann_member = ann.peer.member;
    let mut refused = async |command: &Start, tail: Bytes| {
        code(ann.peer.call(command, tail).await).expect_err("a refusal")
    };
    let mut longer = record.to_vec();
    longer.push(0);
    for (tail, expected) in [
        (Bytes::new(), ErrorCode::Malformed),
        (record.slice(..record.len() - 1), ErrorCode::Malformed),
        (longer.into(), ErrorCode::Malformed),
        (vec![1; 4096].into(), ErrorCode::TooLarge),
        (
            boris.start_record(1, EpochReason::First),
            ErrorCode::Malformed,
        ),
    ] {
        assert_eq!(refused(&start, tail).await, expected);
    }
    std::mem::swap(&mut boris.peer.member, &mut ann_member);
    let by_other_keys = boris.start_record(1, EpochReason::First);
    std::mem::swap(&mut boris.peer.member, &mut ann_member);
    assert_eq!(refused(&start, by_other_keys).await, ErrorCode::NotAllowed);
    let other_n = EpochNumber::new(2);
    let wrong = Start { room, n: other_n };
    assert_eq!(refused(&wrong, record.clone()).await, ErrorCode::Malformed);

    // A start by Boris's keys beside the announcement of Ann's.
    std::mem::swap(&mut boris.peer.member, &mut ann_member);
    let by_boris = boris.start_record(1, EpochReason::First);
    std::mem::swap(&mut boris.peer.member, &mut ann_member);
    let bundle = wire_format::bundle_of(&by_boris, &ann.announcement);
    let held = ann.peer.call(&Hold { room, n }, bundle).await;
    assert_eq!(code(held), Err(ErrorCode::Malformed));

    // Somebody else's announcement, one that is cut short, one that is too long.
    let mut announce = async |tail: Bytes| {
        let announced = ann.peer.call(&Announce {}, tail).await;
        announced.expect_err("a refusal").code
    };
    assert_eq!(
        announce(boris.announcement.clone()).await,
        ErrorCode::NotAllowed
    );
    let cut = boris.announcement.slice(..100);
    assert_eq!(announce(cut).await, ErrorCode::Malformed);
    assert_eq!(announce(vec![1; 4096].into()).await, ErrorCode::TooLarge);

    let to = boris.peer.member;
    let answer = Answer { room, n, to };
    for (tail, expected) in [
        (Bytes::new(), ErrorCode::Malformed),
        (vec![1; 255].into(), ErrorCode::Malformed),
        (vec![1; 257].into(), ErrorCode::Malformed),
        (vec![1; 256].into(), ErrorCode::NotAsked),
    ] {
        let answered = ann.peer.call(&answer, tail).await;
        assert_eq!(code(answered), Err(expected));
    }
    drop((ann, boris));
    house.close().await;
}

#[tokio::test]
async fn epochs_are_for_those_who_are_in_the_room_and_have_keys() {
    async fn refused<O: Operation<Ok = Done>>(peer: &mut Peer, operation: O) -> ErrorCode {
        code(peer.call(&operation, Bytes::new()).await).expect_err("a refusal")
    }

    let house = House::open().await;
    let mut ann = Keyed::in_lobby(&house, "Ann", 11).await;
    let mut keyless = house.in_lobby("keyless").await;
    let mut outside = house.guest("outside").await;
    let (room, n) = (lobby(), EpochNumber::new(1));
    ann.start(1, EpochReason::First).await.expect("epoch 1");
    let ask = Ask {
        room,
        n,
        refused: None,
    };
    assert_eq!(refused(&mut outside, ask).await, ErrorCode::NotInRoom);
    assert_eq!(refused(&mut keyless, ask).await, ErrorCode::NotAllowed);
    let member = ann.peer.member;
    let (_, tail) = outside
        .call(&Of { member }, Bytes::new())
        .await
        .expect("keys");
    assert_eq!(tail, ann.announcement);
    drop((ann, keyless, outside));
    house.close().await;
}

#[tokio::test]
async fn announcing_tells_the_others_only() {
    let house = House::open().await;
    let mut witness = house.in_lobby("witness").await;
    let mut ann = Keyed::in_lobby(&house, "Ann", 12).await;
    witness.event().await;
    let again = ann.announcement.clone();
    ann.peer.call(&Announce {}, again).await.expect("announced");
    let (Event::RoomJoined { member, .. }, _) = witness.event().await else {
        panic!("Ann announced");
    };
    assert_eq!(member.fingerprint, Some(ann.keys.fingerprint()));
    witness.say("next").await;
    // The first thing Ann hears is not about herself.
    let next = ann.peer.next().await;
    assert!(
        matches!(next, Some(wire_format::ServerFrame::Deliver(_))),
        "{next:?}"
    );
    drop((witness, ann));
    house.close().await;
}
