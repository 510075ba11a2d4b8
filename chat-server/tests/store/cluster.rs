//! A PostgreSQL of the tests' own, and what is done in its databases.

use std::path::Path;

use chat_server::store::Location;
use sealwire_tests::cluster::Cluster as Started;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A database server, stopped and deleted when dropped.
pub(crate) struct Cluster(Started);

impl Cluster {
    /// Makes a cluster and starts it; returns when it accepts connections.
    pub(crate) fn start() -> Self {
        Self(Started::start())
    }

    /// Makes an empty database and gives its URL.
    pub(crate) fn database(&self) -> String {
        self.0.database()
    }

    pub(crate) fn location(&self) -> (String, Location) {
        let url = self.database();
        let location = Location::parse(Some(&url), Path::new("."));
        (url, location.expect("a URL"))
    }
}

/// Runs a statement on a connection of its own.
pub(crate) async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.expect("connected");
    let done = connection.execute(AssertSqlSafe(sql)).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
}
