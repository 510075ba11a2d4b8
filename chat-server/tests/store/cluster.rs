//! A PostgreSQL of the tests' own: in a temporary folder, reached by a socket in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use chat_server::store::Location;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A database server, stopped and deleted when dropped.
pub(crate) struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    databases: AtomicU32,
}

impl Cluster {
    /// Makes a cluster and starts it; returns when it accepts connections.
    pub(crate) fn start() -> Self {
        let name = format!("sealwire-pg-{:016x}", rand::random::<u64>());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a folder");
        let cluster = Self {
            folder,
            programs: programs(),
            databases: AtomicU32::new(0),
        };
        if is_root() {
            let mut chown = Command::new("chown");
            run(chown.arg("postgres").arg(&cluster.folder));
        }
        let data = cluster.folder.join("data");
        let mut initdb = cluster.command("initdb");
        initdb.args(["--auth=trust", "--username=sealwire", "--encoding=UTF8"]);
        run(initdb
            .args(["--no-locale", "--no-sync", "--pgdata"])
            .arg(&data));
        // What a machine without power would lose is not tested here.
        let socket = cluster.folder.display();
        let options = format!("-c listen_addresses= -c fsync=off -k {socket}");
        let mut start = cluster.command("pg_ctl");
        start.args(["start", "--wait", "--silent", "--options", &options]);
        let log = cluster.folder.join("log");
        run(start.arg("--log").arg(log).arg("--pgdata").arg(&data));
        cluster
    }

    /// Makes an empty database and gives its URL.
    pub(crate) async fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        self.run("postgres", &format!("CREATE DATABASE chat{number}"))
            .await;
        self.url(&format!("chat{number}"))
    }

    pub(crate) async fn location(&self) -> (String, Location) {
        let url = self.database().await;
        let location = Location::parse(Some(&url), Path::new("."));
        (url, location.expect("a URL"))
    }

    async fn run(&self, database: &str, sql: &str) {
        execute(&self.url(database), sql).await;
    }

    fn url(&self, database: &str) -> String {
        let socket = self.folder.display();
        format!("postgres:///{database}?host={socket}&user=sealwire")
    }

    /// A program of PostgreSQL, which refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
            command.arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"]);
        stop.arg(self.folder.join("data")).stdout(Stdio::null());
        let stopped = stop.status();
        let _ = fs::remove_dir_all(&self.folder);
        if !std::thread::panicking() {
            assert!(stopped.expect("pg_ctl").success());
        }
    }
}

/// Runs a statement on a connection of its own.
pub(crate) async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.expect("connected");
    let done = connection.execute(AssertSqlSafe(sql)).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("closed");
}

fn run(command: &mut Command) {
    let output = command.stdout(Stdio::null()).status();
    let status = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}");
}

/// The newest version that the distribution installed, or what the path has.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max();
    newest.map_or_else(PathBuf::new, |version| {
        PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))
    })
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;

    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
