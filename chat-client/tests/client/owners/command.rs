//! The built command, each device with a folder of its own.

use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use super::{Folder, House, PASSWORD};

/// A device: what it keeps, and a password file.
pub(crate) struct Device {
    pub(crate) folder: Folder,
    server: SocketAddr,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Device {
    pub(crate) fn of(server: SocketAddr) -> Self {
        let folder = Folder::new();
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).expect("a file");
        Self { folder, server }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The one file of an account.
    pub(crate) fn state(&self) -> PathBuf {
        let files = fs::read_dir(self.file("home/accounts")).expect("a folder");
        let mut files = files.map(|entry| entry.expect("an entry").path());
        let is_state = |path: &PathBuf| path.extension() == Some(OsStr::new("json"));
        files.find(is_state).expect("a file")
    }

    /// A command with this device's folder and server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealwire"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SEALWIRE_")) {
            command.env_remove(name);
        }
        command
            .env_remove("RUST_LOG")
            .env("SEALWIRE_HOME", self.file("home"))
            .env("SEALWIRE_SERVER", self.server.to_string())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments)).await
    }

    /// Runs with the usual password.
    pub(crate) async fn with_password(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        command.env("SEALWIRE_PASSWORD_FILE", self.file("password"));
        ran(command).await
    }

    /// Registers with the usual password and a file for the code.
    pub(crate) async fn register(&self, name: &str) -> Ran {
        let file = self.file("code");
        let file = file.to_str().expect("a path");
        self.with_password(&["register", name, "--recovery-file", file])
            .await
    }
}

impl Device {
    /// Starts the account with new keys, by a token of the operator's.
    pub(crate) async fn begin_anew(&self, house: &House, name: &str) {
        let here = self.run(&["whoami", name, "--json"]).await.object();
        let account = here["account"].as_str().expect("an account");
        let token = house.fresh_token(account.parse().expect("an id")).await;
        let code = self.file(&format!("code-{:016x}", rand::random::<u64>()));
        let mut recover = self.command(&["recover", name, "--fresh"]);
        recover
            .env("SEALWIRE_RECOVERY_CODE", token)
            .env("SEALWIRE_NEW_PASSWORD_FILE", self.file("password"))
            .env("SEALWIRE_RECOVERY_FILE", code);
        ran(recover).await.well();
    }
}

/// Runs a command to its end.
pub(crate) async fn ran(mut command: Command) -> Ran {
    let child = command.spawn().expect("the command");
    let waiting = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output: Output = waiting.await.expect("a task").expect("an output");
    Ran {
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
        code: output.status.code(),
    }
}

impl Ran {
    /// Asserts that it went well and said nothing else.
    pub(crate) fn well(self) -> String {
        assert_eq!(
            (self.err.as_str(), self.code),
            ("", Some(0)),
            "{}",
            self.out
        );
        self.out
    }

    /// The object that it printed.
    pub(crate) fn object(self) -> Value {
        serde_json::from_str(&self.well()).expect("an object")
    }

    /// The object that it failed with, behind the alarms, and its exit code.
    pub(crate) fn failed(self) -> (Value, Option<i32>) {
        assert_eq!(self.out, "");
        let last = self.err.lines().last().expect("an error");
        let object = serde_json::from_str(last).expect("an object");
        (object, self.code)
    }
}

/// Replaces ids, fingerprints and addresses, which differ in every run.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (word, behind) = rest.split_at(run);
        match run {
            32 => masked.push_str("<id>"),
            64 => masked.push_str("<hash>"),
            _ => masked.push_str(word),
        }
        rest = behind;
        if let Some(port) = rest.strip_prefix(".0.0.1:") {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            masked.push_str(".0.0.1:<port>");
            rest = &port[digits..];
            continue;
        }
        if let Some(character) = rest.chars().next() {
            masked.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    masked
}
