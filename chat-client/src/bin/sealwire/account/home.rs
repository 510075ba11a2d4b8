//! The folder for what this device keeps: one file an account, for its owner only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use chat_client::Endpoint;
use zeroize::Zeroizing;

use super::state::State;
use crate::exit::{Failure, StateFault};

/// Where the files are; nothing is made before something is kept.
#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

/// The right to be connected with one account's session; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Turn(
    #[expect(dead_code, reason = "the file holds the lock while it is open")] File,
);

impl Home {
    /// The folder that was named, or the usual one: `sealwire` in the user's folder for data.
    #[expect(
        clippy::disallowed_methods,
        reason = "the name is that of the XDG specification, and no setting of this program"
    )]
    pub(super) fn at(named: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(named) = named {
            return Ok(Self(named));
        }
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let data = data.filter(|path| path.is_absolute());
        let data = data.or_else(|| Some(std::env::home_dir()?.join(".local/share")));
        let data = data.ok_or_else(|| {
            Failure::Settings("no folder for data is known: name one with --home".to_owned())
        })?;
        Ok(Self(data.join("sealwire")))
    }

    /// The one account that is meant: of a server, if it is named, with a user name, if one is named.
    pub(super) fn find(
        &self,
        server: Option<&Endpoint>,
        name: Option<&str>,
    ) -> Result<State, Failure> {
        let mut meant = self.all()?;
        meant.retain(|state| is_meant(state, server, name));
        match meant.len() {
            1 => Ok(meant.remove(0)),
            0 => Err(Failure::State(StateFault::None)),
            _ => Err(Failure::State(StateFault::Several)),
        }
    }

    /// The account of this server and name, if this device has it.
    pub(super) fn known(&self, server: &Endpoint, name: &str) -> Result<Option<State>, Failure> {
        match self.find(Some(server), Some(name)) {
            Ok(state) => Ok(Some(state)),
            Err(Failure::State(StateFault::None)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Writes an account's file: whole or not at all.
    pub(super) fn save(&self, state: &State) -> Result<(), Failure> {
        let folder = self.made()?;
        let path = folder.join(format!("{}.json", state.stem()));
        let text = serde_json::to_vec_pretty(state).map(Zeroizing::new);
        let text = text.map_err(|error| at_fault(&path, &error.to_string()))?;
        let draft = folder.join(format!(".{:016x}.draft", rand::random::<u64>()));
        let written = write_new(&draft, &text).and_then(|()| fs::rename(&draft, &path));
        if written.is_err() {
            // It may not even be there.
            let _ = fs::remove_file(&draft);
        }
        written.map_err(|error| at_fault(&path, &format!("cannot be written: {error}")))?;
        // The new name is to outlast a power cut, too.
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| at_fault(&folder, &format!("cannot be written: {error}")))
    }

    /// Forgets an account.
    pub(super) fn remove(&self, state: &State) -> Result<(), Failure> {
        let stem = state.stem();
        let path = self.accounts().join(format!("{stem}.json"));
        let removed = fs::remove_file(&path);
        removed.map_err(|error| at_fault(&path, &format!("cannot be deleted: {error}")))?;
        // Whoever waits for it finds that the account is gone.
        let _ = fs::remove_file(self.accounts().join(format!("{stem}.lock")));
        Ok(())
    }

    /// Waits until no other process of this device is connected with the account's session: the
    /// server would close its connection for this one.
    pub(super) async fn turn(&self, state: &State) -> Result<Turn, Failure> {
        let path = self.made()?.join(format!("{}.lock", state.stem()));
        let opened = private().create(true).truncate(false).open(&path);
        let file =
            opened.map_err(|error| at_fault(&path, &format!("cannot be opened: {error}")))?;
        let waiting = async {
            let mut again = tokio::time::interval(LOOK_EVERY);
            loop {
                again.tick().await;
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(fs::TryLockError::WouldBlock) => {}
                    Err(fs::TryLockError::Error(error)) => return Err(error),
                }
            }
        };
        match tokio::time::timeout(TURN_WITHIN, waiting).await {
            Ok(Ok(())) => Ok(Turn(file)),
            Ok(Err(error)) => Err(at_fault(&path, &format!("cannot be locked: {error}"))),
            Err(_) => Err(Failure::State(StateFault::InUse)),
        }
    }

    /// Reads an account's file again, as another process may have written it.
    pub(super) fn again(&self, state: &State) -> Result<State, Failure> {
        let path = self.accounts().join(format!("{}.json", state.stem()));
        match read(&path) {
            Err(Failure::State(StateFault::Gone)) => Err(Failure::State(StateFault::None)),
            read => read,
        }
    }

    fn all(&self) -> Result<Vec<State>, Failure> {
        let folder = self.accounts();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at_fault(&folder, &format!("cannot be read: {error}"))),
        };
        check_mode(&folder, "chmod 700")?;
        let mut states = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| at_fault(&folder, &error.to_string()))?;
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                match read(&path) {
                    // Another process signed out between the two looks.
                    Err(Failure::State(StateFault::Gone)) => {}
                    read => states.push(read?),
                }
            }
        }
        Ok(states)
    }

    /// Where it is kept which files are on their way.
    pub(super) fn transfers(&self) -> PathBuf {
        self.0.join("transfers")
    }

    fn accounts(&self) -> PathBuf {
        self.0.join("accounts")
    }

    /// Makes the folder, for its owner only.
    fn made(&self) -> Result<PathBuf, Failure> {
        let folder = self.accounts();
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.map_err(|error| at_fault(&folder, &format!("cannot be made: {error}")))?;
        check_mode(&folder, "chmod 700")?;
        Ok(folder)
    }
}

fn is_meant(state: &State, server: Option<&Endpoint>, name: Option<&str>) -> bool {
    let is_server = server.is_none_or(|server| state.server == server.to_string());
    let folded = |name: &str| name.trim().to_lowercase();
    is_server && name.is_none_or(|name| folded(name) == folded(&state.account.name))
}

fn read(path: &Path) -> Result<State, Failure> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Failure::State(StateFault::Gone),
        _ => at_fault(path, &format!("cannot be read: {error}")),
    };
    let found = fs::symlink_metadata(path).map_err(unreadable)?;
    if !found.is_file() {
        return Err(at_fault(path, "is no file"));
    }
    check_mode(path, "chmod 600")?;
    let mut text = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(unreadable)?;
    let read = file.take(STATE_BYTES + 1).read_to_end(&mut text);
    read.map_err(unreadable)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > STATE_BYTES {
        return Err(at_fault(path, "is too large"));
    }
    State::parse(&text).map_err(|why| at_fault(path, &why))
}

/// Refuses what others on this machine may read or change.
fn check_mode(path: &Path, mend: &str) -> Result<(), Failure> {
    let found = fs::symlink_metadata(path);
    let found = found.map_err(|error| at_fault(path, &format!("cannot be read: {error}")))?;
    if found.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let path = path.to_owned();
    let mend = format!("{mend} {}", path.display());
    Err(Failure::State(StateFault::Open { path, mend }))
}

/// Writes a file that is not there, for its owner only, and waits until it is on disk.
pub(super) fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = private().create_new(true).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

fn at_fault(path: &Path, why: &str) -> Failure {
    Failure::State(StateFault::Bad {
        path: path.to_owned(),
        why: why.to_owned(),
    })
}

/// Largest file of an account, in bytes: a token of 1 KiB, a path, and room to spare.
const STATE_BYTES: u64 = 64 * 1024;
/// How long another process may be connected with the same session.
const TURN_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked whether the other process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);
