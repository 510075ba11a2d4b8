//! A PostgreSQL of the tests' own: in a temporary folder, reached by a socket in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::folder::Folder;

/// A database server, stopped and deleted when dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: Folder,
    programs: PathBuf,
    databases: AtomicU32,
    is_stopped: bool,
}

impl Cluster {
    /// Makes a cluster and starts it; returns when it accepts connections.
    ///
    /// # Panics
    /// If there is no PostgreSQL, or it does not start.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Likewise, with further options of its server, such as `-c log_statement=all`.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub fn start_with(options: &str) -> Self {
        let cluster = Self {
            folder: Folder::new(),
            programs: programs(),
            databases: AtomicU32::new(0),
            is_stopped: false,
        };
        if is_root() {
            let mut chown = Command::new("chown");
            run(chown.arg("postgres").arg(cluster.folder()));
        }
        let data = cluster.folder().join("data");
        let mut initdb = cluster.command("initdb");
        initdb.args(["--auth=trust", "--username=sealwire", "--encoding=UTF8"]);
        run(initdb
            .args(["--no-locale", "--no-sync", "--pgdata"])
            .arg(&data));
        // What a machine without power would lose is not tested here.
        let socket = cluster.folder().display();
        let options = format!("-c listen_addresses= -c fsync=off -k {socket} {options}");
        let mut start = cluster.command("pg_ctl");
        start.args(["start", "--wait", "--silent", "--options", &options]);
        let log = cluster.folder().join("log");
        run(start.arg("--log").arg(log).arg("--pgdata").arg(&data));
        cluster
    }

    /// Where its files are, its log included.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Panics
    /// If that is refused.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("chat{number}");
        let mut create = self.command("createdb");
        create.arg("--host").arg(self.folder());
        run(create.args(["--username=sealwire", &name]));
        self.url(&name)
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let socket = self.folder().display();
        format!("postgres:///{database}?host={socket}&user=sealwire")
    }

    /// Stops it once everything is in its place; its files stay until it is dropped.
    ///
    /// # Panics
    /// If it does not stop.
    pub fn stop(&mut self) {
        run(&mut self.stopping("--mode=fast"));
        self.is_stopped = true;
    }

    fn stopping(&self, mode: &str) -> Command {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--wait", "--silent", mode, "--pgdata"]);
        stop.arg(self.folder().join("data"));
        stop
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
        command.current_dir(self.folder());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.is_stopped {
            return;
        }
        let stopped = self
            .stopping("--mode=immediate")
            .stdout(Stdio::null())
            .status();
        if !std::thread::panicking() {
            assert!(stopped.expect("pg_ctl").success());
        }
    }
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
