//! The order in which PostgreSQL's rows of `storage` are taken, so that no two changes wait for each other.

use chat_server::store::{
    Change, Database, Store as _,
    messages::{EraseMessage, MessageDraft, PlaceMessages},
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::{spawn, time::interval};
use wire_format::MemberId;

use crate::{
    cluster::Cluster,
    messages::{draft, erase, found, place},
    place::Place,
    support::House,
};

/// As many senders as one statement and a part of another count.
const SENDERS: u8 = 24;
const LOWEST: MemberId = MemberId::from_bytes([1; 16]);
const HIGHEST: MemberId = MemberId::from_bytes([SENDERS; 16]);

pub(crate) async fn rows_are_taken_in_account_order(cluster: &Cluster) {
    let house = House::postgres(cluster).await;
    found(&house, 1).await;
    let by_all = |first: u64| {
        let numbers = (1..=SENDERS).rev().zip(first..);
        let drafts = numbers.map(|(sender, number)| by(MemberId::from_bytes([sender; 16]), number));
        drafts.collect::<Vec<_>>()
    };
    place(&house, by_all(100)).await;
    let more = PlaceMessages {
        drafts: by_all(200),
        most_bytes: u64::MAX,
    };
    takes_the_lowest_first(&house, more).await;
    // 123 is the lowest one's, 100 that of the highest.
    takes_the_lowest_first(&house, erased_by(123, HIGHEST)).await;
    takes_the_lowest_first(&house, erased_by(100, LOWEST)).await;
    house.close().await;
}

fn by(sender: MemberId, number: u64) -> MessageDraft {
    MessageDraft {
        sender,
        ..draft(1, number)
    }
}

fn erased_by(number: u64, eraser: MemberId) -> EraseMessage {
    EraseMessage {
        hash: draft(1, number).hash,
        may_erase_others: true,
        // The founding commit has the first place.
        ..erase(1, number - 98, eraser)
    }
}

/// Makes a change while somebody has the lowest row: as long as it waits, all others are free.
async fn takes_the_lowest_first<C: Change>(house: &House, change: C) {
    let Place::Postgres(url) = &house.place else {
        panic!("only PostgreSQL has rows to wait for");
    };
    let mut holder = PgConnection::connect(url).await.expect("connected");
    let mut looker = PgConnection::connect(url).await.expect("connected");
    run(&mut holder, "BEGIN").await;
    run(&mut holder, &locked("=")).await;
    let store: Database = house.store.clone();
    let made = spawn(async move { store.write(change).await });
    let mut looks = interval(LOOKS_EVERY);
    while !is_waited_for(&mut looker).await {
        looks.tick().await;
    }
    run(&mut looker, &format!("{} NOWAIT", locked("<>"))).await;
    run(&mut holder, "ROLLBACK").await;
    let verdict = made.await.expect("it ran").expect("written");
    assert!(verdict.is_ok());
    for connection in [holder, looker] {
        connection.close().await.expect("closed");
    }
}

fn locked(which: &str) -> String {
    let lowest = "01".repeat(16);
    format!(r"SELECT 1 FROM storage WHERE account {which} '\x{lowest}' FOR UPDATE")
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let done = connection.execute(AssertSqlSafe(sql)).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn is_waited_for(connection: &mut PgConnection) -> bool {
    let sql = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
               AND datname = current_database())";
    let waits = sqlx::query_scalar(sql).fetch_one(connection).await;
    waits.expect("an answer")
}

const LOOKS_EVERY: std::time::Duration = std::time::Duration::from_millis(5);
