//! A real chat-server that keeps accounts, people with passwords on it, and a liar in between.

pub(crate) mod command;
pub(crate) mod liar;
pub(crate) mod listening;
pub(crate) mod past;
pub(crate) mod screen;
pub(crate) mod seat;
pub(crate) mod telling;

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
use chat_server::{
    AccountLimits, Limits, Rate, Running, Server, Settings,
    store::{
        Sqlite, Store as _, TokenHash,
        audit::Actor,
        tokens::{IssueToken, Purpose},
    },
};
use wire_format::{
    AccountId, ErrorCode, MemberId, Millis, OneTimeToken,
    passwords::{Password, RecoveryCode},
};

/// The password of everybody whose test does not say otherwise.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// However busy the machine is, nothing here takes this long unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

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
        Self::with_commands(Limits::default().commands).await
    }

    /// With so many commands a connection.
    pub(crate) async fn with_commands(commands: Rate) -> Self {
        Self::on(Folder::new(), commands).await
    }

    /// Stops the server and starts another one on the same data, with another address.
    pub(crate) async fn restarts(mut self) -> Self {
        let running = self.running.take().expect("it runs");
        running.shutdown(Duration::from_secs(10)).await;
        Self::on(self.folder, Limits::default().commands).await
    }

    async fn on(folder: Folder, commands: Rate) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = running(listen, &folder, commands).await;
        Self {
            address: running.local_addr(),
            running: Some(running),
            folder,
        }
    }

    /// Stops the server for a while; asserts that nothing is left.
    pub(crate) async fn rests(&mut self) {
        let running = self.running.take().expect("it runs");
        let outcome = running.shutdown(Duration::from_secs(10)).await;
        assert_eq!((outcome.tasks_left, outcome.sessions_left), (0, 0));
    }

    /// Starts it again at its address, on other data if there are some.
    pub(crate) async fn goes_on(&mut self, data: Option<Folder>) {
        if let Some(data) = data {
            self.folder = data;
        }
        let commands = Limits::default().commands;
        self.running = Some(running(self.address, &self.folder, commands).await);
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

    /// A one-time token of the operator's, by which an account starts with new keys.
    pub(crate) async fn fresh_token(&self, account: AccountId) -> String {
        let store = Sqlite::open(self.folder.path()).await.expect("the store");
        let token = OneTimeToken::from_bytes(rand::random());
        let now = chat_server::wall_clock::now();
        let issue = IssueToken {
            hash: TokenHash::of(&token),
            purpose: Purpose::Fresh(MemberId::from_bytes(*account.as_bytes())),
            expires_at: Millis::new(now.value() + 3_600_000),
            actor: Actor::Operator,
            now,
        };
        let issued = store.write(issue).await.expect("written");
        issued.expect("a token");
        token.to_hex().to_string()
    }

    /// Where the server keeps its data.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Whether a text stands in a file of the server's.
    pub(crate) fn holds(&self, text: &str) -> bool {
        is_in(self.folder.path(), text.as_bytes())
    }

    /// Stops the server; asserts that nothing is left.
    pub(crate) async fn stop(mut self) {
        self.rests().await;
    }
}

/// Whether these bytes stand in a file of a folder, or of one in it.
fn is_in(folder: &Path, bytes: &[u8]) -> bool {
    let mut entries = fs::read_dir(folder).expect("a folder");
    entries.any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return is_in(&path, bytes);
        }
        let held = fs::read(&path).expect("a file");
        held.windows(bytes.len()).any(|found| found == bytes)
    })
}

/// A server on these data, with limits that no test of something else runs into.
async fn running(listen: SocketAddr, data: &Folder, commands: Rate) -> Running {
    let limits = Limits {
        commands,
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
        listen,
        data: Some(data.path().to_owned()),
        limits,
        ..Settings::default()
    };
    Server::bind(settings).await.expect("a server").start()
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
