//! Why something about an account did not come about, by whose fault.

use wire_format::{
    AccountId, ErrorCode, KeysetNumber, OpenError, Refusal, Revision, RootNumber, SealError,
    SessionId, WrapNumber,
    identity::{ChainError, WrapKeyError},
    passwords::{RoundsError, ServerNameError},
};

use crate::error::{ConnectError, Ended};

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No connection came about.
    #[error(transparent)]
    Connect(ConnectError),
    /// The connection ended before the reply came; the server may have carried it out.
    #[error("no reply: {0}")]
    Ended(#[from] Ended),
    /// No reply came in time; the server may have carried it out.
    #[error("the server did not answer in time")]
    TimedOut,
    /// The server refused it.
    #[error("{command} was refused: {refusal}")]
    Refused {
        /// The command.
        command: &'static str,
        /// What the server said.
        refusal: Refusal,
    },
    /// The server did or said what an honest one does not.
    #[error("the server cannot be believed: {0}")]
    Peer(#[from] PeerFault),
    /// This side could not do its part.
    #[error(transparent)]
    Own(#[from] OwnFault),
    /// Other devices changed the vault again and again.
    #[error("other devices kept changing the vault")]
    Contended,
}

/// What an honest server does not do, or what only its user can judge (its name). Nothing was
/// changed, and nothing of the vault was sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerFault {
    /// It has another name than was expected.
    #[error("it calls itself {found}, where {expected} was expected")]
    ServerName {
        /// The host, or the name that was accepted.
        expected: String,
        /// The name by its own word.
        found: String,
    },
    /// It has a name that no server has.
    #[error("its name is none: {0}")]
    NoServerName(ServerNameError),
    /// So few rounds that guessing is cheap, or so many that they are an attack.
    #[error("the password is to be stretched with {0}")]
    Rounds(#[from] RoundsError),
    /// It speaks of another account.
    #[error("it speaks of account {found}, where {expected} was meant")]
    OtherAccount {
        /// The account that is meant.
        expected: AccountId,
        /// The account it speaks of.
        found: AccountId,
    },
    /// It speaks of another user name.
    #[error("it speaks of another user name")]
    OtherName,
    /// It continued another session.
    #[error("it continued session {0}, which is another one")]
    OtherSession(SessionId),
    /// A session without what continues it.
    #[error("it began a session without a token")]
    NoToken,
    /// A record is not one, or is not of this account.
    #[error("a record is not good: {0}")]
    Record(OpenError),
    /// The root that it sent is not the one that it announced.
    #[error("it sent another vault root than it announced")]
    OtherRoot,
    /// The root does not open with what opened the session.
    #[error("the vault does not open")]
    Root(OpenError),
    /// The root does not open with the key that this device kept.
    #[error("the vault does not open with what this device kept")]
    KeptKey(OpenError),
    /// An older root than this device saw.
    #[error("vault root {found} after {seen} was seen: the vault was rolled back")]
    OlderRoot {
        /// The number that came.
        found: RootNumber,
        /// The highest number seen.
        seen: RootNumber,
    },
    /// Fewer changes than this device saw.
    #[error("change {found} of the vault after {seen} was seen: the vault was rolled back")]
    OlderRevision {
        /// The number that came.
        found: Revision,
        /// The highest number seen.
        seen: Revision,
    },
    /// An older item than was seen.
    #[error("item number {found} after {seen} was seen: the vault was rolled back")]
    OlderItem {
        /// The number that came.
        found: u64,
        /// The highest number seen.
        seen: u64,
    },
    /// Pins or room heads that this device saw do not come with the others.
    #[error("{missing} items that were seen are left out: the vault was rolled back")]
    LeftOut {
        /// How many.
        missing: usize,
    },
    /// The root's newest wrap key is older than the published one.
    #[error(
        "the vault's newest wrap key is {found}, and {published} is published: the vault was rolled back"
    )]
    OlderVault {
        /// The newest in the root.
        found: WrapNumber,
        /// The published one.
        published: WrapNumber,
    },
    /// Pages that do not follow each other, or do not end.
    #[error("its pages do not follow each other")]
    Pages,
    /// Pages of a chain of keysets that do not follow each other, or of more keysets than anybody has.
    #[error("its pages of a chain of keys do not follow each other, or do not end")]
    ChainPages,
    /// A chain of keysets that does not hold.
    #[error("a chain of keys does not hold: {0}")]
    Chain(#[from] ChainError),
    /// The own chain ends with keys that are not in the own vault.
    #[error("keyset {0} of this account is not by its own keys")]
    OtherKeys(KeysetNumber),
    /// A wrap key that is not used.
    #[error("a wrap key does not hold: {0}")]
    WrapKey(#[from] WrapKeyError),
}

/// What this side could not do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnFault {
    /// A name that cannot be prepared.
    #[error("this name cannot be used")]
    Name,
    /// A key, a seal or a signature could not be made.
    #[error("a key could not be made or used: {0}")]
    Seal(#[from] SealError),
    /// The thread that worked on it is lost.
    #[error("the work on a key was lost")]
    Thread,
    /// The kept state is of another server or has a name that no server has.
    #[error("what this device kept is not of this server")]
    Kept,
}

impl AccountError {
    /// Whether name, password or code is wrong, or the session is over: a server does not tell them
    /// apart.
    pub fn is_login_failed(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.code == ErrorCode::LoginFailed)
    }
}

impl PeerFault {
    /// A word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ServerName { .. } | Self::NoServerName(_) => "server_name",
            Self::Rounds(_) => "rounds",
            Self::OtherAccount { .. } | Self::OtherName => "other_account",
            Self::OtherSession(_) | Self::NoToken => "other_session",
            Self::Record(_) | Self::OtherRoot | Self::Pages | Self::ChainPages => "bad_record",
            Self::Root(_) | Self::KeptKey(_) => "vault_closed",
            Self::OlderRoot { .. }
            | Self::OlderRevision { .. }
            | Self::OlderItem { .. }
            | Self::LeftOut { .. }
            | Self::OlderVault { .. } => "vault_rolled_back",
            Self::Chain(_) | Self::OtherKeys(_) => "chain_broken",
            Self::WrapKey(_) => "wrap_key_broken",
        }
    }
}

/// A refusal of what comes before a sign-in is one like every other.
impl From<ConnectError> for AccountError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Refused { command, refusal } => Self::Refused { command, refusal },
            error => Self::Connect(error),
        }
    }
}

impl From<SealError> for AccountError {
    fn from(error: SealError) -> Self {
        Self::Own(error.into())
    }
}

impl From<ChainError> for AccountError {
    fn from(error: ChainError) -> Self {
        Self::Peer(error.into())
    }
}

impl From<WrapKeyError> for AccountError {
    fn from(error: WrapKeyError) -> Self {
        Self::Peer(error.into())
    }
}

/// A record list or a record that cannot be read.
impl From<OpenError> for AccountError {
    fn from(error: OpenError) -> Self {
        Self::Peer(PeerFault::Record(error))
    }
}
