//! What only the store in a PostgreSQL database promises.

use std::path::Path;

use chat_server::store::{Database, Location, Store as _, StoreError, accounts::FindAccount};

use crate::{
    cluster::{Cluster, execute},
    lock_order::rows_are_taken_in_account_order,
    support::{found, registration},
};

/// One test, so that the cases share a database server.
#[tokio::test]
async fn postgres_says_why_it_does_not_serve() {
    let cluster = Cluster::start();
    data_of_a_newer_version_are_refused(&cluster).await;
    another_migration_under_the_same_number_is_refused(&cluster).await;
    read_only_data_are_refused(&cluster).await;
    many_nodes_share_a_database(&cluster).await;
    only_a_commit_under_way_may_stand(&cluster).await;
    rows_are_taken_in_account_order(&cluster).await;
    a_server_that_is_not_there_is_an_error().await;
}

async fn data_of_a_newer_version_are_refused(cluster: &Cluster) {
    let error = after_tampering(
        cluster,
        "INSERT INTO _sqlx_migrations \
         (version, description, success, checksum, execution_time) \
         VALUES (999, 'later', TRUE, '', 0)",
    );
    assert!(matches!(error.await, StoreError::Newer { version: 999 }));
}

async fn another_migration_under_the_same_number_is_refused(cluster: &Cluster) {
    let error = after_tampering(cluster, "UPDATE _sqlx_migrations SET checksum = ''").await;
    assert!(matches!(error, StoreError::Migration { version: 1 }));
}

async fn after_tampering(cluster: &Cluster, sql: &str) -> StoreError {
    let (url, location) = cluster.location();
    let store = Database::open(location.clone()).await.expect("a store");
    store.close().await;
    execute(&url, sql).await;
    Database::open(location).await.err().expect("refused")
}

async fn read_only_data_are_refused(cluster: &Cluster) {
    let (url, location) = cluster.location();
    let store = Database::open(location.clone()).await.expect("a store");
    found(&store).await;
    store.close().await;
    execute(
        &url,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
         current_database()); END $$",
    )
    .await;
    let error = Database::open(location).await.err().expect("refused");
    assert!(matches!(error, StoreError::ReadOnly), "{error:?}");
}

async fn many_nodes_share_a_database(cluster: &Cluster) {
    let (_, location) = cluster.location();
    let (first, second) = tokio::join!(Database::open(location.clone()), Database::open(location),);
    let (first, second) = (first.expect("a store"), second.expect("a store"));
    found(&first).await;
    let ann = registration("ann");
    let account = ann.account;
    second
        .write(ann)
        .await
        .expect("written")
        .expect("an account");
    let found = first.read(FindAccount::ById(account)).await;
    assert!(found.expect("read").is_some());
    first.close().await;
    let late = first.write(registration("late")).await;
    assert!(matches!(late, Err(StoreError::Closed)));
    second.close().await;
}

async fn only_a_commit_under_way_may_stand(cluster: &Cluster) {
    let (url, location) = cluster.location();
    let store = Database::open(location).await.expect("a store");
    found(&store).await;
    execute(
        &url,
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
    )
    .await;
    for (when, may_stand) in [
        ("TRIGGER cut AFTER INSERT ON accounts", false),
        (
            "CONSTRAINT TRIGGER cut AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED",
            true,
        ),
    ] {
        let sql = format!("CREATE {when} FOR EACH ROW EXECUTE FUNCTION cut()");
        execute(&url, &sql).await;
        let error = store.write(registration("ann")).await;
        let error = error.expect_err("it was cut off");
        let is_unsettled = matches!(error, StoreError::Unsettled(_));
        assert_eq!(is_unsettled, may_stand, "{when}: {error:?}");
        assert!(is_unsettled || matches!(error, StoreError::Database(_)));
        execute(&url, "DROP TRIGGER cut ON accounts").await;
    }
    let ann = store.write(registration("ann")).await.expect("written");
    ann.expect("nothing of it was there");
    store.close().await;
}

async fn a_server_that_is_not_there_is_an_error() {
    let url = "postgres:///chat?host=/nowhere&user=canary";
    let location = Location::parse(Some(url), Path::new("."));
    let error = Database::open(location.expect("a URL")).await.err();
    let error = error.expect("refused");
    assert!(matches!(error, StoreError::Database(_)));
    assert!(!format!("{error} {error:?}").contains("canary"));
}
