//! A real chat-server that keeps accounts, people with passwords on it, and a liar in between.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod command;
pub(crate) mod liar;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chat_client::{
    Account, AccountError, AccountServer, Registration, SignIn,
    account::{PeerFault, Rehearsal},
};
use chat_server::{AccountLimits, Limits, Rate, Running, Server, Settings};
use wire_format::{
    ErrorCode,
    passwords::{Password, RecoveryCode},
};

/// The password of everybody whose test does not say otherwise.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A folder that is gone when the test is.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("sealwire-client-{:016x}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server on a folder of its own, with limits that no test of something else runs into.
pub(crate) struct House {
    running: Option<Running>,
    pub(crate) address: SocketAddr,
    folder: Folder,
}

impl House {
    pub(crate) async fn start() -> Self {
        let folder = Folder::new();
        let limits = Limits {
            sign_ins: Rate::UNLIMITED,
            accounts: AccountLimits {
                tries_per_name_and_address: Rate::UNLIMITED,
                tries_per_name: Rate::UNLIMITED,
                tries: Rate::UNLIMITED,
                ..AccountLimits::default()
            },
            ..Limits::default()
        };
        let settings = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: Some(folder.path().to_owned()),
            limits,
            ..Settings::default()
        };
        let running = Server::bind(settings).await.expect("a server").start();
        Self {
            address: running.local_addr(),
            running: Some(running),
            folder,
        }
    }

    pub(crate) fn server(&self) -> AccountServer {
        server_at(self.address)
    }

    /// Registers with the usual password.
    pub(crate) async fn register(&self, name: &str) -> (Account, RecoveryCode) {
        let registration = Registration::begin(self.server(), name).await;
        let code = RecoveryCode::generate(&mut rand::rng());
        let registration = registration.expect("a server");
        let registered = registration.register(password(), code.clone(), Rehearsal::Done);
        (registered.await.expect("an account"), code)
    }

    /// Signs in with the usual password, as a device that knows nothing.
    pub(crate) async fn sign_in(&self, name: &str) -> Account {
        let signing_in = SignIn::new(self.server(), name).with_password(password());
        signing_in.await.expect("signed in")
    }

    /// Stops the server; asserts that nothing is left.
    pub(crate) async fn stop(mut self) {
        let running = self.running.take().expect("it runs");
        let outcome = running.shutdown(Duration::from_secs(10)).await;
        assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
    }
}

pub(crate) fn server_at(address: SocketAddr) -> AccountServer {
    AccountServer::new(address.to_string().parse().expect("an address"))
}

pub(crate) fn password() -> Password {
    Password::prepare(PASSWORD).expect("a password")
}

/// The code of a refusal.
pub(crate) fn refusal(error: &AccountError) -> Option<ErrorCode> {
    match error {
        AccountError::Refused { refusal, .. } => Some(refusal.code),
        _ => None,
    }
}

/// What a server is caught at.
pub(crate) fn fault<T: std::fmt::Debug>(outcome: Result<T, AccountError>) -> PeerFault {
    match outcome {
        Err(AccountError::Peer(fault)) => fault,
        other => panic!("not caught: {other:?}"),
    }
}
