//! Section 14.16: what a room keeps for so many days only goes while the server runs, and who follows it
//! is told.

use bytes::Bytes;
use chat_server::store::{
    Store as _,
    messages::{MessageDraft, PlaceMessages},
};
use sealwire_tests::conversation::hash;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};
use tokio::time::Duration;
use wire_format::{
    EpochNumber, ErrorCode, Event, MessageId, Millis, PublishFlags, Storage,
    command::commits::Share,
    event::CommitDue,
    room::{Change, KeepDays, Policy, RoomKind},
};

use crate::{
    ages::{SWEEP_EVERY, before_now, house, made_ago},
    conversing::{Person, Talk},
    gathering::{fetched, newest, published},
    owner::Folder,
    presence::goes_on,
    support::Stopwatch,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets the time pass in which the server sweeps once: timers go by whole milliseconds.
async fn sweeps(stopwatch: &Stopwatch) {
    stopwatch.advance(SWEEP_EVERY.as_secs_f64() + 0.1).await;
}

/// Something that was said so long ago, put into the data as the server would have.
async fn said_ago(folder: &Folder, talk: &mut Talk, by: &Person, ago: Duration) -> Millis {
    let envelope = talk.sealed(&by.owner, Storage::Stored, "said long ago");
    let at = before_now(ago);
    let draft = MessageDraft {
        room: talk.room,
        channel: talk.channel,
        sender: by.account().into(),
        name: by.owner.name.clone(),
        n: talk.chain.head().n().value(),
        at,
        message: MessageId::from_bytes(rand::random()),
        hash: hash(&envelope),
        envelope,
        is_answer: false,
    };
    let store = folder.store().await;
    let place = PlaceMessages {
        drafts: vec![draft],
        most_bytes: u64::MAX,
    };
    let placed = store.write(place).await.expect("written");
    placed.expect("placed")[0].as_ref().expect("space");
    store.close().await;
    at
}

async fn says(talk: &mut Talk, person: &mut Person, text: &str) -> Result<u64, ErrorCode> {
    let sealed = talk.sealed(&person.owner, Storage::Stored, text);
    let frame = talk.publish(1 << 30, PublishFlags::STORED, sealed);
    published(&mut person.peer, frame).await
}

/// The oldest and the newest number of the room's channel, and all numbers that are there.
async fn numbers(talk: &Talk, person: &mut Person) -> (u64, u64, Vec<u64>) {
    let page = fetched(&mut person.peer, &newest(talk, 500)).await;
    let (page, deliveries) = page.expect("a page");
    let numbers = deliveries.iter().map(|deliver| deliver.sequence.value());
    (page.first.value(), page.last.value(), numbers.collect())
}

#[tokio::test]
async fn what_is_due_goes_while_the_server_runs_and_who_follows_is_told() {
    let folder = Folder::new();
    let house = house(&folder).await;
    // Before it sweeps for the first time.
    let stopwatch = Stopwatch::stop();
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let made = (3 * DAY, KeepDays::One);
    let mut talk = made_ago(&folder, made, &mut ada, &mut bob).await;
    said_ago(&folder, &mut talk, &ada, 3 * DAY - Duration::from_secs(1)).await;
    let at = said_ago(&folder, &mut talk, &ada, 2 * DAY).await;
    let made = (DAY / 2, KeepDays::One);
    let mut young = made_ago(&folder, made, &mut ada, &mut bob).await;
    said_ago(&folder, &mut young, &ada, DAY / 2).await;
    for room in [talk.room, young.room] {
        bob.follows(room).await;
    }
    for _ in 0..2 {
        sweeps(&stopwatch).await;
        bob.follows(young.room).await;
    }
    let first = EpochNumber::new(1);
    bob.told(&talk.was_due(first, CommitDue::Age)).await;
    let forgot = Event::RoomForgot {
        room: talk.room,
        before: Millis::new(at.value() + 1),
    };
    bob.told(&forgot).await;
    assert_eq!(numbers(&talk, &mut bob).await, (0, 3, vec![]));
    assert_eq!(numbers(&young, &mut bob).await, (1, 2, vec![1, 2]));
    // Nobody gets the key of then, and the commits are there.
    let share = |talk: &Talk| Share {
        room: talk.room,
        n: first,
    };
    let code = bob.may_not(&share(&talk), Bytes::new()).await;
    assert_eq!(code, ErrorCode::NoSuchRoom);
    bob.does(&share(&young), Bytes::new()).await;

    // With another key it goes on, behind what is gone.
    talk.commits(&mut ada, vec![]).await.expect("a rotation");
    talk.reaches(&mut bob).await;
    assert_eq!(says(&mut talk, &mut ada, "now").await, Ok(5));
    assert_eq!(bob.peer.delivery().await.sequence.value(), 5);
    assert_eq!(numbers(&talk, &mut bob).await, (4, 5, vec![4, 5]));
    drop((ada, bob));
    goes_on(stopwatch);
    house.close().await;
}

#[tokio::test]
async fn nothing_is_sealed_any_more_for_an_epoch_that_is_over() {
    let folder = Folder::new();
    let house = house(&folder).await;
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let minute = Duration::from_secs(60);
    for (ago, keep, is_over) in [
        (DAY - minute, KeepDays::One, false),
        (DAY, KeepDays::One, true),
        (7 * DAY - minute, KeepDays::Ninety, false),
        (7 * DAY, KeepDays::Ninety, true),
        // Where nothing is forgotten, a commit is due, and what is said is taken.
        (30 * DAY, KeepDays::Forever, false),
    ] {
        let mut talk = made_ago(&folder, (ago, keep), &mut ada, &mut bob).await;
        let said = says(&mut talk, &mut ada, "still there?").await;
        let expected = match is_over {
            true => Err(ErrorCode::StaleEpoch),
            false => Ok(2),
        };
        assert_eq!(said, expected, "{ago:?} {keep:?}");
    }
    drop((ada, bob));
    house.close().await;
}

#[tokio::test]
async fn a_shorter_policy_is_heeded_for_what_is_there() {
    let folder = Folder::new();
    let house = house(&folder).await;
    // Before it sweeps for the first time.
    let stopwatch = Stopwatch::stop();
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let made = (3 * DAY, KeepDays::Forever);
    let mut talk = made_ago(&folder, made, &mut ada, &mut bob).await;
    said_ago(&folder, &mut talk, &bob, 3 * DAY).await;
    bob.follows(talk.room).await;
    let shorter = Policy {
        keep: KeepDays::One,
        ..Policy::new(RoomKind::Group)
    };
    let change = vec![Change::Policy(shorter)];
    talk.commits(&mut ada, change).await.expect("a policy");
    talk.reaches(&mut bob).await;
    assert_eq!(numbers(&talk, &mut bob).await.2, [1, 2, 3]);
    sweeps(&stopwatch).await;
    let (event, _) = bob.peer.event().await;
    assert!(matches!(event, Event::RoomForgot { .. }), "{event:?}");
    // The commit's own place is of now.
    assert_eq!(numbers(&talk, &mut bob).await, (3, 3, vec![3]));
    drop((ada, bob));
    goes_on(stopwatch);
    house.close().await;
}

/// Breaks a room, so that what is due of it cannot be told.
async fn breaks(folder: &Folder, talk: &Talk) {
    let place = format!("sqlite:{}", folder.path().join("sealwire.db").display());
    let mut connection = SqliteConnection::connect(&place).await.expect("the data");
    connection
        .execute("PRAGMA ignore_check_constraints = ON")
        .await
        .expect("no checks");
    let room = talk.room;
    let broken = format!(
        "INSERT INTO channels (id, room, run, sequence, committed) \
         SELECT x'00', id, zeroblob(16), 0, 0 FROM rooms WHERE hex(id) = '{}'",
        hex(room.as_bytes())
    );
    let done = connection.execute(AssertSqlSafe(broken)).await;
    assert_eq!(done.expect("broken").rows_affected(), 1);
    connection.close().await.expect("closed");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[tokio::test]
async fn a_broken_room_keeps_no_other_one_from_forgetting() {
    let folder = Folder::new();
    let house = house(&folder).await;
    // Before it sweeps for the first time.
    let stopwatch = Stopwatch::stop();
    let mut ada = Person::arrives(&house, "Ada").await;
    let mut bob = Person::arrives(&house, "Bob").await;
    let made = (3 * DAY, KeepDays::One);
    let mut talks = Vec::new();
    for _ in 0..2 {
        let mut talk = made_ago(&folder, made, &mut ada, &mut bob).await;
        let at = said_ago(&folder, &mut talk, &ada, 2 * DAY).await;
        talks.push((talk, at));
    }
    talks.sort_by_key(|(talk, _)| talk.room);
    let (broken, _) = &talks[0];
    breaks(&folder, broken).await;
    let (talk, at) = &talks[1];
    bob.follows(talk.room).await;
    for _ in 0..2 {
        sweeps(&stopwatch).await;
        bob.follows(talk.room).await;
    }
    bob.told(&talk.was_due(EpochNumber::new(1), CommitDue::Age))
        .await;
    let forgot = Event::RoomForgot {
        room: talk.room,
        before: Millis::new(at.value() + 1),
    };
    bob.told(&forgot).await;
    assert_eq!(numbers(talk, &mut bob).await, (0, 2, vec![]));
    drop((ada, bob));
    goes_on(stopwatch);
    house.close().await;
}
