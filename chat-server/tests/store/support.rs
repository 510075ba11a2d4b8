//! A store with a server's data in it, and accounts for it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chat_server::store::{
    Database, PasswordHash, Refusal, SecretBytes, Store as _, TokenHash,
    accounts::{AccountName, Entrance, Password, Recovery, Register},
    audit::{AuditHead, VerifyAudit},
    server::{Found, Identity, Registration},
    sessions::{Proof, SessionId, StartSession},
};
use wire_format::{MemberId, Millis};

use crate::{cluster::Cluster, place::Place};

/// When everything here begins.
pub(crate) const NOW: Millis = Millis::new(1_800_000_000_000);

/// A store on data of its own; open registration.
pub(crate) struct House {
    pub(crate) store: Database,
    pub(crate) place: Place,
}

impl House {
    pub(crate) async fn sqlite() -> Self {
        Self::open(Place::folder()).await
    }

    pub(crate) async fn postgres(cluster: &Cluster) -> Self {
        let (url, _) = cluster.location();
        Self::open(Place::Postgres(url)).await
    }

    async fn open(place: Place) -> Self {
        let store = Database::open(place.location()).await.expect("a store");
        found(&store).await;
        Self { store, place }
    }

    /// Closes the store; whatever the case did, its audit log is whole.
    pub(crate) async fn close(self) {
        self.store.close().await;
    }

    /// Computes the chain of the audit log.
    pub(crate) async fn head(&self) -> AuditHead {
        let verified = self.store.read(VerifyAudit).await.expect("read");
        verified.expect("a whole chain")
    }

    /// Changes the data behind the store's back.
    pub(crate) async fn tamper(&self, sql: &str) {
        self.place.execute(sql).await;
    }

    /// Makes an account with this name, which is its id, too.
    pub(crate) async fn register(&self, name: &str) -> MemberId {
        let registration = registration(name);
        let account = registration.account;
        let registered = self.store.write(registration).await.expect("written");
        registered.unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        account
    }

    /// Begins a session with this id.
    pub(crate) async fn start(&self, account: MemberId, id: u8) -> SessionId {
        let start = start(account, id);
        let session = start.session;
        let started = self.store.write(start).await.expect("written");
        started.expect("a session");
        session
    }
}

/// A folder, deleted when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Names one that is not there yet.
    pub(crate) fn new() -> Self {
        let name = format!("sealwire-store-{:016x}", rand::random::<u64>());
        Self(std::env::temp_dir().join(name))
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

/// Founds a server with open registration.
pub(crate) async fn found(store: &Database) {
    let found = Found {
        identity: identity("chat.example"),
        registration: Registration::Open,
        now: NOW,
    };
    store.write(found).await.expect("written").expect("founded");
}

pub(crate) fn identity(name: &str) -> Identity {
    Identity {
        name: name.into(),
        key_id: "key-1".into(),
        signing_key: SecretBytes::new(vec![1; 48]),
        decoy_secret: SecretBytes::new(vec![2; 32]),
    }
}

pub(crate) fn registration(name: &str) -> Register {
    let mut id = [0; 16];
    for (place, byte) in name.bytes().enumerate() {
        id[place % 16] ^= byte;
    }
    Register {
        account: MemberId::from_bytes(id),
        name: AccountName::prepare(name).expect("a name"),
        password: password("first"),
        keyset: b"keyset 1".to_vec(),
        wrap_key: b"wrap 1".to_vec(),
        vault_root: b"root 1".to_vec(),
        recovery: Recovery::Unrehearsed,
        entrance: Entrance::Open,
        now: NOW,
    }
}

pub(crate) fn password(word: &str) -> Password {
    Password {
        salt: [3; 16],
        rounds: 600_000,
        login: PasswordHash::new(format!("$argon2id$login of {word}")),
        recovery: PasswordHash::new(format!("$argon2id$recovery of {word}")),
    }
}

pub(crate) fn start(account: MemberId, id: u8) -> StartSession {
    StartSession {
        session: SessionId::from_bytes([id; 16]),
        account,
        proof: Proof::Password,
        client: "test 1.0".into(),
        address: "127.0.0.1".into(),
        idle_ms: 1_000,
        expires_at: after(10_000),
        most: 100,
        now: NOW,
    }
}

pub(crate) fn after(millis: u64) -> Millis {
    Millis::new(NOW.value() + millis)
}

pub(crate) fn token(byte: u8) -> TokenHash {
    TokenHash::from_bytes([byte; 32])
}

/// The rule that refuses.
pub(crate) fn refusal<T: std::fmt::Debug>(verdict: Result<T, Refusal>) -> Refusal {
    verdict.expect_err("refused")
}
