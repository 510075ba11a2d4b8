//! What only the store in a file promises.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use chat_server::store::{
    Database, Location, Store as _, StoreError,
    accounts::{CountAdmins, FindAccount},
    server::ReadIdentity,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection};

use crate::support::{Folder, House, found, identity, registration};

async fn open(folder: &Folder) -> Result<Database, StoreError> {
    Database::open(Location::Sqlite(folder.path().to_owned())).await
}

fn mode(path: &Path) -> u32 {
    let permissions = fs::metadata(path).expect("there").permissions();
    permissions.mode() & 0o777
}

#[tokio::test]
async fn folder_and_file_are_their_owner_s() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("set");
    let store = open(&folder).await.expect("a store");
    found(&store).await;
    assert_eq!(mode(folder.path()), 0o700);
    for file in ["sealwire.db", "sealwire.db-wal", "sealwire.db-shm"] {
        assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}");
    }
    store.close().await;
}

#[tokio::test]
async fn data_are_there_when_it_opens_again() {
    let folder = Folder::new();
    for _ in 0..2 {
        let store = open(&folder).await.expect("a store");
        found(&store).await;
        store.close().await;
    }
    let store = open(&folder).await.expect("a store");
    let read = store.read(ReadIdentity).await.expect("read");
    assert_eq!(read, Some(identity("chat.example")));
    store.close().await;
}

#[tokio::test]
async fn a_closed_store_makes_what_waits_and_takes_no_more() {
    let house = House::sqlite().await;
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..8 {
        let store = house.store.clone();
        let registration = registration(&format!("user {number}"));
        writes.spawn(async move { store.write(registration).await });
    }
    house.store.close().await;
    for written in writes.join_all().await {
        match written {
            Ok(verdict) => assert!(verdict.is_ok()),
            Err(error) => assert!(matches!(error, StoreError::Closed)),
        }
    }
    let late = house.store.write(registration("late")).await;
    assert!(matches!(late, Err(StoreError::Closed)));
    let late = house.store.read(CountAdmins).await;
    assert!(matches!(late, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_dropped_answer_does_not_stop_the_writer() {
    let house = House::sqlite().await;
    for number in 0..8 {
        let write = house.store.write(registration(&format!("user {number}")));
        drop(write);
    }
    let account = house.register("ann").await;
    let found = house.store.read(FindAccount::ById(account)).await;
    assert!(found.expect("read").is_some());
    house.close().await;
}

#[tokio::test]
async fn data_of_a_newer_version_are_refused() {
    let error = after_tampering(
        "INSERT INTO _sqlx_migrations \
         (version, description, success, checksum, execution_time) \
         VALUES (999, 'later', TRUE, x'00', 0)",
    );
    assert!(matches!(error.await, StoreError::Newer { version: 999 }));
}

#[tokio::test]
async fn another_migration_under_the_same_number_is_refused() {
    let error = after_tampering("UPDATE _sqlx_migrations SET checksum = x'00'").await;
    assert!(matches!(error, StoreError::Migration { version: 1 }));
}

async fn after_tampering(sql: &'static str) -> StoreError {
    let folder = Folder::new();
    let store = open(&folder).await.expect("a store");
    store.close().await;
    let file = folder.path().join("sealwire.db");
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("connected");
    connection.execute(AssertSqlSafe(sql)).await.expect("done");
    connection.close().await.expect("closed");
    open(&folder).await.err().expect("refused")
}

#[tokio::test]
async fn a_file_in_the_folder_s_place_is_named() {
    let folder = Folder::new();
    fs::write(folder.path(), "").expect("a file");
    let error = open(&folder).await.err().expect("refused");
    assert!(matches!(error, StoreError::Folder { path, .. } if path == folder.path()));
    fs::remove_file(folder.path()).expect("removed");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).expect("a folder");
    let file = folder.path().join("sealwire.db");
    fs::write(&file, "no database, but text of some length".repeat(100)).expect("a file");
    let error = open(&folder).await.err().expect("refused");
    assert!(matches!(error, StoreError::Database(_)));
}
