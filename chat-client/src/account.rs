//! Accounts: registering, signing in, the vault, and what is remembered of others' keys
//! (docs/protocol.md#14-end-to-end-rooms).
//!
//! ```text
//!  Registration ──▶ keys, records ──────────────┐
//!  SignIn ──▶ a session ──▶ root ──▶ own chain ──┴▶ proof of keys ──▶ Account
//!                                                                       │ sessions, vault, wrap key,
//!                                          Kept ◀── between two starts ─┘ password, people, the next keys
//! ```
//!
//! The module promises *not* to keep a password longer than its stretching, *not* to send a half that
//! opens the vault, and *not* to believe a server about whose keys they are, which root is the newest
//! or what it is called. What a server says against what was seen is a [`PeerFault`], never a result.
//! Making keys and stretching a password happen on threads that may block.

mod blocking;
mod carrying;
mod chain;
mod deleting;
mod entering;
mod error;
mod fresh;
mod friends;
mod items;
mod kept;
mod line;
mod password;
mod patience;
mod people;
mod pins;
mod prover;
mod records;
mod registering;
mod reports;
mod root;
mod rotating;
mod server;
mod sessions;
mod sign_in;
mod wraps;

use std::{fmt, sync::Arc};

use wire_format::{
    AccountId, Fingerprint, Millis, SessionId, SessionToken,
    identity::{Chain, IdentityKeys},
    passwords::ServerName,
    vault::OpenedRoot,
};

pub(crate) use self::{
    blocking::blocking_each,
    pins::Known,
    root::is_conflict,
    wraps::{SLACK_MS, Span},
};
pub use self::{
    error::{AccountError, OwnFault, PeerFault},
    friends::FriendStep,
    items::{NewItem, StoredItem},
    kept::{Kept, Seen, SeenItems},
    people::{Person, Standing},
    prover::Prover,
    registering::{Registration, Rehearsal},
    reports::{PendingReport, Proof},
    server::AccountServer,
    sign_in::SignIn,
    wraps::{Renewal, WRAP_KEY_AGE},
};
use self::{line::Line, pins::Pins};

/// A session of an account that has proven its keys, on one connection. Dropping it closes the
/// connection, unless it is a [`Session`](crate::session::Session)'s; the account's session stays, and
/// [`SignIn::again`] goes on with it.
///
/// Calls wait for their replies one after the other. A dropped call may have been carried out.
pub struct Account {
    line: Line,
    server: AccountServer,
    who: Who,
    chain: Chain,
    keys: Arc<IdentityKeys>,
    root: OpenedRoot,
    seen: Seen,
    seen_items: SeenItems,
    pins: Pins,
}

/// Who is signed in, and where.
#[derive(Clone, Debug)]
struct Who {
    account: AccountId,
    name: String,
    session: SessionId,
    token: SessionToken,
    expires_at: Millis,
    server: ServerName,
}

impl Account {
    /// The account's id.
    pub fn id(&self) -> AccountId {
        self.who.account
    }

    /// The user name, as the server prepared it.
    pub fn name(&self) -> &str {
        &self.who.name
    }

    /// This session.
    pub fn session(&self) -> SessionId {
        self.who.session
    }

    /// When this session ends whatever happens.
    pub fn expires_at(&self) -> Millis {
        self.who.expires_at
    }

    /// The server's name, which was recognised.
    pub fn server_name(&self) -> &ServerName {
        &self.who.server
    }

    /// The hash of the account's two identity keys.
    pub fn fingerprint(&self) -> Fingerprint {
        self.keys.fingerprint()
    }

    /// The keys that the account signs with.
    pub fn keys(&self) -> &Arc<IdentityKeys> {
        &self.keys
    }

    /// What proves the keys on another connection of this session.
    pub fn prover(&self) -> Prover {
        Prover {
            keys: Arc::clone(&self.keys),
            account: self.who.account,
            session: self.who.session,
            server: self.who.server.clone(),
        }
    }

    /// What a device keeps to go on with this session without a password. It opens the vault.
    pub fn kept(&self) -> Kept {
        Kept {
            account: self.who.account,
            name: self.who.name.clone(),
            server_name: self.who.server.as_str().to_owned(),
            session: self.who.session,
            token: self.who.token.clone(),
            expires_at: self.who.expires_at,
            vault_key: self.root.lock.to_kept(),
            seen: self.seen,
            items: self.seen_items.clone(),
        }
    }

    /// Says goodbye and closes the connection, unless it is a
    /// [`Session`](crate::session::Session)'s; the account's session stays.
    pub async fn close(self) {
        self.line.close().await;
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({} on {})", self.who.account, self.who.server)
    }
}
