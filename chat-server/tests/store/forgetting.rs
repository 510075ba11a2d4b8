//! Forgetting: what is due of a room goes, from the front; the commits stay.

use chat_server::store::{
    Database, Store as _,
    forgetting::{ForgetInRoom, ForgettingRooms, Forgotten, forget_due},
    messages::{FetchMessages, MessageDraft, Page, StoredPayload},
    moderation::PutReport,
    rooms::{AppendCommit, PutGrant, PutKeyRequest, ReadCommits, ReadGrants, ReadShare},
};
use wire_format::{ChannelId, EnvelopeHash, Millis, ReportHash, RoomId, Sequence};

use crate::{
    backups::{back_up, restore},
    messages::{ADA, BOB, draft, place},
    place::Place,
    rooms::{append, found, founding, next, room},
    support::{Folder, House, NOW, after},
};

const DAY: u64 = 24 * 60 * 60 * 1_000;

/// So many days after everything begins.
fn days(days: u64) -> Millis {
    after(days * DAY)
}

/// A commit of a day, from which on so many days are kept.
fn commit(number: u8, n: u64, at: Millis, keep_days: u16) -> AppendCommit {
    let mut next = next(number, n, &[ADA, BOB]);
    (next.commit.now, next.commit.keep_days) = (at, keep_days);
    // Nobody of this name is registered: there is no wrap key.
    (next.commit.newest, next.commit.rooms_most) = (vec![0; 2], 100);
    next
}

/// A room of Ada and Bob, made on the first day.
async fn begun(house: &House, number: u8, keep_days: u16) {
    let mut founding = founding(number, &[ADA, BOB]);
    (founding.commit.now, founding.commit.keep_days) = (NOW, keep_days);
    (founding.commit.newest, founding.commit.rooms_most) = (vec![0; 2], 100);
    found(house, founding).await.expect("a room");
}

async fn goes_on(house: &House, commit: AppendCommit) {
    append(house, commit).await.expect("appended");
}

/// A message of an epoch, of a day.
fn said(number: u8, message: u64, n: u64, at: Millis) -> MessageDraft {
    MessageDraft {
        n,
        at,
        ..draft(number, message)
    }
}

async fn forget(house: &House, number: u8, now: Millis) -> Forgotten {
    let forget = ForgetInRoom {
        room: room(number),
        now,
        limit: 3,
    };
    let forgotten = house.store.write(forget).await.expect("written");
    forgotten.expect("nothing is in the way")
}

async fn fetch(store: &Database, number: u8) -> Page {
    let fetch = FetchMessages {
        room: room(number),
        channel: ChannelId::main_of(room(number)),
        after: Some(Sequence::new(0)),
        before: None,
        limit: 500,
        bytes: 1 << 20,
    };
    store.read(fetch).await.expect("read")
}

fn places(page: &Page) -> Vec<u64> {
    let deliveries = page.deliveries.iter();
    deliveries.map(|one| one.sequence.value()).collect()
}

/// Whether bytes of the data are this text.
fn holds(dump: &[String], text: &str) -> bool {
    let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut rows = dump.iter();
    rows.any(|row| row.to_lowercase().contains(&digits))
}

/// Puts something into every table of forgetting, which is not due before the data are old.
pub(crate) async fn fill(house: &House) {
    begun(house, 9, 90).await;
}

pub(crate) async fn what_is_due_goes_from_the_front_and_the_rest_stays(house: &House) {
    begun(house, 1, 7).await;
    let drafts = (0..8).map(|day| said(1, day, 1, days(day))).collect();
    place(house, drafts).await;
    let report = PutReport {
        hash: ReportHash::from_bytes([1; 32]),
        reporter: BOB,
        channel: ChannelId::main_of(room(1)),
        sequence: Sequence::new(3),
        message: EnvelopeHash::from_bytes([1; 32]),
        record: b"report".to_vec(),
        most: 3,
        now: days(2),
    };
    let kept = house.store.write(report).await.expect("written");
    assert_eq!(kept, Ok(true));
    let bytes = |dump: &[String]| -> Vec<String> {
        let rows = dump.iter();
        rows.filter(|row| row.starts_with("storage"))
            .cloned()
            .collect()
    };
    let before = bytes(&house.place.dump().await);

    // A moment before the first is due, and when it is.
    let early = Millis::new(days(7).value() - 1);
    assert_eq!(forget(house, 1, early).await, Forgotten::default());
    let forgotten = forget(house, 1, days(7)).await;
    // The commit's place and the message of the first day.
    let expected = Forgotten {
        before: Some(Millis::new(NOW.value() + 1)),
        is_any: true,
        more: false,
    };
    assert_eq!(forgotten, expected);
    let page = fetch(&house.store, 1).await;
    assert_eq!(places(&page), [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!((page.first.value(), page.last.value()), (3, 9));
    assert_ne!(bytes(&house.place.dump().await), before);

    // A few at a time; with the message goes what was reported of it.
    let forgotten = forget(house, 1, days(11)).await;
    assert!(forgotten.more, "{forgotten:?}");
    let forgotten = forget(house, 1, days(11)).await;
    assert_eq!(
        (forgotten.before, forgotten.more),
        (Some(Millis::new(days(4).value() + 1)), false)
    );
    assert_eq!(places(&fetch(&house.store, 1).await), [7, 8, 9]);
    let dump = house.place.dump().await;
    assert!(!dump.iter().any(|row| row.starts_with("reports")));
    assert!(!holds(&dump, "envelope 4") && holds(&dump, "envelope 5"));

    // When all of it is gone the numbers go on, and the commits are there.
    forget(house, 1, days(30)).await;
    let page = fetch(&house.store, 1).await;
    assert_eq!(
        (page.first.value(), page.last.value(), page.more),
        (0, 9, false)
    );
    assert_eq!(
        place(house, vec![said(1, 50, 1, days(30))]).await,
        [(10, true)]
    );
    let commits = ReadCommits {
        room: room(1),
        after: 0,
    };
    let commits = house.store.read(commits).await.expect("read");
    assert_eq!(commits.commits, [b"commit 1"]);
    assert!(!bytes(&house.place.dump().await).is_empty());
}

pub(crate) async fn a_shorter_policy_holds_for_what_is_there(house: &House) {
    begun(house, 1, 0).await;
    place(house, vec![said(1, 1, 1, days(0)), said(1, 2, 1, days(9))]).await;
    assert_eq!(forget(house, 1, days(400)).await, Forgotten::default());
    goes_on(house, commit(1, 2, days(10), 30)).await;
    place(house, vec![said(1, 3, 2, days(11))]).await;
    goes_on(house, commit(1, 3, days(12), 7)).await;
    // From now on for longer again: what was said before keeps the shortest time.
    goes_on(house, commit(1, 4, days(13), 90)).await;
    place(house, vec![said(1, 4, 4, days(13))]).await;
    forget(house, 1, days(13)).await;
    assert_eq!(places(&fetch(&house.store, 1).await), [3, 4, 5, 6, 7, 8]);
    forget(house, 1, days(18)).await;
    let page = fetch(&house.store, 1).await;
    let StoredPayload::Commit(_) = &page.deliveries[0].payload else {
        panic!("{page:?}");
    };
    assert_eq!(places(&page), [6, 7, 8]);
    forget(house, 1, days(13 + 89)).await;
    assert_eq!(places(&fetch(&house.store, 1).await), [7, 8]);
    forget(house, 1, days(13 + 90)).await;
    assert!(places(&fetch(&house.store, 1).await).is_empty());
}

pub(crate) async fn shares_and_grants_go_when_their_epoch_is_due(house: &House) {
    let has_share = async |n: u64| {
        let room = room(1);
        let read = ReadShare {
            room,
            n,
            account: BOB,
        };
        house.store.read(read).await.expect("read").is_some()
    };
    begun(house, 1, 7).await;
    goes_on(house, commit(1, 2, days(3), 7)).await;
    let ask = PutKeyRequest {
        room: room(1),
        account: BOB,
        hash: [4; 32],
        record: vec![1],
    };
    house
        .store
        .write(ask)
        .await
        .expect("written")
        .expect("kept");
    let grant = PutGrant {
        room: room(1),
        asker: BOB,
        request: [4; 32],
        granter: ADA,
        record: b"a grant of older keys".to_vec(),
        most: 8,
    };
    let kept = house.store.write(grant).await.expect("written");
    kept.expect("kept");
    let grants = ReadGrants {
        room: room(1),
        account: BOB,
    };
    // The first epoch ended on the third day.
    forget(house, 1, Millis::new(days(10).value() - 1)).await;
    assert!(has_share(1).await && has_share(2).await);
    let read = house.store.read(grants).await.expect("read");
    assert_eq!(read.grants.len(), 1);
    forget(house, 1, days(10)).await;
    assert!(!has_share(1).await && has_share(2).await);
    let read = house.store.read(grants).await.expect("read");
    assert!(read.grants.is_empty() && read.request.is_none());
    // Nobody committed since: the newest was over after seven days, and is due seven days later.
    forget(house, 1, Millis::new(days(3 + 7 + 7).value() - 1)).await;
    assert!(has_share(2).await);
    forget(house, 1, days(3 + 7 + 7)).await;
    assert!(!has_share(2).await);
    // A room that forgets nothing now keeps the share of its newest epoch.
    goes_on(house, commit(1, 3, days(20), 0)).await;
    forget(house, 1, days(900)).await;
    assert!(has_share(3).await);
    assert!(!holds(&house.place.dump().await, "a grant of older keys"));
}

pub(crate) async fn rooms_that_forget_are_found_in_pages(house: &House) {
    for (number, keep_days) in [(1, 7), (2, 0), (3, 1), (4, 90)] {
        begun(house, number, keep_days).await;
    }
    goes_on(house, commit(2, 2, days(1), 30)).await;
    let mut after = None;
    let mut found: Vec<RoomId> = Vec::new();
    loop {
        let rooms = ForgettingRooms { after, limit: 2 };
        let rooms = house.store.read(rooms).await.expect("read");
        found.extend(&rooms);
        after = rooms.last().copied();
        if rooms.len() < 2 {
            break;
        }
    }
    assert_eq!(found, [1, 2, 3, 4].map(room));
}

pub(crate) async fn a_restored_backup_holds_nothing_that_is_due(house: &House) {
    // In days that are over for the clock of this machine, too.
    let now = chat_server::wall_clock::now();
    let ago = |days: u64| Millis::new(now.value() - days * DAY);
    let mut founding = founding(1, &[ADA, BOB]);
    (founding.commit.now, founding.commit.keep_days) = (ago(40), 7);
    founding.commit.newest = vec![0; 2];
    found(house, founding).await.expect("a room");
    place(house, vec![said(1, 1, 1, ago(40))]).await;
    goes_on(house, commit(1, 2, ago(38), 7)).await;
    place(house, vec![said(1, 2, 2, ago(1))]).await;
    // A server that was stopped all the while has all of it.
    assert_eq!(places(&fetch(&house.store, 1).await), [1, 2, 3, 4]);
    let backups = Folder::new();
    let file = back_up(&house.place, &backups).await;
    let folder = Place::folder();
    restore(&file, &folder).await.printed();
    let store = Database::open(folder.location()).await.expect("a store");
    let page = fetch(&store, 1).await;
    assert_eq!((places(&page), page.first.value()), (vec![4], 4));
    store.close().await;
    let dump = folder.dump().await;
    assert!(!holds(&dump, "envelope 1") && holds(&dump, "envelope 2"));

    // Nor does a server serve what is due, whatever data it is put on.
    forget_due(&house.store, now).await.expect("forgotten");
    assert_eq!(places(&fetch(&house.store, 1).await), [4]);
}
