//! The durable record: accounts, keys, vaults, sessions, friends, and the audit log.
//!
//! ```text
//!  command ─▶ change ─▶ Store::write ─▶ one transaction ─▶ on disk ─▶ answer
//!             query  ─▶ Store::read  ─▶ one snapshot    ─▶ answer
//! ```
//!
//! An operation is a value: a [`Change`] or a [`Query`] with typed fields, in the module of its noun.
//! A store runs it in a transaction of its own. Keysets, wrap keys and what is in a vault are opaque
//! bytes here; who calls has parsed them and gives their ids and numbers beside them.

mod database;
mod dump;
mod error;
mod migrations;
mod postgres;
mod refusal;
mod secret;
mod sqlite;
mod tables;
mod transaction;

pub mod accounts;
pub mod audit;
pub mod files;
pub mod forgetting;
pub mod friends;
pub mod keys;
pub mod messages;
pub mod moderation;
pub mod rooms;
pub mod server;
pub mod sessions;
pub mod tokens;
pub mod vault;

use std::future::Future;

pub use database::{Database, Location, LocationError};
pub(crate) use dump::{Dump, Existing, Load, Piece, ROWS_AT_ONCE, ReadLayout, Source};
pub use error::StoreError;
pub(crate) use migrations::layout as newest_layout;
pub use postgres::Postgres;
pub use refusal::Refusal;
pub use secret::{PasswordHash, SecretBytes, TokenHash};
pub use sqlite::Sqlite;
pub(crate) use tables::{Cell, Column, Table};
pub use transaction::Transaction;

/// What is kept, whatever keeps it.
///
/// Every implementation promises the same:
///
/// * One operation is one transaction: it happens as a whole or not at all, and as if nothing else
///   happened meanwhile.
/// * An answered change is durable: it outlives a killed process and a machine without power.
/// * A refusal is not an error, and leaves nothing written.
/// * A query sees every change that was answered before it began.
/// * After an error other than [`StoreError::Unsettled`] nothing was written. After that one a change
///   may stand or not, as when a connection breaks while it commits.
/// * A full or read-only disk refuses changes with [`StoreError::Full`] or [`StoreError::ReadOnly`];
///   queries go on, and changes do when there is space again.
pub trait Store: Send + Sync {
    /// Makes a change, and answers when it is durable.
    ///
    /// It waits while the store has as many changes to make as it takes. A dropped future leaves the
    /// change made or not made, never half made.
    ///
    /// # Errors
    /// [`StoreError`], as the trait says.
    fn write<C: Change>(
        &self,
        change: C,
    ) -> impl Future<Output = Result<Verdict<C::Answer>, StoreError>> + Send;

    /// Reads from one snapshot. A dropped future leaves nothing behind.
    ///
    /// # Errors
    /// [`StoreError`], as the trait says.
    fn read<Q: Query>(
        &self,
        query: Q,
    ) -> impl Future<Output = Result<Q::Answer, StoreError>> + Send;

    /// Makes the changes that wait, and takes no more: they are answered with
    /// [`StoreError::Closed`]. A dropped future leaves the store closing.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// What a change came to: its answer, or the rule that refuses it.
pub type Verdict<T> = Result<T, Refusal>;

/// One change of the record, with its preconditions.
pub trait Change: Send + Sync + 'static {
    /// What is known once it is made.
    type Answer: Send + 'static;

    /// Whether the change writes to the audit log.
    const TRACE: Trace;

    /// Checks and writes, inside a transaction that the store commits if this gives an answer, and
    /// undoes otherwise. It may run more than once; only the last run counts.
    fn run(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> impl Future<Output = Result<Self::Answer, Stop>> + Send;
}

/// One question to the record.
pub trait Query: Send + Sync + 'static {
    /// What is found.
    type Answer: Send + 'static;

    /// Reads, and writes nothing.
    fn run(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> impl Future<Output = Result<Self::Answer, StoreError>> + Send;
}

/// Whether a change leaves a row in the audit log. Those that do take turns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trace {
    /// It appends to the audit log.
    Audited,
    /// It does not.
    Unaudited,
}

/// Why a change ended without an answer.
#[derive(Debug)]
pub enum Stop {
    /// A rule is in the way.
    Refused(Refusal),
    /// The store failed.
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Sorts an ended run into verdict and error.
fn settle<T>(ended: Result<T, Stop>) -> Result<Verdict<T>, StoreError> {
    match ended {
        Ok(answer) => Ok(Ok(answer)),
        Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
