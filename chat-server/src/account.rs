//! Accounts: the store, what signs their sessions, and who of them is connected.
//!
//! A sign-in is limited first, then hashed, then written; nobody holds a lock across an await. What
//! is secret here stays in types that do not show it.

mod attempts;
mod attendance;
mod chains;
mod comings;
mod decoys;
mod forgetting;
mod gone_files;
mod online;
mod pairs;
mod password;
mod puts;
mod refused;
mod setup;
mod tokens;
mod work;
mod wraps;

use std::{
    net::IpAddr,
    sync::{Arc, atomic::AtomicBool},
};

use aws_lc_rs::signature::Ed25519KeyPair;
use tracing::{error, warn};
use wire_format::{AccountId, ErrorCode, Name, SessionId, passwords::ServerName};

use self::{
    attempts::Attempts, decoys::Decoys, online::Online, pairs::Pairs, puts::Puts, tokens::Tokens,
    work::Work, wraps::Wraps,
};
pub(crate) use self::{
    attendance::Departure,
    chains::{Chains, Known},
    online::{AccountSession, Presence, event},
    password::{hashed, matches},
    puts::PutPlaces,
    refused::{refused, store_busy, store_failed},
    setup::issue_setup_token,
    tokens::Unopened,
};
use crate::{
    blobs::AnyBlobs,
    conversation::Conversations,
    directory::Directory,
    figures::Figures,
    post::Post,
    settings::{AccountLimits, Settings},
    store::{
        Database, Location, SecretBytes, Store as _, StoreError,
        accounts::Account,
        forgetting::forget_due,
        rooms::DropExpiredInvitations,
        server::{Found, Identity},
        sessions::{self, ExpireSessions, TouchSessions},
        tokens::ExpireTokens,
        vault::ForgetItems,
    },
    wall_clock,
};

/// What all accounts of a server share.
pub(crate) struct Accounts {
    pub(crate) store: Database,
    /// The server's name, as its data have it.
    pub(crate) server: ServerName,
    pub(crate) tokens: Tokens,
    pub(crate) decoys: Decoys,
    pub(crate) attempts: Attempts,
    pub(crate) work: Work,
    pub(crate) online: Arc<Online>,
    /// Keyset chains that were verified lately.
    pub(crate) chains: Chains,
    /// Newest wrap keys that were read lately.
    wraps: Wraps,
    /// The end-to-end rooms that are loaded.
    pub(crate) conversations: Conversations,
    /// The way of what is published in them.
    pub(crate) post: Post,
    /// Whose turn it is to change how two accounts stand.
    pub(crate) pairs: Pairs,
    /// Where the chunks of files are; `None` if nowhere: then there are no files.
    pub(crate) blobs: Option<AnyBlobs>,
    /// Whose turn it is to put a chunk.
    pub(crate) puts: Puts,
    /// Held by who deletes chunks of files that are gone; across awaits.
    deleting_files: tokio::sync::Mutex<()>,
    pub(crate) limits: AccountLimits,
    /// Whether something was deleted that the store may hold in its log.
    is_log_full: AtomicBool,
}

impl Accounts {
    /// Opens the store, and makes an identity on new data.
    ///
    /// # Errors
    /// [`StoreError`] says what stands in the way.
    pub(crate) async fn open(
        location: Location,
        blobs: Option<AnyBlobs>,
        settings: &Settings,
        directory: &Arc<Directory>,
        figures: &Arc<Figures>,
    ) -> Result<Arc<Self>, StoreError> {
        let store = Database::open(location).await?;
        // The data may be old, or nobody looked after them for long.
        forget_due(&store, wall_clock::now()).await?;
        let found = Found {
            identity: new_identity(&settings.server_name)?,
            registration: settings.registration,
            now: wall_clock::now(),
        };
        let identity = store.write(found).await?;
        let identity = identity.map_err(|_| StoreError::Damaged("the server's identity"))?;
        let server = ServerName::parse(&identity.name)
            .map_err(|_| StoreError::Damaged("the server's name"))?;
        if server != settings.server_name {
            warn!(%server, "the data keep their server name");
        }
        let work = Work::new();
        let unknown = work.run(password::of_nobody).await;
        let unknown = unknown.ok().flatten();
        let limits = settings.limits.accounts.clone();
        Ok(Arc::new(Self {
            tokens: Tokens::new(&identity)
                .ok_or(StoreError::Damaged("the key that signs sessions"))?,
            decoys: Decoys::new(
                identity.decoy_secret,
                unknown.ok_or(StoreError::Damaged("the hash for unknown names"))?,
            ),
            attempts: Attempts::new(&limits),
            work,
            online: Online::new(Arc::clone(directory)),
            chains: Chains::default(),
            wraps: Wraps::default(),
            conversations: Conversations::new(Arc::clone(figures)),
            post: Post::new(),
            pairs: Pairs::default(),
            blobs,
            puts: Puts::default(),
            deleting_files: tokio::sync::Mutex::default(),
            store,
            server,
            limits,
            is_log_full: AtomicBool::new(false),
        }))
    }

    /// Makes the changes that wait. A dropped future leaves the store closing.
    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// Forgets what is over: limits that recovered, sessions, tokens, items. Sessions that have a
    /// connection are seen now; those that ended, here or by another process, lose it.
    pub(crate) async fn sweep(&self) {
        self.attempts.sweep();
        self.conversations.sweep();
        self.touch(&self.online.all()).await;
        let now = wall_clock::now();
        let limit = SWEPT_AT_ONCE;
        let expired = ExpireSessions { now, limit };
        if let Some(ended) = self.tidy(self.store.write(expired).await) {
            self.end(&ended);
        }
        self.tidy(self.store.write(ExpireTokens { now }).await);
        let items = self.tidy(self.store.write(ForgetItems { now, limit }).await);
        if items.is_some_and(|items| items > 0) {
            self.deleted();
        }
        self.tidy(self.store.write(DropExpiredInvitations { now }).await);
        self.forget().await;
        self.empty_log().await;
        self.collect_files(now).await;
    }

    /// Notes that sessions were seen. It is said again within a minute while they are connected, so
    /// a failure is logged and nothing else.
    pub(crate) async fn touch(&self, seen: &[SessionId]) {
        let now = wall_clock::now();
        let seen: Vec<_> = seen.iter().map(|id| (stored(*id), now)).collect();
        if seen.is_empty() {
            return;
        }
        if let Some(gone) = self.tidy(self.store.write(TouchSessions { seen }).await) {
            // Ended by another process: a command of the operator's, or another node.
            self.end(&gone);
        }
    }

    /// Ends the connections of sessions that are over; they have left their rooms before this
    /// returns.
    pub(crate) fn end(&self, ended: &[sessions::SessionId]) {
        for session in ended {
            self.online
                .revoke(SessionId::from_bytes(*session.as_bytes()));
        }
    }

    fn tidy<T>(&self, written: Result<Result<T, crate::store::Refusal>, StoreError>) -> Option<T> {
        match written {
            Ok(verdict) => verdict.ok(),
            Err(StoreError::Closed) => None,
            Err(error) => {
                error!(%error, "the store did not do what is due every minute");
                None
            }
        }
    }
}

/// A session's id as the store takes it.
pub(crate) const fn stored(session: SessionId) -> sessions::SessionId {
    sessions::SessionId::from_bytes(*session.as_bytes())
}

/// An account's id as the protocol says it.
pub(crate) const fn account_id(account: wire_format::MemberId) -> AccountId {
    AccountId::from_bytes(*account.as_bytes())
}

/// An account's name as it travels in frames.
///
/// # Errors
/// `internal` if the store has a name that nobody could have registered.
pub(crate) fn name_of(account: &Account) -> Result<Name, ErrorCode> {
    Name::try_from(account.name.as_str()).map_err(|_| ErrorCode::Internal)
}

/// Where a session is begun, as its owner sees it.
pub(crate) fn address_text(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

/// What a server is from its first start on.
fn new_identity(name: &ServerName) -> Result<Identity, StoreError> {
    let key = Ed25519KeyPair::generate()
        .and_then(|key| key.to_pkcs8v1())
        .map_err(|_| StoreError::Damaged("no randomness for a key"))?;
    Ok(Identity {
        name: name.as_str().to_owned(),
        key_id: format!("{:016x}", rand::random::<u64>()),
        signing_key: SecretBytes::new(key.as_ref().to_vec()),
        decoy_secret: SecretBytes::new(rand::random::<[u8; 32]>().to_vec()),
    })
}

/// Rows that one change of the minute deletes: it holds the writer up for milliseconds.
const SWEPT_AT_ONCE: u32 = 1_000;
